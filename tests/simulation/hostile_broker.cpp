#include "tests/simulation/hostile_broker.hpp"

#include "actors/execution/orders/order_state_machine.hpp"

#include <algorithm>
#include <utility>

namespace tickmesh {

hostile_broker::hostile_broker(std::uint64_t seed, const hostility& how)
    : random_(seed), how_(how) {}

bool hostile_broker::draw(double share) {
  return static_cast<double>(random_() >> 11U) * 0x1p-53 < share;
}

nanoseconds hostile_broker::draw_time(nanoseconds max) {
  return nanoseconds{
      1 + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(max.count()))};
}

void hostile_broker::schedule(timestamp t, happening what) {
  agenda_.emplace(t, std::move(what));
}

timestamp hostile_broker::next_arrival(timestamp now) {
  auto arrival = now + shortest_delay + draw_time(usual_delay);
  if (draw(how_.arrives_late)) return arrival + draw_time(how_.late_max); // others overtake it
  return last_arrival_ = std::max(last_arrival_, arrival);
}

/// That an order will never arrive it says only where that is so, and not always then.
refusal_cause hostile_broker::unknown_cause(order_id id) {
  bool is_on_its_way = std::ranges::any_of(agenda_, [id](auto& entry) {
    auto* order = std::get_if<order_request>(&entry.second);
    return order != nullptr && order->id == id;
  });
  return is_on_its_way || draw(how_.is_never_sure) ? refusal_cause::unknown_now
                                                   : refusal_cause::unknown_for_good;
}

/// Lets the connection break, perhaps; what is asked for at that moment may get lost.
bool hostile_broker::may_lose_connection(timestamp now) {
  if (is_connected_ && draw(how_.disconnects)) {
    is_connected_ = false;
    schedule(now + shortest_delay, venue_news{broker_event{.news = broker_news::session_down}});
    schedule(now + shortest_delay + draw_time(how_.mute_max), reconnection{});
    return true;
  }
  if (!is_mute_ && draw(how_.goes_mute)) {
    is_mute_ = true;
    schedule(now + draw_time(how_.mute_max), end_of_mute{});
  }
  return false;
}

void hostile_broker::submit(const order_request& request, timestamp now) {
  if (!is_connected_) { // the gateway knows
    execution_report refused{.id = {request.id, 0},
                             .order = request.id,
                             .kind = report_kind::rejected,
                             .status = order_status::rejected,
                             .time = now,
                             .refusal = refusal_cause::not_taken,
                             .text = "no session"};
    return schedule(now + shortest_delay, venue_news{std::move(refused)});
  }
  if (is_too_busy(now)) {
    execution_report refused{.id = {request.id, 0},
                             .order = request.id,
                             .kind = report_kind::rejected,
                             .status = order_status::rejected,
                             .time = now,
                             .refusal = refusal_cause::throttled,
                             .text = "too many requests"};
    return schedule(now + shortest_delay, venue_news{std::move(refused)});
  }
  if (may_lose_connection(now) && draw(0.5)) return; // lost on the way, and nobody says so
  schedule(next_arrival(now), request);
}

void hostile_broker::request_cancel(const cancel_request& request, timestamp now) {
  if (!is_connected_) return;
  if (is_too_busy(now)) {
    execution_report refused{.id = {request.order, 0},
                             .order = request.order,
                             .kind = report_kind::cancel_rejected,
                             .status = order_status::accepted,
                             .time = now,
                             .refusal = refusal_cause::throttled};
    return schedule(now + shortest_delay, venue_news{std::move(refused)});
  }
  if (may_lose_connection(now) && draw(0.5)) return;
  schedule(next_arrival(now), request);
}

void hostile_broker::request_replace(const replace_request& request, timestamp now) {
  if (!is_connected_ || (may_lose_connection(now) && draw(0.5))) return;
  schedule(next_arrival(now), request);
}

void hostile_broker::query(const status_query& request, timestamp now) {
  if (!is_connected_ || (may_lose_connection(now) && draw(0.5))) return;
  schedule(next_arrival(now), request);
}

void hostile_broker::probe(timestamp now) {
  schedule(next_arrival(now), broker_probe{});
}

void hostile_broker::request_snapshot(timestamp now) {
  schedule(next_arrival(now), snapshot_request{});
}

void hostile_broker::request_executions(timestamp since, timestamp now) {
  schedule(next_arrival(now), executions_request{.since = since});
}

std::optional<timestamp> hostile_broker::next_time() const {
  if (agenda_.empty()) return std::nullopt;
  return agenda_.begin()->first;
}

std::optional<venue_news> hostile_broker::take_next() {
  auto node = agenda_.extract(agenda_.begin());
  auto now = node.key();
  auto& what = node.mapped();
  if (auto* news = std::get_if<venue_news>(&what)) return std::move(*news);
  if (auto* request = std::get_if<order_request>(&what)) arrive(*request, now);
  if (auto* cancel = std::get_if<cancel_request>(&what)) arrive(*cancel, now);
  if (auto* replace = std::get_if<replace_request>(&what)) arrive(*replace, now);
  if (auto* question = std::get_if<status_query>(&what)) arrive(*question, now);
  if (auto* wish = std::get_if<fill_wish>(&what)) fill(wish->order, now);
  if (auto* again = std::get_if<second_thought>(&what)) take_back(again->execution, now);
  if (std::holds_alternative<end_of_mute>(what)) is_mute_ = false;
  if (std::holds_alternative<reconnection>(what)) {
    is_connected_ = true;
    return broker_event{.news = broker_news::session_up, .reference_next = next_reference()};
  }
  if (!is_connected_) return std::nullopt;
  if (std::holds_alternative<broker_probe>(what))
    return broker_event{.news = broker_news::probe_answered};
  if (auto* executions = std::get_if<executions_request>(&what)) tell_all(executions->since, now);
  if (std::holds_alternative<snapshot_request>(what)) {
    broker_snapshot out;
    std::map<symbol_id, quantity> positions;
    for (auto& [id, order] : orders_) {
      positions[order.request.symbol] +=
          order.request.direction == side::buy ? order.filled : -order.filled;
      if (order.is_open)
        out.orders.push_back({.order = id,
                              .cumulative = order.filled,
                              .symbol = order.request.symbol,
                              .direction = order.request.direction,
                              .form = {order.request.limit, order.request.volume},
                              .reference = order.request.reference,
                              .broker_order = order.name});
    }
    for (auto& [symbol, held] : positions)
      if (held != quantity{}) out.positions.push_back({symbol, held});
    return out;
  }
  return std::nullopt;
}

std::uint32_t hostile_broker::next_reference() const {
  return references_.empty() ? 1 : references_.rbegin()->first + 1;
}

void hostile_broker::begin_session(timestamp now) {
  std::erase_if(agenda_, [](auto& entry) { // the answer to a question of the last session
    auto* news = std::get_if<venue_news>(&entry.second);
    auto* event = news == nullptr ? nullptr : std::get_if<broker_event>(news);
    return event != nullptr && event->news == broker_news::executions_told;
  });
  if (is_connected_) // else that is to come
    schedule(now + shortest_delay, venue_news{broker_event{.news = broker_news::logged_in,
                                                           .reference_next = next_reference()}});
}

void hostile_broker::let_orders_arrive(timestamp now) {
  for (auto& request : under_way<order_request>())
    arrive(request, now);
  std::erase_if(agenda_,
                [](auto& entry) { return std::holds_alternative<order_request>(entry.second); });
}

void hostile_broker::arrive(const order_request& request, timestamp now) {
  auto& owner = references_.try_emplace(request.reference, request.id).first->second;
  auto former = orders_.find(request.id);
  if (owner != request.id || (former != orders_.end() && former->second.had_effect())) {
    ++doubled_;
    return;
  }
  true_order order{.request = request};
  if (former != orders_.end()) { // whose end nobody may have heard
    auto refused = make_report(former->second, report_kind::rejected, now);
    refused.status = order_status::rejected;
    return report(std::move(refused), now);
  }
  bool is_not_taken = draw(how_.does_not_take);
  if (is_not_taken || draw(how_.refuses)) {
    auto refused = make_report(order, report_kind::rejected, now);
    refused.status = order_status::rejected;
    if (is_not_taken) refused.refusal = refusal_cause::not_taken;
    // A broker that has not taken an order says so, or nobody could send it elsewhere.
    if (!is_not_taken) orders_.emplace(request.id, order);
    return report(std::move(refused), now);
  }
  order.is_open = true;
  if (how_.names_in_words) order.name = "B" + std::to_string(++names_);
  auto& taken = orders_.emplace(request.id, order).first->second;
  report(make_report(taken, report_kind::accepted, now), now);
  plan_fill(taken, now);
}

/// By our id, or by the number under which the order was sent.
hostile_broker::order_map::iterator hostile_broker::find(order_id id, const order_names& names) {
  auto found = orders_.find(id);
  auto by_number = references_.find(names.reference);
  return found == orders_.end() && by_number != references_.end() ? orders_.find(by_number->second)
                                                                  : found;
}

bool hostile_broker::is_too_busy(timestamp now) {
  while (!requests_.empty() && requests_.front() + how_.busy_span <= now)
    requests_.pop_front();
  if (requests_.size() >= how_.requests_max) return true;
  requests_.push_back(now);
  return false;
}

void hostile_broker::arrive(const cancel_request& cancel, timestamp now) {
  if (draw(how_.ignores_request)) return;
  auto found = find(cancel.order, cancel.names);
  if (found == orders_.end()) {
    true_order unknown{.request = {.id = cancel.order}};
    auto denied = make_report(unknown, report_kind::cancel_rejected, now);
    denied.refusal = unknown_cause(cancel.order);
    return report(std::move(denied), now);
  }
  auto& order = found->second;
  if (order.is_open && draw(0.3)) fill(found->first, now); // the fill was first
  bool is_refused = !order.is_open || draw(how_.refuses);
  if (!is_refused) order.is_open = false;
  report(make_report(order, is_refused ? report_kind::cancel_rejected : report_kind::canceled, now),
         now);
}

void hostile_broker::arrive(const replace_request& replace, timestamp now) {
  if (draw(how_.ignores_request)) return;
  auto found = find(replace.order, replace.names);
  if (found == orders_.end()) return;
  auto& order = found->second;
  bool is_possible =
      order.is_open && replace.volume > order.filled + order.taken_back && !draw(0.2);
  if (is_possible) {
    order.request.limit = replace.limit;
    order.request.volume = replace.volume;
  }
  auto answer =
      make_report(order, is_possible ? report_kind::replaced : report_kind::cancel_rejected, now);
  if (is_possible && how_.names_in_words) answer.form = {replace.limit, replace.volume};
  if (!draw(0.3)) answer.revision = replace.revision; // else it does not say what it answers
  report(std::move(answer), now);
}

void hostile_broker::arrive(const status_query& query, timestamp now) {
  if (draw(how_.ignores_request)) return;
  auto found = find(query.order, query.names);
  if (found == orders_.end()) {
    true_order unknown{.request = {.id = query.order}};
    auto denied = make_report(unknown, report_kind::rejected, now);
    denied.status = order_status::rejected;
    denied.refusal = unknown_cause(query.order);
    denied.text = "unknown order";
    return report(std::move(denied), now);
  }
  auto& order = found->second;
  tell_again(found->first, timestamp::min(), now);
  report(make_report(order, report_kind::status, now), now);
}

execution_report hostile_broker::make_report(const true_order& order, report_kind kind,
                                             timestamp now) {
  auto id = order.request.id;
  bool is_done = order.rest() == quantity{} && order.filled.value > 0;
  auto status = is_done                  ? order_status::filled
                : !order.is_open         ? order_status::canceled
                : order.filled.value > 0 ? order_status::partially_filled
                                         : order_status::accepted;
  execution_report out{
      .order = id, .kind = kind, .status = status, .cumulative = order.filled, .time = now};
  if (how_.names_in_words)
    name(out, order);
  else
    out.id = {id, ++report_numbers_[id]};
  return out;
}

/// Executions have names, other reports have none; which order it is, may be said in three ways.
void hostile_broker::name(execution_report& report, const true_order& order) {
  broker_words words{
      .order = order.name, .symbol = order.request.symbol, .direction = order.request.direction};
  if (report.kind == report_kind::fill) words.execution = "E" + std::to_string(++names_);
  report.words = words;
  report.reference = order.request.reference;
  if (order.request.reference != 0 && draw(0.3)) report.order = {};
}

/// Sends a report, or does not, or twice, now or later.
void hostile_broker::report(execution_report report, timestamp now, bool surely) {
  if (!surely && (is_mute_ || !is_connected_ || draw(how_.loses_report))) return;
  do {
    auto departure = now + shortest_delay + draw_time(usual_delay);
    if (draw(how_.delays_report)) departure += draw_time(how_.delay_max);
    schedule(departure, venue_news{report});
  } while (draw(how_.repeats_report));
}

void hostile_broker::calm_down() {
  how_ = {.refuses = 0,
          .does_not_take = 0,
          .loses_report = 0,
          .repeats_report = 0,
          .delays_report = 0,
          .ignores_request = 0,
          .arrives_late = 0,
          .is_never_sure = 0,
          .goes_mute = 0,
          .disconnects = 0,
          .names_in_words = how_.names_in_words};
}

quantity hostile_broker::position(symbol_id symbol) const {
  quantity held;
  for (auto& [id, order] : orders_)
    if (order.request.symbol == symbol)
      held += order.request.direction == side::buy ? order.filled : -order.filled;
  return held;
}

quantity hostile_broker::highest_position(symbol_id symbol) const {
  auto held = position(symbol);
  for (auto& [id, order] : orders_)
    if (order.request.symbol == symbol && order.is_open && order.request.direction == side::buy)
      held += order.rest();
  return held;
}

quantity hostile_broker::lowest_position(symbol_id symbol) const {
  auto held = position(symbol);
  for (auto& [id, order] : orders_)
    if (order.request.symbol == symbol && order.is_open && order.request.direction == side::sell)
      held -= order.rest();
  return held;
}

} // namespace tickmesh
