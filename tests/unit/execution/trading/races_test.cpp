// Answers that come late, twice or not at all, beside what operators and sessions do.
#include "actors/execution/events/operator_codec.hpp"
#include "actors/execution/replay/event_application.hpp"
#include "tests/support/decided_commands.hpp"
#include "tests/support/risk_desk.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace tickmesh::races_test {

namespace {

using namespace risk_desk;
using v = verdict;

constexpr broker_id ctp{0}, ib{1};

/// An answer without a number, as FIX's OrderCancelReject is.
execution_report unnumbered(const order_request& order, report_kind kind, order_status status) {
  return {.id = {order.id, 0}, .order = order.id, .kind = kind, .status = status};
}

execution_report not_taken(const order_request& order, broker_id broker) {
  return {.id = {order.id, 0},
          .order = order.id,
          .broker = broker,
          .kind = report_kind::rejected,
          .status = order_status::rejected,
          .refusal = refusal_cause::not_taken};
}

constexpr trading_switch halt_and_flatten{.mode = trading_mode::halted, .flatten = true};

} // namespace

TEST_CASE("the late refusal of a cancel does not take a replace back") {
  desk d{open_settings()};
  auto order = d.open_order(ms(1), {.volume = 2});
  REQUIRE(d.command(ms(2), operator_cancel{order.id}).is_done);
  auto refused = unnumbered(order, report_kind::cancel_rejected, order_status::accepted);
  d.apply(ms(3), refused);
  REQUIRE(d.command(ms(4), operator_replace{order.id, at(100), lots(8)}).is_done);
  d.apply(ms(5), refused); // once more
  CHECK(d.state.exposure(symbol_id{0}).open_buys == lots(8));
  auto replaced = unnumbered(order, report_kind::replaced, order_status::accepted);
  replaced.revision = 1;
  d.apply(ms(6), replaced);
  CHECK(d.state.exposure(symbol_id{0}).open_buys == lots(8));
  CHECK(d.state.orders().find(order.id)->request.volume == lots(8));
  CHECK(d.state.totals().anomalies.of(order_anomaly::illegal_transition) == 0);
}

TEST_CASE("a replace is an order of its new form to the rules that count and compare orders") {
  auto settings = open_settings();
  settings.limits.duplicate_window = std::chrono::milliseconds{100};
  desk d{settings};
  auto order = d.open_order(ms(1), {.volume = 2});
  REQUIRE(d.command(ms(200), operator_replace{order.id, at(101), lots(3)}).is_done);
  CHECK(d.ask(ms(250), {.at = 101, .volume = 3}) == v::duplicate_order);
  CHECK(d.ask(ms(250), {.at = 100, .volume = 2}) == v::approved);
  CHECK(d.state.totals().programme.orders == 3);
}

TEST_CASE("an order that is replaced to what it has filled already has ended") {
  desk d{open_settings()};
  auto order = d.open_order(ms(1), {.volume = 10});
  d.report(ms(2), order, report_kind::fill, order_status::partially_filled, 4, 4, at(100));
  REQUIRE(d.command(ms(3), operator_replace{order.id, at(100), lots(6)}).is_done);
  d.report(ms(4), order, report_kind::fill, order_status::partially_filled, 2, 6, at(100));
  d.report(ms(5), order, report_kind::replaced, order_status::filled, 0, 6);
  CHECK(d.status_of(order.id) == order_status::filled);
  CHECK(d.state.orders().unfinished().empty());
}

TEST_CASE("no order goes to a broker outside that was never compared, session or not") {
  desk d{open_settings()};
  d.apply(ms(1), slot_recovered{.external = {ctp, ib}});
  for (auto broker : {ctp, ib})
    d.apply(ms(2), broker_event{.broker = broker, .news = broker_news::session_down});
  CHECK(d.ask(ms(3), {}) == v::not_reconciled);
  d.apply(ms(4), broker_event{.broker = ib, .news = broker_news::session_up});
  d.apply(ms(5), broker_snapshot{.broker = ib});
  CHECK(d.ask(ms(6), {}) == v::approved); // to the backup
  CHECK(d.sent.back().broker == ib);
}

TEST_CASE("an order is not sent to another broker while books differ") {
  desk d{open_settings()};
  REQUIRE(d.ask(ms(1), {}) == v::approved);
  auto order = d.sent.back();
  d.apply(ms(2), broker_event{.broker = ib, .news = broker_news::session_up}); // not compared yet
  d.apply(ms(3), not_taken(order, ctp));
  CHECK(d.sent.size() == 1);
  CHECK(d.status_of(order.id) == order_status::rejected);
}

TEST_CASE("what was under way when a session broke is in doubt, and goes nowhere else") {
  desk d{open_settings()};
  REQUIRE(d.ask(ms(1), {}) == v::approved);
  auto order = d.sent.back();
  d.apply(ms(2), broker_event{.broker = ctp, .news = broker_news::session_down});
  d.apply(ms(3), broker_event{.broker = ctp, .news = broker_news::session_up});
  CHECK(d.status_of(order.id) == order_status::in_doubt);
  d.apply(ms(4), broker_snapshot{.broker = ctp});
  d.apply(ms(5), not_taken(order, ctp)); // the answer to the query
  CHECK(d.status_of(order.id) == order_status::rejected);
  CHECK(d.sent.size() == 1);
}

TEST_CASE("an answer that brokers number alike is not mistaken for another's") {
  desk d{open_settings()};
  REQUIRE(d.ask(ms(1), {.volume = 3}) == v::approved);
  auto order = d.sent.back();
  d.apply(ms(2), not_taken(order, ctp));
  REQUIRE(d.sent.size() == 2);
  auto fill = [&](broker_id broker, std::int64_t filled) {
    return execution_report{.id = {order.id, 2},
                            .order = order.id,
                            .broker = broker,
                            .kind = report_kind::fill,
                            .status = order_status::partially_filled,
                            .last_price = at(100),
                            .last_quantity = lots(1),
                            .cumulative = lots(filled)};
  };
  d.apply(ms(3), fill(ctp, 1)); // it has taken it after all
  d.apply(ms(4), fill(ctp, 1));
  d.apply(ms(5), fill(ib, 1));
  CHECK(d.state.exposure(symbol_id{0}).position == lots(2));
}

TEST_CASE("flattening goes on when a fill comes after all seemed flat") {
  desk d{open_settings()};
  d.mark(ms(0), 0, at(100), at(99), at(101));
  auto order = d.open_order(ms(1), {.volume = 5});
  REQUIRE(d.command(ms(2), halt_and_flatten).is_done);
  d.report(ms(3), order, report_kind::canceled, order_status::canceled, 0, 3); // fills are missing
  d.apply(ms(1'002), d.last_timer(timer_purpose::halt_work));
  CHECK(d.sent.size() == 1);
  d.report(ms(1'500), order, report_kind::fill, order_status::canceled, 3, 3, at(100));
  d.apply(ms(2'002), d.last_timer(timer_purpose::halt_work));
  REQUIRE(d.sent.size() == 2);
  CHECK(d.sent.back().direction == side::sell);
  CHECK(d.sent.back().volume == lots(3));
}

TEST_CASE("a further halt takes nothing back of the one before") {
  desk d{open_settings()};
  d.mark(ms(0), 0, at(100), at(99), at(101));
  REQUIRE(d.ask(ms(1), {.volume = 5}) == v::approved);
  d.report(ms(1), d.sent.back(), report_kind::fill, order_status::filled, 5, 5, at(100));
  REQUIRE(d.command(ms(2), halt_and_flatten).is_done);
  REQUIRE(d.command(ms(3), trading_switch{trading_mode::halted}).is_done);
  d.apply(ms(1'002), d.last_timer(timer_purpose::halt_work)); // cancels the first order
  auto first = d.sent.back();
  d.report(ms(1'003), first, report_kind::canceled, order_status::canceled);
  d.apply(ms(2'002), d.last_timer(timer_purpose::halt_work));
  CHECK(d.sent.back().id != first.id);
  CHECK_FALSE(d.command(ms(3'000), trading_switch{.mode = trading_mode::active, .cancel_all = true})
                  .is_done);
  CHECK(d.state.notice().mode == trading_mode::halted);
}

TEST_CASE("a halt that cancels does not tire of refusals") {
  auto settings = open_settings();
  settings.order_lifetime = {};
  desk d{settings};
  auto order = d.open_order(ms(1), {});
  REQUIRE(
      d.command(ms(2), trading_switch{.mode = trading_mode::halted, .cancel_all = true}).is_done);
  for (int i = 1; i <= 6; ++i) {
    d.report(ms(1'000 * i), order, report_kind::cancel_rejected, order_status::accepted);
    d.apply(ms(1'000 * i + 2), d.last_timer(timer_purpose::halt_work));
    CHECK(d.cancels.size() == static_cast<std::size_t>(i) + 1);
  }
}

TEST_CASE("a difference is looked at again soon, however long the interval is") {
  auto settings = open_settings();
  settings.reconcile_interval = std::chrono::hours{1};
  desk d{settings};
  REQUIRE(d.ask(ms(1), {}) == v::approved); // arms the comparison of in an hour
  d.fill_all(ms(1), d.sent.back());
  auto late = d.last_timer(timer_purpose::reconciliation);
  d.apply(ms(2), broker_event{.broker = ctp, .news = broker_news::session_up});
  auto soon = d.last_timer(timer_purpose::reconciliation);
  CHECK(soon.due == ms(1'002));
  d.apply(ms(1'002), soon);
  auto armed = d.timers_of(timer_purpose::reconciliation);
  d.apply(ms(3'600'001), late); // is void
  CHECK(d.timers_of(timer_purpose::reconciliation) == armed);
}

TEST_CASE("brokers outside are compared again and again, also where no interval is set") {
  desk d{open_settings()};
  d.apply(ms(1), slot_recovered{.external = {ctp}});
  d.apply(ms(2), broker_snapshot{.broker = ctp});
  auto soon = d.last_timer(timer_purpose::reconciliation); // nothing was known when it was armed
  d.apply(soon.due, soon);
  CHECK(d.last_timer(timer_purpose::reconciliation).due == soon.due + std::chrono::seconds{10});
}

TEST_CASE("only what stands is accepted, and nothing of our own orders") {
  desk d{open_settings()};
  auto order = d.open_order(ms(1), {});
  auto snapshot = [&](timestamp t, bool second) {
    broker_snapshot theirs{.positions = {{symbol_id{0}, lots(5)}}};
    if (second) theirs.positions.push_back({symbol_id{1}, lots(-10)});
    d.apply(t, theirs); // our order is open nowhere there
  };
  snapshot(ms(2), false);
  snapshot(ms(3), true);
  auto accepted = d.command(ms(4), books_acceptance{"ctp"});
  CHECK(accepted.text == "accepted: ctp: POSITION of ru1901: 0 here, 5 there");
  CHECK(d.ask(ms(5), {}) == v::not_reconciled); // the order
  d.report(ms(6), order, report_kind::canceled, order_status::canceled);
  snapshot(ms(7), true);
  CHECK(d.ask(ms(8), {}) == v::not_reconciled);
  CHECK(d.state.reconciliation_problems() ==
        std::vector<std::string>{"ctp: POSITION of rb1901: 0 here, -10 there"});
}

TEST_CASE("numbers that no broker can mean change nothing") {
  desk d{open_settings()};
  auto order = d.open_order(ms(1), {.volume = 2});
  constexpr quantity huge{INT64_MAX};
  d.apply(ms(2), execution_report{.id = {order.id, 7},
                                  .order = order.id,
                                  .kind = report_kind::fill,
                                  .status = order_status::filled,
                                  .last_price = at(100),
                                  .last_quantity = huge,
                                  .cumulative = huge});
  d.apply(ms(3), execution_report{.id = {order.id, 8},
                                  .order = order.id,
                                  .kind = report_kind::canceled,
                                  .status = order_status::canceled,
                                  .cumulative = huge});
  d.apply(ms(4), broker_snapshot{.positions = {{symbol_id{0}, huge}, {symbol_id{0}, huge}}});
  CHECK(d.state.exposure(symbol_id{0}) == symbol_exposure{});
  CHECK(d.state.totals().anomalies.of(order_anomaly::malformed_report) >= 2);
}

TEST_CASE("a replace whose order ends in the same batch is dropped, and no violation") {
  send_guard guard;
  order_request order{.id = order_id{1}, .direction = side::buy, .limit = at(1), .volume = lots(2)};
  guard.approve(order);
  REQUIRE(guard.admit(order));
  guard.close(order.id); // a report behind the command
  auto form = order;
  form.volume = lots(3);
  guard.approve_form(form);
  std::vector<venue_command> commands{
      replace_request{.order = order.id, .revision = 1, .limit = at(1), .volume = lots(3)}};
  CHECK(keep_admitted(commands, guard) == std::nullopt);
  CHECK(commands.empty());
  CHECK_FALSE(guard.knows(order.id));
}

TEST_CASE("limits that the rules could not work with are refused") {
  auto read_back = [](const limits_change& change) {
    wire::OperatorCommand bytes;
    write_operator_command({.who = "me", .reason = "why", .action = change}, bytes);
    return read_operator_command(bytes).has_value();
  };
  limits_change change{{{.limits = default_limits()}}};
  CHECK(read_back(change));
  auto with = [&](auto set) {
    auto other = change;
    set(other.limits[0].limits);
    return read_back(other);
  };
  CHECK_FALSE(with([](auto& l) { l.collar_ratio = -1; }));
  CHECK_FALSE(with([](auto& l) { l.position_max = quantity{-1}; }));
  CHECK_FALSE(with([](auto& l) { l.orders_per_second_max = 70'000; }));
  CHECK_FALSE(with([](auto& l) { l.duplicate_window = std::chrono::minutes{2}; }));
  CHECK_FALSE(with([](auto& l) { l.signal_age_max = nanoseconds{-1}; }));
  change.limits.resize(limit_scopes_max + 2, {.kind = scope_kind::symbol, .name = "x"});
  CHECK_FALSE(read_back(change));
}

} // namespace tickmesh::races_test
