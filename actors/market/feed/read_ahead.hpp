// Reads in a thread of its own, some batches ahead of who takes them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace tickmesh {

/// `Batch` is a container that is emptied and used again.
template <class Batch>
class read_ahead {
public:
  /// Appends to a batch that is empty; nothing: there is no more. Called in the thread.
  using reader = std::function<void(Batch&)>;

  /// At most `batches_max` batches wait to be taken.
  explicit read_ahead(reader read, std::size_t batches_max = 4)
      : read_(std::move(read)), batches_max_(batches_max), thread_([this] { run(); }) {}
  read_ahead(const read_ahead&) = delete;
  read_ahead& operator=(const read_ahead&) = delete;

  /// Waits for the batch that is being read.
  ~read_ahead() {
    {
      std::lock_guard lock{mutex_};
      is_over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  /// The next batch, valid until the next call; null behind the last one. Throws what the reader
  /// has thrown, behind the batches that came before.
  const Batch* next() {
    std::unique_lock lock{mutex_};
    taken_.clear();
    spare_.push_back(std::exchange(taken_, {}));
    changed_.wait(lock, [this] { return has_ended_ || !ready_.empty(); });
    if (ready_.empty()) {
      if (failure_ != nullptr) std::rethrow_exception(std::exchange(failure_, nullptr));
      return nullptr;
    }
    taken_ = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return &taken_;
  }

private:
  void run() {
    for (bool is_last = false; !is_last;) {
      auto batch = take_spare();
      std::exception_ptr failure;
      try {
        read_(batch);
      } catch (...) {
        failure = std::current_exception();
      }
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return is_over_ || ready_.size() < batches_max_; });
      failure_ = failure;
      has_ended_ = batch.empty() || failure != nullptr;
      if (!batch.empty()) ready_.push_back(std::move(batch));
      is_last = has_ended_ || is_over_;
      lock.unlock();
      changed_.notify_all();
    }
  }

  Batch take_spare() {
    std::lock_guard lock{mutex_};
    if (spare_.empty()) return {};
    auto out = std::move(spare_.back());
    spare_.pop_back();
    return out;
  }

  reader read_;
  std::size_t batches_max_;
  Batch taken_; ///< by next()

  std::mutex mutex_; ///< guards what follows
  std::condition_variable changed_;
  std::deque<Batch> ready_; ///< in their order
  std::vector<Batch> spare_;
  bool has_ended_ = false;
  bool is_over_ = false; ///< nobody takes any more
  std::exception_ptr failure_;

  std::thread thread_; ///< the last member: it uses the others
};

} // namespace tickmesh
