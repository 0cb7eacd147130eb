// What a calculation slot has received so far, as it came, so that a restarted calculator can be
// fed from its stream's start. Bounded: past the limit nothing can be replayed any more.
#pragma once

#include "actors/calc/slot/received_frame.hpp"
#include "messages/result.hpp"
#include "messages/timestamp.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace tickmesh {

class replay_buffer {
public:
  /// A received frame, or (without one) a time mark at which windows were closed.
  struct entry {
    std::uint64_t piece = 0;
    std::shared_ptr<const received_frame> frame;
    timestamp mark{};
  };

  explicit replay_buffer(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  void add_frame(std::uint64_t piece, std::shared_ptr<const received_frame> frame) {
    add({piece, std::move(frame), timestamp{}});
  }
  void add_mark(std::uint64_t piece, timestamp mark) { add({piece, {}, mark}); }

  /// Everything since the start, in order; fails once the limit was passed.
  result<const std::vector<entry>*> entries() const {
    if (overflowed_)
      return fail(fmt::format("the stream's start is gone: more than host.replay_buffer_mib = {} "
                              "were received",
                              bytes_max_ >> 20));
    return &entries_;
  }

private:
  void add(entry e) {
    if (overflowed_) return;
    bytes_ += sizeof(entry) + (e.frame ? e.frame->memory_bytes() : 0);
    overflowed_ = bytes_ > bytes_max_;
    if (overflowed_) {
      entries_.clear();
      entries_.shrink_to_fit();
    } else {
      entries_.push_back(std::move(e));
    }
  }

  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  bool overflowed_ = false;
  std::vector<entry> entries_;
};

} // namespace tickmesh
