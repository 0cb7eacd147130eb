// SHORT_NOT_ALLOWED: what can't be sold short is sold only as far as it is held.
#include "tests/support/risk_desk.hpp"

#include <doctest/doctest.h>

namespace tickmesh::short_sale_test {

using namespace risk_desk;

namespace {

constexpr std::uint32_t coin = 2;

trading_universe spot() {
  auto out = universe();
  out.instruments[coin]->short_allowed = false;
  return out;
}

/// A desk that holds `held` coins.
desk holder_of(std::int64_t held) {
  desk d{open_settings(), spot()};
  d.mark(ms(1), coin, at(100), at(99), at(101));
  REQUIRE(d.ask(ms(2), {.volume = held, .symbol = coin}) == verdict::approved);
  d.fill_all(ms(3), d.sent.back());
  return d;
}

} // namespace

TEST_CASE("the first sell without a holding is refused, of what may be sold short it is not") {
  desk d{open_settings(), spot()};
  d.mark(ms(1), coin, at(100));
  CHECK(d.ask(ms(2), {.direction = -1, .symbol = coin}) == verdict::short_not_allowed);
  CHECK(d.sent.empty());
  CHECK(d.ask(ms(3), {.direction = -1, .symbol = 1}) == verdict::approved);
  CHECK(to_string(verdict::short_not_allowed) == "SHORT_NOT_ALLOWED");
}

TEST_CASE("open sells count in full against the holding, open buys do not") {
  auto d = holder_of(2);
  CHECK(d.ask(ms(4), {.direction = -1, .volume = 3, .symbol = coin}) == verdict::short_not_allowed);
  CHECK(d.ask(ms(5), {.direction = -1, .volume = 1, .symbol = coin}) == verdict::approved);
  CHECK(d.ask(ms(6), {.direction = -1, .volume = 2, .symbol = coin}) == verdict::short_not_allowed);
  CHECK(d.ask(ms(7), {.volume = 5, .symbol = coin}) == verdict::approved);
  CHECK(d.ask(ms(8), {.direction = -1, .volume = 2, .symbol = coin}) == verdict::short_not_allowed);
  CHECK(d.ask(ms(9), {.direction = -1, .volume = 1, .symbol = coin}) == verdict::approved);
}

TEST_CASE("a sell that ended unfilled frees its part of the holding, one that filled does not") {
  auto d = holder_of(2);
  REQUIRE(d.ask(ms(4), {.direction = -1, .volume = 2, .symbol = coin}) == verdict::approved);
  auto first = d.sent.back();
  CHECK(d.ask(ms(5), {.direction = -1, .at = 98, .volume = 1, .symbol = coin}) ==
        verdict::short_not_allowed);
  d.report(ms(6), first, report_kind::rejected, order_status::rejected);
  REQUIRE(d.ask(ms(7), {.direction = -1, .volume = 1, .symbol = coin}) == verdict::approved);
  d.fill_all(ms(8), d.sent.back());
  CHECK(d.ask(ms(9), {.direction = -1, .volume = 2, .symbol = coin}) == verdict::short_not_allowed);
  CHECK(d.ask(ms(10), {.direction = -1, .volume = 1, .symbol = coin}) == verdict::approved);
}

TEST_CASE("the holding is the account's, whichever strategy bought it") {
  auto d = holder_of(1);
  CHECK(d.ask(ms(4), {.direction = -1, .volume = 1, .symbol = coin, .strategy = 1}) ==
        verdict::approved);
  CHECK(d.ask(ms(5), {.direction = -1, .volume = 1, .symbol = coin, .strategy = 0}) ==
        verdict::short_not_allowed);
}

TEST_CASE("a sell may be replaced up to what is held and no further") {
  auto d = holder_of(2);
  auto order = d.open_order(ms(4), {.direction = -1, .at = 105, .volume = 1, .symbol = coin});
  auto refused = d.command(ms(6), operator_replace{order.id, at(105), lots(3)});
  CHECK_FALSE(refused.is_done);
  CHECK(refused.text.find("SHORT_NOT_ALLOWED, 3 of 2") != std::string::npos);
  CHECK(d.command(ms(7), operator_replace{order.id, at(105), lots(2)}).is_done);
}

TEST_CASE("a report names the rule of short sales where it holds") {
  desk d{open_settings(), spot()};
  d.mark(ms(1), coin, at(100));
  d.state.explain_next();
  CHECK(d.ask(ms(2), {.direction = -1, .symbol = coin}) == verdict::short_not_allowed);
  REQUIRE(d.state.explanations().size() == 1);
  auto& report = d.state.explanations().front();
  auto named = std::ranges::find(report, verdict::short_not_allowed, &risk_check::rule);
  REQUIRE(named != report.end());
  CHECK_FALSE(named->passed);
  CHECK(named->usage == unit);
  CHECK(named->limit == 0);
}

} // namespace tickmesh::short_sale_test
