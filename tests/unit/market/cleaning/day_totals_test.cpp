// What is made of a day's totals, and what a refused record leaves behind.
#include "actors/market/cleaning/tick_cleaner.hpp"
#include "tests/support/snapshot_ticks.hpp"

#include <doctest/doctest.h>

namespace tickmesh::day_totals_test {

namespace {

/// A snapshot of a source that tells the day's totals.
tick with_totals(std::int64_t at, std::int64_t volume, std::int64_t turnover,
                 std::int32_t day = 20240102) {
  tick t = snapshot(at);
  t.totals_of_day = true;
  t.volume = quantity{};
  t.cumulative_volume = lots(volume);
  t.turnover = money{turnover};
  t.trading_day = day;
  return t;
}

struct fixture {
  tick_cleaner cleaner{cleaning_settings{}, true};
  std::optional<reject_reason> clean(tick t) { return cleaner.clean(t); }
};

} // namespace

TEST_CASE_FIXTURE(fixture,
                  "the day's totals become what was traded since the last accepted record") {
  auto check = [&](tick t, std::int64_t volume, std::int64_t turnover) {
    CHECK(cleaner.clean(t) == std::nullopt);
    CHECK(t.volume == lots(volume));
    CHECK(t.turnover == money{turnover});
    CHECK(!t.totals_of_day);
  };
  check(with_totals(1, 12, 1'200), 12, 1'200);
  tick refused = with_totals(2, 500, 50'000);
  refused.ask = refused.bid - price{1};
  CHECK(cleaner.clean(refused) == reject_reason::crossed_book);
  CHECK(refused.volume == lots(488)); // what it says, though it does not count
  check(with_totals(3, 30, 3'000), 18, 1'800);
  tick jump = with_totals(4, 31, 3'200);
  jump.last = units(200);
  CHECK(cleaner.clean(jump) == reject_reason::price_jump);
  check(with_totals(5, 37, 3'700), 7, 700);
  // A new day counts from 0, and the day before still from where it was.
  check(with_totals(6, 5, 500, 20240103), 5, 500);
  check(with_totals(7, 40, 4'000), 3, 300);
  // A turnover that was not told is part of the next one that is.
  tick without = with_totals(8, 41, 0);
  without.turnover = no_turnover;
  check(without, 1, 0);
  check(with_totals(9, 42, 4'200), 1, 200);
}

TEST_CASE_FIXTURE(fixture, "a day's volume that goes back is refused, and counts for nothing") {
  tick first = with_totals(1, 12, 1'200);
  CHECK(cleaner.clean(first) == std::nullopt);
  tick back = with_totals(2, 11, 1'300);
  CHECK(cleaner.clean(back) == reject_reason::negative_volume);
  tick next = with_totals(3, 13, 1'300);
  CHECK(cleaner.clean(next) == std::nullopt);
  CHECK(next.volume == lots(1));
}

TEST_CASE_FIXTURE(fixture, "a stamp that its source doubts is a time jump, and moves nothing") {
  CHECK(clean(snapshot(1)) == std::nullopt);
  tick jump = snapshot(60);
  jump.is_time_jump = true;
  CHECK(clean(jump) == reject_reason::time_jump);
  tick next = snapshot(2);
  CHECK(cleaner.clean(next) == std::nullopt);
  CHECK(next.effective_time == next.event_time);
  CHECK(next.number == sequence{2});
}

TEST_CASE_FIXTURE(fixture, "a total that was too high silences its symbol for three records only") {
  tick wrong = with_totals(1, 500'000, 50'000'000); // yesterday's, in a log-in record
  CHECK(cleaner.clean(wrong) == std::nullopt);
  CHECK(clean(with_totals(2, 12, 1'200)) == reject_reason::negative_volume);
  CHECK(clean(with_totals(3, 15, 1'500)) == reject_reason::negative_volume);
  tick believed = with_totals(4, 18, 1'800);
  CHECK(cleaner.clean(believed) == std::nullopt);
  CHECK(believed.volume == quantity{});
  CHECK(believed.turnover == money{});
  tick next = with_totals(5, 20, 2'000);
  CHECK(cleaner.clean(next) == std::nullopt);
  CHECK(next.volume == lots(2));
  // One that falls again begins to count anew.
  CHECK(clean(with_totals(6, 10, 1'000)) == reject_reason::negative_volume);
  CHECK(clean(with_totals(7, 11, 1'100)) == reject_reason::negative_volume);
  CHECK(clean(with_totals(8, 9, 900)) == reject_reason::negative_volume);
  CHECK(clean(with_totals(9, 21, 2'100)) == std::nullopt);
}

} // namespace tickmesh::day_totals_test
