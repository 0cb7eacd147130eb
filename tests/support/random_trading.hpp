// Random markets for the execution path: what links would bring, and a loop that brings it.
#pragma once

#include "actors/execution/sequencer/event_sequencer.hpp"
#include "actors/execution/trading/trading_csv.hpp"
#include "actors/execution/trading/trading_state.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace tickmesh::random_trading {

inline constexpr auto unit = decimal_scale;
inline constexpr std::uint32_t symbol_count = 12;
inline constexpr std::uint16_t strategy_count = 3;
inline constexpr std::int64_t chunk_ns = 10'000'000;

// Ticks lie on whole microseconds, so with this delay nothing reaches the venue at a mark's time.
inline constexpr nanoseconds odd_delay{1'000'001};
// With this one, reports, marks, signals and timers often share a time.
inline constexpr nanoseconds even_delay{600'000};

inline execution_settings settings_of(std::uint64_t seed, nanoseconds delay) {
  execution_settings s;
  s.limits.position_max = quantity{12 * unit};
  s.limits.order_value_max = money{int128{6000} * unit};
  s.limits.daily_loss_max = money{int128{400} * unit};
  s.limits.orders_max = 1'000;
  s.order_lifetime = std::chrono::milliseconds{60};
  s.report_timeout = std::chrono::milliseconds{20};
  s.sim = {.seed = seed, .delay = delay, .reject_share = 0.05, .lost_ack_share = 0.1};
  return s;
}

inline trading_universe universe() {
  trading_universe u;
  for (std::uint32_t i = 0; i < symbol_count; ++i) {
    u.symbols.push_back("S" + std::to_string(i));
    u.instruments.push_back(instrument{.pattern = u.symbols.back(),
                                       .exchange = {},
                                       .currency = i == 11 ? "USD" : "CNY",
                                       .multiplier = (i % 3 + 1) * 5 * unit});
  }
  for (int i = 0; i < strategy_count; ++i)
    u.strategies.push_back("x" + std::to_string(i));
  return u;
}

/// What calculation and the market would send, by symbol.
struct market {
  std::vector<tick> ticks;
  std::vector<signal> signals;
};

inline signal random_signal(const tick& t, std::mt19937_64& random) {
  signal s{.name = {.symbol = t.symbol,
                    .strategy = strategy_id{static_cast<std::uint16_t>(random() % strategy_count)},
                    .last_tick = t.number},
           .effective_time = t.effective_time,
           .direction = static_cast<std::int8_t>(random() % 2 == 0 ? 1 : -1),
           .volume = quantity{static_cast<std::int64_t>(random() % 6 + 1) * unit}};
  auto offset = static_cast<std::int64_t>(random() % 4) - 1; // takes, or rests
  s.limit = price{t.last.value - s.direction * offset * unit};
  if (random() % 50 == 0) s.limit.value += unit / 2; // off the tick
  if (random() % 100 == 0) s.limit = no_price;
  return s;
}

inline market random_market(std::uint64_t seed) {
  std::mt19937_64 random{seed};
  market m;
  std::array<std::int64_t, symbol_count> level{};
  std::array<std::uint64_t, symbol_count> number{};
  std::array<std::int64_t, symbol_count> previous{};
  level.fill(100);
  for (std::int64_t step = 1; step <= 2500; ++step) {
    auto i = static_cast<std::uint32_t>(random() % symbol_count);
    // Several symbols share a time, one symbol never does.
    auto ns = std::max(step / 3 * 3 * 200'000, previous[i] + 1000);
    previous[i] = ns;
    level[i] = std::max<std::int64_t>(20, level[i] + static_cast<std::int64_t>(random() % 5) - 2);
    tick t{.symbol = symbol_id{i}};
    t.number = sequence{++number[i]};
    t.effective_time = t.event_time = from_ns(ns);
    t.trading_day = step < 1500 ? 20240102 : 20240103;
    t.last = price{level[i] * unit};
    if (random() % 5 != 0) { // else a trade
      if (random() % 10 != 0) t.bid = price{(level[i] - 1) * unit};
      if (random() % 10 != 0) t.ask = price{(level[i] + 1) * unit};
      t.bid_volume = quantity{static_cast<std::int64_t>(random() % 5) * unit};
      t.ask_volume = quantity{static_cast<std::int64_t>(random() % 5) * unit};
    }
    m.ticks.push_back(t);
    if (random() % 4 == 0) m.signals.push_back(random_signal(t, random));
  }
  return m;
}

/// A link's items in chunks of event time; a chunk has the ticks of one symbol after the other.
struct link_feed {
  std::vector<std::vector<tick>> ticks;
  std::vector<std::vector<signal>> signals;
  std::size_t next_chunk = 0;
};

/// Deals symbols to `data` and `calc` links. Every tenth signal comes twice.
inline std::vector<link_feed> feeds_of(const market& m, std::size_t data, std::size_t calc) {
  auto chunk_of = [](timestamp t) { return static_cast<std::size_t>(to_ns(t) / chunk_ns); };
  std::size_t chunks = 1;
  for (auto& t : m.ticks)
    chunks = std::max(chunks, chunk_of(t.effective_time) + 1);
  link_feed empty;
  empty.ticks.resize(chunks);
  empty.signals.resize(chunks);
  std::vector<link_feed> feeds(data + calc, empty);
  for (std::uint32_t symbol = 0; symbol < symbol_count; ++symbol) {
    for (auto& t : m.ticks)
      if (t.symbol.value == symbol)
        feeds[symbol % data].ticks[chunk_of(t.effective_time)].push_back(t);
    for (std::size_t i = 0; i < m.signals.size(); ++i) {
      auto& s = m.signals[i];
      if (s.name.symbol.value != symbol) continue;
      auto chunk = chunk_of(s.effective_time);
      feeds[data + symbol % calc].signals[chunk].push_back(s);
      if (i % 10 == 0) feeds[data + (symbol + 1) % calc].signals[chunk].push_back(s);
    }
  }
  return feeds;
}

/// Brings what the feeds hold in an order drawn from `arrival_seed`; calls `pump` now and then, and
/// at the end.
template <class Pump>
void bring(std::vector<link_feed> feeds, event_merge& inputs, std::uint64_t arrival_seed,
           Pump pump) {
  std::mt19937_64 random{arrival_seed};
  std::size_t open = feeds.size();
  while (open > 0) {
    auto i = random() % feeds.size();
    auto& feed = feeds[i];
    if (feed.next_chunk > feed.ticks.size()) continue;
    if (feed.next_chunk == feed.ticks.size()) {
      inputs.finish(i);
      --open;
    } else {
      for (auto& t : feed.ticks[feed.next_chunk])
        inputs.push(i, t);
      for (auto& s : feed.signals[feed.next_chunk])
        inputs.push(i, s);
      inputs.advance(i, from_ns(static_cast<std::int64_t>(feed.next_chunk + 1) * chunk_ns));
    }
    ++feed.next_chunk;
    if (random() % 3 == 0) pump();
  }
  pump();
}

/// Orders, fills and positions as the result files have them, at the end of the log.
inline std::string text_of_results(trading_state& trading) {
  std::vector<order_row> orders;
  std::vector<fill_row> fills;
  trading.finish(orders, fills);
  std::string text;
  for (auto& row : orders)
    append_row(text, row, universe());
  for (auto& row : fills)
    append_row(text, row, universe());
  for (auto& row : trading.positions())
    append_row(text, row, universe());
  return text;
}

} // namespace tickmesh::random_trading
