// Positions of a live source: a day and a number, and how the numbers of a connection follow on.
#include "actors/market/feed/live_numbering.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace tickmesh::live_numbering_test {

namespace {

constexpr std::int32_t monday = 20240108, tuesday = 20240109, wednesday = 20240110;

/// Where a record stands, or the fault's text as a position of 0.
live_position take(live_numbering& numbers, std::uint64_t number, std::int32_t trading_day) {
  auto placed = numbers.take(number, trading_day);
  return placed ? to_live_position(*placed) : live_position{};
}

std::string fault_of(live_numbering& numbers, std::uint64_t number, std::int32_t trading_day = 0) {
  auto placed = numbers.take(number, trading_day);
  REQUIRE_FALSE(placed.has_value());
  return placed.error().message;
}

} // namespace

TEST_CASE("positions in one number are ordered as their days and numbers are, and come back") {
  const std::vector<live_position> rising{
      {0, 0},        {0, 5},        {19700102, 0}, {19700102, live_number_max},
      {20231231, 7}, {20240101, 1}, {20240101, 2}, {live_day_max, live_number_max}};
  for (std::size_t i = 0; i < rising.size(); ++i) {
    CHECK(to_live_position(to_source_position(rising[i])) == rising[i]);
    if (i > 0) CHECK(to_source_position(rising[i - 1]) < to_source_position(rising[i]));
  }
  CHECK(to_source_position({19700102, 3}).value == (std::uint64_t{1} << 48) + 3);
}

TEST_CASE("numbers follow on one by one, and the first of a day may be a file's second line") {
  for (std::uint64_t first : {1, 2}) {
    live_numbering numbers{{}};
    CHECK(take(numbers, first, monday) == live_position{monday, first});
    CHECK(take(numbers, first + 1, monday) == live_position{monday, first + 1});
    CHECK(fault_of(numbers, first + 3).find("does not follow on") != std::string::npos);
  }
  live_numbering ahead{{}};
  CHECK(fault_of(ahead, 3) ==
        "position 3 does not follow on: 1 (or 2, behind a header) is expected; "
        "where those before it are lost for good, say gap,1,2 first");
  live_numbering resumed{{monday, 10}};
  CHECK(fault_of(resumed, 12) == "position 12 does not follow on: 11 is expected; where those "
                                 "before it are lost for good, say gap,11,11 first");
}

TEST_CASE("a stated gap leads to the next number, and must follow on itself") {
  live_numbering numbers{{monday, 10}};
  CHECK_FALSE(numbers.take_gap(13, 20).has_value());
  CHECK(to_live_position(numbers.take_gap(11, 20).value()) == live_position{monday, 20});
  CHECK(take(numbers, 21, monday) == live_position{monday, 21});
  live_numbering fresh{{}};
  CHECK(fresh.take_gap(2, 4).has_value());
  CHECK(take(fresh, 5, monday) == live_position{monday, 5});
}

TEST_CASE("numbers that were logged are repeats from wherever a sender begins, and then go on") {
  live_numbering numbers{{monday, 10}};
  CHECK(take(numbers, 9, monday) == live_position{monday, 9});
  CHECK(take(numbers, 10, monday) == live_position{monday, 10});
  CHECK(take(numbers, 11, monday) == live_position{monday, 11});
  live_numbering other{{monday, 10}};
  CHECK(take(other, 3, monday - 1) == live_position{monday, 3});
}

TEST_CASE("a sender that tells of its day begins again on a later one, also on one connection") {
  live_numbering numbers{{monday, 10}};
  REQUIRE(numbers.begin_day(monday).has_value());
  CHECK(take(numbers, 11, tuesday) == live_position{monday, 11}); // its word counts
  REQUIRE(numbers.begin_day(tuesday).has_value());
  CHECK(take(numbers, 1, monday) == live_position{tuesday, 1});
  REQUIRE(numbers.begin_day(tuesday).has_value()); // says nothing new
  CHECK(take(numbers, 2, tuesday) == live_position{tuesday, 2});
  auto back = numbers.begin_day(monday);
  REQUIRE_FALSE(back.has_value());
  CHECK(back.error().message ==
        "day 20240108 is before 20240109, whose records are logged already: "
        "its numbers are closed");
}

TEST_CASE("a sender that tells of none begins again with the first record of a later trading day") {
  live_numbering numbers{{monday, 10}};
  CHECK(take(numbers, 1, tuesday) == live_position{tuesday, 1});
  CHECK(take(numbers, 2, tuesday) == live_position{tuesday, 2});
  live_numbering repeats{{tuesday, 10}};
  CHECK(take(repeats, 1, monday) == live_position{tuesday, 1}); // of a day that is known
  live_numbering unsaid{{monday, 10}};
  CHECK(take(unsaid, 1, 0) == live_position{monday, 1}); // one that could not be read
  CHECK(take(unsaid, 2, monday) == live_position{monday, 2});
  CHECK(take(unsaid, 3, tuesday) == live_position{monday, 3}); // not the first record any more
}

TEST_CASE("numbers that go on over days stand under the latest day, however they are cut") {
  const std::vector<std::int32_t> days{monday, monday, tuesday, monday, tuesday, wednesday};
  live_numbering whole{{}};
  std::vector<live_position> expected;
  for (std::uint64_t n = 1; n <= days.size(); ++n)
    expected.push_back(take(whole, n, days[n - 1]));
  CHECK(expected.back() == live_position{wednesday, 6});
  for (std::size_t logged = 0; logged < days.size(); ++logged) {
    live_numbering resumed{logged == 0 ? live_position{} : expected[logged - 1]};
    for (auto n = logged + 1; n <= days.size(); ++n)
      CHECK(take(resumed, n, days[n - 1]) == expected[n - 1]);
    live_numbering all_again{logged == 0 ? live_position{} : expected[logged - 1]};
    for (std::uint64_t n = 1; n <= days.size(); ++n) {
      auto placed = take(all_again, n, days[n - 1]);
      if (n > logged) CHECK(placed == expected[n - 1]);
      if (n <= logged) CHECK(placed <= expected[logged - 1]);
    }
  }
}

TEST_CASE("a day far ahead of the calendar opens no numbering") {
  CHECK(is_near_day(20240119, 20240108));
  CHECK(is_near_day(20200101, 20240108));
  CHECK_FALSE(is_near_day(20240124, 20240108));
  CHECK_FALSE(is_near_day(20991231, 20240108));
  CHECK_FALSE(is_near_day(live_day_max + 1, live_day_max));
}

} // namespace tickmesh::live_numbering_test
