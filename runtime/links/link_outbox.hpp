// The sending ends of a slot's links: whom frames go to, and whether the receiver has said where to
// begin. Plain classes; `Receiver` is whatever frames are sent to.
//
//   connect --> hello to each peer --> resume --> send ... acknowledge ... --> all_acknowledged
#pragma once

#include "messages/slot.hpp"
#include "runtime/links/link.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

namespace tickmesh {

/// The end of one link.
template <class Receiver>
class link_outbox {
public:
  /// See link_sender.
  link_outbox(Receiver receiver, epoch since, std::uint32_t window_items)
      : receiver_(std::move(receiver)), link_(since, window_items) {}

  const Receiver& receiver() const { return receiver_; }
  /// Credit and numbers.
  const link_sender& link() const { return link_; }
  /// The receiver has said where to begin.
  bool is_open() const { return is_open_; }

  /// The receiver has everything up to `number`. False when that answers a hello of an older epoch.
  bool resume(epoch of, std::uint64_t number) {
    if (!link_.resume(of, number)) return false;
    is_open_ = true;
    return true;
  }

  /// See link_sender. Precondition of send: is_open().
  std::uint64_t send(std::uint64_t number, std::uint32_t items) {
    return link_.send(number, items);
  }
  result<void> acknowledge(epoch of, std::uint64_t number) { return link_.acknowledge(of, number); }

private:
  Receiver receiver_;
  link_sender link_;
  bool is_open_ = false;
};

/// The ends of all links of a slot that sends the same frames down each.
template <class Receiver>
class link_outboxes {
public:
  /// The slots downstream are known: from then on there are no others.
  void connect(const std::map<slot_name, Receiver>& peers, epoch since,
               std::uint32_t window_items) {
    for (auto& [to, receiver] : peers)
      links_.try_emplace(to, receiver, since, window_items);
    is_connected_ = true;
  }

  /// Null for a slot that is not downstream.
  link_outbox<Receiver>* find(slot_name to) {
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
  std::map<slot_name, link_outbox<Receiver>> links_;
  bool is_connected_ = false;
};

} // namespace tickmesh
