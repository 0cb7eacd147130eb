// What the cursors of a socket source hold, for whom, and what they acknowledge.
#include "actors/market/sources/socket/socket_cursors.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

namespace tickmesh::socket_cursors_test {

namespace {

using std::chrono::milliseconds;
using taken = socket_cursors::taken;

constexpr timestamp start{std::chrono::sys_days{std::chrono::year{2024} / 1 / 2}};

source_position at(std::uint64_t position) {
  return source_position{position};
}

source_settings small_settings() {
  source_settings settings;
  settings.socket.buffer_records_max = 16;
  settings.socket.lateness = {};
  return settings;
}

tick record(std::uint64_t position, std::int64_t time_ms) {
  tick t;
  t.position = at(position);
  t.event_time = start + milliseconds{time_ms};
  return t;
}

struct fixture {
  explicit fixture(const source_settings& settings = small_settings())
      : cursors(settings, [this] { ++changes; }) {}

  taken push(const tick& t) { return cursors.push(t, {t.position, {}}, t.event_time); }
  feed_event next(socket_cursors::cursor* cursor) { return cursors.next(*cursor, out, mark); }

  /// Positions of all records there are, up to idle or the end.
  std::vector<std::uint64_t> positions(socket_cursors::cursor* cursor) {
    std::vector<std::uint64_t> found;
    for (;;) {
      auto event = next(cursor);
      if (event == feed_event::idle || event == feed_event::end) return found;
      if (event == feed_event::record) found.push_back(out.position.value);
    }
  }

  int changes = 0;
  socket_cursors cursors;
  tick out;
  timestamp mark;
};

using positions = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("every cursor gets every record behind its own resume point, once") {
  fixture f;
  auto* first = f.cursors.open(at(0));
  auto* second = f.cursors.open(at(2));
  CHECK(f.cursors.resume().after == at(0));
  for (std::uint64_t p = 1; p <= 4; ++p)
    CHECK(f.push(record(p, 0)) == taken::by_some);
  CHECK(f.push(record(4, 0)) == taken::by_none);
  CHECK(f.positions(first) == positions{1, 2, 3, 4});
  CHECK(f.positions(second) == positions{3, 4});
  CHECK(f.cursors.resume().after == at(4));

  auto* late = f.cursors.open(at(3)); // a slot that this host adopted
  CHECK(f.cursors.resume().after == at(3));
  CHECK(f.push(record(4, 0)) == taken::by_some);
  CHECK(f.push(record(5, 0)) == taken::by_some);
  CHECK(f.positions(first) == positions{5});
  CHECK(f.positions(late) == positions{4, 5});
}

TEST_CASE("of the open cursors one is the first, and the next one when it has closed") {
  fixture f;
  auto* first = f.cursors.open(at(0));
  auto* second = f.cursors.open(at(0));
  CHECK(f.cursors.is_first(*first));
  CHECK_FALSE(f.cursors.is_first(*second));
  f.cursors.close(first);
  CHECK(f.cursors.is_first(*second));
}

TEST_CASE("a cursor that goes on behind one acknowledges what is accepted of that one's records") {
  fixture f;
  auto* first = f.cursors.open(at(0));
  for (std::uint64_t position = 1; position <= 6; ++position)
    f.push(record(position, 1));
  CHECK(f.positions(first).size() == 6);
  f.cursors.acknowledge(*first, at(2));
  f.cursors.close(first);
  auto* next = f.cursors.open(at(6), {}, at(2));
  CHECK(f.cursors.resume().after == at(6));
  CHECK(f.cursors.acknowledged() == at(2));
  f.cursors.acknowledge(*next, at(4));
  CHECK(f.cursors.acknowledged() == at(4));
  f.cursors.acknowledge(*next, at(6));
  CHECK(f.cursors.acknowledged() == at(6));
  f.push(record(7, 1));
  CHECK(f.positions(next) == positions{7});
}

TEST_CASE("a full cursor stops the reader until it is half empty, and nothing is dropped") {
  fixture f;
  auto* fast = f.cursors.open(at(0));
  auto* slow = f.cursors.open(at(0));
  std::uint64_t pushed = 0;
  while (f.cursors.has_room())
    f.push(record(++pushed, 0));
  CHECK(pushed == 16);
  f.positions(fast);
  CHECK_FALSE(f.cursors.has_room());
  auto before = f.changes;
  std::size_t read = 0;
  for (; f.changes == before; ++read)
    f.next(slow);
  CHECK(read == 8 + 1); // and a mark
  CHECK(f.cursors.has_room());
  f.cursors.close(slow);
  f.cursors.close(fast);
  CHECK_FALSE(f.cursors.has_room());
  CHECK_FALSE(f.cursors.is_open());
}

TEST_CASE("a position is acknowledged when the slowest cursor has acknowledged it") {
  fixture f;
  auto* first = f.cursors.open(at(0));
  auto* second = f.cursors.open(at(0));
  for (std::uint64_t p = 1; p <= 4; ++p)
    f.push(record(p, 0));
  f.positions(first);
  f.cursors.acknowledge(*first, at(4));
  CHECK(f.cursors.acknowledged() == at(0));
  f.next(second); // the mark
  f.next(second);
  f.cursors.acknowledge(*second, at(4)); // more than it was given
  CHECK(f.cursors.acknowledged() == at(1));
  auto before = f.changes;
  f.positions(second);
  f.cursors.acknowledge(*second, at(4));
  CHECK(f.changes == before + 1);
  CHECK(f.cursors.acknowledged() == at(4));
  f.cursors.acknowledge(*second, at(2));
  CHECK(f.cursors.acknowledged() == at(4));

  // What holds no record needs no word from a slot.
  CHECK(f.cursors.skip({at(9), {}}) == taken::by_some);
  CHECK(f.cursors.skip({at(8), {}}) == taken::by_none);
  CHECK(f.cursors.acknowledged() == at(9));
  f.push(record(10, 0));
  CHECK(f.cursors.acknowledged() == at(4));
}

TEST_CASE(
    "marks stand at multiples of the interval, behind the latest event time by the lateness") {
  auto settings = small_settings();
  settings.socket.lateness = milliseconds{15};
  fixture f{settings};
  auto* cursor = f.cursors.open(at(0));
  f.push(record(1, 0));
  CHECK(f.next(cursor) == feed_event::time_mark);
  CHECK(f.mark == start - milliseconds{20});
  CHECK(f.next(cursor) == feed_event::record);
  CHECK(f.out.source_mark == start - milliseconds{20});
  f.push(record(2, 24));
  f.push(record(3, 7));
  f.push(record(4, 25));
  CHECK(f.next(cursor) == feed_event::time_mark);
  CHECK(f.mark == start);
  CHECK(f.next(cursor) == feed_event::record);
  CHECK(f.next(cursor) == feed_event::record);
  CHECK(f.out.event_time > f.out.source_mark);
  CHECK(f.next(cursor) == feed_event::time_mark);
  CHECK(f.mark == start + milliseconds{10});
}

TEST_CASE("a sender's marks are taken as they are, never go back, and do not fill the queue") {
  fixture f;
  auto* cursor = f.cursors.open(at(0));
  for (int i = 0; i < 1000; ++i)
    f.cursors.push_mark(start + milliseconds{i});
  f.cursors.push_mark(start);
  CHECK(f.next(cursor) == feed_event::time_mark);
  CHECK(f.mark == start + milliseconds{999});
  CHECK(f.next(cursor) == feed_event::idle);
  f.push(record(1, 5)); // late: the cleaner will say so
  CHECK(f.next(cursor) == feed_event::record);
  CHECK(f.out.source_mark == start + milliseconds{999});
}

TEST_CASE("an idle cursor is woken once for what arrives, and nothing arrives unnoticed") {
  fixture f;
  auto* cursor = f.cursors.open(at(0));
  int woken = 0;
  CHECK(f.next(cursor) == feed_event::idle);
  f.push(record(1, 0));
  f.cursors.on_arrival(*cursor, [&] { ++woken; });
  CHECK(woken == 1); // it came between `next` and `on_arrival`
  f.positions(cursor);
  f.push(record(2, 0));
  f.push(record(3, 0));
  CHECK(woken == 2);
  f.positions(cursor);
  f.cursors.push_end();
  CHECK(woken == 3);
}

TEST_CASE("a cursor goes on with the mark that was logged, so that the same records are late") {
  auto settings = small_settings();
  settings.socket.lateness = milliseconds{20};
  fixture whole{settings}, resumed{settings};
  auto* all = whole.cursors.open(at(0));
  for (std::uint64_t p = 1; p <= 8; ++p) {
    whole.push(record(p, static_cast<std::int64_t>(p) * 15));
    while (whole.next(all) != feed_event::idle) {
    }
  }
  auto* rest = resumed.cursors.open(at(8), whole.mark);
  for (std::int64_t time_ms : {0, 90, 119, 120, 125, 131}) {
    auto position = 9 + static_cast<std::uint64_t>(time_ms);
    whole.push(record(position, time_ms));
    resumed.push(record(position, time_ms));
    while (whole.next(all) != feed_event::record) {
    }
    while (resumed.next(rest) != feed_event::record) {
    }
    CHECK(resumed.out.source_mark == whole.out.source_mark);
  }
}

TEST_CASE("a day that its sender has ended is over until a record comes, for marks, too") {
  fixture f;
  auto* cursor = f.cursors.open(at(7), end_of_time);
  CHECK(f.cursors.resume().after == at(7));
  CHECK(f.cursors.resume().day_is_over);
  f.cursors.push_mark(start);
  CHECK(f.next(cursor) == feed_event::idle);
  CHECK(f.push(record(6, 0)) == taken::by_none);
  CHECK(f.cursors.resume().day_is_over);
  CHECK(f.push(record(8, 50)) == taken::by_some);
  CHECK_FALSE(f.cursors.resume().day_is_over);
  CHECK(f.next(cursor) == feed_event::time_mark);
  CHECK(f.mark == start + milliseconds{50});
  CHECK(f.next(cursor) == feed_event::record);
  CHECK(f.cursors.position(*cursor) == at(8));
}

TEST_CASE("a cursor has the positions it was pushed with, and ticks their senders' numbers") {
  fixture f;
  auto* cursor = f.cursors.open(at(100));
  CHECK(f.cursors.push(record(3, 0), {at(90), {}}, {}) == taken::by_none);
  CHECK(f.cursors.push(record(1, 0), {at(200), {}}, start) == taken::by_some);
  CHECK(f.next(cursor) == feed_event::time_mark);
  CHECK(f.next(cursor) == feed_event::record);
  CHECK(f.out.position == at(1));
  CHECK(f.cursors.position(*cursor) == at(200));
  f.cursors.acknowledge(*cursor, at(200));
  CHECK(f.cursors.acknowledged() == at(200));
}

TEST_CASE("behind the end nothing is taken, and a cursor that opens there has ended") {
  fixture f;
  auto* cursor = f.cursors.open(at(0));
  f.push(record(1, 0));
  f.push(record(2, 0));
  f.cursors.push_end();
  f.cursors.push_end();
  CHECK(f.positions(cursor) == positions{1, 2});
  CHECK(f.next(cursor) == feed_event::end);
  CHECK(f.next(cursor) == feed_event::end);
  CHECK(f.push(record(3, 0)) == taken::ended);
  CHECK(f.next(f.cursors.open(at(2))) == feed_event::end);

  auto* behind = f.cursors.open(at(1));
  CHECK(f.next(behind) == feed_event::idle);
  CHECK(f.push(record(2, 0)) == taken::by_some);
  f.cursors.push_end();
  CHECK(f.positions(behind) == positions{2});
  CHECK(f.next(behind) == feed_event::end);
}

TEST_CASE(
    "a cursor that has not had what comes before is left out, and its sender has to go back") {
  fixture f;
  auto* ahead = f.cursors.open(at(20));
  auto* behind = f.cursors.open(at(5)); // while a sender stands at 20
  CHECK(f.cursors.push(record(21, 0), {at(21), at(20)}, start) == taken::by_some);
  CHECK(f.cursors.skip({at(22), at(21)}) == taken::by_some);
  CHECK(f.positions(ahead) == positions{21});
  CHECK(f.positions(behind).empty());
  CHECK(f.cursors.resume().after == at(5));
  CHECK(f.cursors.push(record(6, 0), {at(6), at(5)}, start) == taken::by_some);
  CHECK(f.positions(behind) == positions{6});
  CHECK(f.positions(ahead).empty());
}

} // namespace tickmesh::socket_cursors_test
