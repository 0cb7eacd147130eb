// Makes the ticks of a source up in a thread of its own, ahead of who reads them.
#pragma once

#include "actors/market/feed/read_ahead.hpp"
#include "messages/tick.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace tickmesh {

class ticks_ahead {
public:
  /// Writes the next tick; false behind the last one. Called in the thread.
  using reader = std::function<bool(tick&)>;

  explicit ticks_ahead(reader read) : read_(std::move(read)) {}

  /// Writes the next tick; false behind the last one. The first call starts the thread. Throws what
  /// the reader has thrown.
  bool next(tick& out) {
    if (!ahead_) ahead_.emplace([this](std::vector<tick>& batch) { fill(batch); });
    if (batch_ == nullptr || next_in_batch_ == batch_->size()) {
      batch_ = nullptr; // which it stays where this throws
      next_in_batch_ = 0;
      batch_ = ahead_->next();
    }
    if (batch_ == nullptr) return false;
    out = (*batch_)[next_in_batch_++];
    return true;
  }

private:
  static constexpr std::size_t batch_ticks = 4'096;

  void fill(std::vector<tick>& batch) {
    tick next;
    while (batch.size() < batch_ticks && read_(next))
      batch.push_back(next);
  }

  reader read_;
  const std::vector<tick>* batch_ = nullptr; ///< of `ahead_`
  std::size_t next_in_batch_ = 0;
  std::optional<read_ahead<std::vector<tick>>> ahead_; ///< the last member: its thread uses others
};

} // namespace tickmesh
