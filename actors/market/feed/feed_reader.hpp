// Cuts a source into rounds: reads records as they fall due, keeps those of the slot's own symbols
// and groups them. Remembers enough to send one symbol's records again. Plain class behind
// feed_handler.
#pragma once

#include "actors/market/feed/feed.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace tickmesh {

/// Maps event time to wall time: `speed` seconds of event time pass in one second.
class feed_pace {
public:
  /// Speed 0 means that everything is due at once.
  explicit feed_pace(double speed) : speed_(speed) {}

  /// When a record of `event_time` is due; the first record starts the clock at `now_ns`.
  std::int64_t due_ns(timestamp event_time, std::int64_t now_ns);

private:
  double speed_;
  std::optional<timestamp> first_event_;
  std::int64_t first_ns_ = 0;
};

/// A symbol's records of one round, in the order of the source.
struct symbol_batch {
  symbol_id symbol{};
  std::vector<tick> ticks;
};

/// Records of one round by symbol, all of one trading day.
struct feed_round : round_outline {
  std::vector<symbol_batch> batches; ///< in the order of their first records
  std::int64_t lateness_ns = 0;      ///< of the first record against its due time
  bool history = false;              ///< logged before: only rebuilds the streams' state

  /// Empties it for the next records; its memory is used again.
  void clear();
  /// A new batch at the end.
  symbol_batch& add_batch(symbol_id symbol);

private:
  std::vector<std::vector<tick>> spare_; ///< memory of earlier batches
};

/// What the slot's tick log holds already.
struct logged_before {
  std::uint64_t records = 0; ///< of a repeatable source: so many own records are history
  resume_points resume{};    ///< of a live source, which has no history: it goes on from there
};

/// What a reader of the same slot has read before this one, which goes on behind it.
struct read_before {
  std::uint64_t records = 0; ///< own ones, history included; of a repeatable source
  timestamp time_mark{};
  bool ended = false;
  std::uint64_t first_open_round = 1;
  std::vector<std::uint64_t> open_rounds{}; ///< own records of each round that is not in the log
};

class feed_reader {
public:
  /// `own[symbol]` says which symbols this slot owns.
  feed_reader(std::shared_ptr<const feed_source> source, std::vector<bool> own, double speed,
              std::uint32_t round_ticks_max, logged_before logged = {}, read_before read = {});

  /// Fills `round` with all that is due at `now_ns`, at most round_ticks_max records; false when
  /// neither a record nor a mark is due (see next_due_ns). History is due at once. After the end,
  /// false for ever.
  bool read_round(std::int64_t now_ns, feed_round& round);

  /// When the next event falls due; nothing while a live source has none. Call after read_round
  /// returned nothing.
  std::optional<std::int64_t> next_due_ns() const;

  bool ended() const { return ended_; }

  /// Ends the stream here: the next round is the last one and carries the last mark.
  void stop();

  /// See feed.
  void on_arrival(std::function<void()> wake) { cursor_->on_arrival(std::move(wake)); }
  void acknowledge(const source_positions& accepted);
  std::int64_t generator_cpu_ns() const { return cursor_->generator_cpu_ns(); }
  std::map<std::string, std::uint64_t> counts() const { return cursor_->counts(); }

  /// Records of `symbol` from the source's start: those before the round `oldest_open_round` in
  /// one batch under number 0, the others under the numbers of their rounds (those up to the last
  /// one read). Precondition: the source is repeatable.
  std::map<std::uint64_t, std::vector<tick>> reread(symbol_id symbol,
                                                    std::uint64_t oldest_open_round) const;

  /// Rounds below `number` are history in every reread to come: their bounds are not kept.
  void forget_rounds_before(std::uint64_t number);

private:
  void pass_over(const read_before& read);
  bool hold_next(std::int64_t now_ns);
  void take_mark();
  void note_position();
  void take_held(feed_round& round, std::int64_t now_ns);
  void take_run(feed_round& round, symbol_batch& batch);
  bool is_history() const { return own_read_ < logged_.records; }

  std::shared_ptr<const feed_source> source_;
  std::unique_ptr<feed> cursor_;
  std::vector<bool> own_;
  bool at_will_; ///< everything is due at once
  feed_pace pace_;
  std::uint32_t round_ticks_max_;
  logged_before logged_;
  std::uint64_t own_read_ = 0; ///< own records read, history included
  source_positions read_up_to_{};
  std::vector<std::uint32_t> batch_of_;  ///< by symbol: its place in the round, plus one
  std::uint64_t first_round_ = 1;        ///< number of round_ends_.front()
  std::deque<std::uint64_t> round_ends_; ///< own_read_ at the end of each round
  tick held_{};                          ///< read, but not yet due
  bool holding_ = false;
  std::int64_t held_due_ns_ = 0;
  timestamp time_mark_{};
  bool idle_ = false;
  bool ended_ = false;
  bool stopping_ = false;
};

} // namespace tickmesh
