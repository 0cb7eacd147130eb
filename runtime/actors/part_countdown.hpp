// Counts the parts of a piece of work that several actors do in place, each its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

namespace tickmesh {

class part_countdown {
public:
  /// Begins anew; nobody else may hold the work.
  void open(std::size_t parts) {
    done_.assign(parts, 0);
    missing_.store(parts, std::memory_order_relaxed);
  }

  /// Part number `at` is there; true when it was the last one.
  bool finish(std::size_t at) {
    done_[at] = 1;
    return missing_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }

  /// For the part's actor, and for whoever has heard of its end since.
  bool is_done(std::size_t at) const { return done_[at] != 0; }

  /// True once every part is there, and can be read.
  bool is_complete() const { return missing_.load(std::memory_order_acquire) == 0; }

private:
  std::vector<char> done_; ///< not bits: each belongs to one actor
  std::atomic<std::size_t> missing_{0};
};

} // namespace tickmesh
