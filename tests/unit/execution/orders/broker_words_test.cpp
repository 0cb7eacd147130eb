// Brokers that name orders and executions in their own way, take executions back, are too busy, or
// bring their session up in steps.
#include "tests/support/doubt_desk.hpp"

#include <doctest/doctest.h>

namespace tickmesh::broker_words_test {

namespace {

using namespace risk_desk;
using st = order_status;
using kind = report_kind;

constexpr broker_id ctp{0}, ib{1};
constexpr symbol_id first_symbol{0};

struct words_desk : doubt_desk {
  words_desk() : doubt_desk(two_brokers()) {}

  execution_report named(const order_request& o, kind what, st status, broker_words said) {
    auto r = make(o, what, status);
    r.id = {};
    r.words = std::move(said);
    return r;
  }
  execution_report named_fill(const order_request& o, std::string name, std::int64_t volume,
                              std::int64_t filled) {
    auto r =
        named(o, kind::fill, filled * unit == o.volume.value ? st::filled : st::partially_filled,
              {.execution = std::move(name)});
    r.last_price = o.limit;
    r.last_quantity = lots(volume);
    r.cumulative = lots(filled);
    return r;
  }
  template <class Command>
  std::vector<Command> commands() const {
    std::vector<Command> found;
    for (auto& c : out)
      if (auto* wanted = std::get_if<Command>(&c)) found.push_back(*wanted);
    return found;
  }
  money fees() const { return state.totals().fees; }
};

} // namespace

TEST_CASE("an order is found by the number under which it was sent, and by its broker's own id") {
  words_desk d;
  REQUIRE(d.ask(ms(1), {.volume = 10}) == verdict::approved);
  REQUIRE(d.ask(ms(1), {.volume = 2}) == verdict::approved);
  auto order = d.sent[0];
  CHECK(order.reference == 1);
  CHECK(d.sent[1].reference == 2);
  auto accepted = d.named(order, kind::accepted, st::accepted, {.order = "SYS 77"});
  accepted.order = {};
  accepted.reference = order.reference;
  d.say(accepted);
  CHECK(d.status_of(order.id) == st::accepted);
  auto fill = d.named_fill(order, "T1", 10, 10);
  fill.order = {};
  fill.words = broker_words{.order = "SYS 77", .execution = "T1"};
  d.say(fill);
  CHECK(d.status_of(order.id) == st::filled);
  CHECK(d.open_buys() == lots(2)); // as the rules see it, too
  fill.broker = ib;                // has no order of this id
  d.say(fill);
  CHECK(d.count(order_anomaly::unknown_order) == 1);
}

TEST_CASE("requests bring along how the broker knows the order") {
  words_desk d;
  REQUIRE(d.ask(ms(1), {.volume = 10}) == verdict::approved);
  auto order = d.sent.back();
  d.say(d.named(order, kind::accepted, st::accepted, {.order = "SYS 77"}));
  order_names names{order.reference, "SYS 77"};
  REQUIRE(d.now_command(operator_replace{order.id, at(100), lots(5)}).is_done);
  CHECK(d.commands<replace_request>().at(0).names == names);
  auto timer = d.last_timer(timer_purpose::replace_answer);
  d.apply(timer.due, timer);
  CHECK(d.commands<status_query>().at(0).names == names);
  REQUIRE(d.now_command(operator_cancel{order.id}).is_done);
  CHECK(d.commands<cancel_request>().at(0).names == names);
}

TEST_CASE("an order that goes to another broker has no name of the first one there") {
  words_desk d;
  REQUIRE(d.ask(ms(1), {.volume = 10}) == verdict::approved);
  auto order = d.sent.back();
  auto refused = d.named(order, kind::rejected, st::rejected, {.order = "SYS 77"});
  refused.refusal = refusal_cause::not_taken;
  d.say(refused);
  REQUIRE(d.sent.size() == 2);
  CHECK(d.sent.back().broker == ib);
  CHECK(d.sent.back().reference == 1); // counted by broker
  REQUIRE(d.now_command(operator_cancel{order.id}).is_done);
  CHECK(d.commands<cancel_request>().at(0).names == order_names{1, ""});
}

TEST_CASE("a broker may want higher numbers, and never gets one twice") {
  words_desk d;
  d.apply(ms(1), broker_event{.broker = ctp, .news = broker_news::logged_in, .reference_next = 50});
  REQUIRE(d.ask(ms(2), {}) == verdict::approved);
  CHECK(d.sent.back().reference == 50);
  d.apply(ms(3), broker_event{.broker = ctp, .news = broker_news::logged_in, .reference_next = 7});
  REQUIRE(d.ask(ms(4), {}) == verdict::approved);
  CHECK(d.sent.back().reference == 51);
  d.apply(ms(5),
          broker_event{.broker = ctp, .news = broker_news::logged_in, .reference_next = ~0U});
  REQUIRE(d.ask(ms(6), {}) == verdict::approved);
  CHECK(d.sent.back().reference == 52);
}

TEST_CASE("an execution is booked once under its name, whatever its number") {
  words_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  d.say(d.named_fill(order, "T1", 4, 4));
  auto again = d.named_fill(order, "T1", 4, 4);
  again.id = {order.id, 99};
  d.say(again);
  CHECK(d.held() == lots(4));
  CHECK(d.count(order_anomaly::duplicate_report) == 1);
  again.is_told_again = true;
  d.say(again);
  CHECK(d.count(order_anomaly::duplicate_report) == 1); // was asked for
  d.say(d.named_fill(order, "T2", 6, 10));
  CHECK(d.held() == lots(10));
}

TEST_CASE("a bust takes an execution back, once, with what it has cost") {
  words_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  d.say(d.named_fill(order, "T1", 4, 4));
  d.say(d.named_fill(order, "T2", 6, 10));
  REQUIRE(d.status_of(order.id) == st::filled);
  auto bust = d.named(order, kind::bust, st::filled, {.execution = "B1", .original = "T1"});
  d.say(bust);
  CHECK(d.held() == lots(6));
  CHECK(d.open_buys() == quantity{}); // the broker does not go on with it
  CHECK(d.status_of(order.id) == st::filled);
  CHECK(d.state.orders().find(order.id)->filled == lots(6));
  d.say(bust); // the same
  bust.words = broker_words{.execution = "B2", .original = "T1"};
  d.say(bust); // under another name
  CHECK(d.held() == lots(6));
  CHECK(d.state.comparison().is_clean());
  std::vector<order_row> orders;
  std::vector<fill_row> fills;
  d.state.finish(orders, fills);
  quantity sum;
  for (auto& row : fills)
    sum += row.direction == side::buy ? row.volume : -row.volume;
  CHECK(sum == lots(6)); // rows add up
}

TEST_CASE("a bust that comes before its execution keeps it from being booked") {
  words_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  d.say(d.named(order, kind::bust, st::accepted, {.execution = "B1", .original = "T1"}));
  d.say(d.named_fill(order, "T1", 4, 4));
  CHECK(d.held() == quantity{});
}

TEST_CASE("what a bust leaves open counts where the broker goes on with it") {
  words_desk d;
  auto order = d.open_order(ms(1), {.volume = 4});
  d.say(d.named_fill(order, "T1", 4, 4));
  REQUIRE(d.status_of(order.id) == st::filled);
  d.say(d.named(order, kind::bust, st::accepted, {.execution = "B1", .original = "T1"}));
  CHECK(d.status_of(order.id) == st::in_doubt);
  CHECK(d.open_buys() == lots(4));
  CHECK(d.sent_now<status_query>() == 1);
  d.say(order, kind::status, st::accepted);
  CHECK(d.status_of(order.id) == st::accepted);
}

TEST_CASE("a correction books an execution at its new price and volume") {
  words_desk d;
  auto order = d.open_order(ms(1), {.at = 100, .volume = 10});
  d.say(d.named_fill(order, "T1", 4, 4));
  auto correction = d.named(order, kind::correction, st::partially_filled,
                            {.execution = "T1.02", .original = "T1"});
  correction.last_price = at(99);
  correction.last_quantity = correction.cumulative = lots(3);
  d.say(correction);
  CHECK(d.held() == lots(3));
  CHECK(d.open_buys() == lots(7));
  auto rows = d.state.positions();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].realised + rows[0].unrealised == money{}); // marked at its own price
  d.say(d.named(order, kind::bust, st::accepted, {.execution = "B", .original = "T1.02"}));
  CHECK(d.held() == quantity{});
}

TEST_CASE("a commission takes the place of what was expected, whenever it comes again") {
  words_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  d.say(d.named_fill(order, "T1", 10, 10));
  CHECK(d.fees() == money{});
  auto told = d.named(order, kind::commission, st::filled,
                      {.execution = "C1", .original = "T1", .commission = cash(7)});
  d.say(told);
  CHECK(d.fees() == cash(7));
  told.words = broker_words{.execution = "C2", .original = "T1", .commission = cash(5)};
  d.say(told);
  CHECK(d.fees() == cash(5));
  CHECK(d.state.positions().at(0).fees == cash(5));
  d.say(d.named(order, kind::bust, st::filled, {.execution = "B1", .original = "T1"}));
  CHECK(d.fees() == money{}); // paid back
}

TEST_CASE("a commission that overtakes its execution is booked with it") {
  for (bool is_busted : {false, true}) {
    words_desk d;
    auto order = d.open_order(ms(1), {.volume = 10});
    d.say(d.named(order, kind::commission, st::accepted,
                  {.execution = "C1", .original = "T1", .commission = cash(7)}));
    CHECK(d.fees() == money{});
    if (is_busted)
      d.say(d.named(order, kind::bust, st::accepted, {.execution = "B1", .original = "T1"}));
    d.say(d.named_fill(order, "T1", 10, 10));
    CHECK(d.fees() == (is_busted ? money{} : cash(7)));
    CHECK(d.held() == (is_busted ? quantity{} : lots(10)));
  }
}

TEST_CASE("a broker that is too busy for an order has not failed, and the order goes elsewhere") {
  words_desk d;
  for (std::int64_t i = 1; i <= 5; ++i) {
    REQUIRE(d.ask(ms(10 * i), {.volume = i}) == verdict::approved);
    auto order = d.sent.back();
    REQUIRE(order.broker == ctp);
    d.say(d.unknown(order, refusal_cause::throttled));
    CHECK(d.sent.back().id == order.id);
    CHECK(d.sent.back().broker == ib);
  }
  CHECK(d.state.orders().router().failures(ctp) == 0);
}

TEST_CASE("a cancel that a broker is too busy for is sent again in time") {
  words_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  REQUIRE(d.now_command(operator_cancel{order.id}).is_done);
  auto busy = d.make(order, kind::cancel_rejected, st::accepted);
  busy.refusal = refusal_cause::throttled;
  d.say(busy);
  CHECK(d.status_of(order.id) == st::accepted);
  auto timer = d.last_timer(timer_purpose::cancel_answer);
  d.apply(timer.due, timer);
  CHECK(d.cancels.size() == 2);
  CHECK(d.status_of(order.id) == st::pending_cancel);
}

TEST_CASE("a broker that answers no queries is asked for a list, which ends the doubt") {
  words_desk d;
  auto order = d.doubtful_order(ms(1));
  auto refused = d.make(order, kind::rejected, st::rejected);
  refused.refusal = refusal_cause::unsupported;
  d.say(refused);
  CHECK(d.status_of(order.id) == st::in_doubt);
  CHECK(d.sent_now<snapshot_request>() == 1);
  broker_snapshot theirs{.broker = ctp};
  theirs.orders = {{.order = {}, .reference = order.reference, .broker_order = "SYS 1"}};
  d.apply(d.now, theirs);
  CHECK(d.status_of(order.id) == st::accepted);
  CHECK(d.open_buys() == lots(10));
}

TEST_CASE("a list that shows an order open that has ended here puts it in doubt") {
  words_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  d.say(order, kind::canceled, st::canceled);
  broker_snapshot theirs{.broker = ctp};
  theirs.orders = {{.order = order.id}};
  d.apply(d.now, theirs);
  CHECK(d.status_of(order.id) == st::in_doubt);
  CHECK(d.open_buys() == lots(10));
  theirs.broker = ib; // the wrong one: not the same order
  d.say(order, kind::status, st::canceled);
  d.apply(d.now, theirs);
  CHECK(d.status_of(order.id) == st::canceled);
}

TEST_CASE("a list that names an order by its number alone reaches the rules") {
  words_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  d.say(order, kind::canceled, st::canceled);
  broker_snapshot theirs{.broker = ctp};
  theirs.orders = {{.order = {}, .reference = order.reference}};
  for (int i = 0; i < 2; ++i)
    d.apply(d.now + std::chrono::milliseconds{1}, theirs);
  auto exposures = d.state.facts(order, d.now).account.exposure;
  CHECK(exposures.open_buys == lots(10));
  CHECK(d.state.comparison().standing(ctp).empty()); // it is one of ours
}

TEST_CASE("a malformed execution does not use up its name") {
  words_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  auto fill = d.named_fill(order, "T1", 4, 4);
  for (auto bad : {price{}, no_price}) {
    fill.last_price = bad;
    d.say(fill);
  }
  CHECK(d.held() == quantity{});
  fill.last_price = at(100);
  d.say(fill);
  CHECK(d.held() == lots(4));
  auto correction =
      d.named(order, kind::correction, st::partially_filled, {.execution = "T2", .original = "T1"});
  d.say(correction); // of no price and volume
  CHECK(d.held() == lots(4));
}

TEST_CASE("an absurd commission is malformed") {
  words_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  d.say(d.named_fill(order, "T1", 10, 10));
  for (auto value : {usage_overflow, -usage_overflow - 1, int128{1} << 90U}) {
    auto told = d.named(order, kind::commission, st::filled,
                        {.execution = "C" + std::to_string(d.events), .original = "T1"});
    auto words = *told.words;
    words.commission = money{value};
    told.words = words;
    d.say(told);
  }
  CHECK(d.fees() == money{});
  CHECK(d.count(order_anomaly::malformed_report) == 3);
}

TEST_CASE("an order id that a broker gives again names the newer order") {
  words_desk d;
  auto first = d.open_order(ms(1), {.volume = 10});
  d.say(d.named(first, kind::canceled, st::canceled, {.order = "SYS 1"}));
  auto second = d.open_order(d.now, {.volume = 3});
  d.say(d.named(second, kind::status, st::accepted, {.order = "SYS 1"}));
  auto fill = d.named_fill(second, "T1", 3, 3);
  fill.order = {};
  fill.words = broker_words{.order = "SYS 1", .execution = "T1"};
  d.say(fill);
  CHECK(d.status_of(second.id) == st::filled);
  CHECK(d.status_of(first.id) == st::canceled);
}

TEST_CASE("a difference that stands asks for all executions, again and ever more seldom") {
  words_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  d.say(d.named_fill(order, "T1", 10, 10));
  broker_snapshot theirs{.broker = ctp}; // the bust got lost
  std::size_t asked = 0;
  for (int i = 0; i < 10; ++i) { // it stands in nine: asked in the first, second, fourth, eighth
    d.apply(d.now + std::chrono::milliseconds{1}, theirs);
    for (auto& request : d.commands<executions_request>())
      asked += request == executions_request{ctp, timestamp::min()} ? 1 : 0;
  }
  CHECK(asked == 4);
  CHECK_FALSE(d.state.comparison().is_clean());
  auto bust = d.named(order, kind::bust, st::filled, {.execution = "B1", .original = "T1"});
  bust.is_told_again = true;
  d.say(bust);
  d.apply(d.now + std::chrono::milliseconds{1}, theirs);
  CHECK(d.state.comparison().is_clean());
}

TEST_CASE("a session is up when it says so, and is then asked for what may be missing") {
  words_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  auto fill = d.named_fill(order, "T1", 4, 4);
  fill.time = from_ns(100'000'000'000);
  d.say(fill);
  d.apply(ms(100), broker_event{.broker = ctp, .news = broker_news::session_down});
  for (auto step : {broker_news::connecting, broker_news::logged_in, broker_news::settled}) {
    d.apply(ms(100), broker_event{.broker = ctp, .news = step, .trading_day = first_day});
    CHECK_FALSE(d.state.orders().router().is_connected(ctp));
    CHECK(d.out.empty());
  }
  d.apply(ms(101), broker_event{.broker = ctp, .news = broker_news::session_up});
  CHECK(d.state.orders().router().is_connected(ctp));
  auto asked = d.commands<executions_request>();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0] == executions_request{ctp, from_ns(40'000'000'000)}); // a minute before
  d.apply(ms(102), slot_recovered{.external = {ib}});
  CHECK(d.commands<executions_request>().at(0) == executions_request{ib, timestamp::min()});
}

} // namespace tickmesh::broker_words_test
