// What is left of a position's opening fills, oldest first: the cost that a first-in-first-out
// close takes. Used by position_book.
#pragma once

#include "messages/numbers.hpp"

#include <cstddef>
#include <vector>

namespace tickmesh {

/// Neighbours of equal price are one lot. Volumes are magnitudes; the side is the position's.
class lot_queue {
public:
  /// Precondition: volume above 0.
  void push(price at, quantity volume);

  /// Takes the oldest `volume` away; what it was opened for, price x quantity in 1e-16.
  /// Precondition: as much is there.
  int128 pop(quantity volume);

  /// Moves all lots of `later` behind the own ones.
  void append(lot_queue& later);

  /// Gives every lot another price; the sum of price x quantity then.
  template <class Restate>
  int128 restate(Restate price_of) {
    int128 cost = 0;
    for (auto i = first_; i < lots_.size(); ++i) {
      lots_[i].at = price_of(lots_[i].at);
      cost += static_cast<int128>(lots_[i].at.value) * lots_[i].volume.value;
    }
    return cost;
  }

  quantity volume() const { return volume_; }
  std::size_t size() const { return lots_.size() - first_; }

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    auto& [lots, first, volume] = *this;
    lots.erase(lots.begin(), lots.begin() + static_cast<std::ptrdiff_t>(first));
    first = 0;
    archive(lots, volume);
  }

private:
  struct lot {
    price at{};
    quantity volume{};

    template <class Archive>
    void persist(Archive& archive) {
      archive(at, volume);
    }
  };

  void drop_taken();

  std::vector<lot> lots_;
  std::size_t first_ = 0; // those before it have been taken
  quantity volume_{};     // of all lots
};

} // namespace tickmesh
