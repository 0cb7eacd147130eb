// The file of instruments: [[instruments]] by exact symbol or product pattern, and the
// [[calendars]] that they name.
#include "apps/load_settings.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>

namespace tickmesh {

namespace {

using std::chrono::minutes;

constexpr minutes day = std::chrono::days{1};
constexpr std::int64_t decimal_max = std::numeric_limits<std::int64_t>::max();

constexpr std::array<std::pair<std::string_view, price_source>, 2> price_sources{
    {{"last", price_source::last}, {"mid", price_source::mid}}};

constexpr std::array<std::pair<std::string_view, position_model>, 3> position_models{
    {{"net", position_model::net},
     {"yesterday_first", position_model::yesterday_first},
     {"today_first", position_model::today_first}}};

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

/// `HH:MM` up to 24:00.
std::optional<minutes> parse_time_of_day(std::string_view text) {
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !is_digit(text[0]) || !is_digit(text[1]) ||
      !is_digit(text[3]) || !is_digit(text[4]))
    return std::nullopt;
  auto hour = (text[0] - '0') * 10 + (text[1] - '0');
  auto minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (minute > 59 || hour * 60 + minute > 24 * 60) return std::nullopt;
  return minutes{hour * 60 + minute};
}

/// `HH:MM-HH:MM`; the end may lie beyond midnight, and is then the smaller one.
std::optional<trading_session> parse_session(std::string_view text) {
  if (text.size() != 11 || text[5] != '-') return std::nullopt;
  auto from = parse_time_of_day(text.substr(0, 5));
  auto until = parse_time_of_day(text.substr(6));
  if (!from || !until || *from == *until || *from == day) return std::nullopt;
  return trading_session{*from, *until};
}

void load_sessions(toml_section& section, std::vector<trading_session>& out) {
  std::vector<std::string> texts;
  if (!section.read("sessions", texts)) return;
  for (auto& text : texts) {
    auto session = parse_session(text);
    if (!session)
      return section.reject(
          "sessions",
          fmt::format("{} is no session; allowed: \"HH:MM-HH:MM\", 00:00 to 24:00", text));
    out.push_back(*session);
  }
  if (out.empty()) return;
  // Night sessions cross midnight, or begin when the trading day's last session has ended.
  auto end_of_trading_day = out.back().until;
  for (auto& session : out) {
    bool crosses = session.from > session.until;
    if (!crosses && session.from < end_of_trading_day) continue;
    session.from -= day;
    if (!crosses) session.until -= day;
  }
  bool apart = out.back().until <= out.front().from + day;
  for (std::size_t i = 1; i < out.size(); ++i)
    apart = apart && out[i - 1].until <= out[i].from;
  if (!apart)
    section.reject("sessions", "overlap or are out of order; allowed: those of one trading day in "
                               "their order, night sessions first");
}

std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
  auto midnight = parse_timestamp(fmt::format("{}T00:00:00Z", text));
  if (text.size() != 10 || !midnight) return std::nullopt;
  return std::chrono::floor<std::chrono::days>(*midnight);
}

trading_calendar load_calendar(toml_section& section) {
  trading_calendar out;
  read_required(section, "name", out.name);
  section.read("weekend", out.closed_on_weekends);
  std::vector<std::string> dates;
  section.read("holidays", dates);
  for (auto& text : dates) {
    auto date = parse_date(text);
    if (!date) {
      section.reject("holidays",
                     fmt::format("{} is no date; allowed: dates such as 2018-10-01", text));
      break;
    }
    out.holidays.insert(*date);
  }
  return out;
}

using calendars_by_name = std::map<std::string, std::shared_ptr<const trading_calendar>>;

calendars_by_name load_calendars(toml_section& root) {
  calendars_by_name out;
  for (auto& section : root.items("calendars")) {
    auto calendar = std::make_shared<const trading_calendar>(load_calendar(section));
    if (!out.emplace(calendar->name, calendar).second && !calendar->name.empty())
      section.reject("name", "is the name of another calendar, too; allowed: one entry a name");
  }
  return out;
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
  section.read_decimal(prefix + "_amount", out.amount, 0, decimal_max);
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

instrument load_instrument(toml_section& section, const calendars_by_name& calendars) {
  instrument out;
  read_required(section, "pattern", out.pattern);
  if (!out.pattern.empty() && !is_valid_pattern(out.pattern))
    section.reject("pattern",
                   "is no pattern; allowed: a symbol, `#` for a digit, `*` at the end for "
                   "any tail");
  read_required(section, "exchange", out.exchange);
  read_required(section, "currency", out.currency);
  section.read_decimal("multiplier", out.multiplier, 1, decimal_max);
  section.read_decimal("price_tick", out.price_tick.value, 1, decimal_max);
  section.read_decimal("quantity_step", out.quantity_step.value, 1, decimal_max);
  if (section.read("time_zone", out.time_zone) && !is_time_zone(out.time_zone))
    section.reject("time_zone", "is no time zone; allowed: IANA names such as Asia/Shanghai, UTC");
  section.read_choice("price_from", out.price_from, price_sources);
  load_sessions(section, out.sessions);
  load_calendar_of(section, calendars, out);
  load_positions(section, out);
  return out;
}

} // namespace

loaded_instruments load_instruments(const std::string& file) {
  toml_reader reader{file, {}};
  auto root = reader.root();
  auto calendars = load_calendars(root);
  std::vector<instrument> entries;
  std::map<std::string, std::size_t> first; // of each pattern, from 1
  for (auto& section : root.items("instruments")) {
    entries.push_back(load_instrument(section, calendars));
    auto [i, added] = first.try_emplace(entries.back().pattern, entries.size());
    if (!added && !entries.back().pattern.empty())
      section.reject("pattern", fmt::format("is the pattern of entry {} too; allowed: one entry a "
                                            "pattern",
                                            i->second));
  }
  return {instrument_table{std::move(entries)}, reader.take_faults()};
}

} // namespace tickmesh
