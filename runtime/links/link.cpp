#include "runtime/links/link.hpp"

#include <fmt/format.h>

#include <cassert>

namespace tickmesh {

std::uint64_t link_sender::send(std::uint64_t number, std::uint32_t items) {
  assert(number > last_number_);
  in_flight_.push_back({number, items});
  in_flight_items_ += items;
  auto after = last_number_;
  last_number_ = number;
  return after;
}

result<void> link_sender::acknowledge(epoch of, std::uint64_t number) {
  // One that comes before the answer to a hello is of frames that a former owner has sent.
  if (of < epoch_ || !is_open_) return {};
  if (number > last_number_)
    return fail(
        fmt::format("frame {} is acknowledged, but the last one sent is {}", number, last_number_));
  while (!in_flight_.empty() && in_flight_.front().number <= number) {
    acknowledged_number_ = in_flight_.front().number;
    in_flight_items_ -= in_flight_.front().items;
    in_flight_.pop_front();
    ++progress_;
  }
  return {};
}

bool link_sender::resume(epoch of, std::uint64_t hello, const link_position& at) {
  if (of != epoch_ || hello != hellos_ || is_open_) return false;
  in_flight_.clear();
  in_flight_items_ = at.open_items;
  if (at.number != at.acknowledged) in_flight_.push_back({at.number, at.open_items});
  last_number_ = at.number;
  acknowledged_number_ = at.acknowledged;
  return is_open_ = true;
}

std::optional<std::uint64_t> link_receiver::greet(epoch of) {
  if (of < epoch_) return std::nullopt;
  epoch_ = of;
  return last_number_;
}

result<link_receiver::admission> link_receiver::admit(epoch of, std::uint64_t after,
                                                      std::uint64_t number) {
  if (of < epoch_) return admission::older_epoch;
  if (of > epoch_)
    return fail(
        fmt::format("a frame of epoch {} reached a receiver of epoch {}", of.value, epoch_.value));
  if (number <= last_number_) return admission::repeat;
  if (after != last_number_) return admission::gap;
  last_number_ = number;
  return admission::accept;
}

} // namespace tickmesh
