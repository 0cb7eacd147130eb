// Frames of ticks and signals, as links carry them and the tick log keeps them.
#include "messages/signal_codec.hpp"
#include "messages/tick_codec.hpp"
#include "messages/tick_run.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/support/tick_log_records.hpp"

namespace tickmesh {

namespace frame_fuzz {

namespace {

constexpr std::size_t frame_ticks_max = 2'000;

/// Column by column, value by value and as ticks, a run reads as the same.
void check_run(const tick_run_view& run) {
  std::vector<std::int64_t> values(run.count);
  column_places places{run};
  bool is_good = true;
  for (std::size_t c = 0; c < tick_column_count; ++c) {
    auto column = static_cast<tick_column>(c);
    auto whole = run.decode(column, values);
    is_good = is_good && whole;
    for (std::size_t row : {std::size_t{0}, run.count / 2UL, run.count - 1UL}) {
      auto value = run.value(column, row), placed = places.value(run, column, row);
      must(value.has_value() == placed.has_value(), "a value is read with places and not without");
      if (!whole) continue;
      must(value && *value == values[row] && *placed == values[row], "a value is not its column's");
      must(!run.is_zero(column) || values[row] == 0, "a column of zeros has another value");
    }
  }
  std::vector<tick> ticks;
  must(run.decode_ticks(ticks).has_value() == is_good, "ticks are read where columns are not");
  if (is_good) must(ticks.size() == run.count, "a run has another count of ticks");
}

void check_log_parts(const tick_frame_view& view) {
  for (auto& run : view.marks)
    check_run(run);
  for (auto& bytes : view.rejected)
    if (auto rejected = read_rejected_run(bytes)) {
      must(rejected->reasons.size() == rejected->records.count, "a rejected record has no reason");
      for (std::size_t row = 0; row < rejected->records.count; ++row)
        must(static_cast<std::size_t>(rejected->reason(row)) < reject_reason_count,
             "a reason that is none");
      check_run(rejected->records);
    }
  auto totals = read_slot_totals(view.totals);
  if (!totals) return;
  std::string bytes;
  append_slot_totals(bytes, *totals);
  tick_frame_view again;
  must(read_tick_frame(bytes, again).has_value(), "totals that were written are not read");
  auto totals_again = read_slot_totals(again.totals);
  must(totals_again && *totals_again == *totals, "totals come back as others");
}

void run_tick_frame(std::string_view bytes) {
  tick_frame_view view;
  auto outline = read_tick_frame(bytes, view, frame_ticks_max);
  auto frame = decode_tick_frame(bytes, frame_ticks_max);
  must(outline.has_value() || !frame, "a frame without an outline is decoded");
  if (!outline) return;
  must(view.ticks <= frame_ticks_max, "a frame is longer than allowed");
  for (auto& run : view.runs)
    check_run(run);
  check_log_parts(view);
  if (!frame) return;
  std::string written;
  for (auto& run : frame->runs)
    append_tick_run(written, std::span{frame->ticks}.subspan(run.begin, run.end - run.begin),
                    run.data_epoch, run.ingest_ns);
  append_tick_frame_end(written, frame->time_mark, frame->final);
  auto again = decode_tick_frame(written, frame_ticks_max);
  must(again.has_value(), "a frame that was written is not read");
  must(again->ticks == frame->ticks && again->time_mark == frame->time_mark &&
           again->final == frame->final && again->runs.size() == frame->runs.size(),
       "a frame comes back as another");
}

std::vector<std::string> tick_frame_samples() {
  std::vector<std::string> out;
  record_maker maker{1};
  for (std::uint32_t ticks : {1, 3, 9}) {
    auto bytes = maker.make(20240103, 1, ticks).payload;
    append_tick_frame_end(bytes, from_ns(1'704'157'201'000'000'000), ticks == 3);
    out.push_back(std::move(bytes));
  }
  return out;
}

void run_signal_frame(std::string_view bytes) {
  auto frame = decode_signal_frame(bytes);
  if (!frame) return;
  for (auto& s : frame->signals)
    must(s.direction == 1 || s.direction == -1, "a signal neither buys nor sells");
  auto again =
      decode_signal_frame(encode_signal_frame(frame->signals, frame->time_mark, frame->final));
  must(again && again->signals == frame->signals && again->time_mark == frame->time_mark &&
           again->final == frame->final,
       "a frame of signals comes back as another");
}

std::vector<std::string> signal_frame_samples() {
  signal s;
  s.name = {symbol_id{7}, strategy_id{300}, 2, epoch{3}, sequence{43}, from_ns(1'000'000'000)};
  s.direction = -1;
  s.volume = quantity{250'000'000};
  s.limit = price{1'248'400'000'000};
  std::vector<signal> signals{s, s};
  signals[1].direction = 1;
  signals[1].ask = no_price;
  return {encode_signal_frame(signals, from_ns(5), true),
          encode_signal_frame({}, from_ns(7), false)};
}

} // namespace

} // namespace frame_fuzz

std::vector<fuzz_target> frame_fuzz_targets() {
  using namespace frame_fuzz;
  return {{"tick_frame", run_tick_frame, tick_frame_samples},
          {"signal_frame", run_signal_frame, signal_frame_samples}};
}

} // namespace tickmesh
