// Each cleaning rule at its exact limits.
#include "actors/market/cleaning/tick_cleaner.hpp"
#include "tests/support/snapshot_ticks.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace tickmesh::tick_cleaner_test {

namespace {

struct fixture {
  tick_cleaner cleaner{cleaning_settings{}, true};
  std::optional<reject_reason> clean(tick t) { return cleaner.clean(t); }
};

} // namespace

TEST_CASE_FIXTURE(fixture, "accepted ticks are numbered from one without gaps") {
  tick first = snapshot(1);
  tick bad = snapshot(2);
  bad.volume = lots(-1);
  tick second = snapshot(3);
  CHECK(cleaner.clean(first) == std::nullopt);
  CHECK(cleaner.clean(bad) == reject_reason::negative_volume);
  CHECK(cleaner.clean(second) == std::nullopt);
  CHECK(first.number == sequence{1});
  CHECK(bad.number == sequence{});
  CHECK(second.number == sequence{2});
}

TEST_CASE_FIXTURE(fixture, "effective time is the running maximum of accepted event times") {
  tick first = snapshot(5);
  tick bad = snapshot(9);
  bad.ask = units(0);
  tick early = snapshot(3);
  CHECK(cleaner.clean(first) == std::nullopt);
  CHECK(cleaner.clean(bad) == reject_reason::price_out_of_range);
  CHECK(cleaner.clean(early) == std::nullopt);
  CHECK(early.effective_time == first.event_time);
}

TEST_CASE("every tick of a symbol without an instrument entry is rejected") {
  tick_cleaner cleaner{cleaning_settings{}, false};
  tick t = snapshot(1);
  CHECK(cleaner.clean(t) == reject_reason::unknown_symbol);
}

TEST_CASE_FIXTURE(fixture, "a present price must lie strictly between zero and the maximum") {
  for (auto field : {&tick::last, &tick::bid, &tick::ask}) {
    for (price outside : {units(0), price{-1}, units(999'999)}) {
      tick t = snapshot(1);
      t.*field = outside;
      CHECK(clean(t) == reject_reason::price_out_of_range);
    }
  }
  tick lowest = snapshot(1);
  lowest.bid = lowest.ask = lowest.last = price{1};
  CHECK(clean(lowest) == std::nullopt);
  tick_cleaner other{cleaning_settings{}, true};
  tick highest = snapshot(1);
  highest.bid = highest.ask = highest.last = units(999'999) - price{1};
  CHECK(other.clean(highest) == std::nullopt);
}

TEST_CASE_FIXTURE(fixture, "a tick without any price is valid") {
  tick t = snapshot(1);
  t.last = t.bid = t.ask = no_price;
  CHECK(clean(t) == std::nullopt);
}

TEST_CASE_FIXTURE(fixture, "no volume may be negative") {
  for (auto field :
       {&tick::volume, &tick::cumulative_volume, &tick::bid_volume, &tick::ask_volume}) {
    tick t = snapshot(1);
    t.*field = quantity{-1};
    CHECK(clean(t) == reject_reason::negative_volume);
  }
  tick t = snapshot(1);
  t.volume = t.cumulative_volume = t.bid_volume = t.ask_volume = quantity{};
  CHECK(clean(t) == std::nullopt);
}

TEST_CASE_FIXTURE(fixture, "a locked book is valid and a crossed one is not") {
  tick t = snapshot(1);
  t.bid = t.ask = units(100);
  CHECK(clean(t) == std::nullopt);
  t = snapshot(2);
  t.bid = t.ask + price{1};
  CHECK(clean(t) == reject_reason::crossed_book);
}

TEST_CASE_FIXTURE(fixture, "a spread of exactly a tenth of the bid is too wide") {
  tick t = snapshot(1);
  t.bid = units(100);
  t.ask = units(110);
  CHECK(clean(t) == reject_reason::wide_spread);
  t.ask = units(110) - price{1};
  CHECK(clean(t) == std::nullopt);
}

TEST_CASE_FIXTURE(fixture, "a book with one side has no spread") {
  tick t = snapshot(1);
  t.bid = no_price;
  t.ask = units(900);
  CHECK(clean(t) == std::nullopt);
  t = snapshot(2);
  t.bid = units(1);
  t.ask = no_price;
  CHECK(clean(t) == std::nullopt);
}

TEST_CASE_FIXTURE(fixture, "a tick at its source's mark is in time and one before it is late") {
  tick t = snapshot(5);
  t.source_mark = t.event_time;
  CHECK(clean(t) == std::nullopt);
  t = snapshot(6);
  t.source_mark = t.event_time + nanoseconds{1};
  CHECK(clean(t) == reject_reason::late);
}

TEST_CASE_FIXTURE(fixture, "a duplicate may differ in its place and in derived volumes only") {
  tick t = snapshot(1);
  CHECK(clean(t) == std::nullopt);
  t.position = source_position{77};
  t.source_mark = t.event_time;
  t.volume = quantity{};
  t.turnover = money{5};
  CHECK(clean(t) == reject_reason::duplicate);
  CHECK(clean(t) == reject_reason::duplicate);
}

TEST_CASE("a tick that differs in any field that counts is no duplicate") {
  std::vector<tick> changed(12, snapshot(1));
  changed[0].event_time += nanoseconds{1};
  changed[1].last += price{1};
  changed[2].cumulative_volume += quantity{1};
  changed[3].open_interest += quantity{1};
  changed[4].bid -= price{1};
  changed[5].ask += price{1};
  changed[6].bid_volume += quantity{1};
  changed[7].ask_volume += quantity{1};
  changed[8].trading_day += 1;
  changed[9].kind = record_kind::quote;
  changed[10].aggressor = side::sell;
  changed[11].record_id = 1;
  for (auto& t : changed) {
    tick_cleaner cleaner{cleaning_settings{}, true};
    tick before = snapshot(1);
    CHECK(cleaner.clean(before) == std::nullopt);
    CHECK(cleaner.clean(t) == std::nullopt);
  }
}

TEST_CASE_FIXTURE(fixture, "without cumulative volumes a duplicate has the same own volume") {
  tick t = snapshot(1);
  t.cumulative_volume = quantity{};
  CHECK(clean(t) == std::nullopt);
  t.volume += quantity{1};
  CHECK(clean(t) == std::nullopt);
  CHECK(clean(t) == reject_reason::duplicate);
}

TEST_CASE_FIXTURE(fixture, "a refused record between two equal ones hides nothing") {
  tick crossed = snapshot(1);
  crossed.bid = crossed.ask + price{1};
  CHECK(clean(snapshot(1)) == std::nullopt);
  CHECK(clean(crossed) == reject_reason::crossed_book);
  CHECK(clean(snapshot(1)) == reject_reason::duplicate);
  CHECK(clean(snapshot(2, 150)) == reject_reason::price_jump);
  CHECK(clean(snapshot(2, 150)) == reject_reason::duplicate);
}

TEST_CASE_FIXTURE(fixture, "a change of exactly a tenth is no jump and one unit more is") {
  CHECK(clean(snapshot(1, 100)) == std::nullopt);
  tick t = snapshot(2, 110);
  t.last += price{1};
  CHECK(clean(t) == reject_reason::price_jump);
  CHECK(clean(snapshot(3, 110)) == std::nullopt);
  t = snapshot(4, 99);
  CHECK(clean(t) == std::nullopt);
  t = snapshot(5, 89);
  CHECK(clean(t) == reject_reason::price_jump);
}

TEST_CASE_FIXTURE(fixture, "a rejected jump does not move the base") {
  CHECK(clean(snapshot(1, 100)) == std::nullopt);
  CHECK(clean(snapshot(2, 150)) == reject_reason::price_jump);
  CHECK(clean(snapshot(3, 101)) == std::nullopt);
  CHECK(clean(snapshot(4, 150)) == reject_reason::price_jump);
  CHECK(clean(snapshot(5, 150)) == reject_reason::price_jump);
}

TEST_CASE_FIXTURE(fixture, "the third agreeing tick confirms a new level") {
  CHECK(clean(snapshot(1, 100)) == std::nullopt);
  CHECK(clean(snapshot(2, 150)) == reject_reason::price_jump);
  CHECK(clean(snapshot(3, 160)) == reject_reason::price_jump);
  CHECK(clean(snapshot(4, 140)) == std::nullopt);
  CHECK(clean(snapshot(5, 150)) == std::nullopt);
  CHECK(clean(snapshot(6, 100)) == reject_reason::price_jump);
}

TEST_CASE_FIXTURE(fixture, "ticks agree with the candidate's first price, not with each other") {
  CHECK(clean(snapshot(1, 100)) == std::nullopt);
  CHECK(clean(snapshot(2, 150)) == reject_reason::price_jump);
  CHECK(clean(snapshot(3, 160)) == reject_reason::price_jump);
  CHECK(clean(snapshot(4, 170)) == reject_reason::price_jump); // starts over at 170
  CHECK(clean(snapshot(5, 170)) == reject_reason::price_jump);
  CHECK(clean(snapshot(6, 170)) == std::nullopt);
}

TEST_CASE_FIXTURE(fixture, "a tick without a last price neither confirms nor breaks a candidate") {
  tick quote = snapshot(3, 150);
  quote.kind = record_kind::quote;
  quote.last = no_price;
  CHECK(clean(snapshot(1, 100)) == std::nullopt);
  CHECK(clean(snapshot(2, 150)) == reject_reason::price_jump);
  CHECK(clean(quote) == std::nullopt);
  CHECK(clean(snapshot(4, 150)) == reject_reason::price_jump);
  CHECK(clean(snapshot(5, 150)) == std::nullopt);
}

TEST_CASE_FIXTURE(fixture, "the first broken rule in order names the reject") {
  tick t = snapshot(1);
  t.source_mark = t.event_time + nanoseconds{1};
  CHECK(clean(t) == reject_reason::late); // also a duplicate when it comes again
  CHECK(clean(t) == reject_reason::late);
  t.bid = units(100);
  t.ask = units(200);
  CHECK(clean(t) == reject_reason::wide_spread);
  t.ask = units(50);
  CHECK(clean(t) == reject_reason::crossed_book);
  t.bid_volume = quantity{-1};
  CHECK(clean(t) == reject_reason::negative_volume);
  t.last = price{};
  CHECK(clean(t) == reject_reason::price_out_of_range);
}

TEST_CASE("ratios at the largest prices are compared without overflow") {
  cleaning_settings settings;
  settings.price_max = price{INT64_MAX};
  tick_cleaner cleaner{settings, true};
  price high{INT64_MAX / 11 * 10};
  tick t = snapshot(1);
  t.last = t.bid = high;
  t.ask = high + price{high.value / 10 - 1};
  CHECK(cleaner.clean(t) == std::nullopt);
  t.event_time += nanoseconds{1};
  t.ask = high + price{high.value / 10 + 1};
  CHECK(cleaner.clean(t) == reject_reason::wide_spread);
}

TEST_CASE("an instrument's own limits hold in place of the common ones, one by one") {
  cleaning_settings common;
  instrument plain;
  CHECK(limits_of(nullptr, common).spread_max == common.spread_max);
  CHECK(limits_of(&plain, common).price_max == common.price_max);
  instrument option;
  option.limits = {.price_min = price{5},
                   .price_max = units(50),
                   .spread_max = 2 * decimal_scale,
                   .jump_band = decimal_scale,
                   .jump_confirm_count = 1,
                   .ratio_base_min = price{7}};
  auto own = limits_of(&option, common);
  CHECK(own.price_min == price{5});
  CHECK(own.price_max == units(50));
  CHECK(own.spread_max == 2 * decimal_scale);
  CHECK(own.jump_band == decimal_scale);
  CHECK(own.jump_confirm_count == 1);
  CHECK(own.ratio_base_min == price{7});
}

TEST_CASE("a quote of three at seven is wide for a future and not for an option") {
  tick quote = snapshot(1);
  quote.kind = record_kind::quote;
  quote.last = no_price;
  quote.bid = units(3);
  quote.ask = units(7);
  instrument option;
  option.limits.spread_max = 2 * decimal_scale;
  auto own = limits_of(&option, {});
  CHECK(tick_cleaner{own, true}.clean(quote) == std::nullopt);
  CHECK(tick_cleaner{cleaning_settings{}, true}.clean(quote) == reject_reason::wide_spread);
  quote.bid = units(2);
  quote.ask = units(6);
  CHECK(tick_cleaner{own, true}.clean(quote) == reject_reason::wide_spread);
}

namespace {

/// Oil: prices down to -100, ratios of at least 1.
cleaning_settings oil_limits() {
  instrument oil;
  oil.limits.price_min = units(-100);
  oil.limits.ratio_base_min = units(1);
  return limits_of(&oil, {});
}

} // namespace

TEST_CASE("prices down to the instrument's minimum are accepted, zero among them") {
  tick_cleaner cleaner{oil_limits(), true};
  for (auto lowest : {units(-100), units(-101)}) {
    tick t = snapshot(1);
    t.last = lowest;
    CHECK(cleaner.clean(t) == reject_reason::price_out_of_range);
  }
  tick zero = snapshot(2, 0);
  CHECK(cleaner.clean(zero) == std::nullopt);
  tick above_minimum = snapshot(3);
  above_minimum.last = above_minimum.bid = above_minimum.ask = units(-100) + price{1};
  CHECK(tick_cleaner{oil_limits(), true}.clean(above_minimum) == std::nullopt);
}

TEST_CASE("a band is a share of the price either way of zero, and of the least base near it") {
  tick_cleaner cleaner{oil_limits(), true};
  auto offer = [&, at = 0](price last) mutable {
    tick t = snapshot(++at);
    t.kind = record_kind::trade;
    t.last = last;
    t.bid = t.ask = no_price;
    return cleaner.clean(t);
  };
  CHECK(offer(price{}) == std::nullopt);
  auto tenth = decimal_scale / 10; // of the base of 1
  CHECK(offer(price{-tenth - 1}) == reject_reason::price_jump);
  CHECK(offer(price{-tenth}) == std::nullopt);
  CHECK(offer(price{1}) == reject_reason::price_jump);
  CHECK(offer(price{}) == std::nullopt);
  // Far below zero a tenth of the magnitude.
  for (int agreeing = 0; agreeing < 3; ++agreeing)
    CHECK(offer(units(-40)).has_value() == (agreeing < 2));
  CHECK(offer(units(-36) + price{1}) == reject_reason::price_jump);
  CHECK(offer(units(-44)) == std::nullopt);
  CHECK(offer(units(-44) - price{44 * tenth + 1}) == reject_reason::price_jump);
}

TEST_CASE("a spread is a share of the bid's magnitude, and of the least base near zero") {
  auto offer = [](price bid, price ask) {
    tick t = snapshot(1);
    t.last = no_price;
    t.bid = bid;
    t.ask = ask;
    return tick_cleaner{oil_limits(), true}.clean(t);
  };
  auto tenth = decimal_scale / 10;
  CHECK(offer(price{-1}, price{tenth - 2}) == std::nullopt);
  CHECK(offer(price{-1}, price{tenth - 1}) == reject_reason::wide_spread);
  CHECK(offer(units(-40), units(-36) - price{1}) == std::nullopt);
  CHECK(offer(units(-40), units(-36)) == reject_reason::wide_spread);
  CHECK(offer(units(-36), units(-40)) == reject_reason::crossed_book);
}

TEST_CASE("spreads and jumps between the lowest and the highest price do not overflow") {
  cleaning_settings limits;
  limits.price_min = price{-INT64_MAX};
  limits.price_max = price{INT64_MAX};
  limits.spread_max = limits.jump_band = 10 * decimal_scale;
  tick_cleaner cleaner{limits, true};
  tick t = snapshot(1);
  t.last = t.bid = price{1 - INT64_MAX};
  t.ask = price{INT64_MAX - 1};
  CHECK(cleaner.clean(t) == std::nullopt);
  t.event_time += nanoseconds{1};
  t.last = t.ask;
  CHECK(cleaner.clean(t) == std::nullopt);
}

} // namespace tickmesh::tick_cleaner_test
