// The whole execution path on random markets: sequencer, simulated venue, risk, orders, positions.
// An independent auditor follows the event log and the commands and checks every promise.
#include "actors/execution/trading/trading_csv.hpp"
#include "tests/support/random_trading.hpp"

#include <doctest/doctest.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace tickmesh::trading_test {

using namespace random_trading;

namespace {

/// Follows the log and the commands without any of the code under test.
struct auditor {
  struct known_order {
    order_request request;
    std::int64_t filled = 0;
    bool ended = false;
  };
  struct shown_book {
    timestamp time{};
    price bid, ask;
    std::int64_t bid_left = 0, ask_left = 0;
  };
  std::map<order_id, known_order> orders;
  std::map<std::uint32_t, std::vector<shown_book>> books;
  std::map<std::uint32_t, std::int64_t> held;
  std::map<std::uint32_t, int128> cash;
  std::map<std::uint32_t, std::int64_t> last, last_fill;
  std::set<execution_id> executions;
  std::set<std::pair<symbol_id, std::pair<strategy_id, sequence>>> signal_names;
  std::size_t fills = 0;

  void see(const sequenced_event& e) {
    if (auto* m = std::get_if<market_mark>(&e.what)) see_mark(*m);
    if (auto* s = std::get_if<signal>(&e.what))
      CHECK(signal_names.insert({s->name.symbol, {s->name.strategy, s->name.last_tick}}).second);
    if (auto* r = std::get_if<execution_report>(&e.what)) see_report(*r, e.time);
  }
  void see_mark(const market_mark& m) {
    auto symbol = m.symbol.value;
    last[symbol] = m.last.value;
    if (m.bid != no_price || m.ask != no_price)
      books[symbol].push_back(
          {m.effective_time, m.bid, m.ask, m.bid_volume.value, m.ask_volume.value});
  }
  void see_report(const execution_report& r, timestamp now) {
    REQUIRE(orders.contains(r.order));
    CHECK(executions.insert(r.id).second);
    CHECK(r.time <= now);
    auto& o = orders[r.order];
    if (r.kind == report_kind::fill) see_fill(r, o);
    if (r.kind == report_kind::canceled || r.kind == report_kind::rejected) o.ended = true;
  }
  /// At the opposite price of the book in force, never above what that book displayed.
  void see_fill(const execution_report& r, known_order& o) {
    ++fills;
    auto symbol = o.request.symbol.value;
    bool buys = o.request.direction == side::buy;
    auto& shown = books[symbol];
    auto book = std::find_if(shown.rbegin(), shown.rend(),
                             [&](const shown_book& b) { return b.time <= r.time; });
    REQUIRE(book != shown.rend());
    CHECK(r.last_price == (buys ? book->ask : book->bid));
    CHECK((buys ? r.last_price <= o.request.limit : r.last_price >= o.request.limit));
    auto& left = buys ? book->ask_left : book->bid_left;
    left -= r.last_quantity.value;
    CHECK(left >= 0);
    CHECK(r.last_quantity.value > 0);
    o.filled += r.last_quantity.value;
    CHECK(o.filled <= o.request.volume.value);
    CHECK(!o.ended);
    auto change = buys ? r.last_quantity.value : -r.last_quantity.value;
    held[symbol] += change;
    cash[symbol] -= int128{change} * r.last_price.value;
    last_fill[symbol] = r.last_price.value;
  }
  void see(const std::vector<venue_command>& commands) {
    for (auto& c : commands)
      if (auto* o = std::get_if<order_request>(&c))
        CHECK_MESSAGE(orders.emplace(o->id, known_order{*o}).second, "an order was sent twice");
  }
  /// Open orders of a side count in full, whatever their status.
  void check_exposure(const trading_state& state, std::int64_t position_max) const {
    std::map<std::uint32_t, std::int64_t> buys, sells;
    for (auto& [id, o] : orders) {
      if (o.ended) continue;
      auto open = o.request.volume.value - o.filled;
      (o.request.direction == side::buy ? buys : sells)[o.request.symbol.value] += open;
    }
    for (std::uint32_t i = 0; i < symbol_count; ++i) {
      auto at = [i](auto& sums) { return sums.contains(i) ? sums.at(i) : 0; };
      auto e = state.exposure(symbol_id{i});
      CHECK(e.position.value == at(held));
      CHECK(e.open_buys.value == at(buys));
      CHECK(e.open_sells.value == at(sells));
      CHECK(at(held) + at(buys) <= position_max);
      CHECK(at(held) - at(sells) >= -position_max);
    }
  }
  int128 total_pnl(const trading_universe& u) const {
    int128 total = 0;
    for (auto& [symbol, position] : held) {
      auto mark = last.contains(symbol) ? last.at(symbol) : last_fill.at(symbol);
      auto exact = (cash.at(symbol) + int128{position} * mark) * u.instruments[symbol]->multiplier;
      int128 scale = int128{unit} * unit;
      total += exact / scale - (exact % scale < 0 ? 1 : 0);
    }
    return total;
  }
};

struct outcome {
  std::vector<sequenced_event> log;
  std::vector<order_row> orders;
  std::vector<fill_row> fills;
  std::vector<position_row> positions;
  trading_totals totals;
};

/// Runs a market over links whose chunks arrive in an order drawn from `arrival_seed`.
outcome run(std::uint64_t seed, nanoseconds delay, std::size_t data, std::size_t calc,
            std::uint64_t arrival_seed, auditor* audit = nullptr) {
  auto settings = settings_of(seed, delay);
  event_sequencer sequencer(settings.sim);
  trading_state state(settings, universe());
  auto feeds = feeds_of(random_market(seed), data, calc);
  for (std::size_t i = 0; i < feeds.size(); ++i)
    sequencer.inputs().add_link(std::to_string(i));
  outcome result;
  std::vector<venue_command> out;
  auto pump = [&] {
    while (auto e = sequencer.next()) {
      result.log.push_back(*e);
      out.clear();
      state.apply(*e, out);
      CHECK((out.empty() || may_yield_commands(*e)));
      sequencer.execute(out, e->time);
      if (!audit) continue;
      audit->see(*e);
      audit->see(out);
      CHECK(state.book().total_pnl().value == audit->total_pnl(universe()));
      if (e->number % 16 == 0) audit->check_exposure(state, settings.limits.position_max->value);
    }
    state.take_finished(result.orders, result.fills);
  };
  bring(std::move(feeds), sequencer.inputs(), arrival_seed, pump);
  CHECK(sequencer.finished());
  state.finish(result.orders, result.fills);
  result.positions = state.positions();
  result.totals = state.totals();
  return result;
}

std::uint64_t count_of(const std::array<std::uint64_t, 10>& counts, order_status s) {
  return counts[static_cast<std::size_t>(s)];
}

} // namespace

TEST_CASE("no arrival pattern and no number of links changes the log or the results") {
  auto expected = run(1, even_delay, 1, 1, 0);
  REQUIRE(expected.fills.size() > 50);
  for (std::uint64_t arrival = 1; arrival <= 220; ++arrival) {
    CAPTURE(arrival);
    auto got = run(1, even_delay, 1 + arrival % 3, 1 + arrival % 4, arrival);
    REQUIRE(got.log == expected.log);
    REQUIRE(got.orders == expected.orders);
    REQUIRE(got.fills == expected.fills);
    REQUIRE(got.positions == expected.positions);
  }
}

TEST_CASE("positions, limits, fills and profit hold on random markets") {
  std::array<std::uint64_t, 10> entered{};
  std::array<std::uint64_t, 6> verdicts{};
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    auditor audit;
    auto got = run(seed, odd_delay, 2, 2, seed, &audit);
    auto& t = got.totals;
    CHECK(t.anomalies.total() == 0);
    CHECK(t.fills == audit.fills);
    CHECK(got.fills.size() == audit.fills);
    CHECK(t.in_doubt() == 0); // the venue answers every query
    // Every signal of the log has one row, and its order one id.
    std::set<order_id> ids;
    for (auto& row : got.orders) {
      CHECK(ids.insert(row.id).second);
      CHECK(row.filled <= row.volume);
      CHECK((row.outcome == verdict::approved) == audit.orders.contains(row.id));
      if (audit.orders.contains(row.id)) CHECK(row.filled.value == audit.orders[row.id].filled);
    }
    CHECK(ids.size() == audit.signal_names.size());
    std::map<std::uint32_t, std::int64_t> by_symbol;
    int128 parts = 0;
    for (auto& row : got.positions) {
      by_symbol[row.symbol.value] += row.held.value;
      parts += (row.realised + row.unrealised).value;
    }
    CHECK(by_symbol == audit.held);
    CHECK(parts == (t.realised + t.unrealised).value); // whole ticks and lots: nothing is rounded
    for (std::size_t i = 0; i < entered.size(); ++i)
      entered[i] += t.entered[i];
    for (std::size_t i = 0; i < verdicts.size(); ++i)
      verdicts[i] += t.by_verdict[i];
  }
  using st = order_status;
  for (auto s : {st::pending_new, st::accepted, st::partially_filled, st::filled,
                 st::pending_cancel, st::canceled, st::rejected, st::in_doubt}) {
    CAPTURE(to_string(s));
    CHECK(count_of(entered, s) >= 100);
  }
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    CAPTURE(verdict_names[i]);
    CHECK(verdicts[i] >= 100);
  }
}

TEST_CASE("the same log gives the same results in a second state") {
  auto first = run(3, even_delay, 2, 1, 5);
  trading_state again(settings_of(3, even_delay), universe());
  std::vector<venue_command> out;
  for (auto& e : first.log)
    again.apply(e, out);
  std::vector<order_row> orders;
  std::vector<fill_row> fills;
  again.finish(orders, fills);
  CHECK(orders == first.orders);
  CHECK(fills == first.fills);
  CHECK(again.positions() == first.positions);
}

TEST_CASE("orders, fills and positions of known markets stay what they have always been") {
  for (auto [seed, delay, hash] : {std::tuple{1, even_delay, std::uint64_t{16748685542713631761U}},
                                   {2, odd_delay, std::uint64_t{3448522714611527353U}}}) {
    CAPTURE(seed);
    auto got = run(static_cast<std::uint64_t>(seed), delay, 2, 2, 5);
    std::string text;
    for (auto& row : got.orders) {
      append_row(text, row, universe());
      text.erase(text.rfind(',')); // the scope, which rows did not have when the hashes were taken
      text += '\n';
    }
    for (auto& row : got.fills) {
      append_row(text, row, universe());
      text.erase(text.rfind(',')); // the broker: the same
      text += '\n';
    }
    for (auto& row : got.positions) {
      append_row(text, row, universe());
      text.replace(text.rfind(",main,"), std::string::npos, "\n"); // later columns
    }
    REQUIRE(text.size() > 100'000);
    CHECK(XXH3_64bits(text.data(), text.size()) == hash);
  }
}

} // namespace tickmesh::trading_test
