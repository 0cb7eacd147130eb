// Both ends of a link: an ordered, acknowledged, credit-limited pipe of frames between two slots.
// Plain classes; the slot actors move the frames. Credit is counted in items (ticks or signals).
#pragma once

#include "messages/numbers.hpp"
#include "messages/result.hpp"
#include "messages/slot.hpp"

#include <cstdint>
#include <deque>

namespace tickmesh {

/// The sending end. A sender asks has_credit() before it takes on more work, not before each frame,
/// so that no frame is too large to be sent at all: in flight are thus at most the window and the
/// work already taken on (a data slot: 4 rounds).
class link_sender {
public:
  link_sender(epoch view, std::uint32_t window_items) : epoch_(view), window_items_(window_items) {}

  bool has_credit() const { return in_flight_items_ < window_items_; }

  /// Takes the next number for a frame of `items`.
  std::uint64_t send(std::uint32_t items);

  /// Gives credit back for every frame up to `number`. Fails on a number that was never sent;
  /// ignores an acknowledgement of an older epoch and one that repeats.
  result<void> acknowledge(epoch of, std::uint64_t number);

  bool all_acknowledged() const { return in_flight_.empty(); }
  std::uint64_t in_flight_items() const { return in_flight_items_; }
  epoch view() const { return epoch_; }

private:
  struct sent_frame {
    std::uint64_t number;
    std::uint32_t items;
  };
  epoch epoch_;
  std::uint32_t window_items_;
  std::uint64_t last_number_ = 0;
  std::uint64_t in_flight_items_ = 0;
  std::deque<sent_frame> in_flight_;
};

/// The receiving end: accepts each number once, in order, of its own epoch only.
class link_receiver {
public:
  explicit link_receiver(epoch view) : epoch_(view) {}

  enum class admission {
    accept,
    repeat,      ///< already seen: drop, and count
    older_epoch, ///< from a deposed sender: drop, and count
  };

  /// Fails on a gap and on a newer epoch than the receiver's own: both mean that frames are lost.
  result<admission> admit(epoch of, std::uint64_t number);

private:
  epoch epoch_;
  std::uint64_t last_number_ = 0;
};

} // namespace tickmesh
