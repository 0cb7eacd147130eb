// The file of instruments: [[instruments]] by exact symbol or product pattern.
#include "apps/settings/calendar_settings.hpp"
#include "apps/settings/load_settings.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <array>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <type_traits>

namespace tickmesh {

namespace {

constexpr std::array<std::pair<std::string_view, price_source>, 2> price_sources{
    {{"last", price_source::last}, {"mid", price_source::mid}}};

constexpr std::array<std::pair<std::string_view, position_model>, 3> position_models{
    {{"net", position_model::net},
     {"yesterday_first", position_model::yesterday_first},
     {"today_first", position_model::today_first}}};

constexpr std::array<std::pair<std::string_view, decimal_rule>, 2> decimal_rules{
    {{"exact", decimal_rule::exact}, {"round", decimal_rule::round}}};

bool is_time_zone(const std::string& name) {
  try { // the library's own way to say that there is no such zone
    return date::locate_zone(name) != nullptr;
  } catch (const std::runtime_error&) {
    return false;
  }
}

void read_required(toml_section& section, std::string_view key, std::string& out) {
  if (section.read(key, out) && out.empty())
    section.reject(key, "is missing or empty; every instrument has one");
}

void load_calendar_of(toml_section& section, const calendars_by_name& calendars, instrument& out) {
  std::string name;
  if (!section.read("calendar", name) || !section.has("calendar")) return;
  if (!section.has("sessions"))
    section.reject("calendar", "goes with sessions, and this instrument has none");
  auto found = calendars.find(name);
  if (found != calendars.end())
    out.calendar = found->second;
  else
    section.reject("calendar", "is not the name of one of the [[calendars]] of this file");
}

/// Reads `PREFIX_ratio` and `PREFIX_amount`.
void load_fee(toml_section& section, const std::string& prefix, fill_fee& out) {
  section.read_decimal(prefix + "_ratio", out.ratio, 0, decimal_scale - 1);
  section.read_decimal(prefix + "_amount", out.amount, 0, toml_section::decimal_max);
}

void load_positions(toml_section& section, instrument& out) {
  section.read_choice("position_model", out.positions, position_models);
  section.read("close_today", out.close_today);
  load_fee(section, "fee_open", out.fees.open);
  load_fee(section, "fee_close", out.fees.close);
  out.fees.close_today = out.fees.close;
  load_fee(section, "fee_close_today", out.fees.close_today);
  if (out.positions != position_model::net) return;
  constexpr auto needs_days = "needs positions by day; allowed: with position_model = "
                              "\"yesterday_first\" or \"today_first\"";
  if (out.close_today) section.reject("close_today", needs_days);
  for (auto* key : {"fee_close_today_ratio", "fee_close_today_amount"})
    if (section.has(key)) section.reject(key, needs_days);
}

template <class T>
void read_own(toml_section& section, std::string_view key, std::optional<T>& out, std::int64_t low,
              std::int64_t high) {
  std::int64_t value = low;
  if (!section.read_decimal(key, value, low, high) || !section.has(key)) return;
  if constexpr (std::is_same_v<T, price>)
    out = price{value};
  else
    out = value;
}

/// Where prices may be 0, spread_max and jump_band are at least shares of so many price ticks.
constexpr std::int64_t ratio_base_ticks = 100;

void load_limits(toml_section& section, const cleaning_settings& common, instrument& out) {
  auto& limits = out.limits;
  section.read_decimal("price_min", limits.price_min.value, -toml_section::decimal_max,
                       toml_section::decimal_max);
  read_own(section, "price_max", limits.price_max, 1 - toml_section::decimal_max,
           toml_section::decimal_max);
  read_own(section, "spread_max", limits.spread_max, 1, cleaning_ratio_max);
  read_own(section, "jump_band", limits.jump_band, 1, cleaning_ratio_max);
  std::uint32_t count = 1;
  if (section.read("jump_confirm_count", count, 1, jump_confirm_count_max) &&
      section.has("jump_confirm_count"))
    limits.jump_confirm_count = count;
  bool may_be_zero = limits.price_min.value < 0;
  if (may_be_zero &&
      __builtin_mul_overflow(out.price_tick.value, ratio_base_ticks, &limits.ratio_base_min.value))
    limits.ratio_base_min.value = toml_section::decimal_max;
  section.read_decimal("ratio_base_min", limits.ratio_base_min.value, may_be_zero ? 1 : 0,
                       toml_section::decimal_max);
  auto highest = limits.price_max.value_or(common.price_max);
  if (limits.price_min < highest) return;
  section.reject(section.has("price_min") ? "price_min" : "price_max",
                 fmt::format("leaves no price; allowed: price_min below price_max, which is {}",
                             format_decimal(highest.value)));
}

instrument load_instrument(toml_section& section, const calendars_by_name& calendars,
                           const cleaning_settings& cleaning) {
  instrument out;
  read_required(section, "pattern", out.pattern);
  if (!out.pattern.empty() && !is_valid_pattern(out.pattern))
    section.reject("pattern",
                   "is no pattern; allowed: a symbol, `#` for a digit, `*` at the end for "
                   "any tail");
  read_required(section, "exchange", out.exchange);
  read_required(section, "currency", out.currency);
  section.read_decimal("multiplier", out.multiplier, 1, toml_section::decimal_max);
  section.read_decimal("price_tick", out.price_tick.value, 1, toml_section::decimal_max);
  section.read_decimal("quantity_step", out.quantity_step.value, 1, toml_section::decimal_max);
  if (section.read("time_zone", out.time_zone) && !is_time_zone(out.time_zone))
    section.reject("time_zone", "is no time zone; allowed: IANA names such as Asia/Shanghai, UTC");
  section.read_choice("price_from", out.price_from, price_sources);
  load_sessions(section, out.sessions);
  load_calendar_of(section, calendars, out);
  load_positions(section, out);
  load_limits(section, cleaning, out);
  section.read("short_allowed", out.short_allowed);
  section.read_choice("decimals", out.decimals, decimal_rules);
  return out;
}

} // namespace

loaded_instruments load_instruments(const std::string& file, const cleaning_settings& cleaning) {
  toml_reader reader{file, {}};
  auto root = reader.root();
  auto calendars = load_calendars(root);
  root.refuse("corporate_actions",
              "splits and dividends are not supported; remove the section, and "
              "see docs/not-supported.md");
  std::vector<instrument> entries;
  std::map<std::string, std::size_t> first; // of each pattern, from 1
  for (auto& section : root.items("instruments")) {
    entries.push_back(load_instrument(section, calendars, cleaning));
    auto [i, added] = first.try_emplace(entries.back().pattern, entries.size());
    if (!added && !entries.back().pattern.empty())
      section.reject("pattern", fmt::format("is the pattern of entry {} too; allowed: one entry a "
                                            "pattern",
                                            i->second));
  }
  return {instrument_table{std::move(entries)}, reader.take_faults()};
}

} // namespace tickmesh
