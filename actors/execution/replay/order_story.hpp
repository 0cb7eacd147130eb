// The whole way of one order through the event log: the signal or the operator's command that asked
// for it, the verdict with every rule, where it went and why, what brokers said, what operators
// made of it, and what that did to the position. Fed by a replay; a pure function of the calls.
// Used by `tickmesh why`.
#pragma once

#include "actors/execution/events/batch_decisions.hpp"
#include "actors/execution/trading/trading_state.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tickmesh {

/// What asked for an order: a signal, or an operator who flattens, of whose order only the form is
/// known.
using order_origin = std::variant<signal, order_request>;

/// A rule that the order was judged by.
struct story_check {
  risk_check result;
  std::string scope; ///< format_scope
};

/// The verdict on the order, or on a new form of it.
struct story_verdict {
  risk_result risk;
  std::string scope{};                 ///< whose limit refused; empty: none
  std::optional<order_request> form{}; ///< what was judged, where no signal says it
  std::vector<story_check> checks{};   ///< every rule, those that refused first
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

/// The halt that goes on behind an event.
struct story_halt {
  sequenced_event command;
  operator_outcome outcome{};
};

/// An event that has to do with the order, and what followed of it for the order.
struct story_step {
  sequenced_event event;
  std::optional<story_halt> halt{};          ///< that a timer or a cancel comes from
  std::optional<operator_outcome> outcome{}; ///< of an operator's command
  std::optional<story_verdict> judged{};
  std::optional<story_routing> routing{};
  std::vector<venue_command> sent{};           ///< to brokers, about this order
  std::optional<order_status> status_before{}; ///< nothing: it was never sent
  std::optional<order_status> status_after{};  ///< the same
  quantity filled{};                           ///< in all, behind the event
  quantity volume{};                           ///< of the order behind the event
  std::optional<position_step> position{};     ///< of a fill that was booked
  bool changes() const { return status_before != status_after || position || !sent.empty(); }
};

class order_story {
public:
  /// `event` is the number of the event at which the order was judged first. The state is that of
  /// the replay, and outlives this.
  order_story(trading_state& trading, order_id id, order_origin origin, std::uint64_t event)
      : trading_(trading), id_(id), origin_(std::move(origin)), origin_event_(event) {}

  /// A mark is about to be applied.
  void mark(const sequenced_event& event);
  /// An event is about to be applied.
  void before(const sequenced_event& event);
  /// It has been, and this was decided.
  void after(const sequenced_event& event, const batch_decisions& decided);

  order_id id() const { return id_; }
  const trading_state& trading() const { return trading_; }
  /// Null for an operator's order.
  const signal* trigger() const { return std::get_if<signal>(&origin_); }
  /// The order as it was asked for.
  order_request request() const;
  /// The last tick that the signal used, where the log has its mark.
  const std::optional<sequenced_event>& tick() const { return tick_; }
  /// From the first verdict on.
  const std::vector<story_step>& steps() const { return steps_; }

  /// As it is now; null when it was never sent.
  const managed_order* order() const { return trading_.orders().find(id_); }
  /// The strategy's position in the symbol now.
  position_row position() const;

private:
  void note_switch(const story_step& step);
  std::optional<story_halt> halt_behind(const story_step& step) const;
  std::optional<story_verdict> find_verdict() const;
  story_routing route(broker_id chosen) const;

  trading_state& trading_;
  order_id id_;
  order_origin origin_;
  std::uint64_t origin_event_;
  std::optional<sequenced_event> tick_;
  std::optional<story_halt> halt_; ///< the last trading_switch that was done, if it cancels
  std::vector<story_step> steps_;

  // Of the event that is about to be applied:
  bool names_order_ = false;
  std::optional<order_status> status_before_;
  quantity filled_before_{};
  position_row position_before_;
};

} // namespace tickmesh
