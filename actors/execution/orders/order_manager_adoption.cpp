// Orders at brokers that the log does not know: own ones, which were lost with its end, and those
// of others, as far as they count.
#include "actors/execution/orders/order_manager.hpp"

#include <algorithm>
#include <utility>

namespace tickmesh {

void order_manager::adopt(const adopted_order& lost, log_position at, commands& out) {
  auto& order = add(lost.request, std::nullopt, {verdict::adopted}, at);
  auto broker = order.request.broker;
  order.is_adopted = true;
  order.broker_order = lost.broker_order;
  if (names_.find(broker, order.request.reference)) order.request.reference = 0; // is another's
  if (order.request.reference != 0) names_.adopt(broker, order.request.reference, order.place);
  names_.note(broker, lost.broker_order, order.place);
  if (lost.is_id_made) unclaimed_.push_back(order.place);
  arm_lifetime(order, at, out);
  transition(order, order_event::report_timeout, at, out); // in doubt: it is asked for
}

bool order_manager::may_be_unheard_of(const order_request& told) const {
  return std::ranges::any_of(unfinished_, [&](std::size_t place) {
    auto& order = orders_[place];
    auto& own = order.request;
    return order.is_unheard_of() && !order.was_refused_by(told.broker) &&
           own.symbol == told.symbol && own.direction == told.direction &&
           own.volume >= told.volume;
  });
}

void order_manager::learn_id(const execution_report& names) {
  if (names.order == order_id{} || knows(names.order)) return;
  auto by_other_names = names;
  by_other_names.order = {};
  auto found = place_of(by_other_names);
  auto unclaimed = found ? std::ranges::find(unclaimed_, *found) : unclaimed_.end();
  if (unclaimed == unclaimed_.end()) return;
  orders_[*found].said_id = names.order;
  index_.add(names.order, *found);
  unclaimed_.erase(unclaimed); // its signal is known by its id
}

/// An order that its broker never acknowledged, and that another one has, to whom this log never
/// sent it: the first has refused it, and it went on, and both are lost with the log's end.
bool order_manager::follow_to(broker_id broker, managed_order& order,
                              const execution_report& report, log_position at) {
  bool says_it_has = report.kind == report_kind::accepted || tells_execution(report.kind) ||
                     (report.kind == report_kind::status && !is_unknown(report.refusal));
  if (!order.is_unheard_of() || order.was_refused_by(broker) || !says_it_has) return false;
  order.refused_by.push_back(order.request.broker);
  order.request.broker = broker;
  order.request.reference = names_.find(broker, report.reference) ? 0 : report.reference;
  if (order.request.reference != 0) names_.adopt(broker, order.request.reference, order.place);
  order.broker_order = {};
  order.seen_through = 0; // reports are numbered by their broker
  order.seen_beyond.clear();
  order.is_moved = true;
  ++order.reroutes;
  touch(order, at);
  return true;
}

bool order_manager::claim_adopted(const order_request& request) {
  auto is_same = [&](std::size_t place) {
    auto& own = orders_[place].request;
    return own.symbol == request.symbol && own.direction == request.direction &&
           own.limit == request.limit && own.volume == request.volume;
  };
  auto found = std::find_if(unclaimed_.begin(), unclaimed_.end(), is_same);
  if (found == unclaimed_.end()) return false;
  unclaimed_.erase(found);
  return true;
}

std::vector<order_request> order_manager::count_outside(broker_id broker,
                                                        std::vector<order_request> open) {
  auto before = std::exchange(outside_[broker], open);
  for (auto& order : before)
    open_.change(order, order.volume, {});
  for (auto& order : open)
    open_.change(order, {}, order.volume);
  open.insert(open.end(), before.begin(), before.end());
  return open;
}

} // namespace tickmesh
