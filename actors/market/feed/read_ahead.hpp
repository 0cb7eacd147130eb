// Reads ticks in a thread of its own, some batches ahead of who takes them.
#pragma once

#include "messages/tick.hpp"

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tickmesh {

class read_ahead {
public:
  /// Appends ticks to a batch that is empty; none: there are no more. Called in the thread.
  using batch_reader = std::function<void(std::vector<tick>&)>;

  explicit read_ahead(batch_reader read);
  read_ahead(const read_ahead&) = delete;
  read_ahead& operator=(const read_ahead&) = delete;
  /// Waits for the batch that is being read.
  ~read_ahead();

  /// The next tick, valid until the next call; null behind the last one. Throws what the reader has
  /// thrown, behind the ticks that came before.
  const tick* next() {
    if (at_ == batch_.size() && !take_batch()) return nullptr;
    return &batch_[at_++];
  }

private:
  static constexpr std::size_t batches_max = 4;

  void run();
  bool take_batch();

  batch_reader read_;
  std::vector<tick> batch_; ///< that is taken from
  std::size_t at_ = 0;

  std::mutex mutex_; ///< guards what follows
  std::condition_variable changed_;
  std::vector<std::vector<tick>> ready_; ///< in their order
  std::vector<std::vector<tick>> spare_;
  bool has_ended_ = false;
  bool is_over_ = false; ///< nobody takes any more
  std::exception_ptr failure_;

  std::thread thread_; ///< the last member: it uses the others
};

} // namespace tickmesh
