// How far a calculation slot is in what the data slots send: the same on its owner and on its
// replica, however frames are cut. Plain values.
#pragma once

#include "messages/slot.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace tickmesh {

/// What a piece of work was made of: a frame of a data slot, or an advance of time.
struct piece_origin {
  bool is_frame = false;
  std::uint16_t data_slot = 0; ///< index of it, of a frame
  std::uint64_t record = 0;    ///< the frame's last one
  timestamp mark{};            ///< of an advance
};

struct calc_position {
  std::vector<std::uint64_t> records; ///< of each data slot, by index
  timestamp mark{};                   ///< time has advanced to it

  void take(const piece_origin& origin) {
    if (!origin.is_frame) {
      mark = std::max(mark, origin.mark);
      return;
    }
    if (origin.data_slot >= records.size()) records.resize(origin.data_slot + std::size_t{1});
    records[origin.data_slot] = std::max(records[origin.data_slot], origin.record);
  }

  std::uint64_t record_of(std::uint16_t data_slot) const {
    return data_slot < records.size() ? records[data_slot] : 0;
  }

  /// Whether the piece lies before this position, or at it.
  bool covers(const piece_origin& origin) const {
    return origin.is_frame ? origin.record <= record_of(origin.data_slot) : origin.mark <= mark;
  }

  /// Whether whatever `other` has come past, this has, too.
  bool covers(const calc_position& other) const {
    for (std::uint16_t i = 0; i < other.records.size(); ++i)
      if (record_of(i) < other.records[i]) return false;
    return other.mark <= mark;
  }
  friend bool operator==(const calc_position&, const calc_position&) = default;
};

} // namespace tickmesh
