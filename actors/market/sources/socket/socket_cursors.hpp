// The cursors of a socket source: what each has yet to read, where each stands, and its time marks.
// The thread that reads the socket fills them, data slots empty them; behind socket_source.
#pragma once

#include "actors/market/feed/feed.hpp"

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

namespace tickmesh {

/// Where a sender is asked to go on.
struct resume_place {
  source_position after{};
  bool day_is_over = false; ///< its sender has ended that day, and nothing has come since
};

/// Every cursor gets every record behind its own resume point. Positions hold a live_position each.
/// All functions may be called from any thread.
class socket_cursors {
public:
  /// `on_change` is called, under a lock, when the reader of the socket should look again: a cursor
  /// opened or closed, there is room again, or the acknowledged position rose.
  socket_cursors(const source_settings& settings, std::function<void()> on_change);
  socket_cursors(const socket_cursors&) = delete;
  socket_cursors& operator=(const socket_cursors&) = delete;
  ~socket_cursors();

  class cursor;

  // For data slots:

  /// `time_mark` and `accepted` as in resume_points.
  cursor* open(source_position from, timestamp time_mark = {},
               std::optional<source_position> accepted = {});
  void close(cursor* closed);
  feed_event next(cursor& reader, tick& out, timestamp& mark);
  /// Of the last record that `next` gave to this cursor.
  source_position position(const cursor& reader) const;
  void on_arrival(cursor& reader, std::function<void()> wake);
  void acknowledge(cursor& reader, source_position position);

  /// True for the cursor that was opened first of those that are open.
  bool is_first(const cursor& reader) const;

  // For the thread that reads the socket:

  /// What became of a record.
  enum class taken : std::uint8_t {
    by_some, ///< a cursor had not had it yet
    by_none, ///< each cursor has had it
    ended,   ///< it lies behind the end of the feed
  };
  taken look_at(source_position position) const;

  /// Where an item stands: at `position`, and behind `before` on its connection. A cursor that has
  /// not had what comes up to `before` is left out: its sender has to go back.
  struct place {
    source_position position{};
    source_position before{};
  };

  /// Gives the record to the cursors that have not had it. `source_time`: of the source, behind it.
  taken push(const tick& record, place at, timestamp source_time);

  /// The position, and those behind `before`, hold nothing for the cursors.
  taken skip(place at);

  /// Up to which time each cursor has had the source's records, at least; 1970-01-01 without
  /// cursors.
  timestamp source_time() const;

  /// Nothing with an earlier event time follows.
  void push_mark(timestamp mark);

  /// Nothing follows.
  void push_end();

  /// False while there is no cursor, or one of them is full.
  bool has_room();

  bool is_open() const;

  /// The lowest position behind which a cursor has had nothing; 0 without cursors.
  resume_place resume() const;

  /// All cursors have acknowledged the records up to here; 0 without cursors.
  source_position acknowledged() const;

private:
  taken judge(source_position position) const;
  void enqueue_mark(cursor& reader, timestamp mark);
  void wake(cursor& reader);
  source_position acknowledged_locked() const;

  const nanoseconds interval_;
  const nanoseconds lateness_;
  const std::size_t capacity_; ///< records a cursor
  const std::function<void()> on_change_;
  mutable std::mutex mutex_;
  std::list<std::unique_ptr<cursor>> cursors_;
  bool paused_ = false;                     ///< has_room said no
  std::optional<source_position> ended_at_; ///< the last position before the end
};

/// A cursor of a source that has one sender at a time, whose positions are of `source_id{}`.
socket_cursors::cursor* open_cursor(socket_cursors& cursors, const resume_points& from);

} // namespace tickmesh
