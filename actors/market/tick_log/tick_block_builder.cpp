// The writing of blocks: tick_block_builder.
#include "actors/market/tick_log/tick_block.hpp"
#include "actors/market/tick_log/tick_block_columns.hpp"
#include "messages/packed_column.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace tickmesh {

namespace {

/// Rounded to two significant digits, which is what multiplier x price tick has.
std::int64_t round_factor(double value) {
  if (!(value >= 1 && value < 9e17)) return 0;
  auto step = std::pow(10.0, std::max(0.0, std::floor(std::log10(value)) - 1));
  return static_cast<std::int64_t>(std::round(value / step) * step);
}

/// Ticks that had a turnover and are looked at to find the factor of the model.
constexpr int traded_rows_sampled = 256;

bool is_narrow(std::size_t column) {
  return !holds(column, INT64_MAX);
}

} // namespace

void tick_block_builder::column::fill(std::size_t begin, std::size_t end) {
  if (values.size() < end) values.resize(std::max(end, block_ticks_max));
  if (filled) return;
  std::fill_n(values.begin(), begin, constant);
  filled = true;
}

void tick_block_builder::column::add_constant(std::int64_t value, std::size_t begin,
                                              std::size_t end) {
  if (begin == 0) {
    constant = value;
    filled = false;
  } else if (filled || constant != value) {
    fill(begin, end);
    std::fill(values.data() + begin, values.data() + end, value);
  }
}

result<void> tick_block_builder::add_packed(column& to, std::uint8_t descriptor, const char* bytes,
                                            std::size_t end) {
  if (packed_column_size(descriptor).per_value == 0) {
    auto value = unpack_value(descriptor, bytes, 0);
    if (!value) return malformed_block("a column of a run");
    to.add_constant(*value, count_, end);
    return {};
  }
  if (count_ == 0) to.filled = false;
  to.fill(count_, end);
  if (!unpack_column(descriptor, bytes, std::span{to.values}.subspan(count_, end - count_)))
    return malformed_block("a column of a run");
  return {};
}

result<void> tick_block_builder::add(const tick_run_view& run) {
  if (count_ == 0) first_number_ = run.first_number;
  auto end = count_ + run.count;
  auto* bytes = run.columns.data() + tick_column_count;
  for (std::size_t c = 0; c < tick_column_count; ++c) {
    auto& to = columns_[c];
    auto descriptor = static_cast<std::uint8_t>(run.columns[c]);
    if (auto done = add_packed(to, descriptor, bytes, end); !done) return done;
    bytes += packed_column_size(descriptor).of(run.count);
    if (!is_narrow(c)) continue;
    for (auto i = to.filled ? count_ : end - 1; i < end; ++i)
      if (!holds(c, to.at(i))) return malformed_block("a value of a run is out of range");
  }
  // What is kept is the number's lag behind one that rises by one from the block's first.
  auto behind = run.first_number.value - first_number_.value - count_;
  if (auto& lags = columns_[block_number_column]; behind != 0) {
    lags.fill(end, end);
    for (auto i = count_; i < end; ++i)
      lags.values[i] = wrapping_add(lags.values[i], static_cast<std::int64_t>(behind));
  }
  columns_[block_epoch_column].add_constant(static_cast<std::int64_t>(run.data_epoch.value), count_,
                                            end);
  count_ = end;
  return {};
}

sequence tick_block_builder::number(std::size_t row) const {
  auto lag = static_cast<std::uint64_t>(columns_[block_number_column].at(row));
  return sequence{first_number_.value + row + lag};
}

std::int64_t tick_block_builder::effective_ns(std::size_t row) const {
  return wrapping_add(columns_[column_index(tick_column::event_time)].at(row),
                      columns_[column_index(tick_column::effective_lag)].at(row));
}

std::span<std::int64_t> tick_block_builder::values_of(tick_column c) {
  of(c).fill(count_, count_);
  return std::span{of(c).values}.first(count_);
}

/// Moves the marks of absent prices to bits and puts the price before in their place (first: 0).
bool tick_block_builder::take_absent(std::size_t which) {
  auto& words = absent_[which];
  auto& prices = columns_[price_columns[which]];
  words.clear();
  bool none = prices.filled ? !contains(std::span{prices.values}.first(count_), no_price.value)
                            : prices.constant != no_price.value;
  if (none) return true;
  words.resize((count_ + 63) / 64, prices.filled ? 0 : -1);
  if (!prices.filled) {
    prices.constant = 0;
    return false;
  }
  bool all = true;
  std::int64_t previous = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    auto& value = prices.values[i];
    if (value == no_price.value) {
      words[i / 64] |= static_cast<std::int64_t>(std::uint64_t{1} << (i % 64));
      value = previous;
    } else {
      all = false;
      previous = value;
    }
  }
  if (all) std::fill(words.begin(), words.end(), -1);
  return !all;
}

turnover_model tick_block_builder::subtract_turnover() {
  turnover_model model;
  if (!of(tick_column::turnover).filled) return model;
  auto volumes = values_of(tick_column::volume), lasts = values_of(tick_column::last),
       turnovers = values_of(tick_column::turnover);
  double traded = 0, expected = 0;
  int sampled = 0;
  for (std::size_t i = 0; i < count_ && sampled < traded_rows_sampled; ++i) {
    if (turnovers[i] == 0) continue;
    traded += static_cast<double>(turnovers[i]);
    expected += static_cast<double>(volumes[i]) * static_cast<double>(lasts[i]);
    ++sampled;
  }
  if (!(expected > 0)) return model;
  model.volume_unit = common_unit(volumes);
  model.price_unit = common_unit(lasts);
  model.factor = round_factor(traded / expected * static_cast<double>(model.volume_unit) *
                              static_cast<double>(model.price_unit));
  if (model.factor == 0) return model;
  auto negative = model;
  negative.factor = -model.factor;
  add_expected_turnover(negative, turnovers, volumes.data(), lasts.data());
  return model;
}

std::uint64_t tick_block_builder::subtract_predictions(std::span<const bool> present) {
  std::uint64_t predictions = 0;
  if (of(tick_column::cumulative_volume).filled) {
    predictions |= cumulative_by_volume;
    auto volumes = values_of(tick_column::volume),
         cumulative = values_of(tick_column::cumulative_volume);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      sum = wrapping_add(sum, volumes[i]);
      cumulative[i] = wrapping_subtract(cumulative[i], sum);
    }
  }
  for (auto [c, flag] : {std::pair{tick_column::ask, ask_by_bid}, {tick_column::last, last_by_bid}})
    if (of(c).filled && present[price_index(column_index(c))] &&
        present[price_index(column_index(tick_column::bid))]) {
      predictions |= flag;
      subtract_from(values_of(c), values_of(tick_column::bid).data());
    }
  return predictions;
}

void tick_block_builder::finish(symbol_id symbol, std::string& out) {
  std::array<bool, price_columns.size()> present{};
  for (std::size_t i = 0; i < price_columns.size(); ++i)
    present[i] = take_absent(i);
  auto model = subtract_turnover();
  auto predictions = subtract_predictions(present);

  coded_.clear();
  std::array<std::size_t, 3 + block_column_count> lengths{};
  std::size_t part = 0, before = 0;
  auto note_length = [&] {
    lengths[part++] = coded_.size() - before;
    before = coded_.size();
  };
  for (auto& bits : absent_) {
    if (!bits.empty()) encoder_.append(coded_, bits);
    note_length();
  }
  for (auto& values : columns_) {
    if (values.filled)
      encoder_.append(coded_, std::span{values.values}.first(count_));
    else
      column_encoder::append_constant(coded_, values.constant);
    note_length();
  }

  auto begin = out.size();
  out.append(block_header_bytes, '\0');
  append_varint(out, symbol.value);
  append_varint(out, count_);
  append_varint(out, first_number_.value);
  append_varint(out, predictions);
  append_varint(out, model.volume_unit);
  append_varint(out, model.price_unit);
  append_varint(out, static_cast<std::uint64_t>(model.factor));
  for (auto length : lengths)
    append_varint(out, length);
  out += coded_;
  auto length = static_cast<std::uint32_t>(out.size() - begin - block_header_bytes);
  std::memcpy(out.data() + begin + 8, &length, 4);
  auto checksum = XXH3_64bits(out.data() + begin + 8, length + 4);
  std::memcpy(out.data() + begin, &checksum, 8);
  count_ = 0;
}

} // namespace tickmesh
