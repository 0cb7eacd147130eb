#include "actors/market/tick_log/tick_block.hpp"

#include "actors/market/tick_log/tick_block_columns.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <cstring>

namespace tickmesh {

result<void> tick_block_reader::read(std::string_view bytes) {
  if (bytes.size() < block_header_bytes) return malformed_block("it is cut off");
  std::uint64_t checksum = 0;
  std::uint32_t length = 0;
  std::memcpy(&checksum, bytes.data(), 8);
  std::memcpy(&length, bytes.data() + 8, 4);
  if (bytes.size() != block_header_bytes + length) return malformed_block("its length");
  if (XXH3_64bits(bytes.data() + 8, bytes.size() - 8) != checksum)
    return malformed_block("its checksum does not fit its content");
  auto rest = bytes.substr(block_header_bytes);
  std::uint64_t symbol = 0, count = 0, factor = 0;
  if (!take_varint(rest, symbol) || !take_varint(rest, count) ||
      !take_varint(rest, first_number_) || !take_varint(rest, predictions_) ||
      !take_varint(rest, turnover_.volume_unit) || !take_varint(rest, turnover_.price_unit) ||
      !take_varint(rest, factor) || symbol > UINT32_MAX || count == 0 || count > block_count_max ||
      turnover_.volume_unit == 0 || turnover_.price_unit == 0)
    return malformed_block("its header");
  std::array<std::uint64_t, 3 + block_column_count> lengths{};
  std::uint64_t total = 0;
  for (auto& l : lengths)
    if (!take_varint(rest, l) || l > bytes.size())
      return malformed_block("the length of a column");
    else
      total += l;
  if (total != rest.size()) return malformed_block("the lengths of its columns");
  std::size_t part = 0;
  for (auto& bits : absent_) {
    bits = rest.substr(0, lengths[part]);
    rest.remove_prefix(lengths[part++]);
  }
  for (auto& column : coded_) {
    column = rest.substr(0, lengths[part]);
    rest.remove_prefix(lengths[part++]);
  }
  symbol_ = symbol_id{static_cast<std::uint32_t>(symbol)};
  count_ = count;
  turnover_.factor = static_cast<std::int64_t>(factor);
  state_.fill(column_state::coded);
  effective_decoded_ = false;
  return {};
}

result<void> tick_block_reader::prepare(std::size_t index) {
  if (state_[index] != column_state::coded) return {};
  auto& values = columns_[index];
  values.resize(count_);
  if (auto done = decoder_.decode(coded_[index], values); !done) return done;
  auto need = [this](tick_column c) { return prepare(column_index(c)); };
  auto coded_by = [&](tick_column c, std::uint64_t flag) {
    return index == column_index(c) && (predictions_ & flag) != 0;
  };
  if (coded_by(tick_column::ask, ask_by_bid) || coded_by(tick_column::last, last_by_bid)) {
    if (auto done = need(tick_column::bid); !done) return done;
    add_to(values, columns_[column_index(tick_column::bid)].data());
  } else if (coded_by(tick_column::cumulative_volume, cumulative_by_volume)) {
    if (auto done = need(tick_column::volume); !done) return done;
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      sum = wrapping_add(sum, columns_[column_index(tick_column::volume)][i]);
      values[i] = wrapping_add(values[i], sum);
    }
  } else if (index == column_index(tick_column::turnover) && turnover_.factor != 0) {
    if (auto done = need(tick_column::volume); !done) return done;
    if (auto done = need(tick_column::last); !done) return done;
    add_expected_turnover(turnover_, values, columns_[column_index(tick_column::volume)].data(),
                          columns_[column_index(tick_column::last)].data());
  } else if (index == block_number_column) {
    auto number = static_cast<std::int64_t>(first_number_);
    for (auto& value : values)
      value = wrapping_add(value, number++);
  }
  state_[index] = column_state::filled;
  return {};
}

result<std::span<const std::int64_t>> tick_block_reader::column(std::size_t index) {
  if (auto done = prepare(index); !done) return tl::make_unexpected(done.error());
  auto place = price_index(index);
  if (place == price_columns.size() || absent_[place].empty())
    return std::span<const std::int64_t>{columns_[index]};
  auto& out = prices_[place];
  if (state_[index] == column_state::complete) return std::span<const std::int64_t>{out};
  words_.resize((count_ + 63) / 64);
  if (auto done = decoder_.decode(absent_[place], words_); !done)
    return tl::make_unexpected(done.error());
  out = columns_[index];
  for (std::size_t i = 0; i < count_; ++i)
    if ((static_cast<std::uint64_t>(words_[i / 64]) >> (i % 64)) & 1) out[i] = no_price.value;
  state_[index] = column_state::complete;
  return std::span<const std::int64_t>{out};
}

result<std::span<const std::int64_t>> tick_block_reader::effective_times() {
  if (effective_decoded_) return std::span<const std::int64_t>{effective_};
  auto event = column(tick_column::event_time);
  if (!event) return event;
  auto lag = column(tick_column::effective_lag);
  if (!lag) return lag;
  effective_.assign(event->begin(), event->end());
  add_to(effective_, lag->data());
  effective_decoded_ = true;
  return std::span<const std::int64_t>{effective_};
}

result<void> tick_block_reader::append_ticks(std::size_t begin, std::size_t end,
                                             std::vector<tick>& out) {
  std::array<std::span<const std::int64_t>, block_column_count> all;
  for (std::size_t c = 0; c < block_column_count; ++c) {
    auto values = column(c);
    if (!values) return tl::make_unexpected(values.error());
    all[c] = *values;
  }
  auto effective = effective_times();
  if (!effective) return tl::make_unexpected(effective.error());
  auto value = [&](tick_column c, std::size_t row) { return all[column_index(c)][row]; };
  out.reserve(out.size() + end - begin);
  for (auto i = begin; i < end; ++i) {
    auto kind = value(tick_column::kind, i), aggressor = value(tick_column::aggressor, i),
         source = value(tick_column::source, i), day = value(tick_column::trading_day, i);
    if (kind < 0 || kind > 2 || aggressor < 0 || aggressor > 2 || source < 0 ||
        source > UINT16_MAX || day < INT32_MIN || day > INT32_MAX)
      return malformed_block(fmt::format("a value out of range in row {}", i));
    tick t;
    t.symbol = symbol_;
    t.kind = static_cast<record_kind>(kind);
    t.aggressor = static_cast<side>(aggressor);
    t.source = source_id{static_cast<std::uint16_t>(source)};
    t.position = source_position{static_cast<std::uint64_t>(value(tick_column::position, i))};
    t.record_id = static_cast<std::uint64_t>(value(tick_column::record_id, i));
    t.trading_day = static_cast<std::int32_t>(day);
    t.event_time = from_ns(value(tick_column::event_time, i));
    t.last = price{value(tick_column::last, i)};
    t.volume = quantity{value(tick_column::volume, i)};
    t.cumulative_volume = quantity{value(tick_column::cumulative_volume, i)};
    auto high =
        static_cast<uint128>(static_cast<std::uint64_t>(value(tick_column::turnover_high, i)));
    t.turnover = money{static_cast<int128>(
        (high << 64) | static_cast<std::uint64_t>(value(tick_column::turnover, i)))};
    t.open_interest = quantity{value(tick_column::open_interest, i)};
    t.bid = price{value(tick_column::bid, i)};
    t.bid_volume = quantity{value(tick_column::bid_volume, i)};
    t.ask = price{value(tick_column::ask, i)};
    t.ask_volume = quantity{value(tick_column::ask_volume, i)};
    t.number = sequence{static_cast<std::uint64_t>(all[block_number_column][i])};
    t.effective_time = from_ns((*effective)[i]);
    out.push_back(t);
  }
  return {};
}

} // namespace tickmesh
