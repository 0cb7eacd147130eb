// Rows in their final order, which is that of the results: by effective time, symbol, strategy and
// number. They come by pieces and by symbols; those before a mark are settled.
#pragma once

#include "messages/numbers.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace tickmesh {

/// What rows are ordered by. `strategy` is the place of the strategy's name among all names.
struct row_key {
  timestamp effective_time{};
  symbol_id symbol{};
  std::uint16_t strategy = 0;
  sequence number{};
  friend auto operator<=>(const row_key&, const row_key&) = default;
};

/// Some rows, and a mark before which none follow.
template <class Row>
struct row_batch {
  std::vector<Row> rows;
  timestamp settled{};
};

/// Gathers rows until they are handed on.
template <class Row>
class gathered_rows {
public:
  template <class Rows>
  void add(const Rows& rows) {
    for (auto& row : rows)
      latest_ = std::max(latest_, row.effective_time);
    batch_.rows.insert(batch_.rows.end(), rows.begin(), rows.end());
  }

  /// Every row before `mark` was added.
  void settle(timestamp mark) { batch_.settled = std::max(batch_.settled, mark); }

  std::size_t size() const { return batch_.rows.size(); }

  /// Whether rows were added, or some that were handed on are settled now.
  bool has_news() const {
    return size() > 0 || (batch_.settled > handed_on_ && latest_ >= handed_on_);
  }

  row_batch<Row> take() {
    handed_on_ = batch_.settled;
    row_batch<Row> next{{}, batch_.settled};
    next.rows.reserve(batch_.rows.size());
    return std::exchange(batch_, std::move(next));
  }

private:
  row_batch<Row> batch_;
  timestamp latest_ = from_ns(INT64_MIN); ///< of all rows
  timestamp handed_on_{};                 ///< the mark that was
};

/// Puts the rows of batches in order.
template <class Row>
class row_sorter {
public:
  /// Holds at most `held_max` rows that are not settled; what goes beyond is not in order.
  explicit row_sorter(std::size_t held_max) : held_max_(held_max) {}

  /// Calls `put` with each row that is settled now, in the order of `key_of`.
  template <class KeyOf, class Put>
  void take(row_batch<Row>&& batch, const KeyOf& key_of, const Put& put) {
    if (held_.empty())
      held_ = std::move(batch.rows);
    else
      held_.insert(held_.end(), batch.rows.begin(), batch.rows.end());
    bool has_room = held_.size() <= held_max_;
    order_.clear();
    kept_.clear();
    for (auto& row : held_) {
      auto key = key_of(row);
      if (key.effective_time < batch.settled || !has_room)
        order_.emplace_back(key, static_cast<std::uint32_t>(&row - held_.data()));
      else
        kept_.push_back(row);
    }
    std::sort(order_.begin(), order_.end());
    for (auto& [key, place] : order_)
      put(held_[place]);
    held_.swap(kept_);
  }

private:
  std::size_t held_max_;
  std::vector<Row> held_;
  std::vector<Row> kept_;
  std::vector<std::pair<row_key, std::uint32_t>> order_;
};

} // namespace tickmesh
