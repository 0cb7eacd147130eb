// Orders that a broker has and the log does not know: own ones, lost with the log's end, and those
// of others, which an operator accepts. And what an operator knows of an order in doubt.
#include "tests/support/doubt_desk.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

namespace tickmesh {

namespace {

using namespace risk_desk;
using st = order_status;
using kind = report_kind;
using v = verdict;

constexpr broker_id ctp{0};
constexpr symbol_id first_symbol{0};
constexpr order_id lost_id{0x77};

broker_snapshot::open_order listed(std::int64_t volume = 10, std::int64_t filled = 0) {
  return {.order = lost_id,
          .cumulative = lots(filled),
          .symbol = first_symbol,
          .direction = side::buy,
          .form = {at(100), lots(volume)},
          .reference = 41,
          .broker_order = "SYS 9"};
}

struct adoption_desk : doubt_desk {
  explicit adoption_desk(std::int64_t position_max = 20) : doubt_desk(limited(position_max)) {
    mark(ms(0), 0, at(100));
  }
  static execution_settings limited(std::int64_t position_max) {
    auto s = two_brokers();
    s.limits.position_max = lots(position_max);
    return s;
  }
  void list(std::vector<broker_snapshot::open_order> orders,
            std::vector<broker_snapshot::net_position> held = {}) {
    apply(now + std::chrono::milliseconds{1},
          broker_snapshot{.orders = std::move(orders), .positions = std::move(held)});
  }
  execution_report lost_fill(std::int64_t volume, std::int64_t filled, std::string name) {
    return {.order = lost_id,
            .broker = ctp,
            .kind = kind::fill,
            .status = st::partially_filled,
            .last_price = at(100),
            .last_quantity = lots(volume),
            .cumulative = lots(filled),
            .time = now,
            .form = {at(100), lots(10)},
            .reference = 41,
            .words = broker_words{.order = "SYS 9",
                                  .execution = std::move(name),
                                  .symbol = first_symbol,
                                  .direction = side::buy}};
  }
  const managed_order& lost() const {
    auto* found = state.orders().find(lost_id);
    REQUIRE(found != nullptr);
    return *found;
  }
  quantity held_outside() const {
    for (auto& row : state.positions())
      if (row.symbol == first_symbol && row.strategy == no_strategy) return row.held;
    return {};
  }
  template <class Command>
  Command last_sent() const {
    for (auto c = out.rbegin(); c != out.rend(); ++c)
      if (auto* wanted = std::get_if<Command>(&*c)) return *wanted;
    FAIL("nothing of the kind was sent");
    return {};
  }
};

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

TEST_CASE("a signal whose order was lost, and is over, is not sent again") {
  adoption_desk d;
  signal s{.name = {.symbol = first_symbol, .last_tick = sequence{900}},
           .effective_time = d.now,
           .direction = 1,
           .volume = lots(10),
           .limit = at(100)};
  auto r = d.lost_fill(0, 0, {});
  r.order = d.state.name_of_order(s.name);
  r.kind = kind::rejected;
  r.status = st::rejected;
  d.say(r);
  d.apply(d.now, s);
  REQUIRE(d.state.verdicts().size() == 1);
  CHECK(d.state.verdicts()[0].risk.outcome == v::duplicate_order);
  CHECK(d.sent.empty());
}

TEST_CASE("where the log may lack its end, no order goes out before all brokers were compared") {
  adoption_desk d;
  constexpr broker_id ib{1};
  bool may_lack_end = true;
  SUBCASE("until they were") {}
  SUBCASE("or an operator has said that one need not be") {
    CHECK(d.now_command(books_acceptance{"ib"}).is_done == false);
  }
  SUBCASE("where it lacks nothing, one without a session is not waited for") {
    may_lack_end = false;
  }
  d.apply(d.now, slot_recovered{.external = {ctp, ib}, .may_lack_end = may_lack_end});
  d.apply(d.now, broker_event{.broker = ib, .news = broker_news::session_down});
  d.list({});
  CHECK(d.ask(d.now, {.volume = 1}) == (may_lack_end ? v::not_reconciled : v::approved));
  if (!may_lack_end) return;
  SUBCASE("compared") {
    d.apply(d.now, broker_snapshot{.broker = ib});
  }
  SUBCASE("waived") {
    CHECK(d.now_command(books_acceptance{"ib"}).is_done);
    CHECK_FALSE(d.now_command(books_acceptance{"ib"}).is_done);
  }
  CHECK(d.ask(d.now, {.volume = 1}) == v::approved);
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

} // namespace tickmesh
