// Going once more through a log: event_sequencer::replay.
#include "actors/execution/configuration/slot_configuration.hpp"
#include "actors/execution/sequencer/event_sequencer.hpp"
#include "messages/overloaded.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

namespace {

tl::unexpected<fault> other_doings(std::uint64_t event, std::string_view what) {
  return fail(
      fmt::format("event {}: {}; the journal was written with other settings, or by another "
                  "program",
                  event, what));
}

} // namespace

result<void> event_sequencer::replay(const event_batch& batch,
                                     const std::vector<decided_command>& commands, bool compares) {
  compares_ = compares;
  if (batch.first_number != events_ + 1)
    return other_doings(batch.first_number, fmt::format("event {} was expected", events_ + 1));
  auto is_known = [this](std::optional<broker_id> broker) {
    return !broker || broker->value < venues_.size();
  };
  std::span<const market_mark> marks{batch.marks};
  std::size_t taken = 0;
  for (auto& [marks_before, event] : batch.others) {
    if (auto done = replay_marks(marks.subspan(taken, marks_before - taken)); !done) return done;
    taken = marks_before;
    if (!is_known(broker_of(event)))
      return other_doings(event.number, "a broker that is not configured");
    if (auto done = replay_event(event); !done) return done;
  }
  if (auto done = replay_marks(marks.subspan(taken)); !done) return done;
  for (auto& decided : commands) {
    if (!is_known(broker_of(decided.command)))
      return other_doings(decided.event, "a command to a broker that is not configured");
    if (!venues_.is_for_external(decided.command)) carry_out(decided);
  }
  return {};
}

/// Lets what happens inside the venues happen, which leads to no report.
result<void> event_sequencer::settle_venues(timestamp until, bool until_is_included) {
  for (;;) {
    auto t = venues_.next_internal_time();
    if (!t || *t > until || (*t == until && !until_is_included)) return {};
    if (venues_.take_next_internal() && compares_)
      return other_doings(events_ + 1, "a venue reports what it did not report then");
  }
}

result<void> event_sequencer::replay_marks(std::span<const market_mark> marks) {
  for (auto& mark : marks) {
    auto until = by_arrival_ ? end_of_time : mark.effective_time;
    if (auto done = settle_venues(until, true); !done) return done;
    venues_.on_mark(mark);
    merge_.note_taken(mark);
    last_time_ = std::max(last_time_, mark.effective_time);
    last_input_ = ++events_;
  }
  return {};
}

template <class News>
result<void> event_sequencer::replay_news(const sequenced_event& event, const News& news) {
  if (venues_.is_external(news.broker)) return {};
  if (!compares_) return settle_venues(by_arrival_ ? end_of_time : event.time, true);
  for (;;) {
    if (!venues_.next_internal_time())
      return other_doings(event.number, "a venue does not report what it reported then");
    auto again = venues_.take_next_internal();
    if (!again) continue;
    auto* same_kind = std::get_if<News>(&*again);
    if (same_kind == nullptr || !(*same_kind == news))
      return other_doings(event.number, "a venue reports something else than it did then");
    return {};
  }
}

/// Takes the timer that went off then. A recurring one may not have been armed at that life's end.
bool event_sequencer::replay_timer(const timer_due& timer) {
  if (!compares_) {
    timers_.disarm(timer);
    return true;
  }
  while (!timers_.empty()) {
    auto next = timers_.take();
    if (next == timer) return true;
    if (!is_recurring(next.purpose)) return false;
  }
  return false;
}

result<void> event_sequencer::replay_content(const sequenced_event& event) {
  auto until = by_arrival_ ? end_of_time : event.time;
  return std::visit<result<void>>(
      overloaded{
          [&](const one_of<execution_report, broker_event, broker_snapshot> auto& news) {
            return replay_news(event, news);
          },
          [&](const signal& s) {
            merge_.note_taken(s);
            // A late one was taken when it was due, before what the clock had passed.
            return settle_venues(by_arrival_ ? until : std::min(until, s.effective_time), true);
          },
          [&](const market_mark&) { return settle_venues(until, true); },
          [&](const timer_due& timer) {
            auto done = settle_venues(until, true);
            if (done && !replay_timer(timer))
              done = other_doings(event.number, "a timer that was not armed");
            return done;
          },
          [&](const slot_configured& configured) {
            configure(configured.configuration->settings);
            return result<void>{};
          },
          [](const one_of<slot_recovered, operator_command, clock_mark> auto&) {
            return result<void>{};
          },
      },
      event.what);
}

result<void> event_sequencer::replay_event(const sequenced_event& event) {
  if (auto done = replay_content(event); !done) return done;
  may_decide(event); // follows the orders
  last_time_ = std::max(last_time_, event.time);
  ++events_;
  if (std::holds_alternative<signal>(event.what)) last_input_ = events_;
  return {};
}

} // namespace tickmesh
