// Where ticks come from: an immutable source that is loaded once, and cursors that read it from the
// start. Restarting a reader means opening a new cursor, which yields the same records and marks.
#pragma once

#include "actors/market/market_settings.hpp"
#include "messages/instrument.hpp"
#include "messages/result.hpp"
#include "messages/tick.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tickmesh {

/// What a cursor came upon.
enum class feed_event : std::uint8_t {
  record,    ///< the next record, as the source has it
  time_mark, ///< the source's promise that nothing earlier than `feed::time_mark` follows
  end,       ///< nothing follows
};

/// A cursor over a source's records in merge order.
class feed {
public:
  virtual ~feed() = default;

  /// Steps on. `out` is meaningful only when the result is `record`; its number and effective time
  /// are left empty, for the symbol stream sets them. After the last record, `end` for ever.
  virtual feed_event next(tick& out) = 0;

  /// The last mark that `next` reported; 1970-01-01 before the first. It never goes back.
  virtual timestamp time_mark() const = 0;
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

  /// A fresh cursor from the start; it keeps the source alive.
  virtual std::unique_ptr<feed> open() const = 0;
};

/// Reads all files of the settings, or sets up the simulator. The fault names file, line, column
/// and value, or the key of the configuration that is at fault.
result<std::shared_ptr<const feed_source>> load_feed_source(const source_settings& settings,
                                                            const instrument_table& instruments);

/// Puts time marks between records: before the first record whose merge key reaches a multiple of
/// the interval, a mark at the last multiple at or before that key.
class marked_feed : public feed {
public:
  explicit marked_feed(nanoseconds interval);

  feed_event next(tick& out) final;
  timestamp time_mark() const final { return mark_; }

protected:
  /// Writes the next record, its merge key in `effective_time`; false when there is none.
  /// Merge keys never go back.
  virtual bool read(tick& out) = 0;

private:
  nanoseconds interval_;
  timestamp mark_{};
  timestamp next_mark_;
  tick held_{};
  bool holding_ = false;
};

} // namespace tickmesh
