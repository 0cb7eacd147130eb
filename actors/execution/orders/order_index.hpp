// Finds orders by id. Used by order_manager.
#pragma once

#include "messages/order.hpp"

#include <cassert>
#include <cstdint>
#include <optional>
#include <vector>

namespace tickmesh {

/// Positions by order id: open addressing with linear probing, at most half full. Ids are hashes
/// already, so their low bits serve as they are.
class order_index {
public:
  std::optional<std::size_t> find(order_id id) const {
    if (entries_.empty()) return std::nullopt;
    auto& found = entries_[place_of(id)];
    if (found.position_plus_one == 0) return std::nullopt;
    return found.position_plus_one - 1;
  }

  /// Precondition: !find(id).
  void add(order_id id, std::size_t position) {
    if (2 * (size_ + 1) > entries_.size()) grow();
    auto& free = entries_[place_of(id)];
    assert(free.position_plus_one == 0 && position < UINT32_MAX);
    free = {id, static_cast<std::uint32_t>(position + 1)};
    ++size_;
  }

private:
  struct entry {
    order_id id{};
    std::uint32_t position_plus_one = 0; ///< 0: free
  };
  static constexpr std::size_t entries_min = 1024;

  /// Where `id` is, or would be.
  std::size_t place_of(order_id id) const {
    auto place = id.value & (entries_.size() - 1);
    while (entries_[place].position_plus_one != 0 && entries_[place].id != id)
      place = (place + 1) & (entries_.size() - 1);
    return place;
  }

  void grow() {
    std::vector<entry> old(entries_.empty() ? entries_min : 2 * entries_.size());
    old.swap(entries_);
    for (auto& e : old)
      if (e.position_plus_one != 0) entries_[place_of(e.id)] = e;
  }

  std::vector<entry> entries_;
  std::size_t size_ = 0;
};

} // namespace tickmesh
