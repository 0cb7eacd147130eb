// Orders through trading_state with hand-made reports: time-outs, cancels, queries and anomalies.
#include "actors/execution/trading/trading_state.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tickmesh::order_manager_test {

namespace {

constexpr auto unit = decimal_scale;
constexpr quantity lots(std::int64_t n) {
  return quantity{n * unit};
}
constexpr timestamp sec(std::int64_t n) {
  return from_ns(n * 1'000'000'000);
}

/// One symbol, one strategy; the test plays the venue and the clock.
struct desk {
  desk(std::int64_t lifetime_s = 5, std::uint32_t queries_max = 10)
      : state(
            {.order_lifetime = std::chrono::seconds{lifetime_s}, .status_queries_max = queries_max},
            {{"ru1901"},
             {instrument{.pattern = "ru1901", .exchange = {}, .currency = "CNY"}},
             {"reversion"}}) {}

  template <class T>
  void apply(timestamp t, T what) {
    now = t;
    out.clear();
    state.apply({++events, t, std::move(what)}, out);
    for (auto& c : out) {
      if (auto* o = std::get_if<order_request>(&c)) sent.push_back(*o);
      if (std::holds_alternative<cancel_request>(c)) ++cancels;
      if (std::holds_alternative<status_query>(c)) ++queries;
      if (auto* timer = std::get_if<timer_request>(&c)) timers.push_back(timer->timer);
    }
  }
  void buy(timestamp t, std::uint64_t tick_number, std::int64_t volume = 10) {
    signal s{.name = {.last_tick = sequence{tick_number}}, .effective_time = t, .direction = 1};
    s.limit = price{100 * unit};
    s.volume = lots(volume);
    apply(t, s);
  }
  execution_report make(report_kind kind, order_status status, std::int64_t cumulative) {
    auto id = sent.back().id;
    return {.id = {id, ++reports},
            .order = id,
            .kind = kind,
            .status = status,
            .cumulative = lots(cumulative),
            .time = now};
  }
  void report(timestamp t, report_kind kind, order_status status, std::int64_t cumulative = 0) {
    apply(t, make(kind, status, cumulative));
  }
  void fill(timestamp t, std::int64_t volume, std::int64_t cumulative) {
    auto r = make(report_kind::fill, order_status::partially_filled, cumulative);
    r.last_price = price{100 * unit};
    r.last_quantity = lots(volume);
    apply(t, r);
  }
  /// Lets every timer that is due by `t` go off.
  void run_timers(timestamp t) {
    for (std::size_t i = 0; i < timers.size(); ++i) {
      if (timers[i].due > t) continue;
      auto timer = timers[i];
      timers.erase(timers.begin() + static_cast<std::ptrdiff_t>(i));
      apply(std::max(timer.due, now), timer);
      i = static_cast<std::size_t>(-1);
    }
  }
  order_row row() {
    std::vector<order_row> orders;
    state.finish(orders, fills);
    REQUIRE(!orders.empty());
    return orders.back();
  }

  trading_state state;
  std::uint64_t events = 0;
  std::uint32_t reports = 0;
  int cancels = 0;
  int queries = 0;
  timestamp now{};
  std::vector<venue_command> out;
  std::vector<order_request> sent;
  std::vector<timer_due> timers;
  std::vector<fill_row> fills;
};

using rk = report_kind;
using st = order_status;

} // namespace

TEST_CASE("an approved signal becomes one order, and its fills become the position") {
  desk d;
  d.buy(sec(1), 1);
  REQUIRE(d.sent.size() == 1);
  CHECK(d.sent[0].id == make_order_id("reversion/ru1901/1/1/1/0"));
  d.report(sec(2), rk::accepted, st::accepted);
  d.fill(sec(2), 4, 4);
  CHECK(d.state.exposure(symbol_id{}).position == lots(4));
  CHECK(d.state.exposure(symbol_id{}).open_buys == lots(6));
  d.fill(sec(3), 6, 10);
  auto row = d.row();
  CHECK(row.history == "PendingNew>New>PartiallyFilled>Filled");
  CHECK(row.filled == lots(10));
  CHECK(row.average_price == price{100 * unit});
  CHECK(row.created == sec(1));
  CHECK(row.updated == sec(3));
  CHECK(row.created_event == 1);
  CHECK(row.updated_event == 4);
  CHECK(row.signal == "reversion/ru1901/1/1/1/0");
  CHECK(d.fills.size() == 2);
  CHECK(d.state.exposure(symbol_id{}).open_buys == lots(0));
  CHECK(d.state.totals().anomalies.total() == 0);
}

TEST_CASE("a signal that comes twice, or an older one, never makes a second order") {
  desk d;
  d.buy(sec(1), 5);
  d.buy(sec(1), 5);
  d.buy(sec(1), 4);
  CHECK(d.sent.size() == 1);
  CHECK(d.state.totals().repeated_signals == 2);
  d.buy(sec(1), 6);
  CHECK(d.sent.size() == 2);
}

TEST_CASE("a refused signal is a row with its verdict and reaches no venue") {
  desk d;
  d.buy(sec(1), 1, 101);
  CHECK(d.out.empty());
  auto row = d.row();
  CHECK(row.status == st::rejected);
  CHECK(row.outcome == verdict::position_limit_exceeded);
  CHECK(row.usage == lots(101).value);
  CHECK(row.limit_of_rule == lots(100).value);
  CHECK(row.history == "Rejected");
  auto t = d.state.totals();
  CHECK(t.by_verdict[static_cast<std::size_t>(verdict::position_limit_exceeded)] == 1);
  CHECK(t.by_status[static_cast<std::size_t>(st::rejected)] == 1);
}

TEST_CASE("a signal of a symbol or strategy that nobody knows is counted and makes no row") {
  desk d;
  d.apply(sec(1), signal{.name = {.symbol = symbol_id{1}}, .effective_time = sec(1)});
  d.apply(sec(1), signal{.name = {.strategy = strategy_id{1}}, .effective_time = sec(1)});
  CHECK(d.out.empty());
  CHECK(d.state.totals().unknown_signals == 2);
  std::vector<order_row> orders;
  d.state.finish(orders, d.fills);
  CHECK(orders.empty());
}

TEST_CASE("an order is canceled when its lifetime is over") {
  desk d;
  d.buy(sec(1), 1);
  d.report(sec(1), rk::accepted, st::accepted);
  d.run_timers(from_ns(to_ns(sec(6)) - 1));
  CHECK(d.cancels == 0);
  d.run_timers(sec(6));
  CHECK(d.cancels == 1);
  d.fill(sec(6), 3, 3); // crosses the cancel
  CHECK(d.state.exposure(symbol_id{}).open_buys == lots(7));
  d.report(sec(6), rk::canceled, st::canceled, 3);
  CHECK(d.row().history == "PendingNew>New>PendingCancel>Canceled");
  CHECK(d.state.exposure(symbol_id{}).position == lots(3));
  CHECK(d.state.exposure(symbol_id{}).open_buys == lots(0));
  CHECK(d.state.totals().anomalies.total() == 0);
}

TEST_CASE("an order without a lifetime is never canceled") {
  desk d(0);
  d.buy(sec(1), 1);
  d.report(sec(1), rk::accepted, st::accepted);
  d.run_timers(sec(100'000));
  CHECK(d.cancels == 0);
  CHECK(d.row().status == st::accepted);
}

TEST_CASE("an unanswered order is in doubt, counts in full, and is queried but never sent again") {
  desk d(0);
  d.buy(sec(1), 1, 60);
  d.run_timers(sec(2));
  CHECK(d.state.totals().in_doubt() == 1);
  CHECK(d.queries == 1);
  d.buy(sec(2), 2, 41); // 60 + 41 is beyond 100
  CHECK(d.sent.size() == 1);
  d.run_timers(sec(3));
  CHECK(d.queries == 2);
  d.report(sec(3), rk::accepted, st::accepted);
  d.fill(sec(3), 60, 60);
  d.run_timers(sec(100));
  CHECK(d.queries == 2);
  CHECK(d.sent.size() == 1);
  CHECK(d.row().history == "PendingNew>InDoubt>New>Filled");
  CHECK(d.state.totals().anomalies.total() == 0);
}

TEST_CASE("an order that no query resolves stays in doubt and is counted") {
  for (int most : {1, 10}) {
    desk d{5, static_cast<std::uint32_t>(most)};
    d.buy(sec(1), 1);
    d.run_timers(sec(1000));
    CHECK(d.queries == most);
    CHECK(d.cancels == 0);
    CHECK(d.timers.empty());
    CHECK(d.state.totals().in_doubt() == 1);
    CHECK(d.state.totals().anomalies.of(order_anomaly::queries_exhausted) == 1);
    CHECK(d.state.exposure(symbol_id{}).open_buys == lots(10));
    CHECK(d.row().status == st::in_doubt);
  }
}

TEST_CASE("an order that turns out to be open after its lifetime is canceled at once") {
  desk d;
  d.buy(sec(1), 1);
  d.run_timers(sec(7));
  CHECK(d.cancels == 0);
  d.report(sec(7), rk::status, st::accepted);
  CHECK(d.cancels == 1);
  d.report(sec(7), rk::canceled, st::canceled);
  CHECK(d.row().history == "PendingNew>InDoubt>New>PendingCancel>Canceled");
}

TEST_CASE("a cancel without an answer puts the order in doubt") {
  desk d;
  d.buy(sec(1), 1);
  d.report(sec(1), rk::accepted, st::accepted);
  d.run_timers(sec(7));
  CHECK(d.row().history == "PendingNew>New>PendingCancel>InDoubt");
  d.report(sec(7), rk::cancel_rejected, st::accepted);
  CHECK(d.cancels == 2); // open, and past its lifetime
}

TEST_CASE("a status report that knows of an unseen fill leaves the order in doubt") {
  desk d;
  d.buy(sec(1), 1);
  d.run_timers(sec(2));
  d.report(sec(2), rk::status, st::filled, 10);
  CHECK(d.row().status == st::in_doubt);
  CHECK(d.state.totals().anomalies.of(order_anomaly::cumulative_mismatch) == 1);
  CHECK(d.state.exposure(symbol_id{}).position == lots(0));
}

TEST_CASE("an end that a status report tells is believed only when no fill is missing") {
  desk d;
  d.buy(sec(1), 1);
  d.run_timers(sec(2));
  d.report(sec(2), rk::status, st::canceled, 3);
  CHECK(d.row().status == st::in_doubt);
  CHECK(d.state.exposure(symbol_id{}).open_buys == lots(10));
  d.fill(sec(2), 3, 3);
  d.report(sec(2), rk::status, st::canceled, 3);
  CHECK(d.row().history == "PendingNew>InDoubt>PartiallyFilled>Canceled");
}

TEST_CASE("the timer of an earlier query asks nothing") {
  desk d;
  d.buy(sec(1), 1);
  d.run_timers(sec(3));
  REQUIRE(d.queries == 2);
  auto stale = d.timers.back();
  stale.attempt = 1;
  d.apply(sec(3), stale);
  CHECK(d.queries == 2);
}

TEST_CASE("a fill is booked once, whatever the venue repeats") {
  desk d;
  d.buy(sec(1), 1);
  d.fill(sec(1), 4, 4);
  --d.reports;
  d.fill(sec(1), 4, 4);
  CHECK(d.state.exposure(symbol_id{}).position == lots(4));
  CHECK(d.state.totals().anomalies.of(order_anomaly::duplicate_report) == 1);
  CHECK(d.state.totals().fills == 1);
}

TEST_CASE("a fill after the cancel is booked and counted, and the order's row comes again") {
  desk d;
  d.buy(sec(1), 1);
  d.report(sec(1), rk::accepted, st::accepted);
  d.report(sec(1), rk::canceled, st::canceled, 4); // tells of a fill that has not come
  std::vector<order_row> orders;
  d.state.take_finished(orders, d.fills);
  REQUIRE(orders.size() == 1);
  d.fill(sec(2), 4, 4);
  d.state.take_finished(orders, d.fills);
  REQUIRE(orders.size() == 2);
  CHECK(orders[1].id == orders[0].id);
  CHECK(orders[1].filled == lots(4));
  CHECK(orders[1].updated_event > orders[0].updated_event);
  CHECK(orders[1].status == st::canceled);
  CHECK(d.state.exposure(symbol_id{}).position == lots(4));
  CHECK(d.state.exposure(symbol_id{}).open_buys == lots(0));
  CHECK(d.state.totals().anomalies.of(order_anomaly::fill_after_end) == 1);
}

TEST_CASE("reports that make no sense change nothing and are counted") {
  desk d;
  d.buy(sec(1), 1);
  d.fill(sec(1), 0, 0);
  auto stranger = d.make(rk::fill, st::filled, 1);
  stranger.order = stranger.id.order = order_id{99};
  d.apply(sec(1), stranger);
  d.report(sec(1), rk::accepted, st::accepted);
  d.report(sec(1), rk::accepted, st::accepted);
  auto a = d.state.totals().anomalies;
  CHECK(a.of(order_anomaly::malformed_report) == 1);
  CHECK(a.of(order_anomaly::unknown_order) == 1);
  CHECK(a.of(order_anomaly::illegal_transition) == 1);
  CHECK(a.total() == 3);
  CHECK(d.row().history == "PendingNew>New");
  CHECK(d.state.totals().fills == 0);
}

} // namespace tickmesh::order_manager_test
