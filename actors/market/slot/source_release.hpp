// What a live source may forget: the positions behind records that are accepted. Plain class behind
// data_slot.
#pragma once

#include "actors/market/feed/feed.hpp"
#include "actors/market/tick_log/tick_log.hpp"

#include <deque>
#include <utility>

namespace tickmesh {

class source_release {
public:
  /// Up to `accepted`, every record has been accepted before.
  explicit source_release(source_positions accepted = {}) : accepted_(std::move(accepted)) {}

  /// The source was read up to `positions` when this record was made; records come in order.
  void logged(record_number number, const source_positions& positions) {
    waiting_.push_back({number, positions});
  }

  /// The source's positions, up to which every record is accepted; empty: nothing is new.
  source_positions take(record_number accepted) {
    source_positions out;
    for (; !waiting_.empty() && waiting_.front().number <= accepted; waiting_.pop_front())
      out = std::move(waiting_.front().positions);
    if (!out.empty()) accepted_ = out;
    return out;
  }

  /// What the source may forget by now.
  const source_positions& accepted() const { return accepted_; }

private:
  struct logged_positions {
    record_number number{};
    source_positions positions;
  };
  std::deque<logged_positions> waiting_;
  source_positions accepted_;
};

} // namespace tickmesh
