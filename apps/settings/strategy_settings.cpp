// The sections [[strategies]] and [execution]; its brokers and limits have files of their own.
#include "apps/settings/load_settings.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace tickmesh {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::size_t strategies_max = 256;

constexpr std::array<std::pair<std::string_view, strategy_mode>, 2> strategy_modes{
    {{"reactive", strategy_mode::reactive}, {"windowed", strategy_mode::windowed}}};
constexpr std::array<std::pair<std::string_view, emit_mode>, 2> emit_modes{
    {{"on_change", emit_mode::on_change}, {"every", emit_mode::every}}};
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
void load_strategy_name(toml_section& section, std::string& out,
                        const std::vector<strategy_settings>& earlier) {
  if (!section.read("name", out)) return;
  if (!section.has("name"))
    section.reject("name", "is missing; allowed: a name that no other strategy has");
  else if (!is_plain_name(out))
    section.reject("name", "is no name; allowed: 1 to 64 letters, digits, `_`, `-`, `.`, the first "
                           "of them a letter or digit");
  for (auto& other : earlier)
    if (!out.empty() && other.name == out)
      section.reject("name", "is the name of an earlier strategy too; allowed: a name of its own");
}

void load_window(toml_section& section, strategy_settings& out) {
  bool good = section.read_duration("window_s", out.window, milliseconds{1}, hours{24});
  good &= section.read_duration("step_s", out.step, milliseconds{1}, hours{24});
  if (out.mode == strategy_mode::reactive) {
    for (auto key : {"window_s", "step_s"})
      if (section.has(key))
        section.reject(key, "has no meaning in a reactive strategy; remove it, or set mode = "
                            "\"windowed\"");
    return;
  }
  if (!good) return;
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

void load_strategy(toml_section& section, strategy_settings& out) {
  section.read_choice("mode", out.mode, strategy_modes);
  section.read("period", out.period, 2, 10'000);
  constexpr std::int64_t width_step = decimal_scale / 10'000;
  if (section.read_decimal("width", out.width, width_step, 100 * decimal_scale) &&
      out.width % width_step != 0)
    section.reject("width", "has more than four decimals; allowed: 0.0001 to 100");
  section.read_choice("emit", out.emit, emit_modes);
  section.read_decimal("volume", out.volume.value, 1, toml_section::decimal_max);
  load_window(section, out);
  if (!section.read("symbols", out.symbols)) return;
  if (out.symbols.empty()) section.reject("symbols", "is empty; allowed: [\"*\"] for all symbols");
  for (auto& pattern : out.symbols)
    if (!is_valid_pattern(pattern))
      section.reject("symbols", fmt::format("\"{}\" is no pattern; allowed: a symbol, `#` for a "
                                            "digit, `*` at the end for any tail",
                                            pattern));
}

/// The section [execution.journal].
void load_journal(toml_section section, journal_settings& out) {
  section.read_choice("durability", out.durability, journal_durabilities);
  section.read_duration("sync_interval_ms", out.sync_interval, milliseconds{1},
                        milliseconds{60'000});
  section.read("segment_mib", out.segment_mib, 1, 4'096);
  section.read("cut_unsynced", out.cut_unsynced);
  section.read("snapshot_events", out.snapshot_events, 0, 1'000'000'000'000);
  section.read("retention_days", out.retention_days, 0, 36'500);
}

/// The section [execution.ledger].
void load_ledger(toml_section section, ledger_settings& out) {
  section.read("enabled", out.enabled);
  section.read("rows_held_max", out.rows_held_max, 1, 16'777'216);
}

} // namespace

void load_strategies(toml_section root, std::vector<strategy_settings>& out) {
  auto sections = root.items("strategies");
  if (!root.has("strategies")) return;
  out.clear();
  if (sections.size() > strategies_max)
    root.reject("strategies", fmt::format("are too many; allowed: {}", strategies_max));
  for (auto& section : sections) {
    strategy_settings strategy;
    load_strategy_name(section, strategy.name, out);
    load_strategy(section, strategy);
    out.push_back(std::move(strategy));
  }
}

void load_execution(toml_section section, const std::vector<strategy_settings>& strategies,
                    execution_settings& out) {
  section.read("account", out.account);
  section.read("currency", out.currency);
  for (auto [key, value] : {std::pair{"account", &out.account}, {"currency", &out.currency}})
    if (!is_plain_name(*value))
      section.reject(key, "is no name; allowed: 1 to 64 letters, digits, `_`, `-`, `.`");
  section.read_duration("order_lifetime_ms", out.order_lifetime, milliseconds{0}, hours{24});
  section.read_duration("report_timeout_ms", out.report_timeout, milliseconds{1}, hours{24});
  section.read_choice("time_in_force", out.order_time_in_force, times_in_force);
  section.read_duration("mark_interval_ms", out.mark_interval, milliseconds{1}, hours{24});
  section.read("programme_rate_reported", out.programme_rate_reported, 1, 65'535);
  section.read_duration("frozen_mark_alarm_s", out.frozen_mark_alarm, nanoseconds{0},
                        std::chrono::hours{24});
  load_limits(section.section("limits"), strategies, out);
  load_brokers(section, out);
  load_journal(section.section("journal"), out.journal);
  load_ledger(section.section("ledger"), out.ledger);
}

} // namespace tickmesh
