// Orders for exchanges that take only one of open, close and close-today per order: each is sent as
// up to three orders there, its legs, and what is said of those is put together to what is said of
// the order (docs/decisions/0035). Plain class, for the gateways of such brokers.
//
//   exec_slot --order, cancel, query--> gateway, order_legs --the same of legs--> broker
//   exec_slot <----------reports------- gateway, order_legs <--reports of legs--- broker
#pragma once

#include "actors/execution/events/venue_command.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace tickmesh {

/// What a leg is of its order.
enum class leg_kind : std::uint8_t {
  whole, ///< of an order of which nothing is to be said: its only leg
  close_today,
  close, ///< of earlier days; of any day where the exchange does not want to know
  open,
};
inline constexpr std::uint32_t leg_kinds = 4;

/// A leg is sent under a number of its own, from which its order and what it is of it follow, so
/// that nothing need be remembered: four times the order's, and the kind.
constexpr std::uint32_t leg_reference(std::uint32_t order, leg_kind kind) {
  return order * leg_kinds + static_cast<std::uint32_t>(kind);
}
constexpr std::uint32_t order_of_leg(std::uint32_t leg) {
  return leg / leg_kinds;
}
constexpr leg_kind kind_of_leg(std::uint32_t leg) {
  return static_cast<leg_kind>(leg % leg_kinds);
}
/// An order under a higher number is refused.
inline constexpr auto split_reference_most = std::numeric_limits<std::uint32_t>::max() / leg_kinds;
/// broker_event::reference_next, where the broker says which number a leg may have at least.
constexpr std::uint32_t order_reference_next(std::uint32_t leg_next) {
  return leg_next / leg_kinds + (leg_next % leg_kinds != 0 ? 1 : 0);
}

/// What is to go on, in its order.
struct leg_traffic {
  std::vector<venue_command> to_broker;
  std::vector<execution_report> to_slot;
};

/// Of one session's gateway. What it knows of orders of an earlier life comes from the parts that
/// requests bring along and from what the broker answers; until then it says less, and nothing
/// that it can't know: no end, and fills as such that are told again.
class order_legs {
public:
  /// Orders that have ended and are remembered, so that what still comes of them is understood.
  static constexpr std::size_t ended_kept_max = 4'096;

  void submit(const order_request& request, leg_traffic& out);
  void cancel(const cancel_request& request, leg_traffic& out);
  /// Is refused: legs have parts of their own.
  void replace(const replace_request& request, leg_traffic& out);
  /// Every leg is asked; the answer comes when all of them have answered.
  void query(const status_query& request, leg_traffic& out);

  /// What the broker says of a leg, by `reference`; a report without one is found by the broker's
  /// own id of the leg, once a report has told both. What is of no leg is counted, and dropped
  /// unless it is an execution.
  void take(const execution_report& of_leg, leg_traffic& out);

  /// Of a snapshot: the legs of an order become one.
  std::vector<broker_snapshot::open_order>
  put_together(const std::vector<broker_snapshot::open_order>& legs) const;

  std::size_t orders_known() const { return orders_.size(); }
  std::uint64_t strays() const { return strays_; } ///< reports of no leg

private:
  static constexpr std::size_t place_of(leg_kind kind) { return static_cast<std::size_t>(kind); }
  static constexpr leg_kind kind_at(std::size_t place) { return static_cast<leg_kind>(place); }

  enum class fate : std::uint8_t { silent, open, ended };
  struct leg {
    bool exists = false;
    fate state = fate::silent;
    order_status end = order_status::pending_new; ///< of one that has ended
    refusal_cause refusal = refusal_cause::none;  ///< of one that was rejected
    bool end_is_presumed = false;                 ///< the broker does not know it, for good
    bool was_accepted = false;
    bool is_unknown = false; ///< the broker did not know it when it was last asked
    bool cancel_is_out = false;
    bool was_canceled_by_us = false; ///< since another leg was rejected
    bool has_answered = false;       ///< the query
    quantity cumulative{};
    std::string broker_order{};
  };
  struct order {
    std::uint32_t reference = 0;
    order_id id{}; ///< 0: not known yet
    broker_id broker{};
    bool is_known = false; ///< which legs there are
    std::array<leg, leg_kinds> legs{};
    bool accepted_is_told = false;
    bool end_is_told = false;
    bool cancel_is_asked = false; ///< by the slot, and not answered
    bool query_is_asked = false;
    bool is_unsupported = false;                        ///< a leg can't be queried
    refusal_cause cancel_refusal = refusal_cause::none; ///< the worst of the legs'
    std::string why{};                                  ///< of the last refusal

    quantity cumulative() const;
    bool has_ended() const;
    order_status status() const; ///< at the broker, by what is known
    template <class Fits>
    bool any(Fits fits) const {
      return std::ranges::any_of(legs, [&](auto& l) { return l.exists && fits(l); });
    }
  };

  order& at(std::uint32_t reference, broker_id broker);
  order& at(order_id id, broker_id broker, const order_names& names);
  static void set_parts(order& o, const order_split& parts);
  static void end(leg& l, order_status how);
  static void reopen(order& o, leg& l, leg_traffic& out);
  static execution_report make(const order& o, report_kind kind, const execution_report& like);
  static void tell_end(order& o, const execution_report& like, leg_traffic& out);
  static void tell_status(const order& o, const execution_report& like, leg_traffic& out);
  static void take_execution(order& o, leg& l, const execution_report& of_leg, leg_traffic& out);
  static void take_word(order& o, leg& l, const execution_report& of_leg, leg_traffic& out);
  static void take_unknown(order& o, leg& l, const execution_report& of_leg);
  static void send_cancel(const order& o, leg& l, leg_kind kind, leg_traffic& out);
  void settle(order& o, const execution_report& of_leg, leg_traffic& out);
  void remember_end(std::uint32_t reference);

  std::map<std::uint32_t, order> orders_;
  std::map<std::string, std::uint32_t> leg_by_id_; ///< the broker's ids of legs of orders_
  std::deque<std::uint32_t> ended_;                ///< orders, the oldest end first
  std::uint64_t strays_ = 0;
};

} // namespace tickmesh
