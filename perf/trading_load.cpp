#include "perf/trading_load.hpp"

#include "messages/signal_codec.hpp"
#include "messages/tick_codec.hpp"

#include <fmt/format.h>

#include <cassert>
#include <limits>

namespace tickmesh {

namespace {

constexpr std::int32_t trading_day = 20240102;
/// Rounds through the symbols after which what was bought is sold.
constexpr std::uint64_t rounds_per_side = 20;
constexpr auto unit = decimal_scale;

} // namespace

std::vector<std::string> load_symbol_names() {
  std::vector<std::string> out;
  for (std::uint32_t i = 0; i < load_symbols; ++i)
    out.push_back(fmt::format("SIM{:04}", i));
  return out;
}

std::vector<std::string> load_strategy_names() {
  std::vector<std::string> out;
  for (std::uint16_t i = 0; i < load_strategies; ++i)
    out.push_back(fmt::format("boll{}", i));
  return out;
}

instrument_table load_instruments() {
  instrument traded{.pattern = "SIM####", .exchange = "SIM", .currency = "CNY"};
  traded.multiplier = 10 * unit;
  traded.time_zone = "Asia/Shanghai";
  using std::chrono::minutes;
  traded.sessions = {{minutes{9 * 60}, minutes{15 * 60}}};
  return instrument_table{{traded}};
}

risk_limits every_rule() {
  constexpr money large{std::numeric_limits<std::int64_t>::max()}; // as a configuration may have it
  auto out = default_limits();
  out.position_max = lots(1'000'000);
  out.order_value_max = out.daily_loss_max = out.gross_exposure_max = out.net_exposure_max = large;
  out.orders_max = 100'000'000;
  out.order_size_max = lots(1'000);
  out.collar_ratio = unit / 10;
  out.orders_per_second_max = out.cancels_per_second_max = 60'000;
  out.orders_per_day_max = out.cancels_per_day_max = 1'000'000'000;
  out.duplicate_window = std::chrono::milliseconds{100};
  out.refuse_self_trade = true;
  out.symbols_restricted = {"ru1###", "rb1###", "cu*", "al*"};
  out.symbols_allowed = {"ag####", "SIM####"};
  out.in_session_only = true;
  out.mark_age_max = std::chrono::seconds{60};
  return out;
}

std::vector<limit_scope> every_scope() {
  std::vector<limit_scope> out{{scope_kind::symbol, "SIM####", every_rule()}};
  for (auto& strategy : load_strategy_names())
    out.push_back({scope_kind::strategy, strategy, every_rule()});
  for (auto& scope : out)
    scope.limits.orders_max.reset(); // which only the global scope may have
  return out;
}

timestamp trading_load::time_of(std::uint64_t step) {
  static const auto begin = *parse_timestamp("2024-01-02T01:30:00Z");
  return begin + step * load_step;
}

std::int64_t trading_load::level_of(std::uint64_t step) {
  auto symbol = step % load_symbols;
  auto round = step / load_symbols;
  return static_cast<std::int64_t>(4'000 + symbol + round * 7 % 20) * unit;
}

link_frame trading_load::pack(link& on, std::uint32_t items, std::string payload) {
  link_frame out;
  out.from_role = static_cast<std::uint8_t>(on.from.of);
  out.from_index = on.from.index;
  out.epoch = since.value;
  out.after = on.number;
  out.number = ++on.number;
  out.items = items;
  out.payload = std::move(payload);
  return out;
}

link_frame trading_load::next_ticks(std::uint32_t count) {
  assert(count <= load_symbols);
  std::string payload;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto step = ticks_given_++;
    tick t;
    t.symbol = symbol_id{static_cast<std::uint32_t>(step % load_symbols)};
    t.number = sequence{step / load_symbols + 1};
    t.position = source_position{step + 1};
    t.trading_day = trading_day;
    t.event_time = t.effective_time = time_of(step);
    t.last = price{level_of(step)};
    t.bid = t.last - price{unit};
    t.ask = t.last + price{unit};
    t.volume = t.bid_volume = t.ask_volume = lots(100);
    append_tick_run(payload, {&t, 1}, first_data_epoch, 0);
  }
  append_tick_frame_end(payload, time_of(ticks_given_ - 1), false);
  return pack(ticks_, count, std::move(payload));
}

signal trading_load::signal_at(std::uint64_t step, std::int64_t sent_ns) {
  signal out;
  auto round = step / load_symbols;
  auto symbol = static_cast<std::uint32_t>(step % load_symbols);
  out.name.symbol = symbol_id{symbol};
  out.name.strategy = strategy_id{static_cast<std::uint16_t>(round % load_strategies)};
  out.name.last_tick = sequence{round + 1};
  out.effective_time = time_of(step);
  out.direction = (round / rounds_per_side + symbol) % 2 == 0 ? 1 : -1;
  out.volume = lots(random_() % 9 + 1);
  out.last = price{level_of(step)};
  out.bid = out.last - price{unit};
  out.ask = out.last + price{unit};
  out.limit = out.direction > 0 ? out.ask : out.bid;
  out.ingest_ns = out.sent_ns = sent_ns;
  return out;
}

link_frame trading_load::next_signals(std::uint32_t count, std::int64_t sent_ns) {
  assert(signals_given_ + count <= ticks_given_);
  std::vector<signal> all;
  for (std::uint32_t i = 0; i < count; ++i)
    all.push_back(signal_at(signals_given_++, sent_ns));
  auto mark = time_of(signals_given_ - 1);
  return pack(signals_, count, encode_signal_frame(all, mark, false));
}

link_frame trading_load::end_of_ticks() {
  std::string payload;
  append_tick_frame_end(payload, end_of_time, true);
  return pack(ticks_, 0, std::move(payload));
}

link_frame trading_load::end_of_signals() {
  return pack(signals_, 0, encode_signal_frame({}, end_of_time, true));
}

} // namespace tickmesh
