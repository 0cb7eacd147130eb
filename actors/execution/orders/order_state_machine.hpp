// The life of an order as one table: which event may follow in which status, and where it leads.
// Used by order_manager. Statuses and their meaning are those of FIX 4.4 (tag 39), and InDoubt.
#pragma once

#include "messages/order.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace tickmesh {

enum class order_event : std::uint8_t {
  acknowledged,
  partial_fill, ///< a fill that leaves something open
  fill,         ///< the fill that completes the order, or goes beyond it
  cancel_requested,
  canceled,
  cancel_rejected, ///< of a cancel or a replace request, as in FIX
  replace_requested,
  replaced,
  rejected,
  expired,
  report_timeout, ///< an answer is overdue
  resolved,       ///< the venue says that the order is open
  doubted,        ///< what the venue says does not fit what was known
};
inline constexpr std::array<std::string_view, 13> order_event_names{
    "acknowledged",    "partial_fill",      "fill",     "cancel_requested", "canceled",
    "cancel_rejected", "replace_requested", "replaced", "rejected",         "expired",
    "report_timeout",  "resolved",          "doubted"};
constexpr std::string_view to_string(order_event e) {
  return order_event_names[static_cast<std::size_t>(e)];
}

/// What the venue has told so far; decides where an order returns to.
enum class order_progress : std::uint8_t {
  unacknowledged,
  acknowledged, ///< and nothing filled
  part_filled,
  any, ///< in the table only: whatever it is
};

struct order_transition {
  order_status from;
  order_event event;
  order_progress when;
  order_status to;
  bool is_anomaly; ///< applied, since it did happen, but counted
  std::string_view why;
};

/// Every legal transition; what is not listed is illegal. Each (from, event, progress) is there
/// at most once.
std::span<const order_transition> order_transitions();

enum class transition_outcome : std::uint8_t {
  applied,
  anomaly, ///< applied: a fill after the end of the order, or beyond its volume
  refused, ///< illegal: nothing has changed
};

constexpr bool is_terminal(order_status s) {
  return s == order_status::filled || s == order_status::canceled || s == order_status::rejected ||
         s == order_status::expired;
}

/// The status of one order; starts as PendingNew.
class order_state_machine {
public:
  transition_outcome apply(order_event e);
  /// Nothing is filled any more: what was has been taken back.
  void forget_fills() {
    if (progress_ == order_progress::part_filled) progress_ = order_progress::acknowledged;
  }

  order_status status() const { return status_; }
  order_progress progress() const { return progress_; }

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    auto& [status, progress] = *this;
    archive(status, progress);
  }

private:
  order_status status_ = order_status::pending_new;
  order_progress progress_ = order_progress::unacknowledged;
};

} // namespace tickmesh
