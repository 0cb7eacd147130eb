// Own orders that a broker has and the log has lost: adopted, counted, shown, canceled.
#include "tests/support/adoption_desk.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace tickmesh::adoption_test {

namespace {

using namespace risk_desk;
using st = order_status;
using kind = report_kind;
using v = verdict;

} // namespace

TEST_CASE("an own order that the log lost is adopted from its broker's list: counted and shown") {
  adoption_desk d;
  d.list({listed()});
  CHECK(d.lost().status() == st::accepted);
  CHECK(d.lost().request.volume == lots(10));
  CHECK(d.open_buys() == lots(10));
  CHECK(d.ask(d.now, {.volume = 11}) == v::position_limit_exceeded);
  CHECK(d.ask(d.now, {.volume = 10}) == v::approved);
  CHECK(d.state.reconciliation_problems().empty());
  CHECK(d.state.totals().by_verdict[static_cast<std::size_t>(v::adopted)] == 1);
  CHECK(d.state.totals().by_status[static_cast<std::size_t>(st::rejected)] == 1); // the signal's
  std::vector<order_row> orders;
  std::vector<fill_row> fills;
  d.state.finish(orders, fills);
  auto row = std::ranges::find(orders, lost_id, &order_row::id);
  REQUIRE(row != orders.end());
  CHECK(row->signal == "adopted/2");
  CHECK(row->strategy == no_strategy);
  CHECK(row->outcome == v::adopted);
  auto verdicts = d.state.totals().by_verdict;
  d.list({listed()}); // it is known now
  CHECK(d.state.totals().by_verdict == verdicts);
}

TEST_CASE("an adopted order's fills are asked for and booked once, and it can be canceled") {
  adoption_desk d;
  d.list({listed(10, 4)});
  CHECK(d.last_sent<executions_request>() == executions_request{ctp, timestamp::min()});
  CHECK(d.lost().open() == lots(10)); // nothing of what was filled is held yet
  d.say(d.lost_fill(4, 4, "T1"));
  d.say(d.lost_fill(4, 4, "T1"));
  CHECK(d.held_outside() == lots(4));
  CHECK(d.open_buys() == lots(6));
  CHECK(d.status_of(lost_id) == st::partially_filled);
  CHECK(d.now_command(operator_cancel{lost_id}).is_done);
  CHECK(d.last_sent<cancel_request>() == cancel_request{lost_id, ctp, {41, "SYS 9"}});
  d.say(d.lost().request, kind::canceled, st::canceled, 4);
  CHECK(d.status_of(lost_id) == st::canceled);
  CHECK(d.open_buys() == lots(0));
  d.list({}, {{first_symbol, lots(4)}});
  CHECK(d.state.reconciliation_problems().empty());
}

TEST_CASE("a fill of an order that the log lost is booked, and what else is open of it counts") {
  adoption_desk d;
  d.say(d.lost_fill(3, 3, "T1"));
  CHECK(d.held_outside() == lots(3));
  CHECK(d.open_buys() == lots(7));
}

TEST_CASE(
    "a lost order's fill that does not say how much it was for is taken for all that is known") {
  adoption_desk d;
  auto fill = d.lost_fill(3, 3, "T1");
  fill.form = {};
  d.say(fill);
  CHECK(d.held_outside() == lots(3));
  d.list({listed(10, 3)}, {{first_symbol, lots(3)}}); // more is open, as the broker says now
  CHECK(d.open_buys() == lots(7));
  CHECK(d.lost().request.volume == lots(10));
}

TEST_CASE("a form that no order can have is not taken of an adopted one") {
  adoption_desk d;
  d.list({listed()});
  auto r = d.make(d.lost().request, kind::status, st::accepted);
  SUBCASE("no price") {
    r.form = {no_price, lots(11)};
  }
  SUBCASE("a price below what is allowed") {
    r.form = {at(-1), lots(11)};
  }
  SUBCASE("no volume") {
    r.form = {at(100), lots(0)};
  }
  SUBCASE("a volume beyond reason") {
    r.form = {at(100), lots(1'000'000)};
  }
  d.say(r);
  CHECK(d.lost().request.limit == at(100));
  CHECK(d.lost().request.volume == lots(10));
  CHECK(d.open_buys() == lots(10));
}

TEST_CASE("a signal whose order was adopted is not sent again") {
  adoption_desk d{100};
  signal s{.name = {.symbol = first_symbol, .last_tick = sequence{902}},
           .effective_time = d.now,
           .direction = 1,
           .volume = lots(10),
           .limit = at(100)};
  SUBCASE("by the id that its broker says") {
    auto order = listed();
    order.order = d.state.name_of_order(s.name);
    d.list({order});
  }
  SUBCASE("by symbol, side, price and volume, where the broker keeps our number alone") {
    auto order = listed();
    order.order = {};
    d.list({order});
    CHECK(d.open_buys() == lots(10));
    auto other = s; // wants another volume
    other.name.last_tick = sequence{901};
    other.volume = lots(9);
    d.apply(d.now, other);
    REQUIRE(d.state.verdicts().size() == 1);
    CHECK(d.state.verdicts()[0].risk.outcome == v::approved);
  }
  auto sent_before = d.sent.size();
  d.apply(d.now, s);
  REQUIRE(d.state.verdicts().size() == 1);
  CHECK(d.state.verdicts()[0].risk.outcome == v::duplicate_order);
  CHECK(d.sent.size() == sent_before);
  CHECK(d.count(order_anomaly::id_collision) == 0);
}

TEST_CASE("the number of an adopted order is not given to another") {
  adoption_desk d{100};
  d.list({listed()});
  REQUIRE(d.ask(d.now, {.volume = 1}) == v::approved);
  CHECK(d.sent.back().reference == 42);
  auto next = listed();
  next.order = order_id{0x78};
  next.reference = 42; // of an order that is known: its name, not its number, is believed
  d.list({listed(), next});
  REQUIRE(d.state.orders().find(next.order) != nullptr);
  CHECK(d.state.orders().find(next.order)->request.reference == 0);
}

TEST_CASE("an adopted order can't be replaced, for nobody has approved it") {
  adoption_desk d;
  d.list({listed()});
  auto refused = d.now_command(operator_replace{lost_id, at(99), lots(5)});
  CHECK_FALSE(refused.is_done);
  CHECK(refused.text.find("was found at its broker") != std::string::npos);
  CHECK(d.sent_now<replace_request>() == 0);
}

TEST_CASE("a halt that cancels all cancels what is adopted behind it") {
  adoption_desk d;
  REQUIRE(d.now_command(trading_switch{.cancel_all = true}).is_done);
  d.list({listed()});
  CHECK(std::ranges::count(d.cancels, lost_id) >= 1);
}

TEST_CASE("what nobody can count or know is not adopted, and stands as a difference") {
  adoption_desk d;
  auto order = listed();
  SUBCASE("no side") {
    order.direction = side::none;
  }
  SUBCASE("no volume") {
    order.form.volume = {};
  }
  SUBCASE("less than no volume") {
    order.form.volume = lots(-1);
  }
  SUBCASE("a volume that sums do not hold") {
    order.form.volume = quantity{std::numeric_limits<std::int64_t>::max()};
  }
  SUBCASE("a value that sums do not hold") {
    order.form = {price{std::numeric_limits<std::int64_t>::max()}, quantity{std::int64_t{1} << 50}};
  }
  SUBCASE("a symbol that is none of ours") {
    order.symbol = symbol_id{99};
  }
  SUBCASE("no symbol") {
    order.symbol = no_symbol;
  }
  d.list({order});
  d.list({order});
  CHECK(d.state.orders().find(lost_id) == nullptr);
  REQUIRE(d.state.reconciliation_problems().size() == 1);
  CHECK(d.ask(d.now, {.volume = 1}) == v::not_reconciled);
}

TEST_CASE("words of a lost order that is over, or that say too little, adopt nothing") {
  adoption_desk d;
  auto r = d.lost_fill(0, 0, {});
  r.last_price = no_price;
  SUBCASE("canceled") {
    r.kind = kind::canceled;
    r.status = st::canceled;
  }
  SUBCASE("rejected") {
    r.kind = kind::rejected;
    r.status = st::rejected;
  }
  SUBCASE("the status of one that has ended") {
    r.kind = kind::status;
    r.status = st::filled;
  }
  SUBCASE("no volume") {
    r.kind = kind::accepted;
    r.status = st::accepted;
    r.form = {};
  }
  SUBCASE("a number of another order's reports") {
    r.kind = kind::accepted;
    r.status = st::accepted;
    r.id = {order_id{0x99}, 1};
  }
  SUBCASE("no name of ours") {
    r.kind = kind::accepted;
    r.status = st::accepted;
    r.order = {};
    r.reference = 0;
  }
  d.say(r);
  CHECK(d.state.orders().size() == 0);
  CHECK(d.count(order_anomaly::unknown_order) == 1);
}

TEST_CASE("an acknowledgement of a lost order adopts it") {
  adoption_desk d;
  auto r = d.lost_fill(0, 0, {});
  r.kind = kind::accepted;
  r.status = st::accepted;
  d.say(r);
  CHECK(d.status_of(lost_id) == st::accepted);
  CHECK(d.open_buys() == lots(10));
}

} // namespace tickmesh::adoption_test
