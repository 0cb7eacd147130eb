// Rounds between a data slot's feed and its log: how many more may come, and which one is to be
// logged next. Plain class behind data_slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

namespace tickmesh {

/// `Round` points to a market_round, which is complete when its `progress` is.
template <class Round>
class round_queue {
public:
  /// So many rounds at one time, those included that are granted and have not come.
  explicit round_queue(std::size_t rounds_max) : rounds_max_(rounds_max) {}

  /// Whether there is room for one more round, which counts as granted then.
  bool grant() {
    if (in_flight() >= rounds_max_) return false;
    ++granted_;
    return true;
  }

  /// A granted round has come; rounds come in order.
  void push(Round round) {
    --granted_;
    rounds_.push_back(std::move(round));
  }

  /// Granted rounds that have not come will not.
  void forget_grants() { granted_ = 0; }

  /// The rounds that are here, oldest first.
  const std::deque<Round>& open() const { return rounds_; }

  /// The oldest round, once all its parts are there; null before.
  auto* oldest_complete() const {
    auto* oldest = rounds_.empty() ? nullptr : &*rounds_.front();
    return oldest != nullptr && oldest->progress.is_complete() ? oldest : nullptr;
  }

  /// The oldest round is in the log: its memory may be used again.
  void drop_oldest() {
    rounds_.pop_front();
    ++oldest_;
  }

  /// Rounds that are here, or granted and have not come.
  std::size_t in_flight() const { return rounds_.size() + granted_; }

  /// Number of the oldest round that is not in the log; the first is 1.
  std::uint64_t oldest_number() const { return oldest_; }

private:
  std::size_t rounds_max_;
  std::deque<Round> rounds_;
  std::size_t granted_ = 0;
  std::uint64_t oldest_ = 1;
};

} // namespace tickmesh
