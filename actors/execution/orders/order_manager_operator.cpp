// What an operator asks of orders: cancel, replace, cancel all.
#include "actors/execution/orders/order_manager.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace tickmesh {

namespace {

tl::unexpected<fault> refusal(const managed_order& order, std::string_view why) {
  return fail(fmt::format("order {} is {}: {}", format_order_id(order.request.id),
                          to_string(order.status()), why));
}

tl::unexpected<fault> unknown(order_id id) {
  return fail(fmt::format("no order {} was sent", format_order_id(id)));
}

/// In doubt, too: the broker may have it. But one cancel at a time.
bool can_be_canceled(const managed_order& order) {
  return !is_terminal(order.status()) && order.status() != order_status::pending_cancel &&
         !(order.status() == order_status::in_doubt && order.cancel_is_out);
}

} // namespace

result<void> order_manager::cancel(order_id id, log_position at, commands& out) {
  auto found = index_.find(id);
  if (!found) return unknown(id);
  auto& order = orders_[*found];
  if (is_terminal(order.status())) return refusal(order, "nothing is open");
  if (!can_be_canceled(order))
    return refusal(order, "a cancel is under way, and its answer is awaited");
  order.cancels_unanswered = 0; // whoever asks knows
  request_cancel(order, at, out);
  return {};
}

result<void> order_manager::settle(order_id id, log_position at, commands& out) {
  auto found = index_.find(id);
  if (!found) return unknown(id);
  auto& order = orders_[*found];
  bool is_in_doubt = order.status() == order_status::in_doubt;
  if (!is_in_doubt && !(is_terminal(order.status()) && order.lacks_fills()))
    return refusal(order, is_terminal(order.status())
                              ? "nothing is open, and no fill is awaited"
                              : "only what is in doubt is settled; cancel it");
  auto before = share_of(order);
  order.known_filled = order.filled;
  settle_share(order, before);
  touch(order, at);
  list_unfinished(order);
  if (is_in_doubt) end_presumed(order, at, out);
  return {};
}

std::size_t order_manager::cancel_all(log_position at, commands& out) {
  cancels_all_ = true;
  std::size_t count = 0;
  for (auto place : unfinished_places())
    if (can_be_canceled(orders_[place])) {
      request_cancel(orders_[place], at, out);
      ++count;
    }
  return count;
}

void order_manager::allow_sending(bool allowed) {
  may_send_ = allowed;
  if (allowed) cancels_all_ = false;
}

result<void> order_manager::check_replaceable(order_id id, const order_form& form,
                                              bool is_waited_for) const {
  auto* order = find(id);
  if (order == nullptr) return unknown(id);
  bool is_open = order->status() == order_status::accepted ||
                 order->status() == order_status::partially_filled;
  if (is_waited_for ? is_terminal(order->status()) : !is_open)
    return refusal(*order, "only an order that is open at its broker can be replaced");
  if (order->is_adopted || order->is_moved) // the last look does not know it
    return refusal(*order, "it was found at its broker; cancel it, and send another");
  if (order->had_ended && !is_waited_for)
    return refusal(*order, "it had ended before; cancel it, and send another");
  if (order->replacement) return refusal(*order, "what became of its last replace is not known");
  if (order->request.type == order_type::market) return refusal(*order, "a market order");
  if (form.volume <= order->filled)
    return refusal(*order, fmt::format("{} are filled, the new volume must be above that",
                                       format_decimal(order->filled.value)));
  if (form.limit == order->request.limit && form.volume == order->request.volume && !is_waited_for)
    return refusal(*order, "it has this price and volume");
  return {};
}

void order_manager::replace(order_id id, const order_form& form, log_position at, commands& out) {
  assert(check_replaceable(id, form));
  auto& order = orders_[*index_.find(id)];
  auto before = share_of(order);
  order.replacement = form;
  settle_share(order, before);
  ++order.replaces;
  order.is_to_cancel = false; // whoever asks wants it open
  [[maybe_unused]] bool legal = transition(order, order_event::replace_requested, at, out);
  assert(legal);
  out.emplace_back(replace_request{.order = id,
                                   .broker = order.request.broker,
                                   .revision = order.replaces,
                                   .limit = form.limit,
                                   .volume = form.volume,
                                   .names = names_of(order)});
  out.emplace_back(timer_request{{.due = at.time + patience_.report_timeout,
                                  .order = id,
                                  .purpose = timer_purpose::replace_answer,
                                  .attempt = order.replaces}});
}

/// The broker has the order in its new form.
void order_manager::adopt_replacement(managed_order& order) {
  if (!order.replacement) return;
  auto before = share_of(order);
  order.request.limit = order.replacement->limit;
  order.request.volume = order.replacement->volume;
  order.replacement.reset();
  settle_share(order, before);
}

/// The broker has the order in its old form.
void order_manager::drop_replacement(managed_order& order) {
  auto before = share_of(order);
  order.replacement.reset();
  settle_share(order, before);
}

/// A broker that says how it has the order settles which of two forms it is. That it has the old
/// one settles nothing: the new one may be on its way.
void order_manager::take_form(managed_order& order, const execution_report& report) {
  if (report.kind == report_kind::replaced) return; // see apply_replaced
  if (order.replacement && report.form == *order.replacement) adopt_replacement(order);
  // Of an adopted order, its broker knows better, where what it says can be.
  auto& form = report.form;
  bool is_sound = form.volume > order.filled && !order.is_beyond_reason(form.volume) &&
                  (form.limit == order.request.limit || is_price(order.request.symbol, form.limit));
  if (!order.is_adopted || !is_sound) return;
  auto before = share_of(order);
  order.request.limit = form.limit;
  order.request.volume = form.volume;
  settle_share(order, before);
}

/// Of what the answer to a cancel or a replace says, whatever the order's fate.
void order_manager::note_refused_request(managed_order& order, const execution_report& report) {
  if (report.revision == 0) {
    order.cancels_unanswered = 0;
    order.cancel_is_out = false;
  } else if (report.revision == order.replaces) {
    drop_replacement(order);
  }
}

void order_manager::apply_cancel_rejected(managed_order& order, const execution_report& report,
                                          log_position at, commands& out) {
  note_refused_request(order, report);
  bool answers_replace = report.revision != 0;
  if (answers_replace && report.revision != order.replaces)
    return anomalies_.count(order_anomaly::stale_report);
  // A cancel that followed the replace is still to be answered.
  if (answers_replace && order.status() == order_status::pending_cancel) return;
  bool is_known_there = order.machine.progress() != order_progress::unacknowledged;
  bool is_refused = report.refusal != refusal_cause::throttled;
  if (!answers_replace && is_known_there && is_refused) order.is_to_cancel = false;
  transition(order, order_event::cancel_rejected, at, out);
}

/// One that names no revision is taken for the answer that is awaited, unless it might be the
/// repeat of an older one.
void order_manager::apply_replaced(managed_order& order, const execution_report& report,
                                   log_position at, commands& out) {
  if (order.replaces == 0) // nobody asked for it
    return anomalies_.count(order_anomaly::illegal_transition);
  bool is_awaited = order.replacement || order.status() == order_status::pending_replace;
  bool is_other = report.revision != 0 && report.revision != order.replaces;
  bool is_other_form =
      order.replacement && report.form.volume.value > 0 && report.form != *order.replacement;
  bool may_be_repeat = report.revision == 0 && report.id.counter == 0 && order.replaces > 1;
  if (!is_awaited || is_other || is_other_form || may_be_repeat)
    return anomalies_.count(order_anomaly::stale_report);
  if (transition(order, order_event::replaced, at, out)) take_replaced(order, at, out);
}

/// The new volume may be what is filled already: then nothing is open any more.
void order_manager::take_replaced(managed_order& order, log_position at, commands& out) {
  adopt_replacement(order);
  if (order.filled >= order.request.volume && !is_terminal(order.status()))
    transition(order, order_event::fill, at, out);
}

order_manager::open_share order_manager::share_of(const managed_order& order) {
  auto open = order.open();
  auto to_close = std::max(order.request.parts->close() - order.filled, quantity{});
  return {order.worst_form().limit, open, std::min(to_close, open)};
}

void order_manager::settle_share(const managed_order& order, const open_share& before) {
  auto after = share_of(order);
  auto request = order.request;
  closing_.change(request, before.closing, after.closing);
  request.limit = before.limit;
  if (before.limit == after.limit || before.volume == quantity{}) {
    request.limit = after.limit;
    return open_.change(request, before.volume, after.volume);
  }
  open_.change(request, before.volume, {});
  request.limit = after.limit;
  open_.change(request, {}, after.volume);
}

} // namespace tickmesh
