#include "actors/execution/orders/broker_order_names.hpp"

#include <algorithm>
#include <limits>

namespace tickmesh {

broker_order_names::known_names& broker_order_names::at(broker_id broker) {
  if (brokers_.size() <= broker.value) brokers_.resize(broker.value + 1ULL);
  return brokers_[broker.value];
}

std::uint32_t broker_order_names::give_reference(broker_id broker, std::size_t place) {
  auto& known = at(broker);
  auto given = known.reference_next++;
  known.by_reference.emplace_back(given, place);
  return given;
}

void broker_order_names::adopt(broker_id broker, std::uint32_t reference, std::size_t place) {
  auto& known = at(broker);
  auto found = std::lower_bound(known.by_reference.begin(), known.by_reference.end(),
                                std::pair{reference, std::size_t{0}});
  if (found != known.by_reference.end() && found->first == reference)
    found->second = place;
  else
    known.by_reference.insert(found, {reference, place});
  raise_reference(broker, reference + 1);
}

/// What a broker says can't use up the numbers that are left.
void broker_order_names::raise_reference(broker_id broker, std::uint32_t next) {
  constexpr auto highest = std::numeric_limits<std::uint32_t>::max() / 2;
  auto& known = at(broker);
  if (next <= highest) known.reference_next = std::max(known.reference_next, next);
}

void broker_order_names::note(broker_id broker, const std::string& broker_order,
                              std::size_t place) {
  if (!broker_order.empty()) at(broker).by_id.insert_or_assign(broker_order, place); // ids of a day
}

std::optional<std::size_t> broker_order_names::find(broker_id broker,
                                                    std::uint32_t reference) const {
  if (reference == 0 || broker.value >= brokers_.size()) return std::nullopt;
  auto& known = brokers_[broker.value].by_reference;
  auto found = std::lower_bound(known.begin(), known.end(), std::pair{reference, std::size_t{0}});
  if (found == known.end() || found->first != reference) return std::nullopt;
  return found->second;
}

std::optional<std::size_t> broker_order_names::find(broker_id broker,
                                                    const std::string& broker_order) const {
  if (broker_order.empty() || broker.value >= brokers_.size()) return std::nullopt;
  auto& known = brokers_[broker.value].by_id;
  auto found = known.find(broker_order);
  if (found == known.end()) return std::nullopt;
  return found->second;
}

} // namespace tickmesh
