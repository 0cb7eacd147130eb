// What a broker's answer answers: which request, which form, which of two brokers.
#include "tests/support/doubt_desk.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

namespace tickmesh::answers_test {

namespace {

using namespace risk_desk;
using st = order_status;
using kind = report_kind;

constexpr broker_id ctp{0}, ib{1};
constexpr symbol_id first_symbol{0};

} // namespace

TEST_CASE("a fill without a number is malformed, however often it comes") {
  doubt_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  for (int i = 0; i < 2; ++i) {
    auto fill = d.make(order, kind::fill, st::partially_filled);
    fill.id.counter = 0;
    fill.last_price = order.limit;
    fill.last_quantity = fill.cumulative = lots(4);
    d.say(fill);
  }
  CHECK(d.held() == quantity{});
  CHECK(d.count(order_anomaly::malformed_report) == 2);
}

TEST_CASE("fills in any order of their numbers are booked once each") {
  std::mt19937_64 random{7};
  doubt_desk d;
  auto order = d.open_order(ms(1), {.volume = 200});
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t n = 2; n < 202; ++n) {
    numbers.push_back(3 * n); // with gaps that are never closed
    numbers.push_back(3 * n);
  }
  std::shuffle(numbers.begin(), numbers.end(), random);
  for (auto n : numbers) {
    auto fill = d.make(order, kind::fill, st::partially_filled);
    fill.id.counter = n;
    fill.last_price = order.limit;
    fill.last_quantity = lots(1);
    d.say(fill);
  }
  CHECK(d.held() == lots(200));
  CHECK(d.count(order_anomaly::duplicate_report) == 200);
}

TEST_CASE("a replaced report answers the revision that it names") {
  doubt_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  auto replaced = [&](std::uint32_t revision) {
    auto r = d.make(order, kind::replaced, st::accepted);
    r.revision = revision;
    return r;
  };
  REQUIRE(d.now_command(operator_replace{order.id, at(100), lots(5)}).is_done);
  d.say(replaced(1));
  REQUIRE(d.state.orders().find(order.id)->request.volume == lots(5));
  REQUIRE(d.now_command(operator_replace{order.id, at(100), lots(3)}).is_done);
  d.say(replaced(1)); // once more, under another number
  CHECK(d.status_of(order.id) == st::pending_replace);
  CHECK(d.open_buys() == lots(5));
  CHECK(d.count(order_anomaly::stale_report) == 1);
  d.say(replaced(2));
  CHECK(d.status_of(order.id) == st::accepted);
  CHECK(d.open_buys() == lots(3));
}

TEST_CASE("which of two forms an order has, the broker's own words settle") {
  doubt_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  REQUIRE(d.now_command(operator_replace{order.id, at(100), lots(5)}).is_done);
  auto said = d.make(order, kind::status, st::accepted);
  said.form = {at(100), lots(10)};
  d.say(said); // the new one may be on its way
  CHECK(d.open_buys() == lots(10));
  said.id.counter = ++d.reports[order.id];
  said.form = {at(100), lots(5)};
  d.say(said);
  CHECK(d.open_buys() == lots(5));
}

TEST_CASE("a replace whose answer never comes is asked about, in any status") {
  doubt_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  REQUIRE(d.now_command(operator_cancel{order.id}).is_done);
  auto refused = d.make(order, kind::cancel_rejected, st::accepted);
  refused.id.counter = 0;
  d.say(refused);
  REQUIRE(d.now_command(operator_replace{order.id, at(100), lots(5)}).is_done);
  d.say(refused); // again: takes the order out of PendingReplace
  REQUIRE(d.status_of(order.id) == st::accepted);
  auto timer = d.last_timer(timer_purpose::replace_answer);
  d.apply(std::max(timer.due, d.now), timer);
  CHECK(d.sent_now<status_query>() == 1);
}

TEST_CASE("the refusal of a replace does not answer the cancel behind it") {
  doubt_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  REQUIRE(d.now_command(operator_replace{order.id, at(100), lots(15)}).is_done);
  REQUIRE(d.now_command(operator_cancel{order.id}).is_done);
  auto refused = d.make(order, kind::cancel_rejected, st::accepted);
  refused.revision = 1;
  d.say(refused);
  CHECK(d.status_of(order.id) == st::pending_cancel);
  CHECK(d.open_buys() == lots(10));
}

TEST_CASE("a refusal after a partial fill ends the order with its fill") {
  for (bool cancels : {false, true}) {
    doubt_desk d;
    auto order = d.open_order(ms(1), {.volume = 10});
    d.say_fill(order, 4, 4, st::partially_filled);
    if (cancels) REQUIRE(d.now_command(operator_cancel{order.id}).is_done);
    d.say(order, kind::rejected, st::rejected, 4);
    CHECK(d.status_of(order.id) == st::rejected);
    CHECK(d.held() == lots(4));
    CHECK(d.open_buys() == quantity{});
  }
}

TEST_CASE("a fill behind the end counts the rest, unless the end had told of it") {
  doubt_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  SUBCASE("not told: the rest may be open") {
    d.say(order, kind::canceled, st::canceled, 0);
    d.say_fill(order, 4, 4, st::partially_filled);
    CHECK(d.status_of(order.id) == st::in_doubt);
    CHECK(d.open_buys() == lots(6));
    CHECK(d.sent_now<status_query>() == 1);
  }
  SUBCASE("told: it only came late") {
    d.say(order, kind::canceled, st::canceled, 4);
    CHECK(d.open_buys() == lots(4)); // the fills that are missing
    d.say_fill(order, 1, 1, st::partially_filled);
    d.say_fill(order, 3, 4, st::partially_filled);
    CHECK(d.status_of(order.id) == st::canceled);
    CHECK(d.open_buys() == quantity{});
    CHECK(d.state.orders().unfinished_at(ctp).empty());
  }
  CHECK(d.held() == lots(4));
}

TEST_CASE("a broker that has an order that it had not taken is told to cancel it") {
  doubt_desk d;
  REQUIRE(d.ask(ms(1), {.volume = 10}) == verdict::approved);
  auto order = d.sent.back();
  d.say(d.unknown(order, refusal_cause::not_taken));
  REQUIRE(d.sent.size() == 2); // to the other one
  d.say(order, kind::accepted, st::accepted);
  REQUIRE(d.sent_now<cancel_request>() == 1);
  CHECK(std::get<cancel_request>(d.out.back()).broker == ctp);
  CHECK(d.count(order_anomaly::stale_report) == 1);
  CHECK(d.state.orders().find(order.id)->request.broker == ib);
}

TEST_CASE("a part-filled order is sent nowhere else") {
  doubt_desk d;
  REQUIRE(d.ask(ms(1), {.volume = 10}) == verdict::approved);
  auto order = d.sent.back();
  d.say_fill(order, 4, 4, st::partially_filled);
  d.say(d.unknown(order, refusal_cause::not_taken));
  CHECK(d.sent.size() == 1);
  CHECK(d.held() == lots(4));
}

TEST_CASE("a late answer's timer of before a re-route says nothing of the order there") {
  doubt_desk d;
  REQUIRE(d.ask(ms(1), {.volume = 10}) == verdict::approved);
  auto order = d.sent.back();
  auto first = d.last_timer(timer_purpose::order_answer);
  d.say(d.unknown(order, refusal_cause::not_taken));
  d.apply(first.due, first);
  CHECK(d.status_of(order.id) == st::pending_new);
  auto second = d.last_timer(timer_purpose::order_answer);
  d.apply(second.due, second);
  CHECK(d.status_of(order.id) == st::in_doubt);
}

TEST_CASE("a fill is booked at the broker that reports it") {
  doubt_desk d;
  REQUIRE(d.ask(ms(1), {.volume = 10}) == verdict::approved);
  auto order = d.sent.back();
  d.say(d.unknown(order, refusal_cause::not_taken));
  d.say_fill(order, 4, 4, st::partially_filled); // of the first one, all the same
  for (auto broker : {ctp, ib}) {
    broker_snapshot theirs{.broker = broker};
    if (broker == ctp)
      theirs.positions = {{first_symbol, lots(4)}};
    else
      theirs.orders = {{order.id, {}}};
    for (int i = 0; i < 2; ++i)
      d.apply(d.now + std::chrono::milliseconds{1}, theirs);
    CHECK(d.state.comparison().standing(broker).empty());
  }
}

TEST_CASE("an answered cancel counts anew for the bound of unanswered ones") {
  auto settings = doubt_desk::two_brokers();
  doubt_desk d{settings};
  auto order = d.open_order(ms(1), {.volume = 10});
  for (int i = 0; i < 10; ++i) {
    REQUIRE(d.now_command(operator_cancel{order.id}).is_done);
    d.say(order, kind::cancel_rejected, st::accepted);
  }
  CHECK(d.state.orders().find(order.id)->cancels_unanswered == 0);
  CHECK(d.count(order_anomaly::cancels_exhausted) == 0);
  CHECK(d.cancels.size() == 10);
}

TEST_CASE("an operator's cancel is followed by as many of the slot's own as the first one was") {
  doubt_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  auto cancel_unanswered = [&] {
    auto timer = d.last_timer(timer_purpose::cancel_answer);
    d.apply(timer.due, timer);
    REQUIRE(d.status_of(order.id) == st::in_doubt);
  };
  REQUIRE(d.now_command(operator_cancel{order.id}).is_done);
  cancel_unanswered();
  d.say(order, kind::status, st::accepted); // it is open, and so is canceled once more
  CHECK(d.state.orders().find(order.id)->cancels_unanswered == 2);
  cancel_unanswered();
  REQUIRE(d.now_command(operator_cancel{order.id}).is_done);
  CHECK(d.state.orders().find(order.id)->cancels_unanswered == 1);
}

TEST_CASE("an order whose cancels nobody answers is canceled three times, and no more") {
  doubt_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  REQUIRE(d.now_command(operator_cancel{order.id}).is_done);
  for (int i = 0; i < 5; ++i) {
    auto timer = d.last_timer(timer_purpose::cancel_answer);
    d.apply(std::max(timer.due, d.now), timer);
    d.say(order, kind::status, st::accepted);
  }
  CHECK(d.cancels.size() == order_patience{}.cancel_requests_max);
  CHECK(d.count(order_anomaly::cancels_exhausted) > 0);
}

TEST_CASE("the timer of an order's answer says nothing of an order that has been answered") {
  doubt_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  auto timer = d.last_timer(timer_purpose::order_answer);
  REQUIRE(d.now_command(operator_cancel{order.id}).is_done);
  d.apply(std::max(timer.due, d.now), timer);
  CHECK(d.status_of(order.id) == st::pending_cancel);
}

TEST_CASE("an order that is filled in its old form under a replace is filled") {
  doubt_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  REQUIRE(d.now_command(operator_replace{order.id, at(100), lots(15)}).is_done);
  d.say_fill(order, 10, 10, st::filled);
  CHECK(d.status_of(order.id) == st::filled);
  CHECK(d.open_buys() == quantity{});
}

TEST_CASE("a session that is back is asked for fills that are missing of ended orders") {
  doubt_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  d.say(order, kind::canceled, st::canceled, 4);
  REQUIRE(d.open_buys() == lots(4));
  for (auto news : {broker_news::session_down, broker_news::session_up})
    d.apply(d.now + std::chrono::milliseconds{1}, broker_event{.broker = ctp, .news = news});
  CHECK(d.sent_now<status_query>() == 1);
}

} // namespace tickmesh::answers_test
