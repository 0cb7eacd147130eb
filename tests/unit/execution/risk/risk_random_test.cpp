// The facts that risk looks at, on random days, against a recomputation from all that has happened.
#include "tests/support/risk_desk.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <vector>

namespace tickmesh::risk_random_test {

using namespace risk_desk;

namespace {

/// Everything that has happened, and sums over it.
struct witness {
  struct order {
    order_request request;
    std::int64_t left = 0;
    std::int64_t filled = 0;
    bool has_ended = false;
  };
  std::vector<order> orders;
  std::vector<std::pair<timestamp, order_request>> sent, canceled;
  std::vector<position_fill> fills;
  std::array<price, 3> last{no_price, no_price, no_price};
  std::map<std::pair<int, int>, int128> day_start; // (symbol or -1, strategy or -1)

  static bool fits(const auto& r, int symbol, int strategy) {
    return (symbol < 0 || static_cast<int>(r.symbol.value) == symbol) &&
           (strategy < 0 || static_cast<int>(r.strategy.value) == strategy);
  }
  int128 pnl(int symbol, int strategy, const trading_universe& u) const {
    int128 total = 0;
    for (int s = 0; s < 3; ++s)
      for (int g = 0; g < 2; ++g) {
        int128 sum = 0;
        if (!fits(order_request{.symbol = symbol_id{static_cast<std::uint32_t>(s)},
                                .strategy = strategy_id{static_cast<std::uint16_t>(g)}},
                  symbol, strategy))
          continue;
        auto at_price = last[static_cast<std::size_t>(s)];
        for (auto& f : fills) {
          if (!fits(f, s, g)) continue;
          auto change = f.direction == side::buy ? f.volume.value : -f.volume.value;
          sum += int128{change} * (at_price.value - f.at.value);
        }
        total += sum / unit * u.instruments[static_cast<std::size_t>(s)]->multiplier / unit;
      }
    return total;
  }
  void begin_day(const trading_universe& u) {
    for (int s = -1; s < 3; ++s)
      for (int g = -1; g < 2; ++g)
        day_start[{s, g}] = pnl(s, g, u);
  }
  symbol_exposure exposure(int symbol, int strategy) const {
    symbol_exposure out;
    for (auto& f : fills)
      if (fits(f, symbol, strategy))
        out.position += f.direction == side::buy ? f.volume : -f.volume;
    for (auto& o : orders)
      if (!o.has_ended && fits(o.request, symbol, strategy))
        (o.request.direction == side::buy ? out.open_buys : out.open_sells) += lots(o.left);
    return out;
  }
  exposure_sums sums(int symbol, int strategy, const trading_universe& u) const {
    exposure_sums out;
    for (int s = 0; s < 3; ++s) {
      if (symbol >= 0 && s != symbol) continue;
      auto e = exposure(s, strategy);
      auto i = static_cast<std::size_t>(s);
      int128 each =
          last[i] == no_price ? 0 : int128{last[i].value} * u.instruments[i]->multiplier / unit;
      auto longs = (e.position + e.open_buys).value * each / unit;
      auto shorts = (e.position - e.open_sells).value * each / unit;
      out.longs.value += longs;
      out.shorts.value += shorts;
      out.gross.value += std::max(longs < 0 ? -longs : longs, shorts < 0 ? -shorts : shorts);
    }
    return out;
  }
  std::uint64_t in_second(const auto& log, int symbol, int strategy, timestamp t) const {
    return static_cast<std::uint64_t>(std::ranges::count_if(log, [&](auto& entry) {
      return fits(entry.second, symbol, strategy) && entry.first > t - std::chrono::seconds{1};
    }));
  }
  void check(const scope_facts& f, int symbol, int strategy, int exposed, timestamp t,
             const trading_universe& u) const {
    CHECK(f.exposure == exposure(exposed, strategy));
    CHECK(f.sums == sums(symbol, strategy, u));
    CHECK(f.day_pnl.value == pnl(symbol, strategy, u) - day_start.at({symbol, strategy}));
    CHECK(f.rates.orders_in_second == in_second(sent, symbol, strategy, t));
    CHECK(f.rates.cancels_in_second == in_second(canceled, symbol, strategy, t));
  }
};

} // namespace

TEST_CASE("facts on random days equal a recomputation from all that has happened") {
  auto u = universe();
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    auto settings = open_settings();
    if (seed % 2 == 0) { // sums of strategies kept up to date, or added up when asked for
      settings.limit_scopes = {{scope_kind::strategy, "a", {}}};
      settings.limit_scopes[0].limits.gross_exposure_max = cash(1'000'000'000);
    }
    desk d{settings};
    witness w;
    auto t = ms(1);
    std::int32_t day = first_day;
    for (std::uint32_t s = 0; s < 3; ++s) {
      w.last[s] = at(400);
      d.mark(t, s, at(400));
    }
    w.begin_day(u);
    for (int step = 0; step < 400; ++step) {
      t += nanoseconds{static_cast<std::int64_t>(random() % 300'000'000)};
      auto s = static_cast<std::uint32_t>(random() % 3);
      auto what = random() % 8;
      if (what < 3) {
        if (random() % 20 == 0) {
          ++day;
          w.begin_day(u);
        }
        auto p = at(static_cast<std::int64_t>(random() % 50) * 4 + 300);
        d.mark(t, s, p, no_price, no_price, day);
        w.last[s] = p;
      } else if (what < 6 || w.orders.empty()) {
        auto before = d.sent.size();
        d.ask(t, {.direction = random() % 2 == 0 ? 1 : -1,
                  .at = static_cast<std::int64_t>(random() % 50) * 4 + 300,
                  .volume = static_cast<std::int64_t>(random() % 9) + 1,
                  .symbol = s,
                  .strategy = static_cast<std::uint16_t>(random() % 2)});
        REQUIRE(d.sent.size() == before + 1);
        w.orders.push_back({.request = d.sent.back(), .left = d.sent.back().volume.value / unit});
        w.sent.emplace_back(t, d.sent.back());
      } else {
        auto& o = w.orders[random() % w.orders.size()];
        if (o.has_ended) continue;
        if (what == 6) {
          auto n = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(o.left)) + 1;
          o.left -= n;
          o.filled += n;
          o.has_ended = o.left == 0;
          d.report(t, o.request, report_kind::fill,
                   o.has_ended ? order_status::filled : order_status::partially_filled, n, o.filled,
                   o.request.limit);
          w.fills.push_back({.symbol = o.request.symbol,
                             .strategy = o.request.strategy,
                             .direction = o.request.direction,
                             .at = o.request.limit,
                             .volume = lots(n),
                             .time = t});
        } else {
          o.has_ended = true;
          d.apply(t, timer_due{t, o.request.id, timer_purpose::order_lifetime});
          w.canceled.emplace_back(t, o.request);
          d.report(t, o.request, report_kind::canceled, order_status::canceled, 0, o.filled);
        }
      }
      order_request probe{.symbol = symbol_id{s},
                          .strategy = strategy_id{static_cast<std::uint16_t>(random() % 2)},
                          .direction = side::buy,
                          .limit = at(100),
                          .volume = lots(1)};
      auto facts = d.state.facts(probe, t);
      auto symbol = static_cast<int>(s);
      auto strategy = static_cast<int>(probe.strategy.value);
      w.check(facts.account, -1, -1, symbol, t, u);
      w.check(facts.strategy, -1, strategy, symbol, t, u);
      w.check(facts.of_symbol, symbol, -1, symbol, t, u);
    }
    CHECK(d.state.totals().anomalies.total() == 0);
  }
}

} // namespace tickmesh::risk_random_test
