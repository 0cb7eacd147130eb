#include "tests/simulation/drawn_world.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <random>
#include <utility>

namespace tickmesh {

namespace {

using namespace random_trading;
using std::chrono::milliseconds;

constexpr nanoseconds link_delay_max{milliseconds{4}};
constexpr std::size_t day_changes_max = 4;

class drawer {
public:
  explicit drawer(std::uint64_t seed) : random_(seed ^ 0x5eed0f11417500ULL) {}

  bool happens(double share) { return static_cast<double>(random_() >> 11U) * 0x1p-53 < share; }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least +
           static_cast<std::int64_t>(random_() % (static_cast<std::uint64_t>(most - least) + 1));
  }
  quantity lots(std::int64_t least, std::int64_t most) {
    return quantity{between(least, most) * unit};
  }
  money units(std::int64_t least, std::int64_t most) {
    return money{int128{between(least, most)} * unit};
  }
  nanoseconds time(milliseconds least, milliseconds most) {
    return nanoseconds{between(nanoseconds{least}.count(), nanoseconds{most}.count())};
  }

private:
  std::mt19937_64 random_;
};

/// Of one scope; narrow ones bite at less. `share` of the limits are there.
risk_limits draw_limits(drawer& draw, double share, bool is_wide) {
  risk_limits out;
  std::int64_t times = is_wide ? 4 : 1;
  auto is_there = [&] { return draw.happens(share); };
  if (is_there()) out.position_max = draw.lots(3, 10);
  if (is_there()) out.order_value_max = draw.units(1'500, 8'000);
  if (is_there()) out.daily_loss_max = draw.units(50, 1'000 * times);
  if (is_there()) out.order_size_max = draw.lots(2, 5);
  if (is_there()) out.collar_ratio = draw.between(0, unit / 50);
  if (is_there())
    out.orders_per_second_max = static_cast<std::uint32_t>(draw.between(8, 60 * times));
  if (is_there()) out.orders_per_day_max = static_cast<std::uint64_t>(draw.between(5, 30 * times));
  if (is_there())
    out.cancels_per_second_max = static_cast<std::uint32_t>(draw.between(8, 50 * times));
  if (is_there()) out.cancels_per_day_max = static_cast<std::uint64_t>(draw.between(3, 20 * times));
  if (is_there()) out.duplicate_window = draw.time(milliseconds{5}, milliseconds{80});
  out.refuse_self_trade = is_there();
  if (is_there()) out.gross_exposure_max = draw.units(4'000, 20'000 * times);
  if (is_there()) out.net_exposure_max = draw.units(2'000, 10'000 * times);
  if (is_there()) out.symbols_restricted = {"S3", "S1#"};
  if (draw.happens(share / 4)) out.symbols_allowed = {"S#"};
  if (is_there()) out.mark_age_max = draw.time(milliseconds{1}, milliseconds{6});
  if (is_there()) out.frozen_mark_max = draw.time(milliseconds{1}, milliseconds{6});
  if (is_there()) out.signal_age_max = draw.time(milliseconds{2}, milliseconds{6});
  return out;
}

/// Every fourth seed has hardly any limit, so that as much as possible is sent.
void draw_all_limits(drawer& draw, std::uint64_t seed, execution_settings& settings) {
  auto position_max = settings.limits.position_max;
  if (seed % 4 != 0) settings.limits = draw_limits(draw, 0.12, true);
  if (!settings.limits.position_max) settings.limits.position_max = position_max;
  settings.limits.orders_max = seed % 4 != 0 && draw.happens(0.2)
                                   ? static_cast<std::uint64_t>(draw.between(5, 60))
                                   : 100'000;
  if (seed % 4 == 0) return;
  auto add = [&](scope_kind kind, std::string name) {
    if (draw.happens(0.5))
      settings.limit_scopes.push_back({kind, std::move(name), draw_limits(draw, 0.15, false)});
  };
  add(scope_kind::account, settings.account);
  add(scope_kind::strategy, "x1");
  add(scope_kind::strategy, "x2");
  add(scope_kind::symbol, "S2");
  add(scope_kind::symbol, "S#");
  assert(check_limits(settings.all_limits()));
}

/// Some keep the days apart, some can't be sold short.
void draw_instruments(drawer& draw, std::uint64_t seed, trading_universe& universe) {
  for (auto& traded : universe.instruments) {
    if (draw.happens(0.3)) traded->positions = position_model::yesterday_first;
    if (draw.happens(0.2)) traded->positions = position_model::today_first;
    if (seed % 4 != 0 && draw.happens(0.1)) traded->short_allowed = false;
  }
}

/// Days begin when they like.
void draw_days(drawer& draw, market& m) {
  constexpr std::int32_t first_day = 20240102;
  std::array<std::int64_t, day_changes_max> begins{};
  auto last = to_ns(m.ticks.back().effective_time);
  for (auto& at : begins)
    at = draw.between(1, 2 * last); // half of them never come
  for (auto& t : m.ticks)
    t.trading_day =
        first_day + static_cast<std::int32_t>(std::ranges::count_if(
                        begins, [&](auto at) { return at <= to_ns(t.effective_time); }));
}

/// Each link has its own delays, and brings things in the order in which it has them.
std::vector<arriving_input> draw_arrivals(drawer& draw, const std::vector<link_feed>& feeds) {
  std::vector<arriving_input> out;
  for (std::size_t link = 0; link < feeds.size(); ++link) {
    std::vector<arriving_input> brought;
    auto add_all = [&](auto& chunks) {
      for (auto& chunk : chunks)
        for (auto& what : chunk)
          brought.push_back({what.effective_time, link, what});
    };
    add_all(feeds[link].ticks);
    add_all(feeds[link].signals);
    auto by_time = [](auto& a, auto& b) { return a.at < b.at; };
    std::ranges::stable_sort(brought, by_time);
    timestamp last = timestamp::min();
    for (auto& input : brought) {
      auto delay = draw.happens(0.05) ? link_delay_max * 5 : link_delay_max / 8;
      last = std::max(last, input.at + nanoseconds{draw.between(0, delay.count())});
      input.at = last;
      out.push_back(std::move(input));
    }
  }
  std::ranges::stable_sort(out, [](auto& a, auto& b) { return a.at < b.at; });
  return out;
}

std::vector<hostility> draw_manners(std::uint64_t seed) {
  hostility how;
  if (seed % 5 == 0) how = {.loses_report = 0.3, .delays_report = 0.6, .ignores_request = 0.3};
  if (seed % 7 == 0) how = {.does_not_take = 0.3, .goes_mute = 0.05, .disconnects = 0.05};
  if (seed % 3 == 0) how.requests_max = 2;
  std::vector<hostility> out;
  for (std::uint64_t i = 0; i < 2; ++i) {
    how.names_in_words = i == seed % 2; // one speaks its own words
    how.takes_back = how.names_in_words && seed % 4 == 0 ? 0.05 : 0;
    how.charges = how.names_in_words ? 0.5 : 0;
    out.push_back(how);
  }
  return out;
}

} // namespace

drawn_world draw_world(std::uint64_t seed) {
  drawer draw{seed};
  drawn_world out;
  out.by_arrival = draw.happens(0.5);
  out.loses_tail = out.by_arrival && draw.happens(0.6);
  out.universe = universe();
  draw_instruments(draw, seed, out.universe);
  out.settings = settings_of(seed, odd_delay);
  out.settings.brokers = {{.name = "ctp", .has_replace = seed % 4 != 1}, {.name = "ib"}};
  for (auto& broker : out.settings.brokers)
    if (draw.happens(0.2))
      broker.orders_per_second_max = static_cast<std::uint32_t>(draw.between(10, 150));
  out.settings.sequencer = out.by_arrival ? input_order::arrival : input_order::event_time;
  out.settings.reconcile_interval = milliseconds{25};
  out.settings.broker_probe_interval = milliseconds{20};
  out.settings.limits.daily_loss_max = money{int128{1'000'000} * unit};
  draw_all_limits(draw, seed, out.settings);
  auto m = random_market(seed);
  draw_days(draw, m);
  out.feeds = feeds_of(m, 1 + seed % 2, 1 + seed % 3);
  if (out.by_arrival) out.arrivals = draw_arrivals(draw, out.feeds);
  out.manners = draw_manners(seed);
  return out;
}

} // namespace tickmesh
