#include "actors/execution/slot/link_inputs.hpp"

#include "messages/signal_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

namespace tickmesh {

namespace {

tl::unexpected<fault> unknown_symbol(symbol_id symbol) {
  return fail(fmt::format("sent symbol {}, which the view does not have", symbol.value));
}

/// Timers and windows reach beyond what is sent: its times keep away from the end of time.
constexpr timestamp latest_time = end_of_time - std::chrono::days{3'650};

tl::unexpected<fault> beyond_time(timestamp t) {
  return fail(fmt::format("sent the time {}; allowed: before {}", format_timestamp(t),
                          format_timestamp(latest_time)));
}

/// A promise may be that nothing follows at all.
bool is_promise(timestamp t) {
  return t < latest_time || t == end_of_time;
}

/// Times that rise, and keep away from the end.
bool is_in_order(std::span<const market_mark> marks) {
  auto falls = [](auto& a, auto& b) { return b.effective_time < a.effective_time; };
  return std::ranges::adjacent_find(marks, falls) == marks.end();
}

} // namespace

link_inputs::link_inputs(const link_inputs_options& options) : options_(options) {
  options_.counts[marks_in_count] = 0;
  options_.counts[signals_in_count] = 0;
}

void link_inputs::add(slot_name from) {
  inputs_.emplace(from, input{options_.merge.add_link(format_slot(from))});
}

/// A frame of a data slot: every tick, or the last ones of each mark interval.
result<void> link_inputs::take_ticks(const input& in, std::string_view payload, open_frame& open) {
  if (auto read = read_tick_frame(payload, ticks_); !read) return read;
  auto& merge = options_.merge;
  auto& count = options_.counts[marks_in_count];
  for (auto* runs : {&ticks_.runs, &ticks_.marks})
    for (auto& run : *runs) {
      if (!is_known(run.symbol)) return unknown_symbol(run.symbol);
      run.symbol = ids_.of(run.symbol);
      auto marks = decoder_.decode(run);
      if (!marks) return tl::unexpected(marks.error());
      if (!is_in_order(*marks)) return fail("sent ticks of one symbol whose times go back");
      if (marks->back().effective_time >= latest_time)
        return beyond_time(marks->back().effective_time);
      merge.push(in.link, *marks);
      // Effective times rise within a run.
      auto last = marks->back().effective_time;
      open.last_item = std::max(open.last_item.value_or(last), last);
      count += marks->size();
    }
  if (!is_promise(ticks_.time_mark)) return beyond_time(ticks_.time_mark);
  open.final = ticks_.final;
  open.promise = ticks_.time_mark;
  merge.advance(in.link, ticks_.time_mark);
  return {};
}

result<void> link_inputs::take_signals(input& in, std::string_view payload, open_frame& open) {
  auto read = decode_signal_frame(payload);
  if (!read) return tl::unexpected(read.error());
  open.received_ns = options_.clock->control_ns();
  for (auto& s : read->signals)
    if (auto taken = take_signal(in, s, open); !taken) return taken;
  if (!is_promise(read->time_mark)) return beyond_time(read->time_mark);
  options_.counts[signals_in_count] += open.signals;
  open.final = read->final;
  open.promise = read->time_mark;
  if (!in.has_ended) options_.merge.advance(in.link, read->time_mark);
  return {};
}

result<void> link_inputs::take_signal(input& in, const signal& s, open_frame& open) {
  if (!is_known(s.name.symbol)) return unknown_symbol(s.name.symbol);
  if (s.effective_time >= latest_time) return beyond_time(s.effective_time);
  if (s.volume.value <= 0)
    return fail(fmt::format("sent a signal of volume {}; allowed: above 0",
                            format_decimal(s.volume.value)));
  auto own = s;
  own.name.symbol = ids_.of(s.name.symbol);
  own.name.strategy = ids_.of(s.name.strategy);
  if (!in.taken.admit(own.name)) {
    ++options_.counts[signals_repeated_count];
    // From now on this frame stands for it.
    if (!options_.merge.is_complete_through(s.effective_time))
      open.last_item = std::max(open.last_item.value_or(s.effective_time), s.effective_time);
    return {};
  }
  if (in.has_ended) return fail("sent a signal behind its end");
  ++open.signals;
  options_.delays[calc_to_exec_delay].add(open.received_ns - s.sent_ns);
  options_.merge.push(in.link, own);
  open.last_item = std::max(open.last_item.value_or(s.effective_time), s.effective_time);
  return {};
}

result<bool> link_inputs::take(const given_frame& frame) {
  auto& in = inputs_.at(frame.from);
  if (in.has_ended && frame.from.of == role::data)
    return fail(format_slot(frame.from) + ": sent ticks behind its end");
  open_frame open{frame.number, frame.items};
  auto taken = frame.from.of == role::data ? take_ticks(in, frame.payload, open)
                                           : take_signals(in, frame.payload, open);
  if (!taken) return fail(format_slot(frame.from) + ": " + taken.error().message);
  auto& merge = options_.merge;
  if (merge.contradiction()) return false;
  in.open.push_back(open);
  if (!open.final) return false;
  if (std::exchange(in.has_ended, true)) return true;
  if (open.promise == end_of_time)
    merge.finish(in.link);
  else
    merge.stop(in.link);
  return true;
}

void link_inputs::note_merge_wait(const open_frame& frame) {
  options_.delays[merge_wait_delay].add(options_.clock->control_ns() - frame.received_ns,
                                        frame.signals);
}

} // namespace tickmesh
