// When a trading day of a data slot is over.
#include "actors/market/tick_log/finished_days.hpp"

#include <doctest/doctest.h>

namespace tickmesh::finished_days_test {

namespace {

timestamp at(std::int32_t date, int hour) {
  return day_of(date) + std::chrono::hours{hour};
}

} // namespace

TEST_CASE("a day is over when every symbol that was heard of has gone on to a later one") {
  finished_days days{3};
  CHECK(days.before() == 0);
  CHECK(!days.take_news());
  days.note(symbol_id{0}, 20240105);
  CHECK(days.take_news() == 20240105); // nothing is known of earlier ones
  days.note(symbol_id{1}, 20240105);
  days.note(symbol_id{0}, 20240108); // Friday's night session
  CHECK(days.before() == 20240105);
  CHECK(!days.take_news());
  days.note(symbol_id{0}, 20240105); // it never goes back
  days.note(symbol_id{1}, 20240108);
  CHECK(days.take_news() == 20240108);
  CHECK(!days.take_news());
  days.note(symbol_id{2}, 20240105); // heard of for the first time, and late
  CHECK(days.before() == 20240108);
  days.note(symbol_id{0}, 20240109);
  days.note(symbol_id{1}, 20240109);
  CHECK(days.before() == 20240109); // which no more holds up than one that is never heard of
  days.note(symbol_id{3}, 20240110);
  days.note(symbol_id{UINT32_MAX}, 20240110); // there are but three
  CHECK(days.before() == 20240109);
}

TEST_CASE("a day is over when its stamps are, however long a symbol is quiet") {
  finished_days days{2};
  days.note(symbol_id{0}, 20240228);
  days.note(symbol_id{1}, 20240228);
  days.advance(at(20240228, 8));
  CHECK(days.before() == 20240228);
  days.note(symbol_id{0}, 20240229);
  days.advance(at(20240229, 23));
  CHECK(days.before() == 20240228);
  days.advance(at(20240301, 0) - nanoseconds{1});
  CHECK(days.before() == 20240228);
  days.advance(at(20240301, 0)); // a clock behind UTC still has the 29th
  CHECK(days.take_news() == 20240229);
  days.advance(at(20240302, 5));
  CHECK(days.take_news() == 20240301);
  days.advance(at(20240301, 5)); // it never falls
  days.advance(end_of_time);     // the end of a sender's day is no date
  CHECK(days.before() == 20240301);
  days.note(symbol_id{1}, 20240304);
  CHECK(days.before() == 20240304);
}

} // namespace tickmesh::finished_days_test
