#include "actors/execution/venues/venue_set.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tickmesh {

venue_set::venue_set(std::vector<std::unique_ptr<order_venue>> venues)
    : venues_(std::move(venues)) {
  assert(!venues_.empty());
}

void venue_set::put(broker_id broker, std::unique_ptr<order_venue> venue) {
  assert(broker.value <= venues_.size());
  if (broker.value == venues_.size()) venues_.emplace_back();
  venues_[broker.value] = std::move(venue);
}

order_venue& venue_set::venue_of(broker_id broker) {
  assert(broker.value < venues_.size());
  return *venues_[broker.value];
}

void venue_set::execute(const venue_command& command, timestamp now) {
  auto broker = broker_of(command);
  assert(broker);
  venue_of(*broker).execute(command, now);
}

void venue_set::on_mark(const market_mark& mark) {
  for (auto& venue : venues_)
    venue->on_mark(mark);
}

bool venue_set::has_external() const {
  return std::ranges::any_of(venues_, [](auto& venue) { return venue->is_external(); });
}

bool venue_set::is_for_external(const venue_command& command) const {
  auto broker = broker_of(command);
  return broker && is_external(*broker);
}

/// The venue where something happens first.
std::optional<std::size_t> venue_set::first(bool external_too) const {
  std::optional<std::size_t> place;
  timestamp earliest{};
  for (std::size_t i = 0; i < venues_.size(); ++i) {
    if (!external_too && venues_[i]->is_external()) continue;
    auto t = venues_[i]->next_time();
    if (!t || (place && *t >= earliest)) continue;
    place = i;
    earliest = *t;
  }
  return place;
}

std::optional<venue_news> venue_set::take(std::size_t place) {
  auto news = venues_[place]->take_next();
  if (!news) return std::nullopt;
  broker_id broker{static_cast<std::uint8_t>(place)};
  std::visit([broker](auto& what) { what.broker = broker; }, *news);
  return news;
}

std::optional<timestamp> venue_set::next_time() const {
  auto place = first(true);
  return place ? venues_[*place]->next_time() : std::nullopt;
}

std::optional<venue_news> venue_set::take_next() {
  auto place = first(true);
  assert(place);
  return take(*place);
}

std::optional<timestamp> venue_set::next_internal_time() const {
  auto place = first(false);
  return place ? venues_[*place]->next_time() : std::nullopt;
}

std::optional<venue_news> venue_set::take_next_internal() {
  auto place = first(false);
  assert(place);
  return take(*place);
}

} // namespace tickmesh
