#include "actors/execution/orders/order_state_machine.hpp"

namespace tickmesh {

namespace {

using st = order_status;
using ev = order_event;
using pr = order_progress;

// clang-format off
constexpr order_transition table[] = {
    // PendingNew: sent, not answered
    {st::pending_new, ev::acknowledged, pr::any, st::accepted, false, "the venue has the order"},
    {st::pending_new, ev::partial_fill, pr::any, st::partially_filled, false,
     "a fill may be the first report"},
    {st::pending_new, ev::fill, pr::any, st::filled, false, "a fill may be the first report"},
    {st::pending_new, ev::cancel_requested, pr::any, st::pending_cancel, false,
     "an order may be canceled before its acknowledgement"},
    {st::pending_new, ev::canceled, pr::any, st::canceled, false, "the venue removed it at once"},
    {st::pending_new, ev::rejected, pr::any, st::rejected, false, "the venue refused it"},
    {st::pending_new, ev::expired, pr::any, st::expired, false, "out of time on arrival"},
    {st::pending_new, ev::report_timeout, pr::any, st::in_doubt, false,
     "no answer: it may or may not be open"},
    {st::pending_new, ev::doubted, pr::any, st::in_doubt, false,
     "the venue does not know it, and may still get it"},

    // New: open, nothing filled
    {st::accepted, ev::partial_fill, pr::any, st::partially_filled, false, "first fill"},
    {st::accepted, ev::fill, pr::any, st::filled, false, "filled at once"},
    {st::accepted, ev::cancel_requested, pr::any, st::pending_cancel, false, "our cancel"},
    {st::accepted, ev::canceled, pr::any, st::canceled, false,
     "canceled by the venue, or an overdue answer to our cancel"},
    {st::accepted, ev::cancel_rejected, pr::any, st::accepted, false,
     "overdue answer to a cancel of an order that was in doubt meanwhile"},
    {st::accepted, ev::replace_requested, pr::any, st::pending_replace, false, "our replace"},
    {st::accepted, ev::replaced, pr::any, st::accepted, false,
     "overdue answer to a replace of an order that was in doubt meanwhile"},
    {st::accepted, ev::rejected, pr::any, st::rejected, false,
     "taken by the broker, refused by the exchange"},
    {st::accepted, ev::expired, pr::any, st::expired, false, "end of its time in force"},
    {st::accepted, ev::doubted, pr::any, st::in_doubt, false,
     "the venue does not know what it has acknowledged"},

    // PartiallyFilled: open, something filled
    {st::partially_filled, ev::partial_fill, pr::any, st::partially_filled, false, "a next fill"},
    {st::partially_filled, ev::fill, pr::any, st::filled, false, "the last fill"},
    {st::partially_filled, ev::cancel_requested, pr::any, st::pending_cancel, false,
     "our cancel of the rest"},
    {st::partially_filled, ev::canceled, pr::any, st::canceled, false,
     "the rest is canceled by the venue, or an overdue answer to our cancel"},
    {st::partially_filled, ev::cancel_rejected, pr::any, st::partially_filled, false,
     "overdue answer to a cancel of an order that was in doubt meanwhile"},
    {st::partially_filled, ev::replace_requested, pr::any, st::pending_replace, false,
     "our replace of the rest"},
    {st::partially_filled, ev::replaced, pr::any, st::partially_filled, false,
     "overdue answer to a replace of an order that was in doubt meanwhile"},
    {st::partially_filled, ev::rejected, pr::any, st::rejected, false,
     "the rest is refused by the exchange"},
    {st::partially_filled, ev::expired, pr::any, st::expired, false, "the rest ran out of time"},
    {st::partially_filled, ev::doubted, pr::any, st::in_doubt, false,
     "the venue does not know what it has filled"},

    // PendingCancel: our cancel is under way; the venue may fill until it arrives
    {st::pending_cancel, ev::acknowledged, pr::unacknowledged, st::pending_cancel, false,
     "the acknowledgement crossed our cancel"},
    {st::pending_cancel, ev::partial_fill, pr::any, st::pending_cancel, false,
     "the fill crossed our cancel"},
    {st::pending_cancel, ev::fill, pr::any, st::filled, false, "the last fill crossed our cancel"},
    {st::pending_cancel, ev::canceled, pr::any, st::canceled, false, "our cancel took effect"},
    {st::pending_cancel, ev::cancel_rejected, pr::unacknowledged, st::pending_new, false,
     "still unanswered, and not canceled"},
    {st::pending_cancel, ev::cancel_rejected, pr::acknowledged, st::accepted, false,
     "still open, nothing filled"},
    {st::pending_cancel, ev::cancel_rejected, pr::part_filled, st::partially_filled, false,
     "still open, something filled"},
    {st::pending_cancel, ev::replaced, pr::acknowledged, st::pending_cancel, false,
     "the replace took effect before our cancel"},
    {st::pending_cancel, ev::replaced, pr::part_filled, st::pending_cancel, false,
     "the replace took effect before our cancel"},
    {st::pending_cancel, ev::rejected, pr::any, st::rejected, false,
     "the refusal of the order, or of its rest, crossed our cancel"},
    {st::pending_cancel, ev::expired, pr::any, st::expired, false, "ran out of time meanwhile"},
    {st::pending_cancel, ev::report_timeout, pr::any, st::in_doubt, false,
     "no answer: it may or may not be open"},

    {st::pending_cancel, ev::doubted, pr::any, st::in_doubt, false,
     "the venue knows nothing to cancel"},

    // PendingReplace: our replace is under way
    {st::pending_replace, ev::partial_fill, pr::any, st::pending_replace, false,
     "the fill crossed our replace"},
    {st::pending_replace, ev::fill, pr::any, st::filled, false,
     "the last fill crossed our replace"},
    {st::pending_replace, ev::cancel_requested, pr::any, st::pending_cancel, false,
     "our cancel overrides our replace"},
    {st::pending_replace, ev::canceled, pr::any, st::canceled, false, "canceled by the venue"},
    {st::pending_replace, ev::cancel_rejected, pr::acknowledged, st::accepted, false,
     "the replace was refused; nothing filled"},
    {st::pending_replace, ev::cancel_rejected, pr::part_filled, st::partially_filled, false,
     "the replace was refused; something filled"},
    {st::pending_replace, ev::replaced, pr::acknowledged, st::accepted, false,
     "the replace took effect; nothing filled"},
    {st::pending_replace, ev::replaced, pr::part_filled, st::partially_filled, false,
     "the replace took effect; something filled"},
    {st::pending_replace, ev::rejected, pr::any, st::rejected, false,
     "the order, or its rest, is refused by the exchange"},
    {st::pending_replace, ev::expired, pr::any, st::expired, false, "ran out of time meanwhile"},
    {st::pending_replace, ev::doubted, pr::any, st::in_doubt, false,
     "the venue knows nothing to replace"},
    {st::pending_replace, ev::report_timeout, pr::any, st::in_doubt, false,
     "no answer: the order may have either form"},

    // InDoubt: any report of the venue tells what became of the order
    {st::in_doubt, ev::acknowledged, pr::unacknowledged, st::accepted, false,
     "the overdue acknowledgement"},
    {st::in_doubt, ev::partial_fill, pr::any, st::partially_filled, false, "open, and filling"},
    {st::in_doubt, ev::fill, pr::any, st::filled, false, "it was filled"},
    {st::in_doubt, ev::cancel_requested, pr::any, st::in_doubt, false,
     "our cancel of what may be open"},
    {st::in_doubt, ev::canceled, pr::any, st::canceled, false, "it was canceled"},
    {st::in_doubt, ev::cancel_rejected, pr::unacknowledged, st::in_doubt, false,
     "not canceled, but whether the order ever arrived stays unknown"},
    {st::in_doubt, ev::cancel_rejected, pr::acknowledged, st::accepted, false,
     "still open, nothing filled"},
    {st::in_doubt, ev::cancel_rejected, pr::part_filled, st::partially_filled, false,
     "still open, something filled"},
    {st::in_doubt, ev::replaced, pr::unacknowledged, st::accepted, false,
     "who has replaced it has it"},
    {st::in_doubt, ev::replaced, pr::acknowledged, st::accepted, false, "the overdue answer"},
    {st::in_doubt, ev::replaced, pr::part_filled, st::partially_filled, false,
     "the overdue answer"},
    {st::in_doubt, ev::rejected, pr::any, st::rejected, false,
     "the venue refused it, or its rest"},
    {st::in_doubt, ev::expired, pr::any, st::expired, false, "it ran out of time"},
    {st::in_doubt, ev::report_timeout, pr::any, st::in_doubt, false, "the query was not answered"},
    {st::in_doubt, ev::resolved, pr::unacknowledged, st::accepted, false,
     "the venue says that it is open"},
    {st::in_doubt, ev::resolved, pr::acknowledged, st::accepted, false,
     "the venue says that it is open"},
    {st::in_doubt, ev::resolved, pr::part_filled, st::partially_filled, false,
     "the venue says that it is open"},

    // Terminal. A cancel may cross the end. A fill that happened counts in the position, whatever
    // the status: refusing it would make the book wrong. As in FIX's precedence of order statuses,
    // Filled outranks Canceled, and Canceled outranks PartiallyFilled. Doubted: the venue says that
    // something is open of what has ended.
    {st::filled, ev::doubted, pr::any, st::in_doubt, false, "open again"},
    {st::canceled, ev::doubted, pr::any, st::in_doubt, false, "open again"},
    {st::rejected, ev::doubted, pr::any, st::in_doubt, false, "open again"},
    {st::expired, ev::doubted, pr::any, st::in_doubt, false, "open again"},
    {st::filled, ev::cancel_rejected, pr::any, st::filled, false, "too late to cancel"},
    {st::filled, ev::partial_fill, pr::any, st::filled, true, "beyond the order's volume"},
    {st::filled, ev::fill, pr::any, st::filled, true, "beyond the order's volume"},
    {st::canceled, ev::cancel_rejected, pr::any, st::canceled, false, "canceled before our cancel"},
    {st::canceled, ev::partial_fill, pr::any, st::canceled, true, "late fill"},
    {st::canceled, ev::fill, pr::any, st::filled, true, "late fill completes the order"},
    {st::rejected, ev::cancel_rejected, pr::any, st::rejected, false, "nothing to cancel"},
    {st::rejected, ev::partial_fill, pr::any, st::rejected, true, "fill of a refused order"},
    {st::rejected, ev::fill, pr::any, st::filled, true, "fill of a refused order"},
    {st::expired, ev::cancel_rejected, pr::any, st::expired, false, "expired before our cancel"},
    {st::expired, ev::partial_fill, pr::any, st::expired, true, "late fill"},
    {st::expired, ev::fill, pr::any, st::filled, true, "late fill completes the order"},
};
// clang-format on

order_progress progress_after(order_progress before, order_event e) {
  switch (e) {
  case ev::partial_fill:
  case ev::fill: return pr::part_filled;
  case ev::acknowledged:
  case ev::replaced:
  case ev::resolved: return before == pr::unacknowledged ? pr::acknowledged : before;
  default: return before;
  }
}

} // namespace

std::span<const order_transition> order_transitions() {
  return table;
}

transition_outcome order_state_machine::apply(order_event e) {
  for (auto& t : table) {
    if (t.from != status_ || t.event != e) continue;
    if (t.when != pr::any && t.when != progress_) continue;
    status_ = t.to;
    progress_ = progress_after(progress_, e);
    return t.is_anomaly ? transition_outcome::anomaly : transition_outcome::applied;
  }
  return transition_outcome::refused;
}

} // namespace tickmesh
