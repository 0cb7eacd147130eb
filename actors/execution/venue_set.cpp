#include "actors/execution/venue_set.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tickmesh {

venue_set::venue_set(std::vector<std::unique_ptr<order_venue>> venues)
    : venues_(std::move(venues)) {
  assert(!venues_.empty());
}

order_venue& venue_set::venue_of(broker_id broker) {
  assert(broker.value < venues_.size());
  return *venues_[broker.value];
}

void venue_set::execute(const venue_command& command, timestamp now) {
  if (auto* order = std::get_if<order_request>(&command)) {
    venue_of(order->broker).submit(*order, now);
  } else if (auto* cancel = std::get_if<cancel_request>(&command)) {
    venue_of(cancel->broker).request_cancel(cancel->order, now);
  } else if (auto* replace = std::get_if<replace_request>(&command)) {
    venue_of(replace->broker).request_replace(*replace, now);
  } else if (auto* query = std::get_if<status_query>(&command)) {
    venue_of(query->broker).query(query->order, now);
  } else if (auto* probe = std::get_if<broker_probe>(&command)) {
    venue_of(probe->broker).probe(now);
  } else {
    venue_of(std::get<snapshot_request>(command).broker).request_snapshot(now);
  }
}

void venue_set::on_mark(const market_mark& mark) {
  for (auto& venue : venues_)
    venue->on_mark(mark);
}

std::optional<timestamp> venue_set::next_time() const {
  std::optional<timestamp> first;
  for (auto& venue : venues_)
    if (auto t = venue->next_time(); t && (!first || *t < *first)) first = t;
  return first;
}

std::optional<venue_news> venue_set::take_next() {
  auto first = next_time();
  assert(first);
  auto place = std::find_if(venues_.begin(), venues_.end(),
                            [&](auto& venue) { return venue->next_time() == first; });
  auto news = (*place)->take_next();
  if (!news) return std::nullopt;
  broker_id broker{static_cast<std::uint8_t>(place - venues_.begin())};
  std::visit([broker](auto& what) { what.broker = broker; }, *news);
  return news;
}

} // namespace tickmesh
