// Days as people and programs write them.
#include "messages/calendar_day.hpp"

#include <doctest/doctest.h>

namespace tickmesh::calendar_day_test {

TEST_CASE("a day may be written with or without dashes") {
  CHECK(parse_day("20240103") == 20240103);
  CHECK(parse_day("2024-01-03") == 20240103);
  CHECK(parse_day("2024-02-29") == 20240229);
  CHECK(format_day(20240103) == "2024-01-03");
  CHECK(format_day(0) == "0"); // where no day is known
}

TEST_CASE("what is no day of the calendar is none") {
  for (auto* text : {"", "2024", "2024-1-3", "20240230", "2023-02-29", "2024-13-01", "2024/01/03",
                     "202401033", "2024-01-03T", "-2024-1-3", "abcdefgh", "00000101"})
    CHECK_FALSE(parse_day(text));
}

} // namespace tickmesh::calendar_day_test
