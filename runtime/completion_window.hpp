// Keeps numbered pieces of work in order while their parts finish in any order: a piece leaves when
// all parts of it, and of every piece before it, are done. Used by data slots (rounds) and
// calculation slots (frames).
#pragma once

#include "messages/numbers.hpp"

#include <cassert>
#include <cstdint>
#include <deque>
#include <set>
#include <utility>

namespace tickmesh {

/// `Piece` holds what the parts of one piece of work have produced so far.
template <class Piece>
class completion_window {
public:
  /// Opens the next piece, with number last + 1, waiting for one part of each symbol.
  std::uint64_t open(Piece piece, std::set<symbol_id> parts) {
    entries_.push_back({std::move(piece), std::move(parts)});
    return first_ + entries_.size() - 1;
  }

  /// The piece `number`, when it waits for a part of `symbol`; else null: a repeat.
  Piece* find_waiting(std::uint64_t number, symbol_id symbol) {
    if (number < first_ || number >= first_ + entries_.size()) return nullptr;
    auto& found = entries_[number - first_];
    return found.parts.contains(symbol) ? &found.piece : nullptr;
  }

  /// Marks the part of `symbol` as done.
  void complete_part(std::uint64_t number, symbol_id symbol) {
    assert(find_waiting(number, symbol) != nullptr);
    entries_[number - first_].parts.erase(symbol);
  }

  /// Numbers of the open pieces that wait for `symbol`, oldest first.
  std::deque<std::uint64_t> waiting_for(symbol_id symbol) const {
    std::deque<std::uint64_t> out;
    for (std::size_t i = 0; i < entries_.size(); ++i)
      if (entries_[i].parts.contains(symbol)) out.push_back(first_ + i);
    return out;
  }

  bool front_is_complete() const { return !entries_.empty() && entries_.front().parts.empty(); }
  std::uint64_t front_number() const { return first_; }

  Piece pop_front() {
    assert(front_is_complete());
    auto piece = std::move(entries_.front().piece);
    entries_.pop_front();
    ++first_;
    return piece;
  }

  Piece& at(std::uint64_t number) { return entries_[number - first_].piece; }
  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

private:
  struct entry {
    Piece piece;
    std::set<symbol_id> parts;
  };
  std::deque<entry> entries_;
  std::uint64_t first_ = 1;
};

} // namespace tickmesh
