// What other settings and other programs do to the orders that there are.
#include "actors/execution/orders/order_manager.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tickmesh {

void order_manager::configure(const order_patience& waits, std::size_t symbols,
                              routing_rules routing, const std::vector<price>& price_min) {
  assert(waits.lifetime.count() >= 0 && waits.report_timeout.count() > 0);
  patience_ = waits;
  price_min_.resize(symbols);
  for (std::size_t i = 0; i < symbols; ++i)
    if (price_min[i] != no_price) price_min_[i] = price_min[i];
  primary_ = routing.preference.front();
  router_.change_rules(std::move(routing));
  open_.grow(symbols);
}

void order_manager::adopt_sent(const order_request& sent, log_position at) {
  auto& order = orders_[*index_.find(sent.id)];
  auto broker = sent.broker;
  if (sent.reference != 0) {
    order.request.reference = sent.reference;
    names_.adopt(broker, sent.reference, order.place);
  }
  bool is_over = is_terminal(order.status());
  if (order.request.broker == broker && !is_over) return;
  auto before = share_of(order);
  if (order.request.broker != broker) {
    ++order.reroutes;
    order.seen_through = 0; // reports are numbered by their broker
    order.seen_beyond.clear();
    order.request.broker = broker;
    order.broker_order = {};
  }
  if (is_over) { // here only
    --now_[static_cast<std::size_t>(order.status())];
    order.machine = order_state_machine{};
    ++now_[static_cast<std::size_t>(order.status())];
    order.history.push_back(static_cast<char>(order.status()));
  }
  settle_share(order, before);
  list_unfinished(order);
  touch(order, at);
}

} // namespace tickmesh
