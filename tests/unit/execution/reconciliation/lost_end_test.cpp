// What is not certain of orders where the log has lost its end: who has them, what others have, and
// what an operator knows.
#include "tests/support/adoption_desk.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace tickmesh::lost_end_test {

namespace {

using namespace risk_desk;
using st = order_status;
using kind = report_kind;
using v = verdict;

} // namespace

TEST_CASE("a signal whose order was lost, and is over, is not sent again") {
  adoption_desk d;
  signal s{.name = {.symbol = first_symbol, .last_tick = sequence{900}},
           .effective_time = d.now,
           .direction = 1,
           .volume = lots(10),
           .limit = at(100)};
  auto r = d.lost_fill(0, 0, {});
  r.order = d.state.name_of_order(s.name);
  SUBCASE("refused") {
    r.kind = kind::rejected;
    r.status = st::rejected;
  }
  SUBCASE("filled, by a broker that does not say of what") {
    r = d.lost_fill(10, 10, "T1");
    r.order = d.state.name_of_order(s.name);
    r.words = broker_words{.execution = "T1"};
  }
  d.say(r);
  d.apply(d.now, s);
  REQUIRE(d.state.verdicts().size() == 1);
  CHECK(d.state.verdicts()[0].risk.outcome == v::duplicate_order);
  CHECK(d.sent.empty());
}

TEST_CASE("where the log may lack its end, no order goes out before all brokers were compared") {
  constexpr broker_id ib{1};
  auto recover = [&](adoption_desk& d, bool may_lack_end) {
    d.apply(d.now, slot_recovered{.external = {ctp, ib}, .may_lack_end = may_lack_end});
    d.apply(d.now, broker_event{.broker = ib, .news = broker_news::session_down});
    d.list({});
    d.apply(d.now, broker_event{.broker = ctp, .news = broker_news::executions_told});
    return d.ask(d.now, {.volume = 1});
  };
  adoption_desk d;
  CHECK_FALSE(d.now_command(books_acceptance{"ib"}).is_done); // what is not, can't be waived
  CHECK(recover(d, true) == v::not_reconciled);
  d.apply(d.now, broker_snapshot{.broker = ib});
  CHECK(d.ask(d.now, {.volume = 1}) == v::not_reconciled);
  d.apply(d.now, broker_event{.broker = ib, .news = broker_news::executions_told});
  CHECK(d.ask(d.now, {.volume = 1}) == v::approved);

  adoption_desk waiving; // an operator says that it need not be
  CHECK(recover(waiving, true) == v::not_reconciled);
  CHECK(waiving.now_command(books_acceptance{"ib"}).is_done);
  CHECK_FALSE(waiving.now_command(books_acceptance{"ib"}).is_done);
  CHECK(waiving.ask(waiving.now, {.volume = 1}) == v::approved);

  adoption_desk complete; // then one without a session is not waited for
  CHECK(recover(complete, false) == v::approved);
}

TEST_CASE("where the log may lack its end, no order goes out before executions were told") {
  adoption_desk d; // executions that add up to nothing are no difference in a snapshot
  d.apply(d.now, slot_recovered{.external = {ctp}, .may_lack_end = true});
  d.list({});
  CHECK(d.ask(d.now, {.volume = 1}) == v::not_reconciled);
  CHECK(d.state.reconciliation_problems() ==
        std::vector<std::string>{"ctp: has not told its executions yet"});
  d.out.clear();
  d.apply(d.now, d.last_timer(timer_purpose::reconciliation)); // the answer may have got lost
  CHECK(d.last_sent<executions_request>().broker == ctp);
  SUBCASE("told") {
    d.apply(d.now, broker_event{.news = broker_news::executions_told});
  }
  SUBCASE("an operator says that they need not be") {
    CHECK(d.now_command(books_acceptance{"ctp"}).is_done);
  }
  CHECK(d.ask(d.now, {.volume = 1}) == v::approved);
  d.out.clear();
  d.apply(d.now, d.last_timer(timer_purpose::reconciliation));
  CHECK(std::ranges::none_of(
      d.out, [](auto& c) { return std::holds_alternative<executions_request>(c); }));
}

TEST_CASE("what others have open counts once it is accepted, and no longer than it is listed") {
  adoption_desk d;
  auto theirs = listed(10, 2);
  theirs.order = {};
  theirs.reference = 0;
  auto other = theirs;
  other.broker_order = "SYS 10";
  other.direction = side::sell;
  d.list({theirs, other});
  d.list({theirs, other});
  CHECK(d.state.reconciliation_problems().size() == 2); // one each, not one for all
  REQUIRE(d.now_command(books_acceptance{"ctp"}).is_done);
  CHECK(d.last_sent<snapshot_request>() == snapshot_request{ctp});
  CHECK(d.ask(d.now, {.volume = 1}) == v::not_reconciled); // they do not count yet
  d.list({theirs, other});
  CHECK(d.open_buys() == lots(8));
  CHECK(d.state.exposure(first_symbol).open_sells == lots(8));
  CHECK(d.ask(d.now, {.volume = 13, .strategy = 1}) == v::position_limit_exceeded);
  CHECK(d.ask(d.now, {.at = 90, .volume = 12, .strategy = 1}) == v::approved);
  d.list({theirs});
  CHECK(d.state.exposure(first_symbol).open_sells == lots(0));
  auto less = theirs;
  less.cumulative = lots(9);
  d.list({less});
  CHECK(d.open_buys() == lots(13));
  auto stranger = theirs;
  stranger.broker_order = "SYS 11"; // nobody has accepted it
  d.list({stranger});
  d.list({stranger});
  CHECK(d.open_buys() == lots(12));
  CHECK(d.state.reconciliation_problems().size() == 1);
}

TEST_CASE("an operator who knows better ends a doubt, and a sign of life takes that back") {
  adoption_desk d;
  auto order = d.doubtful_order(ms(1));
  CHECK(d.open_buys() == lots(10));
  auto without_reason = d.command(d.now, order_settlement{order.id}, "");
  CHECK_FALSE(without_reason.is_done);
  CHECK(d.open_buys() == lots(10));
  auto done = d.now_command(order_settlement{order.id});
  CHECK(done.is_done);
  CHECK(done.text.find("Rejected, 0 filled, nothing is open") != std::string::npos);
  CHECK(d.status_of(order.id) == st::rejected);
  CHECK(d.open_buys() == lots(0));
  CHECK(d.ask(d.now, {.volume = 20}) == v::approved); // as the rules see it, too
  SUBCASE("an acknowledgement") {
    d.say(order, kind::accepted, st::accepted);
  }
  SUBCASE("a status") {
    d.say(order, kind::status, st::accepted);
  }
  CHECK(d.status_of(order.id) == st::accepted);
  CHECK(d.open_buys() == lots(30));
}

TEST_CASE("an operator settles an order whose fills are said and never come") {
  adoption_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  d.say(order, kind::canceled, st::canceled, 4);
  CHECK(d.open_buys() == lots(4));
  CHECK(d.now_command(order_settlement{order.id}).is_done);
  CHECK(d.open_buys() == lots(0));
  CHECK(d.status_of(order.id) == st::canceled);
  CHECK(d.state.orders().unfinished_at(ctp).empty());
  d.say_fill(order, 4, 4, st::canceled); // they came after all
  CHECK(d.held() == lots(4));
}

TEST_CASE("only what nobody knows is settled") {
  adoption_desk d;
  CHECK_FALSE(d.now_command(order_settlement{lost_id}).is_done);
  auto order = d.open_order(d.now, {.volume = 10});
  auto open = d.now_command(order_settlement{order.id});
  CHECK_FALSE(open.is_done);
  CHECK(open.text.find("cancel it") != std::string::npos);
  CHECK(d.open_buys() == lots(10));
  d.fill_all(d.now, order);
  CHECK_FALSE(d.now_command(order_settlement{order.id}).is_done);
}

TEST_CASE("an order is followed to the broker that has it, where the log lost that it went there") {
  adoption_desk d;
  auto order = d.doubtful_order(ms(1));
  auto r = d.make(order, kind::accepted, st::accepted);
  r.broker = broker_id{1};
  r.reference = 7;
  SUBCASE("by its acknowledgement") {
    d.say(r);
  }
  SUBCASE("by its status") {
    r.kind = kind::status;
    d.say(r);
  }
  SUBCASE("by its list") {
    auto theirs = listed(10);
    theirs.order = order.id;
    theirs.reference = 7;
    d.apply(d.now, broker_snapshot{.broker = broker_id{1}, .orders = {theirs}});
  }
  auto& now = *d.state.orders().find(order.id);
  CHECK(now.status() == st::accepted);
  CHECK(now.request.broker == broker_id{1});
  CHECK(now.request.reference == 7);
  CHECK(d.open_buys() == lots(10));
  CHECK(d.sent_now<cancel_request>() == 0);
  CHECK_FALSE(d.now_command(operator_replace{order.id, at(99), lots(5)}).is_done);
  d.say(order, kind::accepted, st::accepted); // the first one has it all the same: it is to cancel
  CHECK(d.last_sent<cancel_request>().broker == ctp);
  CHECK(now.request.broker == broker_id{1});
}

TEST_CASE("what may be an order that nobody has answered is not adopted under another name") {
  adoption_desk d;
  auto order = d.doubtful_order(ms(1));
  auto fill = d.lost_fill(3, 3, "T1");
  fill.order = {};
  fill.broker = broker_id{1};
  fill.reference = 7;
  d.say(fill);
  CHECK(d.state.orders().size() == 1);
  auto accepted = d.make(order, kind::accepted, st::accepted);
  accepted.broker = broker_id{1};
  accepted.reference = 7;
  d.say(accepted);
  d.say(fill);
  CHECK(d.held() == lots(3));
  CHECK(d.state.orders().size() == 1);
  CHECK(d.open_buys() == lots(7));
}

TEST_CASE("an order that its broker has acknowledged is followed nowhere, and no refusal is") {
  adoption_desk d;
  auto open = d.open_order(ms(1), {.volume = 10});
  auto r = d.make(open, kind::accepted, st::accepted);
  r.broker = broker_id{1};
  d.say(r);
  CHECK(d.state.orders().find(open.id)->request.broker == ctp);
  auto doubtful = d.doubtful_order(ms(3), {.volume = 5});
  r = d.make(doubtful, kind::rejected, st::rejected);
  r.broker = broker_id{1};
  d.say(r);
  CHECK(d.status_of(doubtful.id) == st::in_doubt);
  CHECK(d.state.orders().find(doubtful.id)->request.broker == ctp);
}

} // namespace tickmesh::lost_end_test
