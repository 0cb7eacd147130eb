// Fees and today's positions on their way through trading_state to the rows of the results.
#include "actors/execution/trading/trading_csv.hpp"
#include "actors/execution/trading/trading_state.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace tickmesh::position_results_test {

namespace {

constexpr auto unit = decimal_scale;

instrument rubber() {
  instrument out{.pattern = "ru####", .exchange = "SHFE", .currency = "CNY"};
  out.multiplier = 10 * unit;
  out.price_tick = price{5 * unit};
  out.fees = {.open = {4'500, 0}, .close = {4'500, 0}, .close_today = {4'500, 0}};
  out.positions = position_model::yesterday_first;
  out.close_today = true;
  return out;
}

/// A state that trades rubber, and the log's last event.
struct trading {
  trading_universe universe =
      make_trading_universe(instrument_table{{rubber()}}, {"ru1901"}, {"s"});
  trading_state state;
  std::uint64_t events = 0;
  std::uint64_t signals = 0;

  explicit trading(const execution_settings& settings) : state(settings, universe) {}

  std::vector<venue_command> apply(decltype(sequenced_event::what) what) {
    std::vector<venue_command> out;
    state.apply({.number = ++events, .time = from_ns(1'000), .what = std::move(what)}, out);
    return out;
  }

  void mark(std::int64_t last, std::int32_t day) {
    apply(market_mark{.symbol = {}, .trading_day = day, .last = price{last * unit}});
  }

  /// True when the order was approved; it is then filled in full at `at`.
  bool trade(std::int8_t direction, std::int64_t at, std::int64_t volume) {
    signal s{.name = {.last_tick = sequence{++signals}}};
    s.direction = direction;
    s.volume = quantity{volume * unit};
    s.limit = price{at * unit};
    for (auto& command : apply(s)) {
      auto* order = std::get_if<order_request>(&command);
      if (order == nullptr) continue;
      apply(execution_report{.id = {order->id, 1},
                             .order = order->id,
                             .kind = report_kind::fill,
                             .status = order_status::filled,
                             .last_price = order->limit,
                             .last_quantity = order->volume,
                             .cumulative = order->volume});
      return true;
    }
    return false;
  }
};

} // namespace

TEST_CASE("fees count as loss against the daily limit") {
  execution_settings settings;
  settings.limits.daily_loss_max = money{int128{16} * unit};
  trading t{settings};
  t.mark(12'000, 20181008);
  CHECK(t.trade(1, 12'000, 2)); // 240 000 x 0.000045 = 10.80
  CHECK(t.state.totals().fees == money{10'80000000});
  CHECK(t.state.totals().day_pnl == money{-10'80000000});
  CHECK(t.trade(1, 12'000, 1)); // 5.40 more: 16.20 of 16
  CHECK_FALSE(t.trade(1, 12'000, 1));
  auto totals = t.state.totals();
  CHECK(totals.by_verdict[static_cast<std::size_t>(verdict::daily_loss_limit)] == 1);
  CHECK(totals.realised == money{0});
  CHECK(totals.unrealised == money{0});
  t.mark(12'000, 20181009); // a day of its own
  CHECK(t.trade(1, 12'000, 1));
}

TEST_CASE("a row of positions has today's and yesterday's quantities, fees and both costs") {
  trading t{execution_settings{}};
  t.universe.account = "fund";
  auto row = [&] {
    std::string out;
    append_row(out, t.state.positions().at(0), t.universe);
    return out.substr(out.find(',') + 1);
  };
  t.mark(12'000, 20181008);
  t.trade(-1, 12'000, 3); // 16.20
  t.mark(11'900, 20181009);
  t.trade(-1, 11'900, 1); // 5.355
  CHECK(row() == "ru1901,s,-4,11975,0,3000,11900,fund,0,0,1,3,21.555,-21.555,11975,0,3000\n");
  t.trade(1, 11'900, 2); // 10.71, yesterday's
  CHECK(row() ==
        "ru1901,s,-2,11975,1500,1500,11900,fund,0,0,1,1,32.265,1467.735,11950,2000,1000\n");
  CHECK(t.state.book().split({}, {}, side::buy, quantity{3 * unit}) ==
        order_split{quantity{unit}, quantity{unit}, quantity{unit}});
  t.trade(1, 11'900, 3); // one of each day's, one opens
  CHECK(row() == "ru1901,s,1,11900,3000,0,11900,fund,1,0,0,0,48.33,2951.67,11900,3000,0\n");
  auto columns = std::ranges::count(position_columns, ',');
  CHECK(std::ranges::count(row(), ',') + 1 == columns);
}

TEST_CASE("a net position leaves the columns of days empty") {
  position_row row{.held = quantity{unit}, .average_cost = price{unit}, .mark = price{unit}};
  std::string out;
  append_row(out, row, {.symbols = {"X"}, .instruments = {}, .strategies = {"s"}});
  CHECK(out.substr(out.find(',')) == ",X,s,1,1,0,0,1,main,,,,,0,0,,0,0\n");
}

} // namespace tickmesh::position_results_test
