#include "actors/execution/gateways/order_legs.hpp"

#include <algorithm>

namespace tickmesh {

namespace {

quantity part_of(const order_request& order, leg_kind kind) {
  switch (kind) {
  case leg_kind::whole: return order.volume;
  case leg_kind::close_today: return order.parts->close_today;
  case leg_kind::close: return order.parts->close_yesterday;
  case leg_kind::open: return order.parts->open;
  }
  return {};
}

order_split only(leg_kind kind, quantity volume) {
  switch (kind) {
  case leg_kind::whole: return {};
  case leg_kind::close_today: return {.close_today = volume};
  case leg_kind::close: return {.close_yesterday = volume};
  case leg_kind::open: return {.open = volume};
  }
  return {};
}

} // namespace

quantity order_legs::order::cumulative() const {
  quantity out{};
  for (auto& l : legs)
    out += l.cumulative;
  return out;
}

bool order_legs::order::has_ended() const {
  return is_known && !any([](auto& l) { return l.state != fate::ended; });
}

order_status order_legs::order::status() const {
  if (!has_ended())
    return cumulative().value > 0 ? order_status::partially_filled : order_status::accepted;
  auto some = [this](order_status end) { return any([end](auto& l) { return l.end == end; }); };
  bool all_filled = !some(order_status::canceled) && !some(order_status::rejected) &&
                    !some(order_status::expired);
  if (all_filled) return order_status::filled;
  bool all_rejected = !some(order_status::canceled) && !some(order_status::expired) &&
                      !some(order_status::filled) && cumulative() == quantity{};
  if (all_rejected) return order_status::rejected;
  bool all_expired = !some(order_status::canceled) && !some(order_status::rejected);
  return all_expired ? order_status::expired : order_status::canceled;
}

order_legs::order& order_legs::at(std::uint32_t reference, broker_id broker) {
  auto [found, is_new] = orders_.try_emplace(reference);
  if (is_new) {
    found->second.reference = reference;
    found->second.broker = broker;
  }
  return found->second;
}

order_legs::order& order_legs::at(order_id id, broker_id broker, const order_names& names) {
  auto& o = at(names.reference, broker);
  o.id = id;
  if (!o.is_known) set_parts(o, *names.parts);
  return o;
}

void order_legs::set_parts(order& o, const order_split& parts) {
  o.is_known = true;
  auto set = [&o](leg_kind kind, bool exists) { o.legs[place_of(kind)].exists = exists; };
  set(leg_kind::whole, parts == order_split{});
  set(leg_kind::close_today, parts.close_today.value > 0);
  set(leg_kind::close, parts.close_yesterday.value > 0);
  set(leg_kind::open, parts.open.value > 0);
}

void order_legs::submit(const order_request& request, leg_traffic& out) {
  auto& parts = *request.parts;
  bool fits = parts == order_split{} ||
              (parts.close_today.value >= 0 && parts.close_yesterday.value >= 0 &&
               parts.open.value >= 0 && parts.close() + parts.open == request.volume);
  bool is_numbered = request.reference > 0 && request.reference <= split_reference_most;
  if (!fits || !is_numbered || orders_.contains(request.reference)) {
    out.to_slot.push_back(
        {.id = {request.id, 0},
         .order = request.id,
         .broker = request.broker,
         .kind = report_kind::rejected,
         .status = order_status::rejected,
         .refusal = refusal_cause::not_taken,
         .text = !fits ? "its parts are not its volume" : "no number for an order that is split",
         .reference = request.reference});
    return;
  }
  auto& o = at(request.id, request.broker, {request.reference, {}, parts});
  for (std::size_t place = 0; place < leg_kinds; ++place) {
    if (!o.legs[place].exists) continue;
    auto sent = request;
    sent.reference = leg_reference(request.reference, kind_at(place));
    sent.volume = part_of(request, kind_at(place));
    sent.parts = only(kind_at(place), sent.volume);
    out.to_broker.emplace_back(sent);
  }
}

void order_legs::send_cancel(const order& o, leg& l, leg_kind kind, leg_traffic& out) {
  l.cancel_is_out = true;
  out.to_broker.emplace_back(
      cancel_request{o.id, o.broker, {leg_reference(o.reference, kind), l.broker_order}});
}

void order_legs::cancel(const cancel_request& request, leg_traffic& out) {
  auto& o = at(request.order, request.broker, request.names);
  if (o.has_ended()) // it is not known there yet
    return tell_status(o, {.broker = request.broker}, out);
  o.cancel_is_asked = true;
  o.cancel_refusal = refusal_cause::none;
  for (std::size_t place = 0; place < leg_kinds; ++place) {
    auto& l = o.legs[place];
    if (l.exists && l.state != fate::ended) send_cancel(o, l, kind_at(place), out);
  }
}

void order_legs::replace(const replace_request& request, leg_traffic& out) {
  auto& o = at(request.order, request.broker, request.names);
  auto refused = make(o, report_kind::cancel_rejected, {.broker = request.broker});
  refused.revision = request.revision;
  refused.refusal = refusal_cause::unsupported;
  refused.text = "an order that is sent in parts is not replaced";
  out.to_slot.push_back(std::move(refused));
}

/// Legs that have answered need not answer again while others have not: what becomes of them
/// meanwhile is told.
void order_legs::query(const status_query& request, leg_traffic& out) {
  auto& o = at(request.order, request.broker, request.names);
  if (!o.query_is_asked) {
    for (auto& l : o.legs)
      l.has_answered = false;
    o.is_unsupported = false;
  }
  o.query_is_asked = true;
  for (std::size_t place = 0; place < leg_kinds; ++place) {
    auto& l = o.legs[place];
    if (!l.exists || l.has_answered) continue;
    auto kind = kind_at(place);
    out.to_broker.emplace_back(
        status_query{o.id, o.broker, {leg_reference(o.reference, kind), l.broker_order}});
    if (l.was_canceled_by_us && l.state != fate::ended && !l.cancel_is_out)
      send_cancel(o, l, kind, out); // the broker was too busy for the last one
  }
}

std::vector<broker_snapshot::open_order>
order_legs::put_together(const std::vector<broker_snapshot::open_order>& legs) const {
  std::vector<broker_snapshot::open_order> out;
  std::map<std::uint32_t, std::size_t> place_in_out;
  for (auto& listed : legs) {
    auto reference = listed.reference;
    if (reference == 0)
      if (auto found = leg_by_id_.find(listed.broker_order); found != leg_by_id_.end())
        reference = found->second;
    if (order_of_leg(reference) == 0) { // not ours
      out.push_back(listed);
      continue;
    }
    auto known = orders_.find(order_of_leg(reference));
    auto place = place_of(kind_of_leg(reference));
    auto [found, is_new] = place_in_out.try_emplace(order_of_leg(reference), out.size());
    if (is_new) {
      out.push_back(listed);
      out.back().reference = order_of_leg(reference);
      out.back().cumulative = {};
      if (place != place_of(leg_kind::whole)) out.back().form = {};
      if (known != orders_.end()) {
        out.back().order = known->second.id;
        out.back().cumulative = known->second.cumulative();
      }
    }
    auto heard = known != orders_.end() ? known->second.legs[place].cumulative : quantity{};
    out[found->second].cumulative += std::max(listed.cumulative - heard, quantity{});
  }
  return out;
}

} // namespace tickmesh
