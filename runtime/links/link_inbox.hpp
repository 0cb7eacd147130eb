// The receiving ends of a slot's links: who is heard on each, which of its frames count, and which
// acknowledgements are due. Plain classes behind calculation and execution slots, which move the
// messages. `Sender` is whatever an answer is sent to; two of them are equal or not.
//
//   hello --greet--> where this end stands; nothing for a sender that was deposed
//   frame --admit--> accepted; refused, to be counted; a gap; or a fault that names the peer
//   frame that is dealt with --finish--> take_due_acks
#pragma once

#include "messages/slot.hpp"
#include "runtime/links/link.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace tickmesh {

/// An acknowledgement waits at most this long for more to come.
inline constexpr std::chrono::milliseconds ack_delay_max{10};

/// It does not wait once this part of the link's window is done with.
inline constexpr std::uint32_t ack_window_share = 8;

enum class frame_admission {
  accepted,
  refused, ///< a repeat, of an older epoch, behind the end, or not from whoever said hello last
  gap,     ///< the first that shows that one before it was lost: the sender is to say hello again
};

/// The end of one link.
template <class Sender>
class link_inbox {
public:
  /// `from` is the slot at the other end; `since` the epoch since which its host owns it.
  link_inbox(slot_name from, epoch since, std::uint32_t window_items)
      : from_(from), link_(since), acks_(window_items / ack_window_share) {}

  /// A sender presents itself, for the first time or after a break. Where it is to go on, and from
  /// then on frames of others, and of earlier hellos, do not count; nothing for one that was
  /// deposed.
  std::optional<link_position> greet(Sender sender, epoch of, std::uint64_t hello = 0) {
    bool is_new_owner = of > link_.since();
    auto number = link_.greet(of);
    if (!number) return std::nullopt;
    if (is_new_owner) has_ended_ = false; // it may have to send all once more
    sender_ = std::move(sender);
    hello_ = hello;
    is_greeted_ = is_heard_ = true;
    has_gap_ = false;
    return link_position{*number, acks_.sent(), open_items_};
  }

  /// Whether the frame is the next one of the link, and from whom it should come. Fails where it
  /// can't be, see link_receiver.
  result<frame_admission> admit(Sender sender, epoch of, std::uint64_t after, std::uint64_t number,
                                std::uint32_t items, std::uint64_t hello = 0) {
    bool is_heard = !is_greeted_ || (sender == sender_ && hello == hello_);
    if (has_ended_ || !is_heard) return frame_admission::refused;
    auto admitted = link_.admit(of, after, number);
    if (!admitted) return fail(format_slot(from_) + ": " + admitted.error().message);
    if (*admitted == link_receiver::admission::gap && !std::exchange(has_gap_, true)) {
      sender_ = std::move(sender);
      return frame_admission::gap;
    }
    if (*admitted != link_receiver::admission::accept) return frame_admission::refused;
    sender_ = std::move(sender);
    is_heard_ = true;
    open_items_ += items;
    return frame_admission::accepted;
  }

  /// The final frame is here: none counts that follows it, but of a new owner of the slot.
  void end() { has_ended_ = true; }

  /// The slot is done with every frame up to `number`, which has `items`. The acknowledgement of a
  /// final frame does not wait.
  void finish(std::uint64_t number, std::uint64_t items, bool is_final) {
    done_items_ += items;
    bool is_enough = acks_.done(number, items);
    ack_is_due_ = ack_is_due_ || is_enough || is_final;
  }

  /// All that is done with counts as acknowledged: whoever says hello next is told so.
  void settle() {
    hurry_ack();
    take_due_ack();
  }

  /// What is pending does not wait any longer.
  void hurry_ack() { ack_is_due_ = true; }

  /// The number to acknowledge now, where that is due.
  std::optional<std::uint64_t> take_due_ack() {
    bool is_due = std::exchange(ack_is_due_, false) && acks_.is_pending();
    if (!is_due) return std::nullopt;
    open_items_ -= std::min(open_items_, std::exchange(done_items_, 0));
    return acks_.take();
  }

  bool ack_is_pending() const { return acks_.is_pending(); }
  /// Whether a hello or a frame has been taken since the last call.
  bool take_heard() { return std::exchange(is_heard_, false); }
  /// Who said hello, or sent a frame, last.
  const Sender& sender() const { return sender_; }
  epoch since() const { return link_.since(); }
  /// Number of the sender's last hello.
  std::uint64_t hello() const { return hello_; }

private:
  slot_name from_;
  link_receiver link_;
  ack_pacer acks_;
  Sender sender_{};
  std::uint64_t hello_ = 0;
  bool is_greeted_ = false; // by sender_
  bool is_heard_ = false;
  bool has_gap_ = false; // since then
  bool has_ended_ = false;
  bool ack_is_due_ = false;
  std::uint64_t open_items_ = 0; // taken and not acknowledged
  std::uint64_t done_items_ = 0; // of these, those that the slot is done with
};

/// The ends of all links of a slot, and the one timer of their acknowledgements.
template <class Sender>
class link_inboxes {
public:
  void add(slot_name from, epoch since, std::uint32_t window_items) {
    links_.try_emplace(from, from, since, window_items);
  }

  /// Null for a slot that has no link to this one.
  link_inbox<Sender>* find(slot_name from) {
    auto found = links_.find(from);
    return found == links_.end() ? nullptr : &found->second;
  }
  /// Precondition: there is a link.
  link_inbox<Sender>& at(slot_name from) { return links_.at(from); }

  /// Calls `send` with each link whose sender is due an acknowledgement, and the number. True when
  /// ack_wait_is_over() is to be called after ack_delay_max, for the rest.
  template <class Send>
  bool take_due_acks(const Send& send) {
    bool is_pending = false;
    for (auto& [from, link] : links_) {
      if (auto number = link.take_due_ack()) send(link, *number);
      is_pending = is_pending || link.ack_is_pending();
    }
    return is_pending && !std::exchange(timer_runs_, true);
  }

  /// The timer has run off: all that is pending is due.
  void ack_wait_is_over() {
    timer_runs_ = false;
    for (auto& [from, link] : links_)
      link.hurry_ack();
  }

private:
  std::map<slot_name, link_inbox<Sender>> links_;
  bool timer_runs_ = false;
};

} // namespace tickmesh
