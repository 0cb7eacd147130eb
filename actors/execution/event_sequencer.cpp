#include "actors/execution/event_sequencer.hpp"

#include <algorithm>
#include <cassert>

namespace tickmesh {

std::optional<sequenced_event> event_sequencer::next() {
  assert(!awaits_execute_);
  for (;;) {
    auto report = venue_.next_time().value_or(end_of_time);
    auto input = merge_.next_time().value_or(end_of_time);
    auto timer = timers_.empty() ? end_of_time : timers_.begin()->first.first;
    auto first = std::min({report, input, timer});
    if (first == end_of_time) return std::nullopt;
    if (report == first) {
      // Inputs of the same time come later, so only earlier ones matter.
      if (!merge_.is_complete_before(report)) return std::nullopt;
      if (auto made = venue_.take_next()) return number(report, std::move(*made));
    } else if (input == first) {
      auto taken = merge_.take();
      if (auto* s = std::get_if<signal>(&taken)) return number(input, *s);
      auto& mark = std::get<market_mark>(taken);
      venue_.on_mark(mark);
      return number(input, mark);
    } else {
      if (!merge_.is_complete_through(timer)) return std::nullopt;
      return number(timer, timers_.extract(timers_.begin()).mapped());
    }
  }
}

void event_sequencer::execute(const std::vector<venue_command>& commands, timestamp now) {
  assert(now == last_time_ || commands.empty());
  for (auto& command : commands)
    carry_out(command, now);
  awaits_execute_ = false;
}

bool event_sequencer::finished() const {
  return merge_.finished() && !venue_.next_time() && timers_.empty() && !awaits_execute_;
}

template <class T>
sequenced_event event_sequencer::number(timestamp t, T&& what) {
  assert(t >= last_time_);
  last_time_ = t;
  sequenced_event e{.number = ++events_, .time = t, .what = std::forward<T>(what)};
  awaits_execute_ = may_yield_commands(e);
  return e;
}

void event_sequencer::carry_out(const venue_command& command, timestamp now) {
  if (auto* order = std::get_if<order_request>(&command)) {
    venue_.submit(*order, now);
  } else if (auto* cancel = std::get_if<cancel_request>(&command)) {
    venue_.request_cancel(cancel->order, now);
  } else if (auto* query = std::get_if<status_query>(&command)) {
    venue_.query(query->order, now);
  } else {
    auto& timer = std::get<timer_request>(command).timer;
    timers_.emplace(std::pair{std::max(timer.due, now), timers_armed_++}, timer);
  }
}

} // namespace tickmesh
