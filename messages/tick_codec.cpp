#include "messages/tick_codec.hpp"

#include "messages/proto/market.pb.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include <fmt/format.h>

#include <cassert>

namespace tickmesh {

namespace {

using column = google::protobuf::RepeatedField<std::int64_t>;

std::int64_t wrapping_difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

/// Fills a column with `read(tick)` per row; leaves it empty when every value is zero.
template <class Read>
void encode_column(column* out, std::span<const tick> ticks, bool delta, Read read) {
  out->Clear();
  bool any = false;
  std::int64_t previous = 0;
  out->Reserve(static_cast<int>(ticks.size()));
  for (auto& t : ticks) {
    auto value = static_cast<std::int64_t>(read(t));
    any = any || value != 0;
    out->AddAlreadyReserved(delta ? wrapping_difference(value, previous) : value);
    previous = value;
  }
  if (!any) out->Clear();
}

/// Calls `write(tick, value)` per row; false when the column has neither no rows nor all of them.
template <class Write>
bool decode_column(const column& in, std::span<tick> ticks, bool delta, Write write) {
  if (in.empty()) {
    for (auto& t : ticks)
      write(t, std::int64_t{0});
    return true;
  }
  if (static_cast<std::size_t>(in.size()) != ticks.size()) return false;
  std::int64_t value = 0;
  int row = 0;
  for (auto& t : ticks) {
    value = delta ? wrapping_sum(value, in[row]) : in[row];
    ++row;
    write(t, value);
  }
  return true;
}

void encode_run(wire::TickRun& run, std::span<const tick> ticks) {
  encode_column(run.mutable_event_time(), ticks, true,
                [](const tick& t) { return to_ns(t.event_time); });
  encode_column(run.mutable_effective_lag(), ticks, false, [](const tick& t) {
    return wrapping_difference(to_ns(t.effective_time), to_ns(t.event_time));
  });
  encode_column(run.mutable_kind(), ticks, true, [](const tick& t) { return t.kind; });
  encode_column(run.mutable_aggressor(), ticks, true, [](const tick& t) { return t.aggressor; });
  encode_column(run.mutable_source(), ticks, true, [](const tick& t) { return t.source.value; });
  encode_column(run.mutable_position(), ticks, true,
                [](const tick& t) { return t.position.value; });
  encode_column(run.mutable_trading_day(), ticks, true,
                [](const tick& t) { return t.trading_day; });
  encode_column(run.mutable_last(), ticks, true, [](const tick& t) { return t.last.value; });
  encode_column(run.mutable_volume(), ticks, false, [](const tick& t) { return t.volume.value; });
  encode_column(run.mutable_cumulative_volume(), ticks, true,
                [](const tick& t) { return t.cumulative_volume.value; });
  encode_column(run.mutable_turnover(), ticks, false,
                [](const tick& t) { return static_cast<std::int64_t>(t.turnover.value); });
  encode_column(run.mutable_turnover_high(), ticks, false,
                [](const tick& t) { return static_cast<std::int64_t>(t.turnover.value >> 64); });
  encode_column(run.mutable_open_interest(), ticks, true,
                [](const tick& t) { return t.open_interest.value; });
  encode_column(run.mutable_bid(), ticks, true, [](const tick& t) { return t.bid.value; });
  encode_column(run.mutable_bid_volume(), ticks, true,
                [](const tick& t) { return t.bid_volume.value; });
  encode_column(run.mutable_ask(), ticks, true, [](const tick& t) { return t.ask.value; });
  encode_column(run.mutable_ask_volume(), ticks, true,
                [](const tick& t) { return t.ask_volume.value; });
}

money join_turnover(std::int64_t low, std::int64_t high) {
  return money{static_cast<int128>((static_cast<uint128>(static_cast<std::uint64_t>(high)) << 64) |
                                   static_cast<std::uint64_t>(low))};
}

bool decode_run(const wire::TickRun& run, std::span<tick> ticks) {
  auto values_valid = true;
  bool complete =
      decode_column(run.event_time(), ticks, true,
                    [](tick& t, std::int64_t v) { t.event_time = from_ns(v); }) &&
      decode_column(run.effective_lag(), ticks, false,
                    [](tick& t, std::int64_t v) {
                      t.effective_time = from_ns(wrapping_sum(to_ns(t.event_time), v));
                    }) &&
      decode_column(run.kind(), ticks, true,
                    [&](tick& t, std::int64_t v) {
                      values_valid = values_valid && v >= 0 && v <= 2;
                      t.kind = static_cast<record_kind>(v);
                    }) &&
      decode_column(run.aggressor(), ticks, true,
                    [&](tick& t, std::int64_t v) {
                      values_valid = values_valid && v >= 0 && v <= 2;
                      t.aggressor = static_cast<side>(v);
                    }) &&
      decode_column(run.source(), ticks, true,
                    [&](tick& t, std::int64_t v) {
                      values_valid = values_valid && v >= 0 && v <= UINT16_MAX;
                      t.source = source_id{static_cast<std::uint16_t>(v)};
                    }) &&
      decode_column(run.position(), ticks, true,
                    [](tick& t, std::int64_t v) {
                      t.position = source_position{static_cast<std::uint64_t>(v)};
                    }) &&
      decode_column(run.trading_day(), ticks, true,
                    [&](tick& t, std::int64_t v) {
                      values_valid = values_valid && v >= INT32_MIN && v <= INT32_MAX;
                      t.trading_day = static_cast<std::int32_t>(v);
                    }) &&
      decode_column(run.last(), ticks, true, [](tick& t, std::int64_t v) { t.last = price{v}; }) &&
      decode_column(run.volume(), ticks, false,
                    [](tick& t, std::int64_t v) { t.volume = quantity{v}; }) &&
      decode_column(run.cumulative_volume(), ticks, true,
                    [](tick& t, std::int64_t v) { t.cumulative_volume = quantity{v}; }) &&
      decode_column(run.turnover(), ticks, false,
                    [](tick& t, std::int64_t v) { t.turnover = join_turnover(v, 0); }) &&
      decode_column(run.turnover_high(), ticks, false,
                    [](tick& t, std::int64_t v) {
                      t.turnover = join_turnover(static_cast<std::int64_t>(t.turnover.value), v);
                    }) &&
      decode_column(run.open_interest(), ticks, true,
                    [](tick& t, std::int64_t v) { t.open_interest = quantity{v}; }) &&
      decode_column(run.bid(), ticks, true, [](tick& t, std::int64_t v) { t.bid = price{v}; }) &&
      decode_column(run.bid_volume(), ticks, true,
                    [](tick& t, std::int64_t v) { t.bid_volume = quantity{v}; }) &&
      decode_column(run.ask(), ticks, true, [](tick& t, std::int64_t v) { t.ask = price{v}; }) &&
      decode_column(run.ask_volume(), ticks, true,
                    [](tick& t, std::int64_t v) { t.ask_volume = quantity{v}; });
  return complete && values_valid;
}

} // namespace

void append_tick_run(std::string& out, std::span<const tick> ticks, epoch data_epoch,
                     std::int64_t ingest_ns) {
  assert(!ticks.empty());
  static thread_local wire::TickRun run; // keeps its columns' memory from run to run
  run.set_symbol(ticks.front().symbol.value);
  run.set_data_epoch(data_epoch.value);
  run.set_first_number(ticks.front().number.value);
  run.set_count(static_cast<std::uint32_t>(ticks.size()));
  run.set_ingest_ns(ingest_ns);
  encode_run(run, ticks);

  google::protobuf::io::StringOutputStream sink{&out};
  google::protobuf::io::CodedOutputStream coded{&sink};
  using format = google::protobuf::internal::WireFormatLite;
  coded.WriteTag(
      format::MakeTag(wire::TickFrame::kRunsFieldNumber, format::WIRETYPE_LENGTH_DELIMITED));
  coded.WriteVarint32(static_cast<std::uint32_t>(run.ByteSizeLong()));
  run.SerializeWithCachedSizes(&coded);
}

void append_tick_frame_end(std::string& out, timestamp time_mark, bool final) {
  wire::TickFrame end;
  end.set_time_mark_ns(to_ns(time_mark));
  end.set_final(final);
  end.AppendToString(&out);
}

result<tick_frame> decode_tick_frame(std::string_view bytes, std::size_t ticks_max) {
  static thread_local wire::TickFrame frame;
  if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(fmt::format("{} bytes that are not a TickFrame", bytes.size()));
  std::size_t total = 0;
  for (auto& run : frame.runs())
    total += run.count();
  if (total > ticks_max)
    return fail(fmt::format("a frame of {} ticks; at most {}", total, ticks_max));
  tick_frame out;
  out.ticks.resize(total);
  out.runs.reserve(static_cast<std::size_t>(frame.runs_size()));
  std::size_t begin = 0;
  for (auto& run : frame.runs()) {
    std::span<tick> ticks{out.ticks.data() + begin, run.count()};
    if (!decode_run(run, ticks))
      return fail(fmt::format("a malformed run of symbol {} in a TickFrame", run.symbol()));
    auto number = run.first_number();
    for (auto& t : ticks) {
      t.symbol = symbol_id{run.symbol()};
      t.number = sequence{number++};
    }
    out.runs.push_back({symbol_id{run.symbol()}, epoch{run.data_epoch()}, run.ingest_ns(), begin,
                        begin + ticks.size()});
    begin += ticks.size();
  }
  out.time_mark = from_ns(frame.time_mark_ns());
  out.final = frame.final();
  return out;
}

} // namespace tickmesh
