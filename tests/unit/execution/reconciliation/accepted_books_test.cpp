// What an operator has accepted of a broker's books counts in every limit, has a row, and is
// flattened.
#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/replay/event_application.hpp"
#include "actors/execution/trading/trading_csv.hpp"
#include "tests/support/risk_desk.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tickmesh::accepted_books_test {

using namespace risk_desk;

namespace {

using v = verdict;

/// So much is at the broker ctp in two snapshots in a row, and is accepted.
operator_outcome accept(desk& d, std::vector<broker_snapshot::net_position> held,
                        std::vector<broker_snapshot::open_order> orders = {}) {
  for (int i = 0; i < 2; ++i)
    d.apply(d.now + std::chrono::milliseconds{1},
            broker_snapshot{.orders = orders, .positions = held});
  return d.command(d.now + std::chrono::milliseconds{1}, books_acceptance{"ctp"});
}
operator_outcome accept(desk& d, std::int64_t held, std::uint32_t symbol = 0) {
  return accept(d, {{symbol_id{symbol}, lots(held)}});
}

desk desk_with(auto change) {
  auto settings = open_settings();
  change(settings);
  return desk{settings};
}

position_row outside_row(const desk& d, std::uint32_t symbol = 0) {
  for (auto& row : d.state.positions())
    if (row.symbol == symbol_id{symbol} && row.strategy == no_strategy) return row;
  FAIL("there is no such row");
  return {};
}

} // namespace

TEST_CASE("what a broker holds beyond our books counts against the position limit") {
  auto d = desk_with([](auto& s) { s.limits.position_max = lots(10); });
  d.mark(ms(0), 0, at(100));
  CHECK(accept(d, 8).is_done);
  CHECK(d.state.exposure(symbol_id{0}).position == lots(8));
  CHECK(d.ask(ms(9), {.volume = 3}) == v::position_limit_exceeded);
  CHECK(d.ask(ms(9), {.volume = 2}) == v::approved);
  CHECK(d.ask(ms(9), {.direction = -1, .volume = 18}) == v::approved);
}

TEST_CASE("a strategy's limits are on its own position, those of account and symbol on all") {
  auto d = desk_with([](auto& s) {
    s.limit_scopes = {{scope_kind::strategy, "a", {}}, {scope_kind::symbol, "rb####", {}}};
    s.limit_scopes[0].limits.position_max = lots(5);
    s.limit_scopes[1].limits.position_max = lots(5);
  });
  CHECK(accept(d, {{symbol_id{0}, lots(4)}, {symbol_id{1}, lots(4)}}).is_done);
  CHECK(d.ask(ms(9), {.volume = 5}) == v::approved);
  CHECK(d.ask(ms(9), {.volume = 2, .symbol = 1}) == v::position_limit_exceeded);
  CHECK(d.ask(ms(9), {.volume = 1, .symbol = 1}) == v::approved);
}

TEST_CASE("accepted positions count in exposures, in short sales and in what is left to reduce") {
  auto settings = open_settings();
  settings.limits.gross_exposure_max = cash(9'000);
  auto traded = universe();
  traded.instruments[0]->short_allowed = false;
  desk d{settings, traded};
  d.mark(ms(0), 0, at(100));
  CHECK(d.ask(ms(1), {.direction = -1}) == v::short_not_allowed);
  CHECK(accept(d, 8).is_done);
  auto facts = d.state.facts({.symbol = symbol_id{0}}, d.now);
  CHECK(facts.account.sums == exposure_sums{cash(8'000), cash(8'000), cash(8'000)});
  CHECK(facts.of_symbol.sums == facts.account.sums);
  CHECK(facts.strategy.sums == exposure_sums{});
  CHECK(d.ask(ms(9), {.volume = 2}) == v::gross_exposure_exceeded);
  CHECK(d.ask(ms(9), {.direction = -1, .volume = 9}) == v::short_not_allowed);
  CHECK(d.command(ms(10), trading_switch{trading_mode::reducing}).is_done);
  CHECK(d.ask(ms(11), {.direction = -1, .volume = 8}) == v::approved);
  CHECK(d.ask(ms(11), {.direction = -1, .volume = 1}) == v::short_not_allowed);
}

TEST_CASE("an accepted position is worth nothing when it is accepted, and its loss counts then") {
  auto d = desk_with([](auto& s) { s.limits.daily_loss_max = cash(800); });
  d.mark(ms(0), 0, at(100));
  CHECK(accept(d, 8).is_done);
  CHECK(d.state.totals().day_pnl == money{});
  auto row = outside_row(d);
  CHECK(row.held == lots(8));
  CHECK(row.average_cost == at(100));
  CHECK(row.fees == money{});
  CHECK(d.state.totals().open_positions == 1);
  d.mark(ms(10), 0, at(90));
  CHECK(d.state.totals().day_pnl == cash(-800));
  CHECK(outside_row(d).unrealised == cash(-800));
  CHECK(d.ask(ms(11), {.at = 90}) == v::daily_loss_limit);
  CHECK(d.ask(ms(11), {.direction = -1, .at = 90, .volume = 9}) == v::daily_loss_limit);
  CHECK(d.ask(ms(11), {.direction = -1, .at = 90, .volume = 8}) == v::approved);
}

TEST_CASE("where no price is known what is accepted counts at once, and costs the first price") {
  for (bool by_fill : {false, true}) {
    CAPTURE(by_fill);
    auto d = desk_with([](auto& s) { s.limits.position_max = lots(10); });
    CHECK(accept(d, 5).is_done);
    CHECK(accept(d, 8).is_done);
    CHECK(outside_row(d).held == lots(8));
    CHECK(outside_row(d).mark == no_price);
    CHECK(d.state.totals().open_positions == 1);
    CHECK(d.state.totals().day_pnl == money{});
    CHECK(d.ask(ms(9), {.volume = 3}) == v::position_limit_exceeded);
    if (by_fill) {
      auto bought = d.open_order(ms(9), {.at = 120, .volume = 2});
      d.fill_all(ms(9), bought);
    } else {
      d.mark(ms(9), 0, no_price, at(118), at(122));
    }
    CHECK(d.state.totals().day_pnl == money{});
    CHECK(outside_row(d).average_cost == at(120));
    d.mark(ms(10), 0, at(121));
    CHECK(d.state.totals().day_pnl == cash(by_fill ? 100 : 80));
  }
}

TEST_CASE("several acceptances add up, also to nothing") {
  desk d{open_settings()};
  d.mark(ms(0), 0, at(100));
  auto held = [&] { return d.state.exposure(symbol_id{0}).position; };
  CHECK(accept(d, 8).is_done);
  auto bought = d.open_order(ms(10), {.volume = 2});
  d.fill_all(ms(10), bought);
  CHECK(held() == lots(10));
  CHECK(accept(d, 7).is_done); // three less
  CHECK(held() == lots(7));
  CHECK(outside_row(d).held == lots(5));
  d.mark(ms(20), 0, at(110));
  CHECK(accept(d, 2).is_done); // they vanish there
  CHECK(outside_row(d).held == quantity{});
  CHECK(outside_row(d).realised == cash(500));
  CHECK(accept(d, -3).is_done);
  CHECK(held() == lots(-3));
  CHECK(d.state.comparison().is_clean());
}

TEST_CASE("a halt that flattens closes what was accepted, as orders of no strategy") {
  auto d = desk_with([](auto& s) {
    s.limit_scopes = {{scope_kind::strategy, "a", {}}};
    s.limit_scopes[0].limits.gross_exposure_max = cash(1'000'000);
  });
  d.mark(ms(0), 0, at(100), at(99), at(101));
  CHECK(accept(d, 8).is_done);
  auto sold = d.open_order(ms(10), {.direction = -1, .volume = 2});
  d.fill_all(ms(10), sold);
  d.sent.clear();
  auto text = d.command(ms(11), trading_switch{.mode = trading_mode::halted, .flatten = true}).text;
  CHECK(text == "HALTED; 0 orders open, being canceled; 2 positions, being flattened");
  REQUIRE(d.sent.size() == 1);
  auto order = d.sent[0];
  CHECK(order.strategy == no_strategy);
  CHECK(order.direction == side::sell);
  CHECK(order.volume == lots(6));
  d.fill_all(ms(12), order);
  CHECK(d.state.exposure(symbol_id{0}) == symbol_exposure{});
  CHECK(outside_row(d).held == lots(2)); // against the strategy's -2
  d.apply(ms(13), broker_snapshot{});
  d.apply(ms(14), broker_snapshot{});
  CHECK(d.state.comparison().is_clean());
  std::vector<order_row> orders;
  std::vector<fill_row> fills;
  d.state.finish(orders, fills);
  std::string lines;
  append_row(lines, orders.back(), d.state.universe());
  append_row(lines, fills.back(), d.state.universe());
  append_row(lines, outside_row(d), d.state.universe());
  CHECK(lines.find(",Filled,(outside),") != std::string::npos);
  CHECK(lines.find("-1,(outside),") != std::string::npos);
  CHECK(lines.find("ru1901,(outside),2,100,") != std::string::npos);
}

TEST_CASE("what cannot count is said: a symbol and an order of which nothing is known") {
  desk d{open_settings()};
  auto outcome = accept(d, {{symbol_id{9}, lots(2)}}, {{order_id{7}, {}}});
  CHECK(outcome ==
        operator_outcome{true, "accepted: ctp: POSITION of symbol 9: 0 here, 2 there (not traded "
                               "here: it counts in no limit); ctp: UNKNOWN_HERE of order "
                               "O0000000000000007: 0 here, 0 there (counts as open where the "
                               "broker says its side and volume)"});
  CHECK(d.state.positions().empty());
  auto without = universe();
  without.instruments[1].reset();
  desk e{open_settings(), without};
  CHECK(accept(e, 4, 1).text.find("not traded here") != std::string::npos);
  CHECK(e.state.positions().empty());
}

TEST_CASE("a quantity that nobody can hold is not accepted, and nothing else with it") {
  for (auto held : {quantity{INT64_MAX}, quantity{-INT64_MAX}, quantity{INT64_MIN}}) {
    desk d{open_settings()};
    d.mark(ms(0), 0, at(100));
    auto outcome = accept(d, {{symbol_id{0}, held}, {symbol_id{1}, lots(1)}});
    CHECK_FALSE(outcome.is_done);
    CHECK(outcome.text.find("more than can be counted") != std::string::npos);
    CHECK(d.state.positions().empty());
    CHECK(d.ask(d.now, {}) == v::not_reconciled);
  }
  // Each of two is within the bound, both are not.
  desk d{open_settings()};
  constexpr quantity half{std::int64_t{3} << 58U};
  CHECK(accept(d, {{symbol_id{0}, half}}).is_done);
  CHECK_FALSE(accept(d, {{symbol_id{0}, half + half}}).is_done);
  // Its value is beyond what sums hold.
  desk e{open_settings()};
  e.mark(ms(0), 0, price{INT64_MAX / 2});
  CHECK_FALSE(accept(e, {{symbol_id{0}, half}}).is_done);
}

TEST_CASE(
    "whatever a broker holds of a symbol behind our last one is accepted, and counts nowhere") {
  desk d{open_settings()};
  constexpr quantity most{std::numeric_limits<std::int64_t>::max()};
  auto behind_last = static_cast<std::uint32_t>(universe().symbols.size());
  CHECK(accept(d, {{symbol_id{behind_last}, most}}).is_done);
  CHECK(d.state.positions().empty());
}

TEST_CASE("an accepted position whose mark stands still is an alarm") {
  auto d = desk_with([](auto& s) { s.frozen_mark_alarm = std::chrono::seconds{60}; });
  d.mark(ms(1'000), 1, at(100));
  CHECK(accept(d, {{symbol_id{1}, lots(1)}, {symbol_id{2}, lots(1)}}).is_done); // 2 has no mark
  d.mark(ms(70'000), 0, at(50));
  CHECK(d.state.frozen().now == std::vector{symbol_id{1}});
}

TEST_CASE("an accepted position is of an earlier day, and changes for a ledger at once") {
  auto traded = universe();
  traded.instruments[0]->positions = position_model::today_first;
  desk d{open_settings(), traded};
  d.mark(ms(0), 0, at(100));
  d.state.keep_changes(true);
  CHECK(accept(d, 8).is_done);
  auto row = outside_row(d);
  CHECK(row.today == quantity{});
  CHECK(row.yesterday() == lots(8));
  auto changes = d.state.take_changes();
  REQUIRE(changes.positions.size() == 1);
  CHECK(changes.positions.begin()->second.row == row);
  CHECK(changes.positions.begin()->second.event == d.state.last_event());
}

TEST_CASE("a replay of the journal comes to the same positions, orders and profit") {
  auto settings = open_settings();
  settings.limits.position_max = lots(10);
  trading_state live{settings, universe()};
  trading_state again{settings, universe()};
  event_encoder encoder;
  event_decoder decoder;
  std::uint64_t events = 0;
  auto apply = [&](std::int64_t t, auto what) {
    event_batch batch;
    batch.first_number = ++events;
    if constexpr (std::is_same_v<decltype(what), market_mark>)
      batch.marks.push_back(what);
    else
      batch.others.push_back({0, {events, ms(t), std::move(what)}});
    batch_decisions decisions;
    apply_batch(live, batch, decisions);
    std::string payload;
    encoder.encode(batch, decisions, payload);
    logged_events logged;
    journal_record record{
        .first = batch.first_number, .events = 1, .writer = epoch{1}, .payload = payload};
    REQUIRE(decoder.decode(record, logged));
    batch_decisions decided_again;
    apply_batch(again, logged.batch, decided_again);
    CHECK(decided_again.verdicts == logged.decisions.verdicts);
    CHECK(decided_again.commands == logged.decisions.commands);
    return commands_of(batch, decisions);
  };
  auto mark = [&](std::int64_t t, std::int64_t last) {
    apply(t, market_mark{.trading_day = first_day,
                         .number = sequence{events + 1},
                         .effective_time = ms(t),
                         .last = at(last)});
  };
  for (std::int64_t t : {1, 2})
    apply(t, broker_snapshot{.positions = {{symbol_id{0}, lots(8)}, {symbol_id{1}, lots(-2)}}});
  apply(3, operator_command{.who = "me", .reason = "known", .action = books_acceptance{"ctp"}});
  mark(4, 100);
  mark(5, 97);
  auto commands =
      apply(6, operator_command{.who = "me",
                                .reason = "drill",
                                .action = trading_switch{trading_mode::halted, true, true}});
  auto order = std::get<order_request>(commands.at(0).command);
  CHECK(order.strategy == no_strategy);
  apply(7, execution_report{.id = {order.id, 1},
                            .order = order.id,
                            .kind = report_kind::fill,
                            .status = order_status::partially_filled,
                            .last_price = at(97),
                            .last_quantity = lots(5),
                            .cumulative = lots(5),
                            .time = ms(7)});
  CHECK(live.exposure(symbol_id{0}) == symbol_exposure{lots(3), {}, lots(3)});
  CHECK(live.totals().day_pnl == cash(-240));
  CHECK(again.positions() == live.positions());
  CHECK(again.totals().day_pnl == live.totals().day_pnl);
  CHECK(again.exposure(symbol_id{0}) == live.exposure(symbol_id{0}));
  CHECK(again.exposure(symbol_id{1}).position == lots(-2));
}

} // namespace tickmesh::accepted_books_test
