#include "runtime/link.hpp"

#include <fmt/format.h>

namespace tickmesh {

std::uint64_t link_sender::send(std::uint32_t items) {
  in_flight_.push_back({++last_number_, items});
  in_flight_items_ += items;
  return last_number_;
}

result<void> link_sender::acknowledge(epoch of, std::uint64_t number) {
  if (of < epoch_) return {};
  if (number > last_number_)
    return fail(
        fmt::format("frame {} is acknowledged, but the last one sent is {}", number, last_number_));
  while (!in_flight_.empty() && in_flight_.front().number <= number) {
    in_flight_items_ -= in_flight_.front().items;
    in_flight_.pop_front();
  }
  return {};
}

result<link_receiver::admission> link_receiver::admit(epoch of, std::uint64_t number) {
  if (of < epoch_) return admission::older_epoch;
  if (of > epoch_)
    return fail(
        fmt::format("a frame of epoch {} reached a receiver of epoch {}", of.value, epoch_.value));
  if (number <= last_number_) return admission::repeat;
  if (number != last_number_ + 1)
    return fail(fmt::format("frames {} to {} are missing", last_number_ + 1, number - 1));
  last_number_ = number;
  return admission::accept;
}

} // namespace tickmesh
