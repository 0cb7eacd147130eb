// The whole way of one order through the event log: its signal, the verdict with every rule, where
// it went and why, what brokers said, and what that did to the position. Fed by a replay; a pure
// function of the calls. Used by `tickmesh why`.
#pragma once

#include "actors/execution/batch_decisions.hpp"
#include "actors/execution/trading_state.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

/// A rule that the order was judged by.
struct story_check {
  risk_check result;
  std::string scope; ///< format_scope
};

/// A broker that was preferred to the one that was chosen, and why it did not get the order.
struct passed_broker {
  broker_id broker{};
  bool has_refused = false;   ///< it has definitely not taken this very order
  std::uint32_t failures = 0; ///< definite ones in a row
  bool is_connected = true;
};

/// Where the order was sent.
struct story_routing {
  broker_id broker{};
  bool is_primary = false;
  bool is_usable = true; ///< false: none was, so it went to the primary all the same
  std::vector<passed_broker> passed{};
};

/// The strategy's position in the order's symbol at a fill.
struct position_step {
  position_row before;
  position_row after;
};

/// An event that has to do with the order, and what followed of it for the order.
struct story_step {
  sequenced_event event;
  std::optional<risk_result> judged{}; ///< a signal's verdict
  std::string scope{};                 ///< whose limit refused; empty: none
  std::optional<story_routing> routing{};
  std::vector<venue_command> sent{};           ///< to brokers, about this order
  std::optional<order_status> status_before{}; ///< nothing: it was never sent
  std::optional<order_status> status_after{};  ///< the same
  quantity filled{};                           ///< in all, behind the event
  std::optional<position_step> position{};     ///< of a fill that was booked
  bool changes() const { return status_before != status_after || position || !sent.empty(); }
};

class order_story {
public:
  /// `trigger` is the signal of the order, `event` its number in the log. The state is that of the
  /// replay, and outlives this.
  order_story(trading_state& trading, order_id id, const signal& trigger, std::uint64_t event)
      : trading_(trading), id_(id), trigger_(trigger), trigger_event_(event) {}

  /// A mark is about to be applied.
  void mark(const sequenced_event& event);
  /// An event is about to be applied.
  void before(const sequenced_event& event);
  /// It has been, and this was decided.
  void after(const sequenced_event& event, const batch_decisions& decided);

  order_id id() const { return id_; }
  const signal& trigger() const { return trigger_; }
  std::uint64_t trigger_event() const { return trigger_event_; }
  /// The last tick that the signal used, where the log has its mark.
  const std::optional<sequenced_event>& tick() const { return tick_; }
  /// Every rule at the signal, those that refused first.
  const std::vector<story_check>& checks() const { return checks_; }
  /// From the signal on.
  const std::vector<story_step>& steps() const { return steps_; }

  /// As it is now; null when it was never sent.
  const managed_order* order() const { return trading_.orders().find(id_); }
  /// The strategy's position in the symbol now.
  position_row position() const;

private:
  void check_rules(const sequenced_event& event);
  story_routing route(broker_id chosen) const;

  trading_state& trading_;
  order_id id_;
  signal trigger_;
  std::uint64_t trigger_event_;
  std::optional<sequenced_event> tick_;
  std::vector<story_check> checks_;
  std::vector<story_step> steps_;

  // Of the event that is about to be applied:
  bool names_order_ = false;
  std::optional<order_status> status_before_;
  quantity filled_before_{};
  position_row position_before_;
};

} // namespace tickmesh
