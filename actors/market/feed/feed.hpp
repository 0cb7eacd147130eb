// Where ticks come from: an immutable source that is loaded once, and cursors that read it from the
// start. Restarting a reader means opening a new cursor, which yields the same records and marks.
#pragma once

#include "actors/market/market_settings.hpp"
#include "messages/instrument.hpp"
#include "messages/result.hpp"
#include "messages/tick.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

/// What a cursor came upon.
enum class feed_event : std::uint8_t {
  record,    ///< the next record, as the source has it
  time_mark, ///< the source's promise that nothing earlier than `feed::time_mark` follows
  idle,      ///< nothing is there yet (live sources only); `on_arrival` says when to ask again
  end,       ///< nothing follows
};

/// A cursor over a source's records in merge order.
class feed {
public:
  virtual ~feed() = default;

  /// Steps on. `out` is meaningful only when the result is `record`; its number and effective time
  /// are left empty, for the symbol stream sets them, unless the source is clean. After the last
  /// record, `end` for ever.
  virtual feed_event next(tick& out) = 0;

  /// The last mark that `next` reported; 1970-01-01 before the first. It never goes back.
  virtual timestamp time_mark() const = 0;

  /// Appends to `out`, whose last element is the last record that `next` yielded, those that follow
  /// it directly and are of the same symbol and trading day, at most `max`; how many. A source may
  /// have none to give at once: `next` yields them then.
  virtual std::size_t next_of_run(std::vector<tick>& out, std::size_t max) {
    static_cast<void>(out);
    static_cast<void>(max);
    return 0;
  }

  /// Only records of these symbols (by id) will be used: the cursor may leave others out. Called
  /// before the first `next`.
  virtual void select(const std::vector<bool>& own) { static_cast<void>(own); }

  /// CPU time that went into making records up, where a source does so: a load generator's work is
  /// not the path's.
  virtual std::int64_t generator_cpu_ns() const { return 0; }

  /// What the source has met so far beside records, by name, such as gaps that its senders stated.
  /// Where cursors of one process share a source, one of them alone tells.
  virtual std::map<std::string, std::uint64_t> counts() const { return {}; }

  /// `wake` is called, from any thread, when something has arrived after `next` returned `idle`.
  virtual void on_arrival(std::function<void()> wake) { static_cast<void>(wake); }

  /// Of a live source: where the last record that `next` yielded stands, as in resume_points. It
  /// may hold more than the record's own number (see live_position).
  virtual source_position position() const { return {}; }

  /// Every own record that `next` yielded up to this `position()` has been accepted or rejected for
  /// good: it is in the tick log, and its sender may forget it.
  virtual void acknowledge(source_id source, source_position position) {
    static_cast<void>(source);
    static_cast<void>(position);
  }
};

/// How far a live source has been read, by source.
using source_positions = std::map<source_id, source_position>;

/// Where a slot's tick log ends: a live source asks its sender to go on from there.
struct resume_points {
  source_positions positions{};
  /// The last mark that was logged: what is earlier is late. end_of_time: the sender has said that
  /// nothing follows on its day, and nothing has come since.
  timestamp time_mark{};
  /// Up to where its sender may forget the records; nothing: as far as `positions`.
  std::optional<source_positions> accepted{};
};

/// What comes with the records of a round: a stretch of a source that a slot takes at one time.
struct round_outline {
  std::uint64_t records = 0;     ///< of the slot's own symbols
  std::int32_t trading_day = 0;  ///< of all of them
  timestamp time_mark{};         ///< of the source, behind the round
  source_positions read_up_to{}; ///< of a live source: the last position of each source
  bool end = false;              ///< nothing follows
};

/// What a recorded file held beside records.
struct file_leftovers {
  std::string file;            ///< its name without directories
  std::uint64_t malformed = 0; ///< rows that could not be read, and are left out
  std::uint64_t skipped = 0;   ///< blank lines, repeated headers, comments before the header
  friend bool operator==(const file_leftovers&, const file_leftovers&) = default;
};

/// A source of ticks. It may be shared by threads; each cursor belongs to one.
class feed_source {
public:
  virtual ~feed_source() = default;

  /// All symbols of the source, sorted by name, so that the order of ids is the order of names.
  virtual const symbol_table& symbols() const = 0;

  /// Names for messages; the position is the `source_id`.
  virtual const std::vector<std::string>& source_names() const = 0;

  /// A hash of all that the cursors yield: equal on hosts that read the same source.
  virtual std::uint64_t fingerprint() const = 0;

  /// A fresh cursor; it keeps the source alive. A repeatable source starts at its first record, a
  /// live one behind `from` where its sender can go back that far.
  virtual std::unique_ptr<feed> open(const resume_points& from) const = 0;

  /// A cursor from the start.
  std::unique_ptr<feed> open() const { return open({}); }

  /// True when every cursor yields the same records; false for a live source.
  virtual bool is_repeatable() const { return true; }

  /// True when the records have been cleaned and numbered before: they are taken as they are.
  virtual bool is_clean() const { return false; }

  /// Of the symbol's numbers, where the source is clean or repeatable.
  virtual epoch data_epoch(symbol_id symbol) const {
    static_cast<void>(symbol);
    return first_data_epoch;
  }

  /// The files that held more than records, in their order.
  virtual std::vector<file_leftovers> leftovers() const { return {}; }
};

/// Puts time marks between records: before the first record whose merge key reaches a multiple of
/// the interval, a mark at the last multiple at or before that key.
class marked_feed : public feed {
public:
  /// `is_clean`: the merge key is the record's effective time, and is passed on.
  explicit marked_feed(nanoseconds interval, bool is_clean = false);

  feed_event next(tick& out) final;
  timestamp time_mark() const final { return mark_; }

protected:
  /// Writes the next record, its merge key in `effective_time`; false when there is none.
  /// Merge keys never go back.
  virtual bool read(tick& out) = 0;

private:
  nanoseconds interval_;
  bool is_clean_;
  timestamp mark_{};
  timestamp next_mark_;
  tick held_{};
  bool holding_ = false;
};

} // namespace tickmesh
