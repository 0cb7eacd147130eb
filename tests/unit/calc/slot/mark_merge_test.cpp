// How far event time has come for a calculation slot.
#include "actors/calc/slot/mark_merge.hpp"

#include <doctest/doctest.h>

namespace tickmesh::mark_merge_test {

namespace {

constexpr slot_name data_0{role::data, 0};
constexpr slot_name data_1{role::data, 1};

mark_merge merge_of_two() {
  mark_merge out;
  out.add(data_0);
  out.add(data_1);
  return out;
}

} // namespace

TEST_CASE("time has come as far as the slowest data slot says") {
  auto marks = merge_of_two();
  CHECK_FALSE(marks.take_advance().has_value());
  marks.take(data_0, from_ns(50), false);
  CHECK_FALSE(marks.take_advance().has_value());
  marks.take(data_1, from_ns(20), false);
  auto advance = marks.take_advance();
  REQUIRE(advance.has_value());
  CHECK(advance->mark == from_ns(20));
  CHECK_FALSE(advance->final);
  CHECK_FALSE(marks.take_advance().has_value()); // it was said
  marks.take(data_1, from_ns(10), false);        // older
  CHECK_FALSE(marks.take_advance().has_value());
  marks.take(data_1, from_ns(70), false);
  CHECK(marks.take_advance().value().mark == from_ns(50));
}

TEST_CASE("the end comes when every data slot has ended, though time stands still") {
  auto marks = merge_of_two();
  marks.take(data_0, from_ns(50), true);
  marks.take(data_1, from_ns(50), false);
  CHECK_FALSE(marks.take_advance().value().final);
  marks.take(data_1, from_ns(50), true);
  auto last = marks.take_advance();
  REQUIRE(last.has_value());
  CHECK(last->final);
  CHECK(last->mark == from_ns(50));
}

TEST_CASE("a data slot that has ended stays so") {
  auto marks = merge_of_two();
  marks.take(data_0, from_ns(50), true);
  marks.take(data_0, from_ns(60), false);
  marks.take(data_1, from_ns(60), true);
  CHECK(marks.take_advance().value().final);
}

TEST_CASE("windows are closed where time passes the end of one") {
  auto marks = merge_of_two();
  marks.close_windows_at(nanoseconds{100});
  marks.close_windows_at(nanoseconds{70});
  auto closes_at = [&](std::int64_t ns) {
    marks.take(data_0, from_ns(ns), false);
    marks.take(data_1, from_ns(ns), false);
    return marks.take_advance().value().closes_windows;
  };
  CHECK_FALSE(closes_at(69));
  CHECK(closes_at(70));
  CHECK_FALSE(closes_at(99));
  CHECK(closes_at(100));
  CHECK_FALSE(closes_at(139));
  CHECK(closes_at(350)); // over several
}

TEST_CASE("without windows none is closed") {
  auto marks = merge_of_two();
  marks.take(data_0, end_of_time, true);
  marks.take(data_1, end_of_time, true);
  auto last = marks.take_advance();
  REQUIRE(last.has_value());
  CHECK_FALSE(last->closes_windows);
}

} // namespace tickmesh::mark_merge_test
