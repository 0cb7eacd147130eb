#include "actors/market/feed/read_ahead.hpp"

#include <utility>

namespace tickmesh {

read_ahead::read_ahead(batch_reader read) : read_(std::move(read)), thread_([this] { run(); }) {}

read_ahead::~read_ahead() {
  {
    std::lock_guard lock{mutex_};
    is_over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void read_ahead::run() {
  std::vector<tick> batch;
  for (;;) {
    std::exception_ptr failure;
    try {
      read_(batch);
    } catch (...) {
      failure = std::current_exception();
    }
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return is_over_ || ready_.size() < batches_max; });
    failure_ = failure;
    has_ended_ = batch.empty() || failure != nullptr;
    if (!batch.empty()) ready_.push_back(std::move(batch));
    bool is_last = has_ended_ || is_over_;
    batch.clear();
    if (!spare_.empty()) {
      batch = std::move(spare_.back());
      spare_.pop_back();
    }
    lock.unlock();
    changed_.notify_all();
    if (is_last) return;
  }
}

bool read_ahead::take_batch() {
  batch_.clear();
  at_ = 0;
  std::unique_lock lock{mutex_};
  spare_.push_back(std::exchange(batch_, {}));
  changed_.wait(lock, [this] { return has_ended_ || !ready_.empty(); });
  if (ready_.empty()) {
    if (failure_ != nullptr) std::rethrow_exception(std::exchange(failure_, nullptr));
    return false;
  }
  batch_ = std::move(ready_.front());
  ready_.erase(ready_.begin());
  lock.unlock();
  changed_.notify_all();
  return true;
}

} // namespace tickmesh
