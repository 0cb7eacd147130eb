// The places of orders that may still change anything at a broker, in the order of their creation:
// so that halts, sessions and comparisons cost what is open, not what ever was. Part of
// order_manager.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>

namespace tickmesh {

/// Most orders end in about the order of their creation, so that a sorted deque has little to move.
class unfinished_orders {
public:
  void insert(std::size_t place) {
    if (places_.empty() || places_.back() < place) return places_.push_back(place);
    auto found = std::lower_bound(places_.begin(), places_.end(), place);
    if (found == places_.end() || *found != place) places_.insert(found, place);
  }
  void erase(std::size_t place) {
    if (!places_.empty() && places_.front() == place) return places_.pop_front();
    auto found = std::lower_bound(places_.begin(), places_.end(), place);
    if (found != places_.end() && *found == place) places_.erase(found);
  }

  std::size_t size() const { return places_.size(); }
  auto begin() const { return places_.begin(); }
  auto end() const { return places_.end(); }

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    archive(places_);
  }

private:
  std::deque<std::size_t> places_;
};

} // namespace tickmesh
