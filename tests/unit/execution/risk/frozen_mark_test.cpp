// Marks of positions that do not move any more: the alarm, and STALE_MARK.
#include "tests/support/risk_desk.hpp"

#include <doctest/doctest.h>

namespace tickmesh::frozen_mark_test {

using namespace risk_desk;

namespace {

constexpr std::uint32_t rubber = 0; // open in the first ten minutes of a day
constexpr std::uint32_t rebar = 1;  // always open
constexpr std::uint32_t coin = 2;   // always open

constexpr timestamp s(std::int64_t n) {
  return ms(n * 1'000);
}

desk desk_with(nanoseconds alarm, std::optional<nanoseconds> max = std::nullopt) {
  auto settings = open_settings();
  settings.frozen_mark_alarm = alarm;
  settings.limits.frozen_mark_max = max;
  return desk{settings};
}

void buy(desk& d, timestamp t, std::uint32_t symbol) {
  REQUIRE(d.ask(t, {.symbol = symbol}) == verdict::approved);
  d.fill_all(t, d.sent.back());
}

using std::chrono::seconds;

} // namespace

TEST_CASE("a position whose mark stands still is one alarm until it has a new one") {
  auto d = desk_with(seconds{60});
  d.mark(s(1), rebar, at(100));
  buy(d, s(1), rebar);
  for (auto t : {30, 60}) {
    d.mark(s(t), coin, at(50));
    CHECK(d.state.frozen().alarms == 0);
  }
  for (auto t : {61, 62, 300}) {
    d.mark(s(t), coin, at(50));
    CHECK(d.state.frozen().alarms == 1);
    CHECK(d.state.frozen().now == std::vector{symbol_id{rebar}});
    CHECK(d.state.totals().marks_frozen == 1);
  }
  d.mark(s(301), rebar, at(99));
  d.mark(s(302), coin, at(50));
  CHECK(d.state.frozen().now.empty());
  d.mark(s(361), coin, at(50));
  CHECK(d.state.totals().frozen_mark_alarms == 2);
}

TEST_CASE("without a position, and with the alarm off, an old mark is no alarm") {
  auto flat = desk_with(seconds{60});
  flat.mark(s(1), rebar, at(100));
  flat.mark(s(500), coin, at(50));
  CHECK(flat.state.frozen().alarms == 0);
  auto off = desk_with(seconds{0});
  off.mark(s(1), rebar, at(100));
  buy(off, s(1), rebar);
  off.mark(s(500), coin, at(50));
  CHECK(off.state.frozen().alarms == 0);
}

TEST_CASE("nights do not make a mark old") {
  auto d = desk_with(seconds{60});
  d.mark(s(570), rubber, at(100));
  buy(d, s(570), rubber);
  d.mark(s(599), coin, at(50));
  d.mark(s(50'000), coin, at(50)); // long closed
  CHECK(d.state.frozen().alarms == 0);
  constexpr std::int64_t next_day = 86'400;
  d.mark(s(next_day + 29), coin, at(50)); // 30 s of yesterday, 29 s of today
  CHECK(d.state.frozen().alarms == 0);
  d.mark(s(next_day + 30), coin, at(50));
  CHECK(d.state.frozen().alarms == 1);
}

TEST_CASE("alarms do not depend on how marks come in batches") {
  auto settings = open_settings();
  settings.frozen_mark_alarm = seconds{2};
  desk one{settings};
  desk many{settings};
  std::vector<market_mark> marks;
  for (std::int64_t t = 2; t < 40; ++t)
    marks.push_back({.symbol = symbol_id{t % 5 == 0 ? rebar : coin},
                     .trading_day = first_day,
                     .effective_time = ms(1'000 + t * 900),
                     .last = at(100)});
  for (auto* d : {&one, &many}) {
    d->mark(s(1), rebar, at(100));
    buy(*d, s(1), rebar);
  }
  one.state.apply_marks(one.events + 1, marks);
  for (auto& mark : marks)
    many.apply(mark.effective_time, mark);
  CHECK(one.state.frozen().alarms == many.state.frozen().alarms);
  CHECK(one.state.frozen().alarms == 8);
}

TEST_CASE("past its bound an old mark refuses what adds to the position and lets it be reduced") {
  auto d = desk_with(seconds{60}, seconds{90});
  d.mark(s(1), rebar, at(100));
  buy(d, s(1), rebar);
  CHECK(d.ask(s(91), {.symbol = rebar}) == verdict::approved);
  d.report(s(91), d.sent.back(), report_kind::rejected, order_status::rejected);
  CHECK(d.ask(s(92), {.symbol = rebar}) == verdict::stale_mark);
  CHECK(d.ask(s(92), {.direction = -1, .volume = 2, .symbol = rebar}) == verdict::stale_mark);
  CHECK(d.ask(s(92), {.direction = -1, .volume = 1, .symbol = rebar}) == verdict::approved);
  CHECK(d.ask(s(93), {.symbol = coin}) == verdict::stale_mark); // there never was one
  d.mark(s(94), rebar, at(100));
  CHECK(d.ask(s(95), {.symbol = rebar}) == verdict::approved);
  CHECK(to_string(verdict::stale_mark) == "STALE_MARK");
}

} // namespace tickmesh::frozen_mark_test
