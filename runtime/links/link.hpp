// Both ends of a link: an ordered, acknowledged, credit-limited pipe of frames between two slots.
// Plain classes; the slot actors move the frames. Credit is counted in items (ticks or signals).
//
// A frame has a number that may jump (on a link of ticks: that of a tick log record) and names the
// one before it, so that a receiver sees a gap. A sender that is new, or was cut off, says hello
// and goes on where the receiver's answer says.
#pragma once

#include "messages/numbers.hpp"
#include "messages/result.hpp"
#include "messages/slot.hpp"

#include <cstdint>
#include <deque>
#include <optional>

namespace tickmesh {

/// Names of what receiving slots count: frames that were repeated, of an older epoch, or not from
/// whoever said hello last; and the hellos of deposed senders.
inline constexpr const char* frames_refused_count = "frames_refused";
inline constexpr const char* hellos_refused_count = "hellos_refused";
/// How often frames were lost on the way, and asked for once more.
inline constexpr const char* link_gaps_count = "link_gaps";

/// Where a receiver stands, as it tells a sender that says hello.
struct link_position {
  std::uint64_t number = 0;       ///< of the last frame that it has
  std::uint64_t acknowledged = 0; ///< of the last one that it is done with
  std::uint64_t open_items = 0;   ///< in the frames between the two: they keep their credit
};

/// The sending end. A sender asks has_credit() before it takes on more work, not before each frame,
/// so that no frame is too large to be sent at all.
class link_sender {
public:
  /// `since` is the epoch since which the sender's host owns its slot. Of two links to one
  /// receiver, one counts its hellos from somewhere else.
  link_sender(epoch since, std::uint32_t window_items, std::uint64_t hellos = 0)
      : epoch_(since), window_items_(window_items), hellos_(hellos) {}

  bool has_credit() const { return in_flight_items_ < window_items_; }

  /// Presents itself, at its start and after a break: until this hello is answered the link is not
  /// open. The hello's number.
  std::uint64_t say_hello() {
    is_open_ = false;
    return ++hellos_;
  }
  /// Number of the last hello. What answers another one is of no account.
  std::uint64_t hello() const { return hellos_; }
  /// The receiver has said where to go on.
  bool is_open() const { return is_open_; }

  /// The last number that was sent, or that the receiver resumed after.
  std::uint64_t last_number() const { return last_number_; }

  /// Takes note of a frame that ends at `number`, which is above last_number(); the number of the
  /// frame before it.
  std::uint64_t send(std::uint64_t number, std::uint32_t items);

  /// Gives credit back for every frame up to `number`. Fails on a number that was never sent;
  /// ignores an acknowledgement of an older epoch, one that repeats, and all while it is not open.
  result<void> acknowledge(epoch of, std::uint64_t number);

  /// The receiver stands there: the next frame follows what it has. Ignored when that answers
  /// another hello than the last one, or one of an older epoch; tells whether it was heeded.
  bool resume(epoch of, std::uint64_t hello, const link_position& at);

  std::uint64_t acknowledged_number() const { return acknowledged_number_; }
  bool all_acknowledged() const { return in_flight_.empty(); }
  std::uint64_t in_flight_items() const { return in_flight_items_; }
  epoch since() const { return epoch_; }
  /// Rises with each frame that the receiver is done with.
  std::uint64_t progress() const { return progress_; }

private:
  struct sent_frame {
    std::uint64_t number;
    std::uint64_t items;
  };
  epoch epoch_;
  std::uint32_t window_items_;
  std::uint64_t last_number_ = 0;
  std::uint64_t acknowledged_number_ = 0;
  std::uint64_t in_flight_items_ = 0;
  std::deque<sent_frame> in_flight_;
  std::uint64_t hellos_ = 0;
  std::uint64_t progress_ = 0;
  bool is_open_ = false;
};

/// The receiving end: accepts each number once, in order, and nothing from a deposed sender.
class link_receiver {
public:
  explicit link_receiver(epoch since) : epoch_(since) {}

  enum class admission {
    accept,
    repeat,      ///< already seen: drop, and count
    older_epoch, ///< from a deposed sender: drop, and count
    gap, ///< one before it was lost on the way: the sender is to go on where this end stands
  };

  /// A sender presents itself: from now on only its epoch, or a newer one, counts. The number to
  /// resume after; nothing when the sender is deposed.
  std::optional<std::uint64_t> greet(epoch of);

  /// Fails on an epoch that never said hello.
  result<admission> admit(epoch of, std::uint64_t after, std::uint64_t number);

  std::uint64_t last_number() const { return last_number_; }
  epoch since() const { return epoch_; }

private:
  epoch epoch_;
  std::uint64_t last_number_ = 0;
};

/// Gathers acknowledgements: one is due once `threshold_items` are done with, or after a while.
class ack_pacer {
public:
  explicit ack_pacer(std::uint64_t threshold_items) : threshold_items_(threshold_items) {}

  /// The receiver is done with every frame up to `number`, `items` more. True when it is time.
  bool done(std::uint64_t number, std::uint64_t items) {
    number_ = number;
    items_ += items;
    return items_ >= threshold_items_;
  }

  bool is_pending() const { return number_ != sent_; }
  /// The number that was acknowledged last.
  std::uint64_t sent() const { return sent_; }

  /// The number to acknowledge now.
  std::uint64_t take() {
    items_ = 0;
    return sent_ = number_;
  }

private:
  std::uint64_t threshold_items_;
  std::uint64_t items_ = 0;
  std::uint64_t number_ = 0;
  std::uint64_t sent_ = 0;
};

} // namespace tickmesh
