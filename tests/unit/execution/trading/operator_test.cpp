// What operators command, as events of the log.
#include "actors/execution/journal/halt_file.hpp"
#include "actors/execution/replay/event_application.hpp"
#include "actors/execution/trading/flatten.hpp"
#include "tests/support/decided_commands.hpp"
#include "tests/support/random_trading.hpp"
#include "tests/support/risk_desk.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

namespace tickmesh::operator_test {

namespace {

using namespace risk_desk;
using v = verdict;

constexpr trading_switch halt{.mode = trading_mode::halted};
constexpr trading_switch halt_and_cancel{.mode = trading_mode::halted, .cancel_all = true};
constexpr trading_switch halt_and_flatten{.mode = trading_mode::halted, .flatten = true};
constexpr trading_switch resume{.mode = trading_mode::active};

} // namespace

TEST_CASE("a halt refuses every order until somebody resumes with a reason") {
  desk d{open_settings()};
  auto order = d.open_order(ms(1), {});
  CHECK(d.command(ms(2), halt, "the market is odd") ==
        operator_outcome{true, "HALTED; 1 orders open"});
  CHECK(d.cancels.empty());
  CHECK(d.state.notice() == trading_status{trading_mode::halted, "me", "the market is odd"});
  CHECK(d.ask(ms(3), {}) == v::trading_halted);
  CHECK_FALSE(d.command(ms(4), resume, "").is_done);
  CHECK(d.ask(ms(5), {}) == v::trading_halted);
  CHECK(d.command(ms(6), resume, "it was a drill").is_done);
  CHECK(d.ask(ms(7), {}) == v::approved);
  CHECK(d.status_of(order.id) == order_status::accepted);
}

TEST_CASE(
    "a halt that cancels asks again for what was not answered, and for what comes out of doubt") {
  auto settings = open_settings();
  settings.order_lifetime = {};
  desk d{settings};
  auto open = d.open_order(ms(1), {});
  CHECK(d.ask(ms(1), {.volume = 2}) == v::approved);
  auto doubtful = d.sent.back();
  d.apply(
      ms(1'001),
      timer_due{.due = ms(1'001), .order = doubtful.id, .purpose = timer_purpose::order_answer});
  REQUIRE(d.status_of(doubtful.id) == order_status::in_doubt);

  CHECK(d.command(ms(1'100), halt_and_cancel).is_done);
  CHECK(d.cancels == std::vector{open.id, doubtful.id}); // the broker may have it
  REQUIRE(d.timers_of(timer_purpose::halt_work) == 1);

  d.report(ms(1'200), doubtful, report_kind::status, order_status::accepted);
  CHECK(d.cancels == std::vector{open.id, doubtful.id, doubtful.id});
  d.report(ms(1'300), doubtful, report_kind::canceled, order_status::canceled);

  // The first cancel is refused at random: it is tried again.
  d.report(ms(1'400), open, report_kind::cancel_rejected, order_status::accepted);
  CHECK(d.status_of(open.id) == order_status::accepted);
  d.apply(ms(2'100), d.last_timer(timer_purpose::halt_work));
  CHECK(d.cancels == std::vector{open.id, doubtful.id, doubtful.id, open.id});
  d.report(ms(2'200), open, report_kind::canceled, order_status::canceled);
  d.apply(ms(3'100), d.last_timer(timer_purpose::halt_work));
  CHECK(d.timers_of(timer_purpose::halt_work) == 2); // nothing is left to do
}

TEST_CASE("an order that a broker has not taken goes nowhere while trading is halted") {
  for (bool is_halted : {false, true}) {
    CAPTURE(is_halted);
    desk d{open_settings()};
    CHECK(d.ask(ms(1), {}) == v::approved);
    auto order = d.sent.back();
    if (is_halted) CHECK(d.command(ms(2), halt).is_done);
    d.apply(ms(3), execution_report{.id = {order.id, 1},
                                    .order = order.id,
                                    .kind = report_kind::rejected,
                                    .status = order_status::rejected,
                                    .time = ms(3),
                                    .refusal = refusal_cause::not_taken});
    CHECK(d.sent.size() == (is_halted ? 1 : 2));
    CHECK(d.status_of(order.id) ==
          (is_halted ? order_status::rejected : order_status::pending_new));
  }
}

TEST_CASE("flattening closes the account's net position past the loss limit, in pieces that fit") {
  auto settings = open_settings();
  settings.limits.order_size_max = lots(4);
  settings.limits.daily_loss_max = cash(1'000);
  settings.limits.orders_max = 3;
  desk d{settings};
  d.mark(ms(0), 0, at(100), at(99), at(101));
  // 4 + 3 of strategy a, -2 of strategy b: the account holds 5.
  for (auto [volume, direction, strategy] : {std::tuple{4, 1, 0}, {3, 1, 0}, {2, -1, 1}}) {
    REQUIRE(d.ask(ms(1), {.direction = direction,
                          .volume = volume,
                          .strategy = static_cast<std::uint16_t>(strategy)}) == v::approved);
    d.fill_all(ms(1), d.sent.back());
  }
  d.mark(ms(2), 0, at(50), at(49), at(51)); // 5 x 10 x 50 are lost
  REQUIRE(d.ask(ms(3), {.at = 50}) == v::daily_loss_limit);

  d.sent.clear();
  CHECK(d.command(ms(4), halt_and_flatten).is_done);
  REQUIRE(d.sent.size() == 1);
  auto first = d.sent.back();
  CHECK(first.strategy == strategy_id{0});
  CHECK(first.direction == side::sell);
  CHECK(first.limit == at(49));
  CHECK(first.volume == lots(4)); // of 5
  CHECK(d.state.verdicts()[0].form->volume == lots(4));

  // It is not filled: the next look cancels it, and the one behind that sends it anew.
  d.report(ms(5), first, report_kind::accepted, order_status::accepted);
  d.apply(ms(1'004), d.last_timer(timer_purpose::halt_work));
  CHECK(d.sent.size() == 1);
  CHECK(d.cancels.back() == first.id);
  d.report(ms(1'005), first, report_kind::canceled, order_status::canceled);
  d.mark(ms(1'006), 0, at(40), at(39), at(41));
  d.apply(ms(2'004), d.last_timer(timer_purpose::halt_work));
  REQUIRE(d.sent.size() == 2);
  CHECK(d.sent.back().id != first.id);
  CHECK(d.sent.back().limit == at(39));
  d.fill_all(ms(2'005), d.sent.back());
  d.apply(ms(3'004), d.last_timer(timer_purpose::halt_work));
  REQUIRE(d.sent.size() == 3);
  CHECK(d.sent.back().volume == lots(1));
  d.fill_all(ms(3'005), d.sent.back());
  d.apply(ms(4'004), d.last_timer(timer_purpose::halt_work));
  CHECK(d.sent.size() == 3);
  CHECK(d.state.exposure(symbol_id{0}).position == quantity{});
  CHECK(d.ask(ms(5'000), {.direction = -1, .at = 40}) != v::approved);
}

TEST_CASE("flattening waits for orders in doubt, which may still fill") {
  desk d{open_settings()};
  d.mark(ms(0), 0, at(100), at(99), at(101));
  REQUIRE(d.ask(ms(1), {.volume = 4}) == v::approved);
  d.fill_all(ms(1), d.sent.back());
  REQUIRE(d.ask(ms(2), {.direction = -1, .volume = 3}) == v::approved);
  auto doubtful = d.sent.back();
  d.apply(
      ms(1'002),
      timer_due{.due = ms(1'002), .order = doubtful.id, .purpose = timer_purpose::order_answer});
  d.sent.clear();
  CHECK(d.command(ms(1'100), halt_and_flatten).is_done);
  CHECK(d.sent.empty());
  d.fill_all(ms(1'500), doubtful);
  d.apply(ms(2'100), d.last_timer(timer_purpose::halt_work));
  REQUIRE(d.sent.size() == 1);
  CHECK(d.sent[0].volume == lots(1));
}

TEST_CASE("flattening on the simulated venue ends flat, with nothing open") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    auto settings = random_trading::settings_of(seed, std::chrono::milliseconds{1});
    settings.report_timeout = std::chrono::milliseconds{3};
    event_sequencer sequencer(settings);
    trading_state state(settings, random_trading::universe());
    send_guard guard;
    auto feeds = random_trading::feeds_of(random_trading::random_market(seed), 1, 1);
    for (std::size_t i = 0; i < feeds.size(); ++i)
      sequencer.inputs().add_link(std::to_string(i));
    std::size_t held = 0;
    bool is_halted = false;
    random_trading::bring(std::move(feeds), sequencer.inputs(), seed, [&] {
      event_batch batch;
      batch_decisions decisions;
      while (sequencer.next_batch(batch, 64)) {
        decisions.clear();
        apply_batch(state, batch, decisions);
        show_reports(batch, guard);
        show_approvals(approved_orders(batch, decisions), guard);
        auto commands = commands_of(batch, decisions);
        CHECK(keep_admitted(commands, guard) == std::nullopt);
        sequencer.execute(commands);
        held = std::max(held, state.totals().open_positions);
        if (!is_halted && held >= 3) {
          sequencer.post(
              operator_command{.who = "me", .reason = "drill", .action = halt_and_flatten});
          is_halted = true;
        }
        batch.clear();
      }
    });
    REQUIRE(is_halted);
    for (std::uint32_t i = 0; i < random_trading::symbol_count; ++i) {
      auto exposure = state.exposure(symbol_id{i});
      CHECK(exposure == symbol_exposure{});
    }
  }
}

TEST_CASE("a replaced order counts in its worse form until the broker has answered") {
  auto settings = open_settings();
  settings.limits.position_max = lots(10);
  for (bool is_refused : {false, true}) {
    CAPTURE(is_refused);
    desk d{settings};
    auto order = d.open_order(ms(1), {.volume = 3});
    d.report(ms(2), order, report_kind::fill, order_status::partially_filled, 1, 1, at(100));
    CHECK(d.command(ms(3), operator_replace{order.id, at(102), lots(8)}).is_done);
    REQUIRE(d.replaces.size() == 1);
    CHECK(d.replaces[0] == replace_request{.order = order.id,
                                           .broker = order.broker,
                                           .revision = 1,
                                           .limit = at(102),
                                           .volume = lots(8),
                                           .names = {order.reference, {}}});
    CHECK(d.state.verdicts().at(0).form->volume == lots(8));
    CHECK(d.status_of(order.id) == order_status::pending_replace);
    CHECK(d.state.exposure(symbol_id{0}).open_buys == lots(7));
    CHECK(d.state.orders().still_open().best_buy(symbol_id{0}) == at(102));
    CHECK(d.ask(ms(4), {.volume = 3}) == v::position_limit_exceeded);
    CHECK_FALSE(d.command(ms(5), operator_replace{order.id, at(103), lots(9)}).is_done);
    d.apply(ms(6), execution_report{.id = {order.id, 9},
                                    .order = order.id,
                                    .kind = is_refused ? report_kind::cancel_rejected
                                                       : report_kind::replaced,
                                    .status = order_status::partially_filled,
                                    .cumulative = lots(1),
                                    .revision = 1});
    CHECK(d.status_of(order.id) == order_status::partially_filled);
    CHECK(d.state.exposure(symbol_id{0}).open_buys == lots(is_refused ? 2 : 7));
    CHECK(d.state.orders().still_open().best_buy(symbol_id{0}) == at(is_refused ? 100 : 102));
    CHECK(d.state.totals().anomalies.total() == 0);
  }
}

TEST_CASE("a replace whose answer is lost counts in both forms until the order ends") {
  desk d{open_settings()};
  auto order = d.open_order(ms(1), {.volume = 5});
  CHECK(d.command(ms(3), operator_replace{order.id, at(98), lots(2)}).is_done);
  d.apply(ms(1'003), d.last_timer(timer_purpose::replace_answer));
  CHECK(d.status_of(order.id) == order_status::in_doubt);
  CHECK(d.state.exposure(symbol_id{0}).open_buys == lots(5));
  d.report(ms(1'004), order, report_kind::status, order_status::accepted);
  CHECK(d.status_of(order.id) == order_status::accepted);
  CHECK(d.state.exposure(symbol_id{0}).open_buys == lots(5));
  CHECK(d.state.orders().still_open().best_buy(symbol_id{0}) == at(100));
  CHECK_FALSE(d.command(ms(1'005), operator_replace{order.id, at(97), lots(3)}).is_done);
  d.report(ms(1'006), order, report_kind::fill, order_status::filled, 2, 2, at(98));
  CHECK(d.status_of(order.id) == order_status::filled);
  CHECK(d.state.exposure(symbol_id{0}).open_buys == quantity{});
}

TEST_CASE("a new form is judged like an order, without the form that it replaces") {
  auto settings = open_settings();
  settings.limits.position_max = lots(10);
  settings.limits.refuse_self_trade = true;
  desk d{settings};
  auto order = d.open_order(ms(1), {.volume = 6});
  CHECK(d.command(ms(2), operator_replace{order.id, at(100), lots(10)}).is_done); // not 16
  d.report(ms(3), order, report_kind::replaced, order_status::accepted);
  auto refused = d.command(ms(4), operator_replace{order.id, at(100), lots(11)});
  CHECK_FALSE(refused.is_done);
  CHECK(refused.text.find("POSITION_LIMIT_EXCEEDED, 11 of 10") != std::string::npos);
  CHECK(d.state.verdicts().at(0).risk.outcome == v::position_limit_exceeded);
  CHECK(d.ask(ms(5), {.direction = -1, .at = 105, .volume = 1}) == v::approved);
  CHECK_FALSE(d.command(ms(6), operator_replace{order.id, at(105), lots(10)}).is_done);
  CHECK(d.command(ms(6), halt).is_done);
  CHECK_FALSE(d.command(ms(7), operator_replace{order.id, at(101), lots(10)}).is_done);
  CHECK(d.replaces.size() == 1);
}

TEST_CASE("an operator's cancel says why there is nothing to cancel") {
  desk d{open_settings()};
  auto text = [&](order_id id) { return d.command(d.now, operator_cancel{id}).text; };
  CHECK(text(order_id{7}) == "no order O0000000000000007 was sent");
  auto order = d.open_order(ms(10), {});
  CHECK(text(order.id) == "order " + format_order_id(order.id) + ": cancel sent");
  CHECK(d.cancels == std::vector{order.id});
  CHECK(text(order.id).find("a cancel is under way") != std::string::npos);
  d.report(ms(11), order, report_kind::canceled, order_status::canceled);
  CHECK(text(order.id).find("is Canceled: nothing is open") != std::string::npos);
}

TEST_CASE("a difference of the books holds orders back until it goes or is accepted") {
  desk d{open_settings()};
  auto snapshot = [&](timestamp t, std::int64_t held) {
    broker_snapshot theirs{.broker = broker_id{0}};
    if (held != 0) theirs.positions.push_back({symbol_id{0}, lots(held)});
    d.apply(t, theirs);
  };
  auto accept = [&](timestamp t, const char* broker) {
    return d.command(t, books_acceptance{broker}).is_done;
  };
  snapshot(ms(1), 5);
  CHECK(d.ask(ms(2), {}) == v::approved); // may be a coincidence
  d.fill_all(ms(2), d.sent.back());
  snapshot(ms(3), 6);
  snapshot(ms(4), 6);
  CHECK(d.ask(ms(5), {}) == v::not_reconciled);
  CHECK(d.state.reconciliation_problems() ==
        std::vector<std::string>{"ctp: POSITION of ru1901: 1 here, 6 there"});
  SUBCASE("it goes") {
    snapshot(ms(6), 1);
  }
  SUBCASE("it is accepted") {
    CHECK_FALSE(accept(ms(6), "nobody"));
    CHECK_FALSE(accept(ms(6), "ib"));
    CHECK(accept(ms(6), "ctp"));
    snapshot(ms(7), 6);
    snapshot(ms(8), 6);
  }
  CHECK(d.ask(ms(9), {}) == v::approved);
  d.fill_all(ms(9), d.sent.back());
}

TEST_CASE("what was accepted is expected from then on: its end is a difference, too") {
  desk d{open_settings()};
  for (int i = 1; i <= 2; ++i)
    d.apply(ms(i), broker_snapshot{.positions = {{symbol_id{9}, lots(2)}}}); // of no symbol here
  CHECK(d.ask(ms(3), {}) == v::not_reconciled);
  CHECK(d.command(ms(4), books_acceptance{"ctp"}).is_done);
  CHECK(d.ask(ms(5), {}) == v::approved);
  d.fill_all(ms(5), d.sent.back());
  for (int i = 6; i <= 7; ++i)
    d.apply(ms(i), broker_snapshot{.positions = {{symbol_id{0}, lots(1)}}});
  CHECK(d.ask(ms(8), {}) == v::not_reconciled);
}

TEST_CASE("a broker outside gets no order before its books were compared") {
  desk d{open_settings()};
  d.apply(ms(1), slot_recovered{.external = {broker_id{0}, broker_id{1}}});
  CHECK(std::ranges::count_if(
            d.out, [](auto& c) { return std::holds_alternative<snapshot_request>(c); }) == 2);
  CHECK(d.ask(ms(2), {}) == v::not_reconciled);
  d.apply(ms(3), broker_snapshot{.broker = broker_id{0}});
  CHECK(d.ask(ms(4), {}) == v::not_reconciled);
  d.apply(ms(5), broker_event{.broker = broker_id{1}, .news = broker_news::session_down});
  CHECK(d.ask(ms(6), {}) == v::approved); // the other one is not needed
  d.apply(ms(7), broker_event{.broker = broker_id{1}, .news = broker_news::session_up});
  CHECK(d.ask(ms(8), {}) == v::not_reconciled);
  d.apply(ms(9), broker_snapshot{.broker = broker_id{1}});
  CHECK(d.ask(ms(10), {}) == v::approved);
}

TEST_CASE("what was not approved is not sent, and the rest is") {
  send_guard guard;
  order_request approved{
      .id = order_id{1}, .direction = side::buy, .limit = at(1), .volume = lots(1)};
  guard.approve(approved);
  auto doubled = approved;
  doubled.volume = lots(2);
  std::vector<venue_command> commands{doubled, approved, cancel_request{order_id{1}}};
  auto violation = keep_admitted(commands, guard);
  REQUIRE(violation);
  CHECK(violation->find("O0000000000000001") != std::string::npos);
  CHECK(commands == std::vector<venue_command>{approved, cancel_request{order_id{1}}});
}

TEST_CASE("the kept trading state comes back as it was, and damage is a fault") {
  temporary_directory directory;
  auto path = directory.path() / "exec-0.trading";
  CHECK(*read_halt_file(path) == std::nullopt);
  for (auto mode : {trading_mode::active, trading_mode::reducing, trading_mode::halted}) {
    halt_file kept{{mode, "me@here", "two\nlines"}, 77};
    REQUIRE(write_halt_file(path, kept));
    kept.notice.reason = "two lines";
    CHECK(*read_halt_file(path) == kept);
  }
  for (auto* text : {"HALTED\nme\nwhy\n", "HALTED\nme\nwhy\nx\n", "halted\nme\nwhy\n1\n"}) {
    std::ofstream{path, std::ios::binary} << text;
    CHECK_FALSE(read_halt_file(path));
  }
}

} // namespace tickmesh::operator_test
