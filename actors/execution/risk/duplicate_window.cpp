#include "actors/execution/risk/duplicate_window.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tickmesh {

namespace {

constexpr std::size_t ring_at_first = 16;

} // namespace

void duplicate_window::add(const order_request& request, timestamp t) {
  add(words_of(request), t);
}

void duplicate_window::add(const words& order, timestamp t) {
  while (size_ > 0 && ring_[first_].time <= t - duplicate_window_longest)
    forget_oldest();
  if (size_ == ring_.size()) grow();
  auto hash = hash_of(order);
  auto place = place_of(size_++);
  ring_[place] = {order, t};
  index_[find(order, hash)] = {hash, static_cast<std::uint32_t>(place)};
}

std::optional<nanoseconds> duplicate_window::since_same(const order_request& request,
                                                        timestamp t) const {
  if (size_ == 0) return std::nullopt;
  auto order = words_of(request);
  auto& found = index_[find(order, hash_of(order))];
  if (found.place == nowhere) return std::nullopt;
  auto since = t - ring_[found.place].time;
  return since < duplicate_window_longest ? std::optional{since} : std::nullopt;
}

duplicate_window::words duplicate_window::words_of(const order_request& request) {
  return {request.symbol, request.strategy, request.direction,
          request.type,   request.limit,    request.volume};
}

std::uint32_t duplicate_window::hash_of(const words& w) {
  // Odd multipliers spread the bits; where an entry stands reaches no result.
  auto mix = [](std::uint64_t h, std::uint64_t v) {
    h = (h ^ v) * 0x9E37'79B9'7F4A'7C15ULL;
    return h ^ (h >> 29U);
  };
  auto h = mix(0, w.symbol.value | std::uint64_t{w.strategy.value} << 32U |
                      static_cast<std::uint64_t>(w.direction) << 48U |
                      static_cast<std::uint64_t>(w.type) << 56U);
  h = mix(h, static_cast<std::uint64_t>(w.limit.value));
  return static_cast<std::uint32_t>(mix(h, static_cast<std::uint64_t>(w.volume.value)) >> 32U);
}

void duplicate_window::forget_oldest() {
  auto& order = ring_[first_].order;
  auto entry = find(order, hash_of(order));
  // A later one with the same words keeps the entry.
  if (index_[entry].place == first_) erase(entry);
  first_ = place_of(1);
  --size_;
}

void duplicate_window::grow() {
  std::vector<sent_order> larger(std::max(ring_at_first, 2 * ring_.size()));
  assert(larger.size() <= nowhere);
  for (std::size_t i = 0; i < size_; ++i)
    larger[i] = ring_[place_of(i)];
  ring_ = std::move(larger);
  first_ = 0;
  index_.assign(2 * ring_.size(), {});
  for (std::size_t i = 0; i < size_; ++i) {
    auto hash = hash_of(ring_[i].order);
    index_[find(ring_[i].order, hash)] = {hash, static_cast<std::uint32_t>(i)};
  }
}

std::size_t duplicate_window::find(const words& w, std::uint32_t hash) const {
  auto is_other = [&](const index_entry& e) {
    return e.place != nowhere && (e.hash != hash || ring_[e.place].order != w);
  };
  auto entry = home_of(hash);
  while (is_other(index_[entry])) // ends: half of the entries are free
    entry = after(entry);
  return entry;
}

/// Moves up those that stand behind it because it was taken, so that no search ends too early.
void duplicate_window::erase(std::size_t entry) {
  auto mask = index_.size() - 1;
  for (auto next = after(entry); index_[next].place != nowhere; next = after(next)) {
    auto from_home = (next - home_of(index_[next].hash)) & mask;
    if (from_home < ((next - entry) & mask)) continue;
    index_[entry] = index_[next];
    entry = next;
  }
  index_[entry] = {};
}

} // namespace tickmesh
