// The clock of a silent market.
#include "actors/execution/slot/event_clock.hpp"

#include <doctest/doctest.h>

namespace tickmesh::event_clock_test {

namespace {

constexpr auto ms(int count) {
  return std::chrono::milliseconds{count};
}
const auto began = event_clock::steady_time{} + std::chrono::hours{1};
const auto event = from_ns(1'000'000'000);

} // namespace

TEST_CASE("without an event there is no time") {
  event_clock clock{ms(100)};
  CHECK(clock.last_event() == timestamp::min());
  CHECK_FALSE(clock.time_for_news(began, timestamp::min()).has_value());
  CHECK_FALSE(clock.time_for_timer(began, timestamp::min()).has_value());
}

TEST_CASE("time of events goes on from the last one at the steady clock's pace") {
  event_clock clock{ms(100)};
  clock.follow(event, began);
  CHECK(clock.last_event() == event);
  CHECK(clock.time_for_timer(began + ms(250), event) == event + ms(250));
  clock.follow(event + ms(10), began + ms(300));
  CHECK(clock.time_for_timer(began + ms(305), event) == event + ms(15));
}

TEST_CASE("news gets a time once the log's is an interval old") {
  event_clock clock{ms(100)};
  clock.follow(event, began);
  CHECK_FALSE(clock.time_for_news(began + ms(99), event).has_value());
  CHECK(clock.time_for_news(began + ms(100), event) == event + ms(100));
  CHECK_FALSE(clock.time_for_news(began + ms(150), event + ms(100)).has_value());
}

TEST_CASE("a timer is waited for until its time") {
  event_clock clock{ms(100)};
  clock.follow(event, began);
  CHECK_FALSE(clock.time_for_timer(began + ms(6), event + ms(7)).has_value());
  CHECK(clock.time_for_timer(began + ms(7), event + ms(7)) == event + ms(7));
  CHECK_FALSE(clock.time_for_timer(began + ms(7), end_of_time).has_value());
}

} // namespace tickmesh::event_clock_test
