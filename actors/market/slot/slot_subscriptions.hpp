// The subscriptions of a data slot: who may have one, how far each has read, and which of them wait
// to be told of more. Plain class behind data_slot.
#pragma once

#include "actors/market/subscription/subscription_reader.hpp"
#include "actors/market/tick_log/tick_log.hpp"
#include "messages/result.hpp"
#include "messages/slot.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tickmesh {

/// What a subscriber asks for.
struct ticks_request {
  std::uint16_t slot_index = 0;
  std::span<const std::string> symbols;
  std::span<const std::uint64_t> first; ///< number of the first tick wanted, of each; 0: any
};

/// What a slot has to give.
struct ticks_on_offer {
  slot_name slot{};
  std::span<const std::string> symbols; ///< of the cluster
  const std::vector<bool>& own;         ///< by symbol: they are this slot's
  std::size_t subscriptions = 0;        ///< that are open
  std::size_t subscriptions_max = 0;
};

/// The ticks that are asked for, or why they can't be had.
result<std::vector<wanted_ticks>> read_request(const ticks_request& request,
                                               const ticks_on_offer& offer);

/// `Handle` names a subscription.
template <class Handle>
class slot_subscriptions {
public:
  std::size_t size() const { return open_.size(); }

  /// A new one, which has read what is before `after` and knows that `accepted` is accepted.
  void add(Handle handle, record_number accepted, record_number after) {
    open_.push_back({std::move(handle), accepted, false, after});
  }

  /// It has read everything up to `after`, and waits for more.
  void wait_for_more(const Handle& handle, record_number after) {
    for (auto& entry : open_) {
      if (entry.handle != handle) continue;
      entry.told = entry.read = after;
      entry.waits = true;
    }
  }

  /// `tell(handle)` is called of each that waits and does not know that `accepted` is accepted.
  template <class Tell>
  void tell_accepted(record_number accepted, Tell tell) {
    for (auto& entry : open_) {
      if (!entry.waits || accepted <= entry.told) continue;
      entry.waits = false;
      entry.told = accepted;
      tell(entry.handle);
    }
  }

  /// Those that `is_it` holds for have ended; whether there was one.
  template <class IsIt>
  bool remove_if(IsIt is_it) {
    return std::erase_if(open_, [&](auto& entry) { return is_it(entry.handle); }) > 0;
  }

  /// The records behind this one are yet to be read.
  record_number read_by_all(record_number last) const {
    for (auto& entry : open_)
      last = std::min(last, entry.read);
    return last;
  }

  /// Every one has ended, or has been waited for long enough.
  bool are_done() const { return open_.empty() || overdue_; }
  /// The slot is done but for them: true once, when the time that it waits begins.
  bool begin_linger() { return !lingers_ && (lingers_ = true); }
  void end_linger() { overdue_ = true; }

private:
  struct subscription {
    Handle handle;
    record_number told{}; ///< the last accepted record that it was told of
    bool waits = false;   ///< for more
    record_number read{}; ///< it has read what is before, for all that is known
  };
  std::vector<subscription> open_;
  bool lingers_ = false;
  bool overdue_ = false;
};

} // namespace tickmesh
