// The accept-all broker, and the order of arrival: inputs are numbered as they come.
#include "actors/execution/sequencer/event_sequencer.hpp"
#include "actors/execution/trading/trading_state.hpp"
#include "actors/execution/venues/accept_venue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace tickmesh::arrival_test {

namespace {

constexpr auto unit = decimal_scale;
constexpr std::uint32_t symbol_count = 4;

execution_settings settings_of(input_order order) {
  execution_settings s;
  s.broker = broker_kind::accept;
  s.sequencer = order;
  s.limits.position_max = quantity{1'000'000 * unit};
  s.limits.order_value_max = money{int128{1'000'000} * unit};
  s.order_lifetime = std::chrono::milliseconds{5};
  s.report_timeout = std::chrono::milliseconds{1};
  return s;
}

trading_universe universe() {
  trading_universe u;
  for (std::uint32_t i = 0; i < symbol_count; ++i) {
    u.symbols.push_back("S" + std::to_string(i));
    u.instruments.push_back(
        instrument{.pattern = u.symbols.back(), .exchange = {}, .currency = "CNY"});
  }
  u.strategies = {"x"};
  return u;
}

tick tick_of(std::uint32_t symbol, std::uint64_t number, std::int64_t us) {
  tick t{.symbol = symbol_id{symbol}};
  t.number = sequence{number};
  t.effective_time = from_ns(us * 1000);
  t.last = price{100 * unit};
  return t;
}

signal signal_of(std::uint32_t symbol, std::uint64_t last, std::int64_t us) {
  signal s{.name = {.symbol = symbol_id{symbol}, .last_tick = sequence{last}},
           .effective_time = from_ns(us * 1000),
           .direction = static_cast<std::int8_t>(last % 3 == 0 ? -1 : 1),
           .volume = quantity{2 * unit}};
  s.limit = price{(100 + static_cast<std::int64_t>(last % 5)) * unit};
  return s;
}

/// `mark S number`, `signal S number`, or the kind of report or timer.
std::string describe(const sequenced_event& e) {
  if (auto* m = std::get_if<market_mark>(&e.what))
    return "mark " + std::to_string(m->symbol.value) + " " + std::to_string(m->number.value);
  if (auto* s = std::get_if<signal>(&e.what))
    return "signal " + std::to_string(s->name.symbol.value) + " " +
           std::to_string(s->name.last_tick.value);
  if (auto* r = std::get_if<execution_report>(&e.what))
    return r->kind == report_kind::fill ? "fill" : "accepted";
  return "timer";
}

/// A sequencer and a state, run in batches of at most `batch_max`.
struct desk {
  explicit desk(input_order order, std::size_t batch_max = 4096)
      : settings(settings_of(order)), sequencer(settings), state(settings, universe()),
        limit(batch_max) {}

  void pump() {
    event_batch batch;
    while (sequencer.next_batch(batch, limit)) {
      std::vector<venue_command> out;
      CHECK(batch.first_number == log.size() + 1);
      CHECK(batch.size() <= limit);
      std::size_t taken = 0;
      auto take_marks = [&](std::size_t end) {
        std::span<const market_mark> run{batch.marks.data() + taken, end - taken};
        state.apply_marks(log.size() + 1, run);
        for (auto& mark : run)
          note({log.size() + 1, std::max(now, mark.effective_time), mark});
        taken = end;
      };
      for (auto& [marks_before, event] : batch.others) {
        take_marks(marks_before);
        CHECK(event.number == log.size() + 1);
        state.apply(event, out);
        note(event);
      }
      take_marks(batch.marks.size());
      sequencer.execute(out);
      batch.clear();
    }
  }
  void note(const sequenced_event& e) {
    CHECK(e.time >= now);
    now = e.time;
    log.push_back(describe(e));
    times.push_back(to_ns(e.time) / 1000);
  }
  void finish() {
    state.finish(orders, fills);
    CHECK(sequencer.finished());
  }

  execution_settings settings;
  event_sequencer sequencer;
  trading_state state;
  std::size_t limit;
  timestamp now = timestamp::min();
  std::vector<std::string> log;
  std::vector<std::int64_t> times;
  std::vector<order_row> orders;
  std::vector<fill_row> fills;
};

using lines = std::vector<std::string>;

} // namespace

TEST_CASE("the accept broker acknowledges and fills in full at the limit, 1 us after the order") {
  desk d{input_order::event_time};
  auto link = d.sequencer.inputs().add_link("all");
  d.sequencer.inputs().push(link, tick_of(0, 1, 10));
  d.sequencer.inputs().push(link, signal_of(0, 1, 10));
  d.sequencer.inputs().push(link, tick_of(0, 2, 11));
  d.sequencer.inputs().push(link, tick_of(0, 3, 12));
  d.sequencer.inputs().finish(link);
  d.pump();
  CHECK(d.log == lines{"mark 0 1", "signal 0 1", "accepted", "fill", "mark 0 2", "mark 0 3",
                       "timer", "timer"});
  CHECK(d.times == std::vector<std::int64_t>{10, 10, 11, 11, 11, 12, 1010, 5010});
  d.finish();
  REQUIRE(d.orders.size() == 1);
  CHECK(d.orders[0].history == "PendingNew>New>Filled");
  CHECK(d.orders[0].filled == quantity{2 * unit});
  CHECK(d.orders[0].average_price == price{101 * unit});
  REQUIRE(d.fills.size() == 1);
  CHECK(d.state.totals().anomalies.total() == 0);
}

TEST_CASE("by arrival, inputs are numbered as they come and wait for no mark") {
  desk d{input_order::arrival};
  auto& inputs = d.sequencer.inputs();
  auto a = inputs.add_link("data/0");
  auto b = inputs.add_link("calc/0");
  inputs.push(a, tick_of(1, 1, 30));
  inputs.push(b, signal_of(1, 1, 20));
  inputs.push(a, tick_of(0, 1, 10));
  inputs.push(b, signal_of(0, 1, 40));
  CHECK(inputs.waiting_for().empty());
  d.pump();
  CHECK(d.log == lines{"mark 1 1", "signal 1 1", "mark 0 1", "signal 0 1", "accepted", "fill",
                       "accepted", "fill"});
  // The clock never goes back: it is the highest effective time so far.
  CHECK(d.times == std::vector<std::int64_t>{30, 30, 30, 40, 41, 41, 41, 41});
  inputs.push(a, tick_of(0, 1, 50)); // a repeat
  inputs.push(a, tick_of(0, 9, 2000));
  inputs.push(b, signal_of(0, 1, 2000)); // a repeat
  d.pump();
  CHECK(inputs.counts().duplicate_marks == 1);
  CHECK(inputs.counts().duplicate_signals == 1);
  // Both answers were due at 1040 us; the clock has reached it with the mark.
  CHECK(lines(d.log.begin() + 8, d.log.end()) == lines{"mark 0 9", "timer", "timer"});
  CHECK(d.times.back() == 2000);
  CHECK(!d.sequencer.finished());
  inputs.finish(a);
  inputs.finish(b);
  d.pump();
  CHECK(lines(d.log.begin() + 11, d.log.end()) == lines{"timer", "timer"});
  CHECK(d.times.back() == 5040);
  d.finish();
}

TEST_CASE("by arrival, every order is filled once, whatever the batches and the order of inputs") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    desk d{input_order::arrival, 1 + random() % 50};
    auto& inputs = d.sequencer.inputs();
    auto a = inputs.add_link("data/0");
    auto b = inputs.add_link("calc/0");
    std::vector<std::uint64_t> number(symbol_count);
    lines arrived;
    std::size_t signals = 0;
    for (int i = 0; i < 400; ++i) {
      auto symbol = static_cast<std::uint32_t>(random() % symbol_count);
      auto us = i * 20 + static_cast<std::int64_t>(random() % 200);
      auto n = ++number[symbol];
      if (random() % 3 == 0) {
        inputs.push(b, signal_of(symbol, n, us));
        arrived.push_back("signal " + std::to_string(symbol) + " " + std::to_string(n));
        ++signals;
      } else {
        inputs.push(a, tick_of(symbol, n, us));
        arrived.push_back("mark " + std::to_string(symbol) + " " + std::to_string(n));
      }
      if (random() % 7 == 0) d.pump();
    }
    inputs.finish(a);
    inputs.finish(b);
    d.pump();
    d.finish();
    lines taken;
    std::copy_if(d.log.begin(), d.log.end(), std::back_inserter(taken),
                 [](auto& line) { return line.starts_with("mark") || line.starts_with("signal"); });
    CHECK(taken == arrived);
    auto totals = d.state.totals();
    CHECK(totals.fills == signals);
    CHECK(totals.by_status[static_cast<std::size_t>(order_status::filled)] == signals);
    CHECK(totals.anomalies.total() == 0);
    for (auto& row : d.orders)
      CHECK(row.history == "PendingNew>New>Filled");
  }
}

TEST_CASE("without rows, totals and positions are the same") {
  std::vector<trading_totals> totals;
  std::vector<std::vector<position_row>> positions;
  for (bool makes_rows : {true, false}) {
    auto settings = settings_of(input_order::arrival);
    settings.limits.position_max = quantity{4 * unit};
    event_sequencer sequencer{settings};
    trading_state state{settings, universe(), makes_rows};
    auto link = sequencer.inputs().add_link("all");
    for (std::uint64_t n = 1; n <= 100; ++n)
      sequencer.inputs().push(link, signal_of(n % symbol_count, n, static_cast<std::int64_t>(n)));
    sequencer.inputs().finish(link);
    while (auto event = sequencer.next()) {
      std::vector<venue_command> out;
      state.apply(*event, out);
      sequencer.execute(out);
    }
    totals.push_back(state.totals());
    positions.push_back(state.positions());
    std::vector<order_row> orders;
    std::vector<fill_row> fills;
    state.finish(orders, fills);
    CHECK(orders.size() == (makes_rows ? 100 : 0));
    CHECK(fills.size() == (makes_rows ? totals[0].fills : 0));
  }
  CHECK(totals[0].fills == totals[1].fills);
  CHECK(totals[0].by_verdict == totals[1].by_verdict);
  CHECK(totals[0].by_status == totals[1].by_status);
  CHECK(totals[0].day_pnl == totals[1].day_pnl);
  CHECK(positions[0] == positions[1]);
  REQUIRE(totals[0].by_verdict[static_cast<std::size_t>(verdict::position_limit_exceeded)] > 0);
}

} // namespace tickmesh::arrival_test
