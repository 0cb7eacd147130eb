// What follows from where a calculator crashed: a second crash in the same place, or in a part of
// it, puts the symbol into quarantine.
#include "actors/calc/slot/crash_place.hpp"

#include <doctest/doctest.h>

namespace tickmesh::crash_place_test {
namespace {

constexpr symbol_id a{1}, b{2};
using enum crash_judge::verdict;

crash_place ticks(std::uint64_t first, std::uint64_t last, std::uint64_t of = 1) {
  crash_place out;
  out.data_epoch = epoch{of};
  out.first = sequence{first};
  out.last = sequence{last};
  return out;
}

crash_place mark(std::int64_t ns) {
  crash_place out;
  out.is_mark = true;
  out.mark = from_ns(ns);
  return out;
}

} // namespace

TEST_CASE("a place covers itself and what lies in it") {
  CHECK(ticks(3, 9).covers(ticks(3, 9)));
  CHECK(ticks(3, 9).covers(ticks(3, 3)));
  CHECK(ticks(3, 9).covers(ticks(9, 9)));
  CHECK_FALSE(ticks(3, 9).covers(ticks(2, 2)));
  CHECK_FALSE(ticks(3, 9).covers(ticks(10, 10)));
  CHECK_FALSE(ticks(3, 9).covers(ticks(9, 10)));
  CHECK_FALSE(ticks(3, 9).covers(ticks(2, 3)));
  CHECK_FALSE(ticks(3, 9).covers(ticks(3, 3, 2))); // of another data epoch
  CHECK(mark(5).covers(mark(5)));
  CHECK_FALSE(mark(5).covers(mark(6)));
  CHECK_FALSE(mark(5).covers(crash_place{}));
  CHECK_FALSE(crash_place{}.covers(mark(5)));
}

TEST_CASE("the second crash in a place is the one that counts, of each symbol by itself") {
  crash_judge judge;
  CHECK(judge.find(a) == nullptr);
  CHECK(judge.note(a, ticks(3, 9)) == start_again);
  CHECK(judge.note(b, ticks(5, 5)) == start_again);
  REQUIRE(judge.find(a) != nullptr);
  CHECK(judge.find(a)->last == ticks(3, 9));
  CHECK_FALSE(judge.find(a)->stop_at.has_value());
  CHECK(judge.quarantined() == 0);
  CHECK(judge.note(a, ticks(5, 5)) == quarantine);
  CHECK(judge.find(a)->stop_at == ticks(5, 5));
  CHECK_FALSE(judge.find(b)->stop_at.has_value());
  CHECK(judge.quarantined() == 1);
}

TEST_CASE("crashes in different places are no quarantine") {
  crash_judge judge;
  CHECK(judge.note(a, ticks(3, 9)) == start_again);
  CHECK(judge.note(a, ticks(10, 19)) == start_again);
  CHECK(judge.note(a, ticks(3, 9)) == start_again);
  CHECK(judge.note(a, mark(4)) == start_again);
  CHECK(judge.note(a, mark(4)) == quarantine);
  CHECK(judge.find(a)->stop_at == mark(4));
}

TEST_CASE("a symbol in quarantine that crashes before that place is counted once") {
  crash_judge judge;
  judge.note(a, ticks(10, 10));
  CHECK(judge.note(a, ticks(10, 10)) == quarantine);
  CHECK(judge.note(a, ticks(4, 4)) == start_again);
  CHECK(judge.find(a)->stop_at == ticks(10, 10));
  CHECK(judge.note(a, ticks(4, 4)) == quarantine);
  CHECK(judge.find(a)->stop_at == ticks(4, 4));
  CHECK(judge.quarantined() == 1);
}

TEST_CASE("a place is told to people as a tick with its record, some ticks, or a mark") {
  auto one = ticks(40, 40);
  one.record = source_position{1234};
  CHECK(format_place(one) == "tick 40 (record 1234 of its source)");
  CHECK(format_place(ticks(3, 9)) == "one of the ticks 3 to 9");
  CHECK(format_place(mark(0)) == "the time mark 1970-01-01T00:00:00.000000000Z");
}

} // namespace tickmesh::crash_place_test
