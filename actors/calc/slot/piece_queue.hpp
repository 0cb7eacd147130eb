// The pieces of work that a calculation slot has in hand, numbered from 1 in the order in which
// they were opened, which is that in which they are passed on. Plain class behind calc_slot.
#pragma once

#include "actors/calc/slot/calc_piece.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace tickmesh {

class piece_queue {
public:
  using piece_pointer = std::shared_ptr<calc_piece>;

  /// A piece to fill, in memory that was used before where there is some.
  piece_pointer make() {
    if (spares_.empty()) return std::make_shared<calc_piece>();
    auto piece = std::move(spares_.back());
    spares_.pop_back();
    return piece;
  }

  /// Puts a piece behind the others; its number.
  std::uint64_t open(piece_pointer piece) {
    open_.push_back(std::move(piece));
    return first_ + open_.size() - 1;
  }

  /// The oldest piece, once all its parts are there; else null.
  piece_pointer take_complete() {
    if (open_.empty() || !open_.front()->progress.is_complete()) return nullptr;
    auto piece = std::move(open_.front());
    open_.pop_front();
    ++first_;
    return piece;
  }

  /// What was taken is dealt with: its memory can be used again. Precondition: nobody else holds it
  /// who may still look at it.
  void give_back(piece_pointer piece) {
    piece->frame = nullptr;
    spares_.push_back(std::move(piece));
  }

  /// A piece that was opened under this number; null when it has been taken.
  piece_pointer find(std::uint64_t number) const {
    return number < first_ ? nullptr : open_[number - first_];
  }

private:
  std::deque<piece_pointer> open_;
  std::uint64_t first_ = 1; // number of the oldest of them
  std::vector<piece_pointer> spares_;
};

} // namespace tickmesh
