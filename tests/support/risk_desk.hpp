// A trading_state without limits of three symbols and two strategies, whose market, venue and clock
// the test plays. Used by the tests of risk.
#pragma once

#include "actors/execution/trading/trading_state.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace tickmesh::risk_desk {

inline constexpr auto unit = decimal_scale;
inline constexpr std::int32_t first_day = 20240102;
constexpr quantity lots(std::int64_t n) {
  return quantity{n * unit};
}
constexpr price at(std::int64_t n) {
  return price{n * unit};
}
constexpr money cash(std::int64_t n) {
  return money{int128{n} * unit};
}
constexpr timestamp ms(std::int64_t n) {
  return from_ns(n * 1'000'000);
}

inline trading_universe universe() {
  trading_universe u;
  for (auto symbol : {"ru1901", "rb1901", "BTCUSDT"}) {
    u.symbols.emplace_back(symbol);
    u.instruments.push_back(instrument{.pattern = symbol, .exchange = {}, .currency = "CNY"});
  }
  u.instruments[0]->multiplier = 10 * unit;
  u.instruments[1]->multiplier = unit / 4;
  u.instruments[0]->sessions = {{std::chrono::minutes{0}, std::chrono::minutes{10}}};
  u.strategies = {"a", "b"};
  return u;
}

inline execution_settings open_settings() {
  execution_settings s;
  s.limits = {};
  return s;
}

/// Plays market, venue and clock.
struct desk {
  explicit desk(const execution_settings& settings, trading_universe traded = universe())
      : state(settings, std::move(traded)) {}

  template <class T>
  void apply(timestamp t, T what) {
    now = t;
    out.clear();
    state.apply({++events, t, std::move(what)}, out);
    for (auto& c : out) {
      if (auto* o = std::get_if<order_request>(&c)) sent.push_back(*o);
      if (auto* cancel = std::get_if<cancel_request>(&c)) cancels.push_back(cancel->order);
      if (auto* timer = std::get_if<timer_request>(&c)) timers.push_back(timer->timer);
      if (auto* replace = std::get_if<replace_request>(&c)) replaces.push_back(*replace);
    }
  }
  void mark(timestamp t, std::uint32_t symbol, price last, price bid = no_price,
            price ask = no_price, std::int32_t day = first_day) {
    apply(t, market_mark{.symbol = symbol_id{symbol},
                         .trading_day = day,
                         .effective_time = t,
                         .last = last,
                         .bid = bid,
                         .ask = ask});
  }
  /// What became of it.
  operator_outcome command(timestamp t, operator_action action, std::string reason = "drill") {
    apply(t,
          operator_command{.who = "me", .reason = std::move(reason), .action = std::move(action)});
    return state.take_outcome().value();
  }
  struct words {
    int direction = 1;
    std::int64_t at = 100;
    std::int64_t volume = 1;
    std::uint32_t symbol = 0;
    std::uint16_t strategy = 0;
    std::int64_t age_ms = 0;
  };
  /// Its verdict.
  verdict ask(timestamp t, words w) {
    auto before = state.totals().by_verdict;
    signal s{.name = {.symbol = symbol_id{w.symbol},
                      .strategy = strategy_id{w.strategy},
                      .last_tick = sequence{++ticks}},
             .effective_time = t - std::chrono::milliseconds{w.age_ms},
             .direction = static_cast<std::int8_t>(w.direction),
             .volume = lots(w.volume),
             .limit = at(w.at)};
    apply(t, s);
    auto after = state.totals().by_verdict;
    for (std::size_t i = 0; i < after.size(); ++i)
      if (after[i] != before[i]) return static_cast<verdict>(i);
    FAIL("the signal has no verdict");
    return verdict::approved;
  }
  void report(timestamp t, const order_request& o, report_kind kind, order_status status,
              std::int64_t volume = 0, std::int64_t filled = 0, price at_price = no_price) {
    apply(t, execution_report{.id = {o.id, ++reports[o.id]},
                              .order = o.id,
                              .kind = kind,
                              .status = status,
                              .last_price = at_price,
                              .last_quantity = lots(volume),
                              .cumulative = lots(filled),
                              .time = t});
  }
  void fill_all(timestamp t, const order_request& o) {
    report(t, o, report_kind::fill, order_status::filled, o.volume.value / unit,
           o.volume.value / unit, o.limit);
  }

  /// An order that its broker has acknowledged.
  order_request open_order(timestamp t, words w) {
    REQUIRE(ask(t, w) == verdict::approved);
    auto order = sent.back();
    report(t, order, report_kind::accepted, order_status::accepted);
    return order;
  }
  order_status status_of(order_id id) const {
    auto* order = state.orders().find(id);
    REQUIRE(order != nullptr);
    return order->status();
  }
  std::size_t timers_of(timer_purpose purpose) const {
    return static_cast<std::size_t>(std::ranges::count(timers, purpose, &timer_due::purpose));
  }
  /// The one that was armed last.
  timer_due last_timer(timer_purpose purpose) const {
    auto found = std::ranges::find(timers.rbegin(), timers.rend(), purpose, &timer_due::purpose);
    REQUIRE(found != timers.rend());
    return *found;
  }

  trading_state state;
  timestamp now{};
  std::uint64_t events = 0;
  std::uint64_t ticks = 0;
  std::map<order_id, std::uint32_t> reports;
  std::vector<venue_command> out;
  std::vector<order_request> sent;
  std::vector<order_id> cancels;
  std::vector<timer_due> timers;
  std::vector<replace_request> replaces;
  std::uint32_t revisions = 0; ///< of replaces that the test has answered
};

} // namespace tickmesh::risk_desk
