// The sections [[strategies]] and [execution]; its brokers and limits have files of their own.
#include "apps/settings/declarations.hpp"
#include "apps/settings/load_settings.hpp"
#include "runtime/settings/setting_reader.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace tickmesh {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t strategies_max = 256;
constexpr std::int64_t width_step = decimal_scale / 10'000;

constexpr std::array<std::pair<std::string_view, strategy_mode>, 2> strategy_modes{
    {{"reactive", strategy_mode::reactive}, {"windowed", strategy_mode::windowed}}};
constexpr std::array<std::pair<std::string_view, emit_mode>, 2> emit_modes{
    {{"on_change", emit_mode::on_change}, {"every", emit_mode::every}}};
constexpr std::array<std::pair<std::string_view, input_order>, 2> input_order_names{
    {{"event_time", input_order::event_time}, {"arrival", input_order::arrival}}};
constexpr std::array<std::pair<std::string_view, time_in_force>, 4> times_in_force{
    {{"DAY", time_in_force::day},
     {"GTC", time_in_force::good_till_cancel},
     {"IOC", time_in_force::immediate_or_cancel},
     {"FOK", time_in_force::fill_or_kill}}};
constexpr std::array<std::pair<std::string_view, log_durability>, 3> journal_durabilities{
    {{"always", log_durability::always},
     {"interval", log_durability::interval},
     {"never", log_durability::never}}};

/// A name must be there, be plain, and be the first of its kind.
void check_strategy_name(toml_section& section, const std::string& out,
                         const std::vector<strategy_settings>& earlier) {
  if (!section.has("name"))
    section.reject("name", "is missing; allowed: a name that no other strategy has");
  else if (!is_plain_name(out))
    section.reject("name", "is no name; allowed: 1 to 64 letters, digits, `_`, `-`, `.`, the first "
                           "of them a letter or digit");
  for (auto& other : earlier)
    if (!out.empty() && other.name == out)
      section.reject("name", "is the name of an earlier strategy too; allowed: a name of its own");
}

void check_window(toml_section& section, const strategy_settings& out) {
  if (out.mode == strategy_mode::reactive) {
    for (auto key : {"window_s", "step_s"})
      if (section.has(key))
        section.reject(key, "has no meaning in a reactive strategy; remove it, or set mode = "
                            "\"windowed\"");
    return;
  }
  if (section.is_faulty("window_s") || section.is_faulty("step_s")) return;
  auto key = section.has("step_s") ? "step_s" : "window_s";
  auto text = [](nanoseconds t) {
    return format_decimal(int128{t.count()} * decimal_scale / 1'000'000'000);
  };
  if (out.window < out.step)
    section.reject(key, fmt::format("the window of {} s is shorter than its step of {} s; allowed: "
                                    "a step that divides the window",
                                    text(out.window), text(out.step)));
  else if (out.window % out.step != nanoseconds{0})
    section.reject(key, fmt::format("the step of {} s does not divide the window of {} s; allowed: "
                                    "a step that divides the window",
                                    text(out.step), text(out.window)));
}

void check_strategy(toml_section& section, const strategy_settings& out) {
  if (out.width % width_step != 0)
    section.reject("width", "has more than four decimals; allowed: 0.0001 to 100");
  check_window(section, out);
  if (out.symbols.empty()) section.reject("symbols", "is empty; allowed: [\"*\"] for all symbols");
  for (auto& pattern : out.symbols)
    if (!is_valid_pattern(pattern))
      section.reject("symbols", fmt::format("\"{}\" is no pattern; allowed: a symbol, `#` for a "
                                            "digit, `*` at the end for any tail",
                                            pattern));
}

} // namespace

void declare(strategy_settings& s, setting_visitor& v) {
  v.text("name", s.name);
  v.choice("mode", s.mode, strategy_modes);
  v.whole("period", s.period, 2, 10'000);
  v.decimal("width", s.width, width_step, 100 * decimal_scale);
  v.choice("emit", s.emit, emit_modes);
  v.decimal("volume", s.volume, 1, setting_visitor::decimal_max);
  v.duration("window_s", s.window, milliseconds{1}, hours{24});
  v.duration("step_s", s.step, milliseconds{1}, hours{24});
  v.list("symbols", s.symbols);
}

void declare(calc_settings& s, setting_visitor& v) {
  v.whole("signals_held_max", s.signals_held_max, 1, 1'000'000'000);
  v.whole("quarantined_max", s.quarantined_max, 0, 1'000'000);
  v.whole("rows_held_mib_max", s.rows_held_mib_max, 1, 1'048'576);
}

void declare(journal_settings& s, setting_visitor& v) {
  v.choice("durability", s.durability, journal_durabilities);
  v.duration("sync_interval_ms", s.sync_interval, milliseconds{1}, milliseconds{60'000});
  v.whole("segment_mib", s.segment_mib, 1, 4'096);
  v.flag("cut_unsynced", s.cut_unsynced);
  v.whole("snapshot_events", s.snapshot_events, 0, 1'000'000'000'000);
  v.whole("retention_days", s.retention_days, 0, 36'500);
  v.duration("unawaited_sync_ms", s.unawaited_sync, milliseconds{1}, milliseconds{60'000});
}

void declare(ledger_settings& s, setting_visitor& v) {
  v.flag("enabled", s.enabled);
  v.whole("rows_held_max", s.rows_held_max, 1, 16'777'216);
  v.duration("write_interval_ms", s.write_interval, milliseconds{1}, milliseconds{60'000});
  v.duration("retry_interval_ms", s.retry_interval, milliseconds{1}, milliseconds{3'600'000});
  v.duration("busy_timeout_ms", s.busy_timeout, milliseconds{0}, milliseconds{60'000});
  v.duration("end_timeout_ms", s.end_timeout, milliseconds{0}, milliseconds{3'600'000});
}

void declare(execution_settings& s, setting_visitor& v) {
  v.section("limits", std::nullopt, [&] {
    declare(s.limits, scope_kind::global, v);
    v.entries("scope", s.limit_scopes, std::nullopt, [&](auto& scope) { declare(scope, v); });
  });
  v.text("account", s.account);
  v.text("currency", s.currency);
  v.whole("programme_rate_reported", s.programme_rate_reported, 1, 65'535);
  v.duration("frozen_mark_alarm_s", s.frozen_mark_alarm, nanoseconds{0}, hours{24});
  v.choice("broker", s.broker, broker_kinds);
  v.choice("sequencer", s.sequencer, input_order_names);
  v.duration("mark_interval_ms", s.mark_interval, milliseconds{1}, hours{24});
  v.duration("order_lifetime_ms", s.order_lifetime, milliseconds{0}, hours{24});
  v.duration("report_timeout_ms", s.report_timeout, milliseconds{1}, hours{24});
  v.choice("time_in_force", s.order_time_in_force, times_in_force);
  v.whole("status_queries_max", s.status_queries_max, 1, 1'000);
  v.whole("cancel_requests_max", s.cancel_requests_max, 1, 1'000);
  v.section("routing", std::nullopt, [&] {
    v.text("primary", s.primary_broker);
    v.text("backup", s.backup_broker);
    v.whole("failover_threshold", s.failover_threshold, 1, 1'000);
    v.duration("probe_interval_ms", s.broker_probe_interval, milliseconds{1}, hours{24});
    v.duration("reconcile_interval_ms", s.reconcile_interval, milliseconds{0}, hours{24});
  });
  v.duration("clock_interval_ms", s.clock_interval, milliseconds{1}, seconds{10});
  v.whole("operator_commands_max", s.operator_commands_max, 1, 1'000'000);
  // Nobody's own: what brokers begin with, and all agree on what each of them then has.
  v.section("sim", agreement::host, [&] { declare(s.sim, v); });
  v.entries("brokers", s.brokers, std::nullopt, [&](auto& broker) { declare(broker, v); });
  v.section("journal", agreement::host, [&] { declare(s.journal, v); });
  v.section("ledger", agreement::host, [&] { declare(s.ledger, v); });
}

void load_strategies(toml_section root, std::vector<strategy_settings>& out) {
  auto sections = root.items("strategies");
  if (!root.has("strategies")) return;
  out.clear();
  if (sections.size() > strategies_max)
    root.reject("strategies", fmt::format("are too many; allowed: {}", strategies_max));
  for (auto& section : sections) {
    strategy_settings strategy;
    setting_reader reader{section};
    declare(strategy, reader);
    check_strategy_name(section, strategy.name, out);
    check_strategy(section, strategy);
    out.push_back(std::move(strategy));
  }
}

void finish_execution(toml_section section, const std::vector<strategy_settings>& strategies,
                      execution_settings& out) {
  for (auto [key, value] : {std::pair{"account", &out.account}, {"currency", &out.currency}})
    if (!is_plain_name(*value))
      section.reject(key, "is no name; allowed: 1 to 64 letters, digits, `_`, `-`, `.`");
  finish_limits(section.section("limits"), strategies, out);
  finish_brokers(section, out);
}

} // namespace tickmesh
