// UTC nanoseconds as text, and their multiples.
#include "actors/market/sources/sim/random_numbers.hpp"
#include "messages/timestamp.hpp"

#include <doctest/doctest.h>

#include <string>

namespace tickmesh::timestamp_test {
using std::chrono::seconds;

namespace {

constexpr nanoseconds step = seconds{10};

} // namespace

TEST_CASE("points in time are written with nine decimals of a second") {
  CHECK(format_timestamp(timestamp{}) == "1970-01-01T00:00:00.000000000Z");
  CHECK(format_timestamp(from_ns(1'538'960'400'500'000'000)) == "2018-10-08T01:00:00.500000000Z");
  CHECK(format_timestamp(from_ns(1)) == "1970-01-01T00:00:00.000000001Z");
  CHECK(format_timestamp(from_ns(-1)) == "1969-12-31T23:59:59.999999999Z");
  CHECK(format_timestamp(from_ns(INT64_MIN)) == "1677-09-21T00:12:43.145224192Z");
  CHECK(format_timestamp(end_of_time) == "2262-04-11T23:47:16.854775807Z");
}

TEST_CASE("text and nanoseconds are read as the same point in time") {
  for (std::string text : {"2018-10-08T01:00:00.500000000Z", "2018-10-08T01:00:00.5Z",
                           "2018-10-08 01:00:00.50Z", "1538960400500000000"}) {
    CAPTURE(text);
    CHECK(parse_timestamp(text) == from_ns(1'538'960'400'500'000'000));
  }
  CHECK(parse_timestamp("2024-02-29T23:59:59Z") == from_ns(1'709'251'199'000'000'000));
  // A leap second, which ns since 1970 do not have, is the last moment of its minute.
  CHECK(parse_timestamp("2016-12-31T23:59:60.2Z") == from_ns(1'483'228'799'999'999'999));
  CHECK(parse_timestamp("-1") == from_ns(-1));
  CHECK(parse_timestamp("9223372036854775807") == end_of_time);
}

TEST_CASE("malformed points in time are refused") {
  for (std::string text : {"",
                           "Z",
                           "2018-10-08",
                           "2018-10-08T01:00:00",
                           "2018-10-08T01:00:00.Z",
                           "2018-10-08T01:00:00.1234567891Z",
                           "2018-10-08T01:00:00.5",
                           "2018-10-08T01:00:00.5+00:00",
                           "2018-10-08T01:00:00.5ZZ",
                           "2018-10-08t01:00:00Z",
                           "2018/10/08T01:00:00Z",
                           "2018-13-08T01:00:00Z",
                           "2018-00-08T01:00:00Z",
                           "2018-10-32T01:00:00Z",
                           "2018-10-00T01:00:00Z",
                           "2023-02-29T00:00:00Z",
                           "2018-04-31T00:00:00Z",
                           "2018-10-08T24:00:00Z",
                           "2018-10-08T01:60:00Z",
                           "2018-10-08T01:00:61Z",
                           "1969-12-31T23:59:59Z",
                           "2262-01-01T00:00:00Z",
                           "9999-01-01T00:00:00Z",
                           "2018-10-08T-0:00:00Z",
                           "2018-10-08T01:-0:00Z",
                           "2018-10-08T01:00:-0Z",
                           "2018-10-08T+1:00:00Z",
                           "2018-10-08T 1:00:00Z",
                           "2018-1 -08T01:00:00Z",
                           "9223372036854775808",
                           "1.5",
                           "1e18",
                           " 1",
                           "1 ",
                           "+1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_timestamp(text).has_value());
  }
}

TEST_CASE("what is written is read back, and sorts as text as it does in time") {
  random_numbers random{2};
  // 1970 to 2261, the years of the fixed width
  constexpr std::int64_t limit = 9'214'646'400'000'000'000;
  std::string before;
  timestamp earlier{};
  for (int i = 0; i < 20'000; ++i) {
    auto t = from_ns(random.below(random.below(2) == 0 ? limit : 10'000'000'000));
    auto text = format_timestamp(t);
    CHECK(text.size() == 30);
    CHECK(parse_timestamp(text) == t);
    CHECK((before < text) == (earlier < t));
    before = text;
    earlier = t;
  }
}

TEST_CASE("the last and the next multiple of a step stand on both sides of a point in time") {
  CHECK(last_multiple(from_ns(0), step) == from_ns(0));
  CHECK(next_multiple(from_ns(0), step) == timestamp{step});
  CHECK(last_multiple(timestamp{step} - nanoseconds{1}, step) == from_ns(0));
  CHECK(last_multiple(timestamp{step}, step) == timestamp{step});
  CHECK(next_multiple(timestamp{step}, step) == timestamp{2 * step});
  CHECK(last_multiple(from_ns(-1), step) == timestamp{-step});
  CHECK(next_multiple(from_ns(-1), step) == from_ns(0));
  CHECK(last_multiple(timestamp{-step}, step) == timestamp{-step});
  random_numbers random{3};
  for (int i = 0; i < 10'000; ++i) {
    auto t = from_ns(random.below(4'000'000'000'000'000'000) - 2'000'000'000'000'000'000);
    nanoseconds any_step{1 + random.below(100'000'000'000)};
    auto last = last_multiple(t, any_step);
    CHECK(to_ns(last) % any_step.count() == 0);
    CHECK(last <= t);
    CHECK(t < next_multiple(t, any_step));
    CHECK(next_multiple(t, any_step) - last == any_step);
  }
}

} // namespace tickmesh::timestamp_test
