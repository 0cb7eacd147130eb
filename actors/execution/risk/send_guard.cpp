#include "actors/execution/risk/send_guard.hpp"

#include <fmt/format.h>

#include <cassert>
#include <utility>

namespace tickmesh {

namespace {

std::uint64_t bit_of(broker_id broker) {
  return std::uint64_t{1} << (broker.value & 63U);
}

} // namespace

void send_guard::approve(const order_request& request) {
  orders_[request.id].approved = request;
}

void send_guard::approve_form(const order_request& request) {
  auto found = orders_.find(request.id);
  if (found == orders_.end()) return;
  found->second.approved.limit = request.limit;
  found->second.approved.volume = request.volume;
}

result<void> send_guard::admit(const order_request& request) {
  auto found = orders_.find(request.id);
  if (found == orders_.end())
    return violation(request.id, "no verdict approved it, or it has ended");
  auto& order = found->second;
  if (order.is_out) return violation(request.id, "a broker may have it already");
  if ((order.refused_by & bit_of(request.broker)) != 0)
    return violation(request.id, "that broker has refused it before");
  auto& expected = order.approved;
  if (request.symbol != expected.symbol || request.strategy != expected.strategy ||
      request.direction != expected.direction || request.limit != expected.limit ||
      request.volume != expected.volume)
    return violation(request.id, fmt::format("{} at {} is not what was approved, {} at {}",
                                             format_decimal(request.volume.value),
                                             format_decimal(request.limit.value),
                                             format_decimal(expected.volume.value),
                                             format_decimal(expected.limit.value)));
  order.is_out = true;
  order.approved.broker = request.broker;
  order.approved.reference = request.reference;
  return {};
}

result<void> send_guard::admit(const replace_request& request) {
  auto found = orders_.find(request.order);
  assert(found != orders_.end());
  auto& order = found->second;
  if (!order.is_out || order.approved.broker != request.broker)
    return violation(request.order, "it is not open at that broker");
  if (request.limit != order.approved.limit || request.volume != order.approved.volume)
    return violation(request.order, "its new form is not what was approved");
  return {};
}

void send_guard::release(order_id id, broker_id broker) {
  auto found = orders_.find(id);
  if (found == orders_.end() || found->second.approved.broker != broker) return;
  found->second.is_out = false;
  found->second.refused_by |= bit_of(broker);
}

order_id send_guard::order_under(broker_id broker, std::uint32_t reference) const {
  for (auto& [id, order] : orders_)
    if (reference != 0 && order.approved.broker == broker && order.approved.reference == reference)
      return id;
  return {};
}

result<void> send_guard::violation(order_id id, std::string what) {
  ++violations_;
  return fail(fmt::format("order {}: {}", format_order_id(id), what));
}

} // namespace tickmesh
