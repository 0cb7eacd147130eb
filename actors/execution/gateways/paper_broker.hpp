// The simulated venue as a broker outside of the event log: works by the clock, remembers what it
// has filled and tells it again when asked. Plain class behind paper_broker_actor.
#pragma once

#include "actors/execution/venues/sim_venue.hpp"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace tickmesh {

/// `now` never falls from one call to the next.
class paper_broker {
public:
  explicit paper_broker(const sim_venue_settings& settings) : venue_(settings) {}

  void take(const venue_command& command, timestamp now);
  /// The market is the mark's from now on, whatever time it is of.
  void take_mark(market_mark mark, timestamp now);
  void cancel_open(timestamp now);

  /// What it has to say by now, once: who has no session then does not hear it.
  std::vector<venue_news> take_news(timestamp now);
  /// When there may be more.
  std::optional<timestamp> next_time() const { return venue_.next_time(); }

private:
  void settle(timestamp now);
  void keep(venue_news news);
  void note(const execution_report& report);
  void note(const broker_event& event);
  void tell_again(const std::vector<execution_report>& fills, timestamp since);

  sim_venue venue_;
  std::set<order_id> open_;                                 ///< or may be
  std::map<order_id, std::vector<execution_report>> fills_; ///< of every order
  std::deque<timestamp> since_; ///< of the executions that were asked for
  std::vector<venue_news> news_;
};

} // namespace tickmesh
