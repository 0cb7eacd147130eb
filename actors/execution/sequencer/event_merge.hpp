// Puts the marks and signals of several links into one order: that of their effective times, which
// no arrival pattern can change, or that in which they come. Used by event_sequencer.
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "actors/execution/events/execution_events.hpp"
#include "actors/execution/events/signal_high_water.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
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

/// A mark whose number was taken before at an earlier time: whoever sends it has another history
/// than the one that was taken.
struct mark_contradiction {
  market_mark sent;
  sequence known{}; ///< the newest number of the symbol that was taken
  timestamp known_time{};
};

/// By event time: each link is a FIFO in which items are not sorted by time, and promises by time
/// marks that nothing with an earlier effective time follows. An input is released when its
/// effective time is strictly below the lowest promise of all unfinished links, in the order
/// (effective time, mark before signal, symbol, strategy, data epoch, number, window end).
///
/// By arrival: an input is released when it comes, and promises count for nothing.
class event_merge {
public:
  using link_index = std::size_t;

  explicit event_merge(input_order order = input_order::event_time) : order_(order) {}

  /// Precondition: no input was pushed yet.
  void change_order(input_order order) { order_ = order; }

  /// All links are added before the first input is taken.
  link_index add_link(std::string name);

  /// Precondition of all: `link` exists and has neither finished nor stopped, the symbol ids are
  /// those of the cluster view, and times are below end_of_time. `run` holds marks of one symbol
  /// and data epoch, whose numbers rise and whose times do not fall.
  void push(link_index link, std::span<const market_mark> run);
  void push(link_index link, const tick& t, epoch data_epoch = first_data_epoch);
  void push(link_index link, const signal& s);
  void advance(link_index link, timestamp mark); ///< a mark below an earlier one is ignored
  void finish(link_index link);                  ///< nothing follows, ever
  /// Nothing follows in this life; what a later life brings is not earlier than the link's promise.
  void stop(link_index link);

  /// The input was taken in an earlier life: it is a repeat when a link brings it again.
  void note_taken(const market_mark& mark);
  void note_taken(const signal& s) { newest_signals_.admit(s.name); }

  /// True when no link can bring an input with this time or an earlier one.
  bool is_complete_through(timestamp t) const { return waits_for_nothing() || t < promise_; }
  /// True when no link can bring an input with an earlier time.
  bool is_complete_before(timestamp t) const { return waits_for_nothing() || t <= promise_; }

  /// Effective time of the input that take() would return; nothing while the next one is held back.
  std::optional<timestamp> next_time();

  /// Released marks that come before the next signal, in order. They stay valid until next_time()
  /// or a push. Precondition of these three: the last next_time() named a time, and nothing was
  /// pushed since.
  std::span<const market_mark> next_marks() const;
  void skip_marks(std::size_t count) { marks_taken_ += count; } ///< of next_marks()
  std::variant<market_mark, signal> take();

  /// The unfinished links with the lowest promise: the merge waits for these.
  std::vector<std::string> waiting_for() const;
  std::size_t held_back(link_index link) const { return links_[link].held; } ///< not released
  bool all_finished() const { return all_finished_; }                        ///< true without links
  /// Every link has finished or stopped, one at least has stopped: by event time, what is not
  /// released by now is left to a later life.
  bool has_stopped() const { return !all_finished_ && none_follows_; }
  /// From here on, inputs are a later life's: the lowest promise of the links that have stopped;
  /// end_of_time when none has.
  timestamp stopped_at() const;
  bool finished() const; ///< all links are, and everything has been taken
  const merge_counts& counts() const { return counts_; }
  /// The first that came, of marks that contradict what was taken.
  const std::optional<mark_contradiction>& contradiction() const { return contradiction_; }

  /// See state_archive.hpp: what note_taken() leaves. The links are those that are there.
  template <class Archive>
  void persist(Archive& archive) {
    archive(newest_marks_, newest_signals_);
  }

private:
  struct link_state {
    std::string name;
    timestamp promise = timestamp::min();
    bool finished = false;
    bool stopped = false;
    std::size_t held = 0;

    bool is_open() const { return !finished && !stopped; }
  };
  struct held_run {
    std::size_t begin = 0; ///< in the block's marks; rises as they are released
    std::size_t end = 0;
  };
  /// What a link brought between two promises, or a part of it.
  struct held_block {
    link_index link = 0;
    timestamp earliest = end_of_time; ///< of what is still held
    std::vector<market_mark> marks;
    std::vector<held_run> runs;
    std::vector<signal> signals;
  };
  struct run_part {
    std::span<const market_mark> marks;
    link_index link = 0;
  };
  struct released_signal {
    signal what;
    std::size_t marks_before = 0; ///< in released_marks_
  };

  bool waits_for_nothing() const { return all_finished_ || order_ == input_order::arrival; }
  bool has_released() const;
  held_block& block_of(link_index link);
  void release();
  void release_block(held_block& block, std::vector<run_part>& parts,
                     std::vector<std::pair<signal, link_index>>& signals);
  void release_marks(std::vector<run_part>& parts);
  void release_signals(std::vector<std::pair<signal, link_index>>& signals);
  void admit(const market_mark& mark);
  void admit(const signal& s, std::size_t marks_before);
  bool is_repeat(const market_mark& mark);
  void update_promise();

  /// A mark's place in an order by time.
  struct mark_key {
    std::uint64_t time = 0;
    const market_mark* mark = nullptr;
  };
  void sort_keys();

  input_order order_;
  std::vector<link_state> links_;
  std::deque<held_block> blocks_;
  std::vector<held_block> spare_blocks_; // empty
  std::vector<market_mark> released_marks_;
  std::deque<released_signal> released_signals_;
  std::size_t marks_taken_ = 0; // of released_marks_
  std::vector<mark_key> keys_, sorted_keys_;
  struct newest_mark {
    epoch data_epoch{};
    sequence number{};
    timestamp time{};

    template <class Archive>
    void persist(Archive& archive) {
      archive(data_epoch, number, time);
    }
  };
  std::vector<newest_mark> newest_marks_; // by symbol
  std::optional<mark_contradiction> contradiction_;
  signal_high_water newest_signals_;
  timestamp promise_ = end_of_time; // lowest of the unfinished links
  bool all_finished_ = true;
  bool none_follows_ = true; // every link has finished or stopped
  bool may_release_ = false; // something was pushed, or the promise rose, since the last release
  merge_counts counts_;
};

} // namespace tickmesh
