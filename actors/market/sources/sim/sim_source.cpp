#include "actors/market/sources/sim/sim_source.hpp"

#include "actors/market/feed/fingerprint.hpp"
#include "messages/exchange_clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace tickmesh {

namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;
constexpr std::uint64_t seconds_max = 1'500'000'000; // keeps event times before 2261
constexpr timestamp start_max{std::chrono::sys_days{std::chrono::year{2200} / 1 / 1}};
constexpr std::int64_t price_tick_max = 100 * decimal_scale;
constexpr double bad_share_max = 0.1;
/// In price ticks: a step or a spread of a few ticks is then far below the cleaner's thresholds.
constexpr std::int64_t start_price_min = 1000;
constexpr std::size_t expensive_every = 25; // one symbol in so many costs above 100,000
constexpr nanoseconds lateness_max{1'000'000};
constexpr std::size_t busy_symbols_max = 3;

constexpr std::size_t index_of(reject_reason reason) {
  return static_cast<std::size_t>(reason);
}

/// In price ticks.
std::int64_t draw_start_price(random_numbers& random, std::size_t index, std::int64_t price_tick) {
  bool expensive = index % expensive_every == expensive_every - 1;
  auto units =
      (expensive ? 150'000 + random.below(150'000) : 2'000 + random.below(18'000)) * decimal_scale;
  return std::max(units / price_tick, start_price_min);
}

result<void> check(const sim_settings& settings) {
  if (settings.symbols < 1 || settings.symbols > 9'999)
    return fail(fmt::format("source.sim.symbols: {} is not in 1 to 9999", settings.symbols));
  if (settings.ticks_per_second < 1 || settings.ticks_per_second > ns_per_second)
    return fail(fmt::format("source.sim.ticks_per_second: {} is not in 1 to {}",
                            settings.ticks_per_second, ns_per_second));
  if (settings.ticks / settings.ticks_per_second >= seconds_max)
    return fail(fmt::format("source.sim.ticks: {} take more than {} s at {} a second",
                            settings.ticks, seconds_max, settings.ticks_per_second));
  if (settings.start < timestamp{} || settings.start > start_max)
    return fail("source.sim.start: is not in 1970 to 2200");
  for (std::size_t i = 0; i < sim_fault_count; ++i)
    if (!(settings.bad_share[i] >= 0 && settings.bad_share[i] <= bad_share_max))
      return fail(fmt::format("source.sim.bad_share: {} for {} is not in 0 to {}",
                              settings.bad_share[i], reject_reason_names[i], bad_share_max));
  return {};
}

} // namespace

result<std::shared_ptr<const sim_source>> load_sim_source(const source_settings& settings,
                                                          const instrument_table& instruments) {
  auto& sim = settings.sim;
  if (auto checked = check(sim); !checked) return tl::make_unexpected(checked.error());
  auto source = std::make_shared<sim_source>();
  source->settings_ = sim;
  source->time_mark_interval_ = settings.time_mark_interval;
  random_numbers random{sim.seed};
  for (std::uint32_t i = 0; i < sim.symbols; ++i) { // four digits: order of names
    auto name = fmt::format("SIM{:04}", i + 1);
    sim_source::instrument_plan plan;
    plan.symbol = source->symbols_.add(name);
    if (auto* entry = instruments.find(name)) {
      plan.price_tick = entry->price_tick.value;
      plan.multiplier = entry->multiplier;
    }
    if (plan.price_tick < 1 || plan.price_tick > price_tick_max)
      return fail(
          fmt::format("instrument {}: price tick {} is too coarse for the simulator; at most "
                      "100 is allowed",
                      name, format_decimal(plan.price_tick)));
    plan.start_price = draw_start_price(random, i, plan.price_tick);
    source->plans_.push_back(plan);
  }
  for (std::size_t i = 0; i < sim_fault_count; ++i)
    source->bad_share_[i] = static_cast<std::uint64_t>(sim.bad_share[i] * 4294967296.0);
  if (source->bad_share_[index_of(reject_reason::unknown_symbol)] > 0) {
    if (instruments.find("UNKNOWN1"))
      return fail("source.sim.bad_share: UNKNOWN_SYMBOL must be 0, for UNKNOWN1 has an instrument "
                  "entry");
    source->unknown_symbol_ = source->symbols_.add("UNKNOWN1");
  }
  source->take_fingerprint();
  return std::shared_ptr<const sim_source>{std::move(source)};
}

std::unique_ptr<feed> sim_source::open(const resume_points&) const {
  return std::make_unique<sim_feed>(shared_from_this());
}

void sim_source::take_fingerprint() {
  fingerprint_builder content;
  content.add("sim 1"); // to be raised when the same settings give other ticks
  content.add(static_cast<std::int64_t>(settings_.seed));
  content.add(static_cast<std::int64_t>(settings_.ticks));
  content.add(settings_.ticks_per_second);
  content.add(to_ns(settings_.start));
  content.add(time_mark_interval_.count());
  for (auto share : bad_share_)
    content.add(static_cast<std::int64_t>(share));
  for (auto& name : symbols_.names())
    content.add(name);
  for (auto& plan : plans_) {
    content.add(plan.price_tick);
    content.add(plan.multiplier);
    content.add(plan.start_price);
  }
  fingerprint_ = content.value();
}

sim_feed::sim_feed(std::shared_ptr<const sim_source> source)
    : marked_feed(source->time_mark_interval_), source_(std::move(source)),
      random_(~source_->settings_.seed), symbols_(source_->plans_.size()),
      now_(source_->settings_.start) {
  for (std::size_t i = 0; i < symbols_.size(); ++i) {
    auto start = source_->plans_[i].start_price;
    symbols_[i].bid = start;
    symbols_[i].lowest = start - start * 3 / 10;
    symbols_[i].highest = start + start * 3 / 10;
  }
}

bool sim_feed::read(tick& out) {
  using enum reject_reason;
  if (total_ == source_->settings_.ticks) return false;
  ++total_;
  draw_faults();
  if (owes(duplicate) && repeatable_) { // at once, so that no time mark makes it late
    out = make_bad(*repeatable_, duplicate);
  } else {
    auto mean_gap = ns_per_second / source_->settings_.ticks_per_second;
    now_ += nanoseconds{1 + random_.below(2 * mean_gap - 1)};
    if (owes(unknown_symbol)) {
      out = make_unknown();
    } else {
      auto index = draw_symbol();
      auto reason = choose_fault(symbols_[index]);
      out = reason ? make_bad(index, *reason) : make_good(index);
    }
  }
  out.position = source_position{total_};
  out.effective_time = now_;
  return true;
}

void sim_feed::draw_faults() {
  auto drawn = random_.next() >> 32;
  for (std::size_t i = 0; i < sim_fault_count; ++i) {
    if (drawn < source_->bad_share_[i]) {
      ++owed_[i];
      return;
    }
    drawn -= source_->bad_share_[i];
  }
}

bool sim_feed::owes(reject_reason reason) const {
  return owed_[index_of(reason)] > 0;
}

void sim_feed::pay(reject_reason reason) {
  assert(owes(reason));
  --owed_[index_of(reason)];
  ++injected_[index_of(reason)];
}

/// In a burst, four ticks in five belong to a few symbols.
std::size_t sim_feed::draw_symbol() {
  auto count = static_cast<std::int64_t>(symbols_.size());
  if (phase_ticks_-- == 0) {
    bool quiet = busy_symbols_.empty();
    busy_symbols_.clear();
    for (std::size_t i = 0; quiet && i < busy_symbols_max; ++i)
      busy_symbols_.push_back(static_cast<std::size_t>(random_.below(count)));
    phase_ticks_ = quiet ? 500 + random_.below(2'500) : 2'000 + random_.below(8'000);
  }
  if (!busy_symbols_.empty() && random_.below(5) != 0)
    return busy_symbols_[static_cast<std::size_t>(random_.below(busy_symbols_max))];
  return static_cast<std::size_t>(random_.below(count));
}

/// The fault that is owed most and can be put in now.
std::optional<reject_reason> sim_feed::choose_fault(const simulated_symbol& symbol) const {
  if (!symbol.has_good || symbol.last_was_bad) return std::nullopt;
  std::optional<reject_reason> chosen;
  for (std::size_t i = 0; i < sim_fault_count; ++i) {
    auto reason = static_cast<reject_reason>(i);
    if (reason == reject_reason::unknown_symbol || reason == reject_reason::duplicate) continue;
    if (reason == reject_reason::late && time_mark() <= timestamp{} + lateness_max) continue;
    if (owed_[i] > 0 && (!chosen || owed_[i] > owed_[index_of(*chosen)])) chosen = reason;
  }
  return chosen;
}

tick sim_feed::make_good(std::size_t index) {
  auto& plan = source_->plans_[index];
  auto& symbol = symbols_[index];
  constexpr std::array<std::int64_t, 16> steps{-2, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2};
  symbol.bid = std::clamp(symbol.bid + steps[static_cast<std::size_t>(random_.below(16))],
                          symbol.lowest, symbol.highest);
  auto ask = symbol.bid + 1 + random_.below(3);
  tick t = symbol.last_good;
  t.symbol = plan.symbol;
  t.event_time = now_;
  t.trading_day = utc_date(now_);
  t.bid = price{symbol.bid * plan.price_tick};
  t.bid_volume = quantity{(1 + random_.below(200)) * decimal_scale};
  t.ask = price{ask * plan.price_tick};
  t.ask_volume = quantity{(1 + random_.below(200)) * decimal_scale};
  bool traded = !symbol.has_good || random_.below(4) != 0;
  t.volume = quantity{traded ? (1 + random_.below(20)) * decimal_scale : 0};
  if (traded) t.last = random_.below(2) == 0 ? t.bid : t.ask;
  t.turnover = order_value(t.last, t.volume, plan.multiplier).value_or(money{});
  bool new_day = t.trading_day != symbol.last_good.trading_day;
  t.cumulative_volume = t.volume + (new_day ? quantity{} : symbol.last_good.cumulative_volume);
  t.open_interest = quantity{(100'000 + random_.below(1'000)) * decimal_scale};
  symbol.last_good = t;
  symbol.has_good = true;
  symbol.last_was_bad = false;
  repeatable_ = index;
  return t;
}

tick sim_feed::make_bad(std::size_t index, reject_reason reason) {
  auto& symbol = symbols_[index];
  price one{source_->plans_[index].price_tick};
  tick t = symbol.last_good;
  pay(reason);
  symbol.last_was_bad = true;
  repeatable_.reset();
  if (reason == reject_reason::duplicate) return t;
  t.event_time = now_;
  t.volume = quantity{};
  t.turnover = money{};
  // A fifth is beyond the limit of the spread and the band of the jump, both of a tenth.
  price fifth{symbol.bid / 5 * one.value + one.value};
  switch (reason) {
  case reject_reason::price_out_of_range: {
    std::array<price*, 3> prices{&t.last, &t.bid, &t.ask};
    std::array<price, 3> outside{price{}, -one, price{1'000'000 * decimal_scale}};
    *prices[static_cast<std::size_t>(random_.below(3))] =
        outside[static_cast<std::size_t>(random_.below(3))];
    break;
  }
  case reject_reason::negative_volume:
    t.volume = quantity{-(1 + random_.below(10)) * decimal_scale};
    break;
  case reject_reason::crossed_book:
    t.bid = t.ask + price{(1 + random_.below(5)) * one.value};
    break;
  case reject_reason::wide_spread: t.ask = t.bid + fifth; break;
  case reject_reason::late:
    t.event_time = time_mark() - nanoseconds{1 + random_.below(lateness_max.count())};
    break;
  case reject_reason::price_jump: {
    price shift = random_.below(2) == 0 ? fifth : -fifth;
    t.last += shift;
    t.bid += shift;
    t.ask += shift;
    break;
  }
  case reject_reason::unknown_symbol:
  case reject_reason::duplicate:
  case reject_reason::time_jump: assert(false); break;
  }
  t.trading_day = utc_date(t.event_time);
  return t;
}

tick sim_feed::make_unknown() {
  pay(reject_reason::unknown_symbol);
  repeatable_.reset();
  tick t;
  t.symbol = source_->unknown_symbol_;
  t.event_time = now_;
  t.trading_day = utc_date(now_);
  t.last = price{100 * decimal_scale};
  t.bid = price{99 * decimal_scale};
  t.bid_volume = quantity{decimal_scale};
  t.ask = price{101 * decimal_scale};
  t.ask_volume = quantity{decimal_scale};
  return t;
}

} // namespace tickmesh
