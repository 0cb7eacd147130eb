// Merges the marks and signals of several links into one order that no arrival pattern can change.
// Used by event_sequencer.
#pragma once

#include "actors/execution/execution_events.hpp"
#include "actors/execution/signal_high_water.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tickmesh {

/// What the merge let through and what it dropped.
struct merge_counts {
  std::uint64_t marks = 0;
  std::uint64_t signals = 0;
  std::uint64_t duplicate_marks = 0;   ///< (data epoch, number) not above one already released
  std::uint64_t duplicate_signals = 0; ///< name not above one already released
  std::uint64_t behind_mark = 0; ///< earlier than its link's promise: dropped, a sender's fault
  friend bool operator==(const merge_counts&, const merge_counts&) = default;
};

/// Each link is a FIFO in which items are not sorted by time, and promises by time marks that
/// nothing with an earlier effective time follows. An input leaves when its effective time is
/// strictly below the lowest promise of all unfinished links, in the order (effective time, mark
/// before signal, symbol, strategy, data epoch, number, window end).
class event_merge {
public:
  using link_index = std::size_t;

  /// All links are added before the first input is taken.
  link_index add_link(std::string name);

  /// `t` has been numbered. Precondition of all four: `link` exists and is not finished, its
  /// symbol id is one of the cluster view, and its time is below end_of_time.
  void push(link_index link, const tick& t, epoch data_epoch = first_data_epoch);
  void push(link_index link, const signal& s);
  void advance(link_index link, timestamp mark); ///< a mark below an earlier one is ignored
  void finish(link_index link);                  ///< nothing follows

  /// True when no link can bring an input with this time or an earlier one.
  bool is_complete_through(timestamp t) const { return all_finished_ || t < promise_; }
  /// True when no link can bring an input with an earlier time.
  bool is_complete_before(timestamp t) const { return all_finished_ || t <= promise_; }

  /// Time of the input that take() would return; nothing while the next one is held back. Drops
  /// duplicates on the way.
  std::optional<timestamp> next_time();

  /// Precondition: the last next_time() named a time, and nothing was pushed since.
  std::variant<market_mark, signal> take();

  /// The unfinished links with the lowest promise: the merge waits for these.
  std::vector<std::string> waiting_for() const;
  std::size_t buffered(link_index link) const { return links_[link].buffered; }
  std::size_t buffered() const { return heap_.size(); }
  bool finished() const { return all_finished_ && heap_.empty(); }
  const merge_counts& counts() const { return counts_; }

private:
  struct link_state {
    std::string name;
    timestamp promise = timestamp::min();
    bool finished = false;
    std::size_t buffered = 0;
  };

  /// Heap entry. Items stay where they are until they leave; only keys move.
  struct key {
    timestamp time{};
    std::uint64_t rank = 0; ///< kind, symbol, strategy
    std::uint32_t slot = 0; ///< in marks_ or signals_
    std::uint32_t link = 0;
  };

  template <class T>
  struct arena {
    std::vector<T> items;
    std::vector<std::uint32_t> free;
    std::uint32_t put(const T& item);
  };

  static bool is_signal(const key& k) { return (k.rank >> signal_bit) != 0; }
  bool comes_after(const key& a, const key& b) const;
  bool was_released(const market_mark& m) const;
  bool is_duplicate(const key& k) const;
  void add(key k);
  key remove_first();
  void update_promise();

  static constexpr unsigned signal_bit = 48; // above symbol (32 bits) and strategy (16 bits)

  std::vector<link_state> links_;
  std::vector<key> heap_;
  arena<market_mark> marks_;
  arena<signal> signals_;
  std::vector<std::pair<epoch, sequence>> released_marks_; // by symbol
  signal_high_water released_signals_;
  timestamp promise_ = end_of_time; // lowest of the unfinished links
  bool all_finished_ = true;
  merge_counts counts_;
};

} // namespace tickmesh
