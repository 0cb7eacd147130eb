// Orders whose fate is not known, and brokers that say something else than we thought.
#include "tests/support/doubt_desk.hpp"

#include <doctest/doctest.h>

namespace tickmesh::doubt_test {

namespace {

using namespace risk_desk;
using st = order_status;
using kind = report_kind;

constexpr auto unknown_now = refusal_cause::unknown_now;
constexpr auto unknown_for_good = refusal_cause::unknown_for_good;

} // namespace

TEST_CASE("an order that its broker does not know yet stays in doubt and counts in full") {
  doubt_desk d;
  auto order = d.doubtful_order(ms(1));
  for (int i = 0; i < 3; ++i)
    d.say(d.unknown(order, unknown_now));
  CHECK(d.status_of(order.id) == st::in_doubt);
  CHECK(d.open_buys() == lots(10));
  d.say(order, kind::accepted, st::accepted);
  CHECK(d.status_of(order.id) == st::accepted);
  CHECK(d.open_buys() == lots(10));
}

TEST_CASE("an order that its broker will never know has ended") {
  doubt_desk d;
  auto order = d.doubtful_order(ms(1));
  d.say(d.unknown(order, unknown_for_good));
  CHECK(d.status_of(order.id) == st::rejected);
  CHECK(d.open_buys() == quantity{});
  CHECK(d.sent.size() == 1); // and is sent nowhere else
}

TEST_CASE("a sign of life of an order that was given up is believed") {
  for (auto sign : {kind::accepted, kind::status, kind::fill}) {
    doubt_desk d;
    auto order = d.doubtful_order(ms(1));
    d.say(d.unknown(order, unknown_for_good));
    if (sign == kind::fill)
      d.say_fill(order, 4, 4, st::partially_filled);
    else
      d.say(order, sign, st::accepted);
    CHECK(d.status_of(order.id) == (sign == kind::fill ? st::partially_filled : st::accepted));
    CHECK(d.open_buys() + d.held() == lots(10));
    CHECK(d.count(order_anomaly::open_after_end) == 1);
    CHECK(d.state.orders().unfinished().size() == 1);
    d.say_fill(order, sign == kind::fill ? 6 : 10, 10, st::filled);
    CHECK(d.status_of(order.id) == st::filled);
    CHECK(d.held() == lots(10));
    CHECK(d.state.orders().unfinished().empty());
  }
}

TEST_CASE("an end that the broker has stated and then denies is in doubt, and asked for") {
  for (auto end : {kind::canceled, kind::expired, kind::rejected}) {
    doubt_desk d;
    auto order = d.open_order(ms(1), {.volume = 10});
    auto status = end == kind::canceled  ? st::canceled
                  : end == kind::expired ? st::expired
                                         : st::rejected;
    d.say(order, end, status);
    REQUIRE(d.open_buys() == quantity{});
    d.say(order, kind::status, st::accepted);
    CHECK(d.status_of(order.id) == st::in_doubt);
    CHECK(d.open_buys() == lots(10));
    CHECK(d.sent_now<status_query>() == 1);
    SUBCASE("and open when it says so again") {
      d.say(order, kind::status, st::accepted);
      CHECK(d.status_of(order.id) == st::accepted);
      CHECK(d.open_buys() == lots(10));
    }
    SUBCASE("and over when the two words had crossed") {
      d.say(order, kind::status, st::canceled);
      CHECK(d.status_of(order.id) == st::canceled);
      CHECK(d.open_buys() == quantity{});
    }
  }
}

TEST_CASE("an acknowledgement that comes again, or behind the end, opens nothing") {
  doubt_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  d.say(order, kind::canceled, st::canceled);
  d.say(order, kind::accepted, st::accepted); // under another number
  CHECK(d.status_of(order.id) == st::canceled);
  CHECK(d.open_buys() == quantity{});
  auto filled = d.open_order(d.now + ms(1).time_since_epoch(), {.volume = 2});
  d.say_fill(filled, 2, 2, st::filled);
  d.say(filled, kind::status, st::accepted);
  CHECK(d.status_of(filled.id) == st::filled);
}

TEST_CASE("a broker that forgets an order that it had acknowledged puts it in doubt") {
  doubt_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  d.say_fill(order, 4, 4, st::partially_filled);
  REQUIRE(d.now_command(operator_cancel{order.id}).is_done);
  d.say(d.unknown(order, unknown_now, kind::cancel_rejected));
  CHECK(d.status_of(order.id) == st::in_doubt);
  CHECK(d.sent_now<status_query>() == 1);
  CHECK(d.open_buys() == lots(6));
  SUBCASE("for good: the rest is over, its fill is not") {
    d.say(d.unknown(order, unknown_for_good));
    CHECK(d.status_of(order.id) == st::canceled);
    CHECK(d.held() == lots(4));
    CHECK(d.open_buys() == quantity{});
  }
  SUBCASE("not for good while fills are missing") {
    d.say(order, kind::status, st::partially_filled, 7);
    d.say(d.unknown(order, unknown_for_good));
    CHECK(d.status_of(order.id) == st::in_doubt);
    CHECK(d.open_buys() == lots(6));
  }
}

TEST_CASE("an order in doubt can be canceled, and is when its doubt ends open") {
  doubt_desk d;
  auto order = d.doubtful_order(ms(1));
  CHECK(d.now_command(operator_cancel{order.id}).is_done);
  REQUIRE(d.cancels.size() == 1);
  CHECK(d.status_of(order.id) == st::in_doubt);
  CHECK(d.open_buys() == lots(10));
  CHECK_FALSE(d.now_command(operator_cancel{order.id}).is_done); // one at a time
  SUBCASE("the cancel found it") {
    d.say(order, kind::canceled, st::canceled);
    CHECK(d.status_of(order.id) == st::canceled);
    CHECK(d.open_buys() == quantity{});
  }
  SUBCASE("the cancel has overtaken it") {
    d.say(d.unknown(order, unknown_now, kind::cancel_rejected));
    CHECK(d.status_of(order.id) == st::in_doubt);
    d.say(order, kind::accepted, st::accepted);
    CHECK(d.cancels.size() == 2);
    CHECK(d.status_of(order.id) == st::pending_cancel);
  }
  SUBCASE("the cancel was not answered: another may be sent") {
    auto timer = d.last_timer(timer_purpose::cancel_answer);
    d.apply(std::max(timer.due, d.now), timer);
    CHECK(d.now_command(operator_cancel{order.id}).is_done);
    CHECK(d.cancels.size() == 2);
  }
}

TEST_CASE("a halt that cancels all cancels what is in doubt, and says the truth") {
  doubt_desk d;
  auto order = d.doubtful_order(ms(1));
  auto outcome = d.now_command(trading_switch{.mode = trading_mode::halted, .cancel_all = true});
  CHECK(outcome.text == "HALTED; 1 orders open, being canceled");
  CHECK(d.cancels == std::vector{order.id});
  auto work = d.last_timer(timer_purpose::halt_work);
  auto answer = d.last_timer(timer_purpose::cancel_answer);
  d.apply(std::max(d.now, answer.due), answer);
  d.apply(std::max(d.now, work.due), work);
  CHECK(d.cancels.size() == 2); // until it is known to be over
}

TEST_CASE("a cancel that its order's acknowledgement crosses is not forgotten") {
  doubt_desk d;
  REQUIRE(d.ask(ms(1), {.volume = 10}) == verdict::approved);
  auto order = d.sent.back();
  REQUIRE(d.now_command(operator_cancel{order.id}).is_done);
  d.say(order, kind::cancel_rejected, st::rejected); // there was nothing to cancel yet
  CHECK(d.status_of(order.id) == st::pending_new);
  d.say(order, kind::accepted, st::accepted);
  CHECK(d.cancels.size() == 2);
  CHECK(d.status_of(order.id) == st::pending_cancel);
  d.say(order, kind::cancel_rejected, st::accepted); // refused for good
  CHECK(d.status_of(order.id) == st::accepted);
  CHECK(d.cancels.size() == 2);
}

TEST_CASE("an order that is to be canceled goes to no other broker") {
  doubt_desk d;
  REQUIRE(d.ask(ms(1), {.volume = 10}) == verdict::approved);
  auto order = d.sent.back();
  REQUIRE(d.now_command(operator_cancel{order.id}).is_done);
  d.say(order, kind::cancel_rejected, st::rejected);
  REQUIRE(d.status_of(order.id) == st::pending_new);
  d.say(d.unknown(order, refusal_cause::not_taken));
  CHECK(d.sent.size() == 1);
  CHECK(d.status_of(order.id) == st::rejected);
}

TEST_CASE("a replace that took effect behind the end counts in its new form") {
  doubt_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  REQUIRE(d.now_command(operator_replace{order.id, at(100), lots(20)}).is_done);
  SUBCASE("the end was stated") {
    d.say(order, kind::canceled, st::canceled);
  }
  SUBCASE("the end was presumed") {
    d.say(d.unknown(order, unknown_for_good));
  }
  REQUIRE(d.open_buys() == quantity{});
  auto replaced = d.make(order, kind::replaced, st::accepted);
  replaced.revision = 1;
  d.say(replaced);
  CHECK(d.open_buys() == lots(20));
}

TEST_CASE("a sign of life that leaves the doubt is followed by a query") {
  doubt_desk d;
  auto order = d.doubtful_order(ms(1));
  d.say(d.unknown(order, unknown_for_good));
  d.say(order, kind::status, st::partially_filled, 5); // and no fill has come
  CHECK(d.status_of(order.id) == st::in_doubt);
  CHECK(d.open_buys() == lots(10));
  auto timer = d.last_timer(timer_purpose::query_answer);
  d.apply(std::max(timer.due, d.now), timer);
  CHECK(d.sent_now<status_query>() == 1);
}

TEST_CASE("what was said while fills were missing is asked for when they have come") {
  doubt_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  d.say(order, kind::status, st::canceled, 4);
  d.say_fill(order, 4, 4, st::partially_filled);
  CHECK(d.status_of(order.id) == st::partially_filled);
  CHECK(d.sent_now<status_query>() == 1);
}

} // namespace tickmesh::doubt_test
