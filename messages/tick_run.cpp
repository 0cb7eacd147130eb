// A run's `columns`: the descriptors of all columns, one byte each in the order of tick_column,
// then the columns in the same order, packed as packed_column.hpp says. The values are those of
// tick_column, in 1e-8 and ns.
#include "messages/tick_run.hpp"

#include "messages/packed_column.hpp"
#include "messages/wire_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

namespace tickmesh {

namespace {

namespace wf = wire_format;

/// Runs after which the units are looked for anew, so that one odd value costs bytes for a while
/// only.
constexpr std::uint32_t runs_per_unit_search = 1024;

std::int64_t wrapping_difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::int64_t low_half(money m) {
  return static_cast<std::int64_t>(m.value);
}
std::int64_t high_half(money m) {
  return static_cast<std::int64_t>(m.value >> 64);
}

money join_halves(std::int64_t low, std::int64_t high) {
  return money{static_cast<int128>((static_cast<uint128>(static_cast<std::uint64_t>(high)) << 64) |
                                   static_cast<std::uint64_t>(low))};
}

/// Memory that every encoder and reader of a thread uses in turn, so that one per symbol costs
/// none.
struct scratch_memory {
  std::vector<std::int64_t> values;
  std::string columns;
};
scratch_memory& scratch() {
  static thread_local scratch_memory memory;
  return memory;
}

/// Packs the columns of one run, one after the other.
class column_writer {
public:
  column_writer(std::span<const tick> ticks, std::array<std::uint64_t, tick_column_count>& units,
                scratch_memory& memory)
      : ticks_(ticks), units_(units) {
    if (memory.values.size() < ticks.size()) memory.values.resize(ticks.size());
    auto size_max = tick_column_count * (1 + packed_column_size_max(ticks.size()));
    if (memory.columns.size() < size_max) memory.columns.resize(size_max);
    values_ = memory.values.data();
    begin_ = memory.columns.data();
    end_ = begin_ + tick_column_count;
  }

  /// The next column; `read` gives the value of a tick.
  template <class Read>
  void add(tick_column column, Read read) {
    auto value = [&](std::size_t i) { return static_cast<std::int64_t>(read(ticks_[i])); };
    auto at = static_cast<std::size_t>(column);
    std::size_t equal = 1;
    while (equal < ticks_.size() && value(equal) == value(0))
      ++equal;
    packed_end packed;
    if (equal == ticks_.size()) {
      packed = pack_constant(value(0), end_);
    } else {
      for (std::size_t i = 0; i < ticks_.size(); ++i)
        values_[i] = value(i);
      packed = pack_column({values_, ticks_.size()}, units_[at], end_);
    }
    begin_[at] = static_cast<char>(packed.descriptor);
    end_ = packed.end;
  }

  std::string_view bytes() const { return {begin_, static_cast<std::size_t>(end_ - begin_)}; }

private:
  std::span<const tick> ticks_;
  std::array<std::uint64_t, tick_column_count>& units_;
  std::int64_t* values_;
  char* begin_;
  char* end_;
};

void add_columns(column_writer& out, const tick* ticks) {
  using enum tick_column;
  out.add(event_time, [](const tick& t) { return to_ns(t.event_time); });
  out.add(effective_lag, [](const tick& t) {
    return wrapping_difference(to_ns(t.effective_time), to_ns(t.event_time));
  });
  out.add(kind, [](const tick& t) { return t.kind; });
  out.add(aggressor, [](const tick& t) { return t.aggressor; });
  out.add(tick_column::source, [](const tick& t) { return t.source.value; });
  out.add(position, [](const tick& t) { return t.position.value; });
  out.add(record_id, [](const tick& t) { return t.record_id; });
  out.add(trading_day, [](const tick& t) { return t.trading_day; });
  out.add(last, [](const tick& t) { return t.last.value; });
  out.add(volume, [](const tick& t) { return t.volume.value; });
  out.add(cumulative_volume, [](const tick& t) { return t.cumulative_volume.value; });
  out.add(turnover, [](const tick& t) { return low_half(t.turnover); });
  out.add(turnover_high, [](const tick& t) { return high_half(t.turnover); });
  out.add(open_interest, [](const tick& t) { return t.open_interest.value; });
  out.add(bid, [](const tick& t) { return t.bid.value; });
  out.add(bid_volume, [](const tick& t) { return t.bid_volume.value; });
  out.add(ask, [](const tick& t) { return t.ask.value; });
  out.add(ask_volume, [](const tick& t) { return t.ask_volume.value; });
  auto first = ticks->number.value;
  out.add(number_lag, [first, ticks](const tick& t) {
    return t.number.value - first - static_cast<std::uint64_t>(&t - ticks);
  });
}

struct value_range {
  std::int64_t least = INT64_MIN;
  std::int64_t most = INT64_MAX;
};

/// The values that a column's type has.
value_range range_of(tick_column column) {
  switch (column) {
  case tick_column::kind:
  case tick_column::aggressor: return {0, 2};
  case tick_column::source: return {0, UINT16_MAX};
  case tick_column::trading_day: return {INT32_MIN, INT32_MAX};
  default: return {};
  }
}

struct packed_bytes {
  std::uint8_t descriptor;
  const char* bytes;
};

/// The columns [0, end) of a run, whose bytes are not checked.
packed_size size_of_columns(std::string_view columns, std::size_t end) {
  packed_size out;
  for (std::size_t i = 0; i < end; ++i)
    out += packed_column_size(static_cast<std::uint8_t>(columns[i]));
  return out;
}

/// Walks over the columns of a run whose lengths were checked.
class column_reader {
public:
  explicit column_reader(const tick_run_view& run)
      : run_(run), at_(run.columns.data() + tick_column_count) {}

  packed_bytes next() {
    packed_bytes out{static_cast<std::uint8_t>(run_.columns[column_++]), at_};
    at_ += packed_column_size(out.descriptor).of(run_.count);
    return out;
  }

private:
  const tick_run_view& run_;
  std::size_t column_ = 0;
  const char* at_;
};

bool unpack_in_range(const packed_bytes& packed, tick_column column, std::span<std::int64_t> out) {
  if (!unpack_column(packed.descriptor, packed.bytes, out)) return false;
  auto [least, most] = range_of(column);
  if (least == INT64_MIN) return true;
  return std::all_of(out.begin(), out.end(), [least = least, most = most](std::int64_t v) {
    return v >= least && v <= most;
  });
}

tl::unexpected<fault> malformed(const tick_run_view& run) {
  return fail(fmt::format("a malformed run of {} ticks of symbol {}", run.count, run.symbol.value));
}

[[gnu::always_inline]] inline void set_value(tick& t, tick_column column, std::int64_t v) {
  switch (column) {
  case tick_column::event_time: t.event_time = from_ns(v); break;
  case tick_column::effective_lag:
    t.effective_time = from_ns(wrapping_sum(to_ns(t.event_time), v));
    break;
  case tick_column::kind: t.kind = static_cast<record_kind>(v); break;
  case tick_column::aggressor: t.aggressor = static_cast<side>(v); break;
  case tick_column::source: t.source = source_id{static_cast<std::uint16_t>(v)}; break;
  case tick_column::position: t.position = source_position{static_cast<std::uint64_t>(v)}; break;
  case tick_column::record_id: t.record_id = static_cast<std::uint64_t>(v); break;
  case tick_column::trading_day: t.trading_day = static_cast<std::int32_t>(v); break;
  case tick_column::last: t.last = price{v}; break;
  case tick_column::volume: t.volume = quantity{v}; break;
  case tick_column::cumulative_volume: t.cumulative_volume = quantity{v}; break;
  case tick_column::turnover: t.turnover = join_halves(v, 0); break;
  case tick_column::turnover_high: t.turnover = join_halves(low_half(t.turnover), v); break;
  case tick_column::open_interest: t.open_interest = quantity{v}; break;
  case tick_column::bid: t.bid = price{v}; break;
  case tick_column::bid_volume: t.bid_volume = quantity{v}; break;
  case tick_column::ask: t.ask = price{v}; break;
  case tick_column::ask_volume: t.ask_volume = quantity{v}; break;
  case tick_column::number_lag: t.number += sequence{static_cast<std::uint64_t>(v)}; break;
  }
}

/// Reads the next column, which is `Column`, into all ticks.
template <tick_column Column>
bool set_column(column_reader& reader, std::span<std::int64_t> values, std::span<tick> ticks) {
  if (!unpack_in_range(reader.next(), Column, values)) return false;
  for (std::size_t i = 0; i < ticks.size(); ++i)
    set_value(ticks[i], Column, values[i]);
  return true;
}

/// One column of a run; nothing when it is longer than the bytes.
std::optional<packed_bytes> find_column(const tick_run_view& run, tick_column column) {
  auto at = static_cast<std::size_t>(column);
  if (run.columns.size() < tick_column_count) return std::nullopt;
  auto descriptor = static_cast<std::uint8_t>(run.columns[at]);
  auto before = size_of_columns(run.columns, at).of(run.count);
  auto size = packed_column_size(descriptor).of(run.count);
  if (before + size > run.columns.size() - tick_column_count) return std::nullopt;
  return packed_bytes{descriptor, run.columns.data() + tick_column_count + before};
}

} // namespace

void tick_run_encoder::append(std::string& out, std::span<const tick> ticks, epoch data_epoch,
                              std::int64_t ingest_ns, int field) {
  assert(!ticks.empty());
  if (++runs_ % runs_per_unit_search == 0) units_.fill(0);
  auto& memory = scratch();
  column_writer columns{ticks, units_, memory};
  add_columns(columns, ticks.data());
  auto bytes = columns.bytes();

  char head[7 * wf::number_size_max];
  auto* end = wf::write_number(head, 1, ticks.front().symbol.value);
  end = wf::write_number(end, 2, data_epoch.value);
  end = wf::write_number(end, 3, ticks.front().number.value);
  end = wf::write_number(end, 4, ticks.size());
  end = wf::write_number(end, 5, wf::zigzag(ingest_ns));
  end = wf::write_bytes_head(end, 6, bytes.size());
  auto head_size = static_cast<std::size_t>(end - head);
  char outer[wf::number_size_max];
  if (out.empty()) out.reserve(sizeof outer + head_size + bytes.size());
  out.append(outer, wf::write_bytes_head(outer, field, head_size + bytes.size()));
  out.append(head, head_size);
  out += bytes;
}

result<void> tick_run_view::check() const {
  if (columns.size() < tick_column_count) return malformed(*this);
  auto size = size_of_columns(columns, tick_column_count).of(count);
  if (columns.size() - tick_column_count != size) return malformed(*this);
  return {};
}

result<void> tick_run_view::decode(tick_column column, std::span<std::int64_t> out) const {
  assert(out.size() == count);
  auto packed = find_column(*this, column);
  if (!packed || !unpack_in_range(*packed, column, out)) return malformed(*this);
  return {};
}

result<void> tick_run_view::decode(std::span<const tick_column> wanted,
                                   std::span<std::int64_t> out) const {
  assert(out.size() == wanted.size() * count);
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (auto done = decode(wanted[i], out.subspan(i * count, count)); !done) return done;
  return {};
}

result<std::int64_t> tick_run_view::value(tick_column column, std::size_t row) const {
  return column_places{*this}.value(*this, column, row);
}

column_places::column_places(const tick_run_view& run) {
  if (run.columns.size() < tick_column_count) return;
  std::uint64_t at = tick_column_count;
  for (std::size_t i = 0; i < tick_column_count; ++i) {
    begin_[i] = static_cast<std::uint32_t>(at);
    at += packed_column_size(static_cast<std::uint8_t>(run.columns[i])).of(run.count);
  }
  is_valid_ = at <= run.columns.size() && at <= UINT32_MAX;
}

result<std::int64_t> column_places::value(const tick_run_view& run, tick_column column,
                                          std::size_t row) const {
  assert(row < run.count);
  auto at = static_cast<std::size_t>(column);
  if (!is_valid_) return malformed(run);
  auto out = unpack_value(static_cast<std::uint8_t>(run.columns[at]),
                          run.columns.data() + begin_[at], row);
  auto [least, most] = range_of(column);
  if (!out || *out < least || *out > most) return malformed(run);
  return *out;
}

result<void> tick_run_view::decode_ticks(std::vector<tick>& out) const {
  if (auto checked = check(); !checked) return checked;
  auto begin = out.size();
  out.resize(begin + count);
  std::span<tick> ticks{out.data() + begin, count};
  for (std::size_t i = 0; i < count; ++i) {
    ticks[i].symbol = symbol;
    ticks[i].number = first_number + sequence{i};
  }
  auto& memory = scratch();
  if (memory.values.size() < count) memory.values.resize(count);
  std::span<std::int64_t> values{memory.values.data(), count};
  column_reader reader{*this};
  bool valid = [&]<std::size_t... Column>(std::index_sequence<Column...>) {
    return (set_column<static_cast<tick_column>(Column)>(reader, values, ticks) && ...);
  }
  (std::make_index_sequence<tick_column_count>{});
  if (valid) return {};
  out.resize(begin);
  return malformed(*this);
}

} // namespace tickmesh
