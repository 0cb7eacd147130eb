// Numbers everything that an execution slot takes in: merged inputs, venue reports and timers.
// Plain class; the caller pairs it with a trading_state.
//
//   links --> event_merge --+--> next() --> numbered events --> trading_state
//             sim_venue ----+                                        |
//             timers -------+<----------- execute(commands) ---------+
#pragma once

#include "actors/execution/event_merge.hpp"
#include "actors/execution/sim_venue.hpp"

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace tickmesh {

/// The caller's loop, whenever a link has brought something:
///
///     while (auto e = sequencer.next()) {
///       out.clear();
///       state.apply(*e, out);
///       sequencer.execute(out, e->time);
///     }
///
/// Events for which may_yield_commands() is false may be collected and applied later, as long as
/// they reach the state before the next event of another kind does; for these execute() is not
/// needed. After any other event, execute() comes before next(), even with no command.
class event_sequencer {
public:
  explicit event_sequencer(const sim_venue_settings& settings) : venue_(settings) {}

  /// Where links are added, pushed to, advanced and finished.
  event_merge& inputs() { return merge_; }
  const event_merge& inputs() const { return merge_; }

  /// The next event in the order (time; report, mark, signal, timer); nothing while a link may
  /// still bring an earlier one, and when all is done. When all links are finished, reports and
  /// timers run to their end.
  std::optional<sequenced_event> next();

  /// Carries out what was decided at `now`, the time of the last event.
  void execute(const std::vector<venue_command>& commands, timestamp now);

  /// All links are finished, and no report and no timer is left.
  bool finished() const;
  std::uint64_t events() const { return events_; } ///< numbered so far
  const sim_venue& venue() const { return venue_; }

private:
  template <class T>
  sequenced_event number(timestamp t, T&& what);
  void carry_out(const venue_command& command, timestamp now);

  event_merge merge_;
  sim_venue venue_;
  /// By due time, then in the order in which they were armed.
  std::map<std::pair<timestamp, std::uint64_t>, timer_due> timers_;
  std::uint64_t timers_armed_ = 0;
  std::uint64_t events_ = 0;
  timestamp last_time_ = timestamp::min();
  bool awaits_execute_ = false;
};

} // namespace tickmesh
