// Cuts a source into rounds: reads records as they fall due, keeps those of the slot's own symbols
// and groups them. Remembers enough to send one symbol's records again. Plain class behind
// feed_handler.
#pragma once

#include "actors/market/feed.hpp"

#include <cstdint>
#include <deque>
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

/// Records of one round by symbol.
struct feed_round {
  std::map<symbol_id, std::vector<tick>> batches;
  std::uint64_t records = 0;
  std::int64_t lateness_ns = 0; ///< of the round's first record against its due time
  timestamp time_mark{};
  bool end = false;
};

class feed_reader {
public:
  /// `own[symbol]` says which symbols this slot owns.
  feed_reader(std::shared_ptr<const feed_source> source, std::vector<bool> own, double speed,
              std::uint32_t round_ticks_max);

  /// All that is due at `now_ns`, at most round_ticks_max records; nothing when neither a record
  /// nor a mark is due (see next_due_ns). After the end, nothing for ever.
  std::optional<feed_round> read_round(std::int64_t now_ns);

  /// When the next event falls due; call after read_round returned nothing.
  std::int64_t next_due_ns() const { return held_due_ns_; }

  bool ended() const { return ended_; }

  /// Ends the stream here: the next round is the last one and carries the last mark.
  void stop();

  /// Records of `symbol` from the source's start: those before the round `oldest_open_round` in
  /// one batch under number 0, the others under the numbers of their rounds (those up to the last
  /// one read).
  std::map<std::uint64_t, std::vector<tick>> reread(symbol_id symbol,
                                                    std::uint64_t oldest_open_round) const;

  /// Rounds below `number` are history in every reread to come: their bounds are not kept.
  void forget_rounds_before(std::uint64_t number);

private:
  std::shared_ptr<const feed_source> source_;
  std::unique_ptr<feed> cursor_;
  std::vector<bool> own_;
  feed_pace pace_;
  std::uint32_t round_ticks_max_;
  std::uint64_t records_read_ = 0;       ///< of all symbols
  std::uint64_t first_round_ = 1;        ///< number of round_ends_.front()
  std::deque<std::uint64_t> round_ends_; ///< records_read_ at the end of each round
  std::optional<tick> held_;             ///< read, but not yet due
  std::int64_t held_due_ns_ = 0;
  timestamp time_mark_{};
  bool ended_ = false;
  bool stopping_ = false;
};

} // namespace tickmesh
