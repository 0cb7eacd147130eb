#include "actors/execution/recent_orders.hpp"

namespace tickmesh {

void recent_orders::add(const order_request& request, timestamp t) {
  while (!by_time_.empty() && by_time_.front().first <= t - duplicate_window_longest) {
    auto& [time, gone] = by_time_.front();
    // Later ones with the same words keep the entry.
    if (auto i = last_.find(gone); i != last_.end() && i->second == time) last_.erase(i);
    by_time_.pop_front();
  }
  auto key = words_of(request);
  last_[key] = t;
  by_time_.emplace_back(t, key);
}

std::optional<nanoseconds> recent_orders::since_same(const order_request& request,
                                                     timestamp t) const {
  auto found = last_.find(words_of(request));
  if (found == last_.end() || t - found->second >= duplicate_window_longest) return std::nullopt;
  return t - found->second;
}

recent_orders::words recent_orders::words_of(const order_request& request) {
  return {request.symbol, request.strategy, request.direction,
          request.type,   request.limit,    request.volume};
}

std::size_t recent_orders::hash::operator()(const words& w) const {
  // Odd multipliers spread the bits; the order of equal buckets reaches no result.
  auto mix = [](std::uint64_t h, std::uint64_t v) {
    h = (h ^ v) * 0x9E37'79B9'7F4A'7C15ULL;
    return h ^ (h >> 29U);
  };
  auto h = mix(0, w.symbol.value | std::uint64_t{w.strategy.value} << 32U |
                      static_cast<std::uint64_t>(w.direction) << 48U |
                      static_cast<std::uint64_t>(w.type) << 56U);
  h = mix(h, static_cast<std::uint64_t>(w.limit.value));
  return mix(h, static_cast<std::uint64_t>(w.volume.value));
}

} // namespace tickmesh
