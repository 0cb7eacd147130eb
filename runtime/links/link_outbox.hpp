// The sending ends of a slot's links: whom frames go to, whether the receiver has said where to
// begin, and what it has not acknowledged, to be sent again after a break. Plain classes;
// `Receiver` is whatever frames are sent to, `Frame` what is sent.
//
//   connect --> hello to each peer --> resume --> send ... acknowledge ... --> all_acknowledged
//                                         +--> what the receiver lacks is sent again
#pragma once

#include "messages/result.hpp"
#include "messages/slot.hpp"
#include "runtime/links/link.hpp"
#include "runtime/links/link_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>

namespace tickmesh {

/// The end of one link.
template <class Receiver, class Frame>
class link_outbox {
public:
  /// See link_sender and link_watch.
  link_outbox(Receiver receiver, epoch since, std::uint32_t window_items, nanoseconds patience)
      : receiver_(std::move(receiver)), link_(since, window_items), watch_(patience) {}

  const Receiver& receiver() const { return receiver_; }
  /// Credit and numbers.
  const link_sender& link() const { return link_; }
  /// The receiver has said where to begin.
  bool is_open() const { return link_.is_open(); }

  /// Presents itself; to another receiver, where the way to it had to be found again. The number of
  /// the hello.
  std::uint64_t say_hello(Receiver receiver) {
    receiver_ = std::move(receiver);
    return link_.say_hello();
  }

  /// The receiver stands at `at`: what it lacks goes to `send` once more. False where that answers
  /// another hello than the last one; fails where it lacks what is no longer held.
  template <class Send>
  result<bool> resume(epoch of, std::uint64_t hello, const link_position& at, const Send& send) {
    auto done = link_.acknowledged_number();
    if (!link_.resume(of, hello, at)) return false;
    if (at.number < done)
      return fail(fmt::format("it has frames up to {}, and was done with {}", at.number, done));
    drop_through(at.acknowledged);
    for (auto& frame : held_) {
      if (frame.number <= at.number) continue;
      if (frame.after != link_.last_number())
        return fail(fmt::format("it has frames up to {}, and the next one that is held follows {}",
                                at.number, frame.after));
      link_.send(frame.number, frame.items);
      send(frame.frame);
    }
    return true;
  }

  /// Holds a frame that is sent now. Precondition: is_open().
  void send(std::uint64_t number, std::uint32_t items, Frame frame) {
    held_.push_back({link_.send(number, items), number, items, std::move(frame)});
  }

  result<void> acknowledge(epoch of, std::uint64_t number) {
    auto done = link_.acknowledge(of, number);
    if (done) drop_through(link_.acknowledged_number());
    return done;
  }

  /// The last frame that the receiver is done with; null where there is none.
  const Frame* last_done() const { return last_done_ ? &*last_done_ : nullptr; }

  /// See link_watch.
  bool is_greeting_due(nanoseconds now) {
    return watch_.is_due(link_.progress(), is_open() && link_.all_acknowledged(), now);
  }
  std::optional<nanoseconds> suspect_silence(nanoseconds now) const {
    return watch_.suspect_silence(now);
  }

private:
  struct held_frame {
    std::uint64_t after = 0;
    std::uint64_t number = 0;
    std::uint32_t items = 0;
    Frame frame;
  };

  void drop_through(std::uint64_t number) {
    for (; !held_.empty() && held_.front().number <= number; held_.pop_front())
      last_done_ = std::move(held_.front().frame);
  }

  Receiver receiver_;
  link_sender link_;
  link_watch watch_;
  std::deque<held_frame> held_; ///< not acknowledged
  std::optional<Frame> last_done_;
};

/// The ends of all links of a slot that sends the same frames down each.
template <class Receiver, class Frame>
class link_outboxes {
public:
  using outbox = link_outbox<Receiver, Frame>;

  /// A slot downstream is known, or the way to it was found again; the number of the hello to it.
  std::uint64_t greet(slot_name to, const Receiver& receiver, epoch since,
                      std::uint32_t window_items, nanoseconds patience) {
    auto& link = links_.try_emplace(to, receiver, since, window_items, patience).first->second;
    return link.say_hello(receiver);
  }
  /// All slots downstream are known.
  void connected() { is_connected_ = true; }

  /// Null for a slot that is not downstream.
  outbox* find(slot_name to) {
    auto found = links_.find(to);
    return found == links_.end() ? nullptr : &found->second;
  }

  bool is_connected() const { return is_connected_; }
  /// Every receiver has said where to begin. Without any, as soon as that is known.
  bool all_open() const {
    return is_connected_ && std::all_of(links_.begin(), links_.end(),
                                        [](auto& link) { return link.second.is_open(); });
  }
  /// True where nothing was sent.
  bool all_acknowledged() const {
    return std::all_of(links_.begin(), links_.end(),
                       [](auto& link) { return link.second.link().all_acknowledged(); });
  }

  /// Slot and end of each, in the order of the slots.
  auto begin() { return links_.begin(); }
  auto end() { return links_.end(); }

private:
  std::map<slot_name, outbox> links_;
  bool is_connected_ = false;
};

} // namespace tickmesh
