// BROKER_RATE_EXCEEDED: what a broker is sent in any second.
#include "tests/support/risk_desk.hpp"

#include <random>

namespace tickmesh::broker_rate_test {

using namespace risk_desk;

namespace {

execution_settings settings_with(std::optional<std::uint32_t> primary_max,
                                 std::optional<std::uint32_t> backup_max = std::nullopt) {
  auto s = open_settings();
  s.order_lifetime = nanoseconds{0};
  s.brokers = {{.name = "ctp", .orders_per_second_max = primary_max},
               {.name = "ib", .orders_per_second_max = backup_max}};
  return s;
}

} // namespace

TEST_CASE("a broker with a rate gets no more orders in any second") {
  desk d{settings_with(2)};
  CHECK(d.ask(ms(0), {}) == verdict::approved);
  CHECK(d.ask(ms(500), {}) == verdict::approved);
  CHECK(d.ask(ms(999), {}) == verdict::broker_rate_exceeded);
  CHECK(d.ask(ms(1000), {}) == verdict::approved); // the first is a second old
  CHECK(d.ask(ms(1499), {}) == verdict::broker_rate_exceeded);
  CHECK(d.ask(ms(1500), {}) == verdict::approved);
  CHECK(to_string(verdict::broker_rate_exceeded) == "BROKER_RATE_EXCEEDED");
  std::vector<order_row> orders;
  std::vector<fill_row> fills;
  d.state.finish(orders, fills);
  auto refused = std::ranges::find(orders, verdict::broker_rate_exceeded, &order_row::outcome);
  REQUIRE(refused != orders.end());
  CHECK(refused->usage == int128{3} * unit);
  CHECK(refused->limit_of_rule == int128{2} * unit);
}

TEST_CASE("without a rate, a broker gets every order") {
  desk d{settings_with(std::nullopt)};
  for (int i = 0; i < 100; ++i)
    CHECK(d.ask(ms(1), {}) == verdict::approved);
}

TEST_CASE("cancels and replaces count, and a cancel is never held back") {
  desk d{settings_with(3)};
  REQUIRE(d.ask(ms(0), {}) == verdict::approved);
  auto order = d.sent[0];
  d.report(ms(1), order, report_kind::accepted, order_status::accepted);
  CHECK(d.command(ms(2), operator_replace{order.id, at(101), lots(1)}).is_done);
  REQUIRE(d.replaces.size() == 1);
  d.report(ms(3), order, report_kind::replaced, order_status::accepted);
  CHECK(d.ask(ms(4), {}) == verdict::approved);
  CHECK(d.ask(ms(5), {}) == verdict::broker_rate_exceeded);
  CHECK_FALSE(d.command(ms(6), operator_replace{order.id, at(102), lots(1)}).is_done);
  CHECK(d.replaces.size() == 1);
  CHECK(d.command(ms(7), operator_cancel{order.id}).is_done);
  CHECK(d.cancels == std::vector{order.id});
  CHECK(d.ask(ms(1003), {}) == verdict::approved); // of the four, two are a second old
  CHECK(d.ask(ms(1004), {}) == verdict::approved);
  CHECK(d.ask(ms(1005), {}) == verdict::broker_rate_exceeded);
}

TEST_CASE("the rate that holds is that of the broker which the order would go to") {
  desk d{settings_with(1, 2)};
  CHECK(d.ask(ms(0), {}) == verdict::approved);
  CHECK(d.ask(ms(1), {}) ==
        verdict::broker_rate_exceeded); // full is no failure: it stays the primary's
  d.apply(ms(2), broker_event{.broker = broker_id{0}, .news = broker_news::session_down});
  CHECK(d.ask(ms(3), {}) == verdict::approved);
  CHECK(d.ask(ms(4), {}) == verdict::approved);
  CHECK(d.ask(ms(5), {}) == verdict::broker_rate_exceeded);
  CHECK(d.sent.back().broker == broker_id{1});
}

TEST_CASE("an order that a broker has not taken goes to the other above its rate, and counts") {
  desk d{settings_with(std::nullopt, 1)};
  for (int i = 0; i < 2; ++i) {
    REQUIRE(d.ask(ms(i), {}) == verdict::approved);
    d.apply(ms(i), execution_report{.id = {d.sent.back().id, 0},
                                    .order = d.sent.back().id,
                                    .kind = report_kind::rejected,
                                    .status = order_status::rejected,
                                    .refusal = refusal_cause::not_taken});
    CHECK(d.sent.back().broker == broker_id{1});
  }
  d.apply(ms(2), broker_event{.broker = broker_id{0}, .news = broker_news::session_down});
  CHECK(d.ask(ms(3), {}) == verdict::broker_rate_exceeded);
}

TEST_CASE("in no second of a random run does a broker get more new orders than its rate") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    auto most = static_cast<std::uint32_t>(1 + random() % 6);
    desk d{settings_with(most)};
    std::vector<std::int64_t> sent;
    std::int64_t now = 0;
    for (int i = 0; i < 200; ++i) {
      now += static_cast<std::int64_t>(random() % 400);
      auto in_second = std::ranges::count_if(sent, [&](auto t) { return t > now - 1000; });
      auto expected = in_second < most ? verdict::approved : verdict::broker_rate_exceeded;
      REQUIRE(d.ask(ms(now), {}) == expected);
      if (expected == verdict::approved) sent.push_back(now);
    }
  }
}

} // namespace tickmesh::broker_rate_test
