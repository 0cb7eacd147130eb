#include "actors/calc/slot/guarded_calculator.hpp"

#include <string>

namespace tickmesh {

namespace {

crash_place place_of(const tick_run_view& run) {
  crash_place out;
  out.data_epoch = run.data_epoch;
  out.first = run.first_number;
  out.last = run.first_number + sequence{run.count} - sequence{1};
  return out;
}

} // namespace

/// Whether the place is in the run, or is the run.
bool guarded_calculator::concerns(const std::optional<crash_place>& where,
                                  const tick_run_view& run) {
  return where && !where->is_mark && place_of(run).covers(*where);
}

result<void> guarded_calculator::add_run(const tick_run_view& run, calculation_output& out) {
  if (is_stopped_) {
    skip(run, run.first_number, out);
    return {};
  }
  place_ = place_of(run);
  if (concerns(history_.stop_at, run)) return take_until_stop(run, out);
  if (concerns(history_.last, run)) return take_steps(run, out);
  return take_whole(run, out);
}

void guarded_calculator::advance(timestamp mark, calculation_output& out) {
  auto& stop = history_.stop_at;
  is_stopped_ = is_stopped_ || (stop && stop->is_mark && stop->mark == mark);
  if (is_stopped_) return;
  place_ = {};
  place_.is_mark = true;
  place_.mark = mark;
  calculator_.advance(mark, out);
}

result<void> guarded_calculator::take_whole(const tick_run_view& run, calculation_output& out) {
  if (probe_) {
    std::vector<tick> ticks;
    if (auto decoded = run.decode_ticks(ticks); !decoded) return decoded;
    for (auto& t : ticks)
      probe_(t);
  }
  return calculator_.add_run(run, out);
}

result<void> guarded_calculator::take_steps(const tick_run_view& run, calculation_output& out) {
  std::vector<tick> ticks;
  if (auto decoded = run.decode_ticks(ticks); !decoded) return decoded;
  for (auto& t : ticks) {
    place_.first = place_.last = t.number;
    place_.record = t.position;
    if (auto taken = take_ticks({&t, 1}, run, out); !taken) return taken;
  }
  return {};
}

/// What comes before the tick that it stops at counts, with the windows that end by then: another
/// slot may have closed them by a time mark before that tick.
result<void> guarded_calculator::take_until_stop(const tick_run_view& run,
                                                 calculation_output& out) {
  std::vector<tick> ticks;
  if (auto decoded = run.decode_ticks(ticks); !decoded) return decoded;
  auto& stop = *history_.stop_at;
  auto before = static_cast<std::size_t>((stop.first - run.first_number).value);
  if (auto taken = take_ticks(std::span{ticks}.first(before), run, out); !taken) return taken;
  calculator_.advance(ticks[before].effective_time, out);
  is_stopped_ = true;
  skip(run, stop.first, out);
  return {};
}

/// Some ticks of a run as a run of their own.
result<void> guarded_calculator::take_ticks(std::span<const tick> ticks, const tick_run_view& of,
                                            calculation_output& out) {
  if (ticks.empty()) return {};
  std::string bytes;
  tick_run_encoder{}.append(bytes, ticks, of.data_epoch, of.ingest_ns);
  tick_frame_view frame;
  if (auto read = read_tick_frame(bytes, frame); !read) return read;
  return take_whole(frame.runs.front(), out);
}

/// A symbol in quarantine is digested, too, where it would be: so a replica of which it is not, or
/// elsewhere, is found to differ.
void guarded_calculator::skip(const tick_run_view& run, sequence from, calculation_output& out) {
  auto last = (run.first_number + sequence{run.count} - sequence{1}).value;
  out.quarantined += last - from.value + 1;
  auto& stop = *history_.stop_at;
  for (auto at = next_digested_tick(from.value); at >= from.value && at <= last;
       at = next_digested_tick(at + 1))
    out.digests.push_back(
        {{run.symbol.value, run.data_epoch.value, calculator_.first_tick().value, at},
         digest_builder{}.add(stop.data_epoch.value).add(stop.first.value).value()});
}

} // namespace tickmesh
