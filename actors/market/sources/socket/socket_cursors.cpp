#include "actors/market/sources/socket/socket_cursors.hpp"

#include <algorithm>

namespace tickmesh {

/// What one data slot has yet to read, and where it stands.
class socket_cursors::cursor {
public:
  struct entry {
    feed_event is = feed_event::record;
    tick record{}; ///< of a mark, its `source_mark` only
    source_position position{};
  };

  /// Where the acknowledgements of this cursor have come to: behind its last record, everything
  /// without one counts as acknowledged.
  source_position settled() const {
    return records == 0 && acknowledged >= yielded ? seen : acknowledged;
  }

  std::deque<entry> queue{};
  std::size_t records = 0;        ///< in the queue
  source_position seen{};         ///< the highest position that it need not be sent again
  source_position yielded{};      ///< of the last record that `next` gave
  source_position acknowledged{}; ///< by the data slot
  timestamp latest{};             ///< time of the source
  timestamp mark{};               ///< the last one in or behind the queue
  bool day_is_over = false;       ///< nothing has come since a sender ended its day, before `open`
  bool ended = false;             ///< the end is in or behind the queue
  bool waiting = false;           ///< `next` said idle
  std::function<void()> wake{};
};

socket_cursors::socket_cursors(const source_settings& settings, std::function<void()> on_change)
    : interval_(settings.time_mark_interval), lateness_(settings.socket.lateness),
      capacity_(settings.socket.buffer_records_max), on_change_(std::move(on_change)) {}

socket_cursors::~socket_cursors() = default;

socket_cursors::cursor* socket_cursors::open(source_position from, timestamp time_mark,
                                             std::optional<source_position> accepted) {
  auto opened = std::make_unique<cursor>();
  opened->seen = opened->yielded = from;
  opened->acknowledged = accepted.value_or(from);
  opened->day_is_over = time_mark == end_of_time;
  if (time_mark > timestamp{} && !opened->day_is_over) {
    opened->mark = time_mark;
    opened->latest = time_mark + lateness_;
  }
  std::lock_guard lock{mutex_};
  if (ended_at_ && from >= *ended_at_) {
    opened->ended = true;
    opened->queue.push_back({feed_event::end, {}, {}});
  }
  cursors_.push_back(std::move(opened));
  on_change_();
  return cursors_.back().get();
}

socket_cursors::cursor* open_cursor(socket_cursors& cursors, const resume_points& from) {
  auto position_in = [](const source_positions& all) {
    auto found = all.find(source_id{});
    return found == all.end() ? source_position{} : found->second;
  };
  std::optional<source_position> accepted;
  if (from.accepted) accepted = position_in(*from.accepted);
  return cursors.open(position_in(from.positions), from.time_mark, accepted);
}

void socket_cursors::close(cursor* closed) {
  std::function<void()> wake; // may hold the last reference to an actor: ends without the lock
  std::lock_guard lock{mutex_};
  auto found = std::ranges::find_if(cursors_, [closed](auto& c) { return c.get() == closed; });
  wake = std::move((*found)->wake);
  cursors_.erase(found);
  on_change_();
}

feed_event socket_cursors::next(cursor& reader, tick& out, timestamp& mark) {
  std::lock_guard lock{mutex_};
  if (reader.queue.empty()) {
    reader.waiting = true;
    return feed_event::idle;
  }
  auto& front = reader.queue.front();
  auto is = front.is;
  if (is == feed_event::end) return is;
  if (is == feed_event::time_mark) mark = front.record.source_mark;
  if (is == feed_event::record) {
    out = front.record;
    reader.yielded = front.position;
    --reader.records;
    // Half empty, so that the reader of the socket is not woken for each record.
    if (paused_ && reader.records == capacity_ / 2) on_change_();
  }
  reader.queue.pop_front();
  return is;
}

source_position socket_cursors::position(const cursor& reader) const {
  std::lock_guard lock{mutex_};
  return reader.yielded;
}

void socket_cursors::on_arrival(cursor& reader, std::function<void()> wake_up) {
  std::function<void()> before;
  std::lock_guard lock{mutex_};
  before = std::exchange(reader.wake, std::move(wake_up));
  if (!reader.queue.empty() && reader.wake) reader.wake();
}

bool socket_cursors::is_first(const cursor& reader) const {
  std::lock_guard lock{mutex_};
  return !cursors_.empty() && cursors_.front().get() == &reader;
}

void socket_cursors::acknowledge(cursor& reader, source_position position) {
  std::lock_guard lock{mutex_};
  auto before = acknowledged_locked();
  reader.acknowledged = std::max(reader.acknowledged, std::min(position, reader.yielded));
  if (acknowledged_locked() > before) on_change_();
}

socket_cursors::taken socket_cursors::look_at(source_position position) const {
  std::lock_guard lock{mutex_};
  return judge(position);
}

timestamp socket_cursors::source_time() const {
  std::lock_guard lock{mutex_};
  if (cursors_.empty()) return {};
  return (*std::ranges::min_element(cursors_, {}, [](auto& c) { return c->latest; }))->latest;
}

socket_cursors::taken socket_cursors::push(const tick& record, place at, timestamp source_time) {
  std::lock_guard lock{mutex_};
  auto position = at.position;
  auto judged = judge(position);
  if (judged != taken::by_some) return judged;
  for (auto& reader : cursors_) {
    if (position <= reader->seen || reader->seen < at.before) continue;
    reader->seen = position;
    reader->day_is_over = false;
    reader->latest = std::max(reader->latest, source_time);
    enqueue_mark(*reader, last_multiple(reader->latest - lateness_, interval_));
    reader->queue.push_back({feed_event::record, record, position});
    reader->queue.back().record.source_mark = reader->mark;
    ++reader->records;
    wake(*reader);
  }
  return judged;
}

socket_cursors::taken socket_cursors::skip(place at) {
  std::lock_guard lock{mutex_};
  auto before = acknowledged_locked();
  auto judged = judge(at.position);
  if (judged != taken::by_some) return judged;
  for (auto& reader : cursors_)
    if (reader->seen >= at.before) reader->seen = std::max(reader->seen, at.position);
  if (acknowledged_locked() > before) on_change_();
  return judged;
}

void socket_cursors::push_mark(timestamp mark) {
  std::lock_guard lock{mutex_};
  // Until a record opens the next day, the log says that the last one is over.
  for (auto& reader : cursors_)
    if (!reader->day_is_over) enqueue_mark(*reader, mark);
}

void socket_cursors::push_end() {
  std::lock_guard lock{mutex_};
  for (auto& reader : cursors_) {
    ended_at_ = std::max(ended_at_.value_or(source_position{}), reader->seen);
    if (std::exchange(reader->ended, true)) continue;
    reader->queue.push_back({feed_event::end, {}, {}});
    wake(*reader);
  }
}

bool socket_cursors::has_room() {
  std::lock_guard lock{mutex_};
  paused_ = cursors_.empty() ||
            std::ranges::any_of(cursors_, [this](auto& c) { return c->records >= capacity_; });
  return !paused_;
}

bool socket_cursors::is_open() const {
  std::lock_guard lock{mutex_};
  return !cursors_.empty();
}

resume_place socket_cursors::resume() const {
  std::lock_guard lock{mutex_};
  if (cursors_.empty()) return {};
  auto after = (*std::ranges::min_element(cursors_, {}, [](auto& c) { return c->seen; }))->seen;
  bool is_over = std::ranges::any_of(
      cursors_, [after](auto& c) { return c->seen == after && c->day_is_over; });
  return {after, is_over};
}

source_position socket_cursors::acknowledged() const {
  std::lock_guard lock{mutex_};
  return acknowledged_locked();
}

socket_cursors::taken socket_cursors::judge(source_position position) const {
  if (std::ranges::none_of(cursors_, [position](auto& c) { return position > c->seen; }))
    return taken::by_none;
  return ended_at_ && position > *ended_at_ ? taken::ended : taken::by_some;
}

/// One mark behind another takes its place, so that marks alone cannot fill the queue.
void socket_cursors::enqueue_mark(cursor& reader, timestamp mark) {
  if (mark <= reader.mark || reader.ended) return;
  reader.mark = mark;
  if (reader.queue.empty() || reader.queue.back().is != feed_event::time_mark)
    reader.queue.push_back({feed_event::time_mark, {}, {}});
  reader.queue.back().record.source_mark = mark;
  wake(reader);
}

void socket_cursors::wake(cursor& reader) {
  if (std::exchange(reader.waiting, false) && reader.wake) reader.wake();
}

source_position socket_cursors::acknowledged_locked() const {
  if (cursors_.empty()) return {};
  auto lowest = std::ranges::min_element(cursors_, {}, [](auto& c) { return c->settled(); });
  return (*lowest)->settled();
}

} // namespace tickmesh
