#include "actors/execution/positions/lot_queue.hpp"

#include "actors/execution/values/exact_money.hpp"

#include <algorithm>
#include <utility>

namespace tickmesh {

namespace {

/// Taken lots that are kept in front before the rest moves up; with half of all, moving is O(1) a
/// lot.
constexpr std::size_t taken_lots_max = 16;

} // namespace

void lot_queue::push(price at, quantity volume) {
  assert(volume.value > 0);
  volume_.value = checked_add(volume_.value, volume.value);
  if (size() > 0 && lots_.back().at == at)
    lots_.back().volume += volume;
  else
    lots_.push_back({at, volume});
}

int128 lot_queue::pop(quantity volume) {
  assert(volume.value >= 0 && volume <= volume_);
  volume_ -= volume;
  int128 cost = 0;
  while (volume.value > 0) {
    auto& oldest = lots_[first_];
    auto taken = std::min(oldest.volume, volume);
    cost = checked_add(cost, static_cast<int128>(oldest.at.value) * taken.value);
    oldest.volume -= taken;
    volume -= taken;
    if (oldest.volume.value == 0) ++first_;
  }
  drop_taken();
  return cost;
}

void lot_queue::append(lot_queue& later) {
  if (later.size() == 0) return;
  if (size() == 0) {
    std::swap(*this, later);
    return;
  }
  for (auto i = later.first_; i < later.lots_.size(); ++i)
    push(later.lots_[i].at, later.lots_[i].volume);
  later.lots_.clear();
  later.first_ = 0;
  later.volume_ = {};
}

void lot_queue::drop_taken() {
  if (size() > 0 && (first_ < taken_lots_max || first_ < lots_.size() / 2)) return;
  lots_.erase(lots_.begin(), lots_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
}

} // namespace tickmesh
