// What brokers say of legs, put together to what is said of their orders.
#include "actors/execution/gateways/order_legs.hpp"
#include "actors/execution/orders/order_state_machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tickmesh {

namespace {

/// The worse a refusal, the less is known of the order.
int badness(refusal_cause cause) {
  if (cause == refusal_cause::unknown_now) return 3;
  if (cause == refusal_cause::throttled) return 2;
  return cause == refusal_cause::none ? 0 : 1;
}

/// A number is the leg's own: as a name it differs from those of the other legs.
void name_execution(execution_report& report, std::uint32_t leg) {
  auto counter = std::exchange(report.id.counter, 0U);
  if (!report.words->execution.empty() || counter == 0) return;
  auto words = *report.words;
  words.execution = fmt::format("{}-{}", leg, counter);
  report.words = words;
}

} // namespace

void order_legs::take(const execution_report& of_leg, leg_traffic& out) {
  auto& said = of_leg.words->order;
  auto reference = of_leg.reference;
  if (reference == 0)
    if (auto found = leg_by_id_.find(said); found != leg_by_id_.end()) reference = found->second;
  if (order_of_leg(reference) == 0) {
    ++strays_;
    if (tells_execution(of_leg.kind)) out.to_slot.push_back(of_leg);
    return;
  }
  auto& o = at(order_of_leg(reference), of_leg.broker);
  auto& l = o.legs[place_of(kind_of_leg(reference))];
  if (of_leg.order != order_id{}) o.id = of_leg.order;
  if (!o.is_known) l.exists = true;
  if (!l.exists) ++strays_;
  if (!said.empty() && l.broker_order.empty()) {
    l.broker_order = said;
    leg_by_id_.insert_or_assign(said, reference);
  }
  auto report = of_leg;
  report.reference = reference;
  if (tells_execution(report.kind))
    take_execution(o, l, report, out);
  else if (l.exists)
    take_word(o, l, report, out);
  if (l.exists) settle(o, report, out);
}

void order_legs::end(leg& l, order_status how) {
  l.state = fate::ended;
  l.end = how;
  l.end_is_presumed = false;
  l.is_unknown = false;
  l.cancel_is_out = false;
  l.has_answered = true;
}

/// A leg that had ended may be open: so may the order, which the slot has to hear if it was told
/// otherwise.
void order_legs::reopen(order& o, leg& l, leg_traffic& out) {
  bool had_ended = l.state == fate::ended;
  l.state = fate::open;
  l.end_is_presumed = false;
  l.is_unknown = false;
  if (had_ended && std::exchange(o.end_is_told, false)) tell_status(o, {.broker = o.broker}, out);
}

/// Executions pass at once, under their own names, with what is filled of the order.
void order_legs::take_execution(order& o, leg& l, const execution_report& of_leg,
                                leg_traffic& out) {
  bool is_fill = of_leg.kind == report_kind::fill;
  bool is_commission = of_leg.kind == report_kind::commission;
  bool says_open = !is_terminal(of_leg.status);
  bool is_news = of_leg.cumulative > l.cumulative;
  if (is_fill)
    l.cumulative = std::max(l.cumulative, of_leg.cumulative);
  else if (!is_commission)
    l.cumulative = of_leg.cumulative; // less than before
  bool is_alive = is_fill ? is_news || l.end_is_presumed : !is_commission;
  if (l.state == fate::ended && !is_commission) {
    if (says_open && is_alive) l.state = fate::open;
    if (!says_open) l.end = of_leg.status;
  }
  if (l.state != fate::ended && is_fill)
    of_leg.status == order_status::filled ? end(l, order_status::filled)
                                          : static_cast<void>(l.state = fate::open);
  if (is_fill) o.accepted_is_told = l.was_accepted = true; // whoever fills it has it
  auto passed = of_leg;
  name_execution(passed, of_leg.reference);
  passed.order = o.id;
  passed.reference = o.reference;
  passed.status = o.status();
  if (is_terminal(passed.status))
    o.end_is_told |= passed.status == order_status::filled;
  else
    o.end_is_told = false;
  passed.cumulative = o.cumulative();
  passed.id.order = o.id;
  passed.is_told_again |= !o.is_known;
  out.to_slot.push_back(std::move(passed));
}

void order_legs::take_word(order& o, leg& l, const execution_report& of_leg, leg_traffic& out) {
  l.cumulative = std::max(l.cumulative, of_leg.cumulative);
  if (!of_leg.text->empty()) o.why = *of_leg.text;
  if (is_unknown(of_leg.refusal)) return take_unknown(o, l, of_leg);
  bool had_ended = l.state == fate::ended && !l.end_is_presumed;
  switch (of_leg.kind) {
  case report_kind::accepted: // behind its end it is late, and says nothing new
    l.was_accepted = true;
    if (!had_ended) reopen(o, l, out);
    return;
  case report_kind::rejected:
    if (of_leg.refusal == refusal_cause::unsupported) {
      o.is_unsupported = l.has_answered = true;
      return;
    }
    l.refusal = of_leg.refusal;
    return end(l, order_status::rejected);
  case report_kind::canceled: return end(l, order_status::canceled);
  case report_kind::expired: return end(l, order_status::expired);
  case report_kind::cancel_rejected:
    if (of_leg.revision != 0) return;
    l.cancel_is_out = false;
    if (badness(of_leg.refusal) > badness(o.cancel_refusal)) o.cancel_refusal = of_leg.refusal;
    return;
  case report_kind::status:
    l.has_answered = true;
    if (is_terminal(of_leg.status)) return end(l, of_leg.status);
    l.was_accepted = true;
    return reopen(o, l, out);
  default: return; // nobody asked for a replace; executions are taken elsewhere
  }
}

void order_legs::take_unknown(order& o, leg& l, const execution_report& of_leg) {
  if (of_leg.kind == report_kind::cancel_rejected) {
    l.cancel_is_out = false;
    // One that never will be there has ended, which does not hold for the order.
    if (of_leg.refusal == refusal_cause::unknown_now) o.cancel_refusal = of_leg.refusal;
  } else {
    l.has_answered = true;
  }
  if (l.state == fate::ended) return;
  if (of_leg.refusal == refusal_cause::unknown_now) {
    l.is_unknown = true;
    return;
  }
  end(l, l.was_accepted ? order_status::canceled : order_status::rejected);
  l.end_is_presumed = true;
}

/// What follows for the order, behind what was said of a leg.
void order_legs::settle(order& o, const execution_report& of_leg, leg_traffic& out) {
  if (!o.accepted_is_told && of_leg.kind == report_kind::accepted && !o.has_ended()) {
    o.accepted_is_told = true;
    out.to_slot.push_back(make(o, report_kind::accepted, of_leg));
  }
  bool is_refused =
      o.any([](auto& l) { return l.state == fate::ended && l.end == order_status::rejected; });
  for (std::size_t place = 0; is_refused && place < leg_kinds; ++place) {
    auto& l = o.legs[place];
    if (!l.exists || l.state == fate::ended || l.was_canceled_by_us) continue;
    l.was_canceled_by_us = true;
    if (!l.cancel_is_out) send_cancel(o, l, kind_at(place), out);
  }
  bool tells_now = o.has_ended() && !o.end_is_told;
  if (tells_now) {
    tell_end(o, of_leg, out);
  } else if (o.cancel_is_asked && !o.has_ended() &&
             !o.any([](auto& l) { return l.cancel_is_out; })) {
    auto refused = make(o, report_kind::cancel_rejected, of_leg);
    refused.refusal = o.cancel_refusal;
    refused.text = o.why;
    out.to_slot.push_back(std::move(refused));
    o.cancel_is_asked = false;
  }
  if (o.has_ended()) {
    o.cancel_is_asked = false;
    if (tells_now || of_leg.kind == report_kind::fill) remember_end(o.reference);
  }
  bool is_answered = o.is_known && !o.any([](auto& l) { return !l.has_answered; });
  if (!o.query_is_asked || !is_answered) return;
  o.query_is_asked = false;
  if (!tells_now) tell_status(o, of_leg, out);
}

execution_report order_legs::make(const order& o, report_kind kind, const execution_report& like) {
  broker_words words{.order = like.words->order, .code = like.words->code};
  return {.id = {o.id, 0},
          .order = o.id,
          .broker = like.broker,
          .kind = kind,
          .status = o.status(),
          .cumulative = o.cumulative(),
          .time = like.time,
          .reference = o.reference,
          .words = std::move(words)};
}

/// Of an order whose legs have all ended. One that is filled is ended by its fills.
void order_legs::tell_end(order& o, const execution_report& like, leg_traffic& out) {
  o.end_is_told = true;
  auto status = o.status();
  if (status == order_status::filled) return tell_status(o, like, out);
  auto report = make(o, report_kind::canceled, like);
  report.text = o.why;
  if (status == order_status::expired) report.kind = report_kind::expired;
  if (status == order_status::rejected) {
    report.kind = report_kind::rejected;
    auto all = [&o](auto fits) { return !o.any([&](auto& l) { return !fits(l.refusal); }); };
    if (all([](refusal_cause c) { return c == refusal_cause::throttled; }))
      report.refusal = refusal_cause::throttled;
    else if (all(is_not_taken))
      report.refusal = refusal_cause::not_taken;
  }
  if (o.any([](auto& l) { return l.end_is_presumed; })) {
    report.kind = report_kind::rejected;
    report.refusal = refusal_cause::unknown_for_good;
  }
  out.to_slot.push_back(std::move(report));
}

/// The worst of what the legs have answered.
void order_legs::tell_status(const order& o, const execution_report& like, leg_traffic& out) {
  auto report = make(o, report_kind::status, like);
  auto refuse = [&](refusal_cause cause) {
    report.kind = report_kind::rejected;
    report.status = order_status::rejected;
    report.refusal = cause;
  };
  if (o.any([](auto& l) { return l.is_unknown; }))
    refuse(refusal_cause::unknown_now);
  else if (o.is_unsupported)
    refuse(refusal_cause::unsupported);
  else if (o.has_ended() && o.any([](auto& l) { return l.end_is_presumed; }))
    refuse(refusal_cause::unknown_for_good);
  out.to_slot.push_back(std::move(report));
}

void order_legs::remember_end(std::uint32_t reference) {
  ended_.push_back(reference);
  if (ended_.size() <= ended_kept_max) return;
  auto oldest = orders_.find(ended_.front());
  ended_.pop_front();
  if (oldest == orders_.end() || !oldest->second.has_ended()) return;
  for (auto& l : oldest->second.legs)
    leg_by_id_.erase(l.broker_order);
  orders_.erase(oldest);
}

} // namespace tickmesh
