#include "apps/settings/calendar_settings.hpp"

#include "messages/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string_view>

namespace tickmesh {

namespace {

using std::chrono::minutes;
using std::chrono::sys_days;

constexpr minutes day = std::chrono::days{1};

constexpr std::array<std::string_view, 7> weekday_names{"Sun", "Mon", "Tue", "Wed",
                                                        "Thu", "Fri", "Sat"};

constexpr std::array<std::pair<std::string_view, night_rule>, 2> night_rules{
    {{"weekday_before", night_rule::weekday_before}, {"day_before", night_rule::day_before}}};

std::optional<unsigned> parse_weekday(std::string_view text) {
  auto found = std::ranges::find(weekday_names, text);
  if (found == weekday_names.end()) return std::nullopt;
  return static_cast<unsigned>(found - weekday_names.begin());
}

/// `Mon`, `Mon-Fri` (a range may pass Saturday), or several with commas between them.
std::optional<weekday_set> parse_weekdays(std::string_view text) {
  unsigned out = 0;
  for (;;) {
    auto comma = text.find(',');
    auto part = text.substr(0, comma);
    auto dash = part.find('-');
    auto first = parse_weekday(part.substr(0, dash));
    auto last = dash == std::string_view::npos ? first : parse_weekday(part.substr(dash + 1));
    if (!first || !last) return std::nullopt;
    for (auto at = *first;; at = (at + 1) % 7) {
      out |= 1U << at;
      if (at == *last) break;
    }
    if (comma == std::string_view::npos) return static_cast<weekday_set>(out);
    text.remove_prefix(comma + 1);
  }
}

/// `HH:MM` up to 24:00.
std::optional<minutes> parse_time_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':' || !is_digit(text[0]) || !is_digit(text[1]) ||
      !is_digit(text[3]) || !is_digit(text[4]))
    return std::nullopt;
  auto hour = (text[0] - '0') * 10 + (text[1] - '0');
  auto minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (minute > 59 || hour * 60 + minute > 24 * 60) return std::nullopt;
  return minutes{hour * 60 + minute};
}

/// `[WEEKDAYS ]HH:MM-HH:MM`; the end may lie beyond midnight, and is then the smaller one.
std::optional<trading_session> parse_session(std::string_view text) {
  trading_session out;
  if (auto blank = text.find(' '); blank < text.size() - 11) {
    auto weekdays = parse_weekdays(text.substr(0, blank));
    if (!weekdays) return std::nullopt;
    out.weekdays = *weekdays;
    text.remove_prefix(blank + 1);
  }
  if (text.size() != 11 || text[5] != '-') return std::nullopt;
  auto from = parse_time_of_day(text.substr(0, 5));
  auto until = parse_time_of_day(text.substr(6));
  if (!from || !until || *from == *until || *from == day) return std::nullopt;
  out.from = *from;
  out.until = *until;
  return out;
}

/// The sessions of trading days with this name. Night sessions cross midnight, or begin when the
/// trading day's last session has ended.
std::vector<trading_session> sessions_on(unsigned weekday,
                                         const std::vector<trading_session>& listed) {
  std::vector<trading_session> out;
  for (auto& session : listed)
    if (contains(session.weekdays, std::chrono::weekday{weekday})) out.push_back(session);
  if (out.empty()) return out;
  auto end_of_trading_day = out.back().until;
  for (auto& session : out) {
    bool crosses = session.from > session.until;
    if (!crosses && session.from < end_of_trading_day) continue;
    session.from -= day;
    if (!crosses) session.until -= day;
  }
  return out;
}

bool are_apart(const std::vector<trading_session>& sessions) {
  for (std::size_t i = 1; i < sessions.size(); ++i)
    if (sessions[i - 1].until > sessions[i].from) return false;
  return true;
}

std::optional<sys_days> parse_date(std::string_view text) {
  auto midnight = parse_timestamp(fmt::format("{}T00:00:00Z", text));
  if (text.size() != 10 || !midnight) return std::nullopt;
  return std::chrono::floor<std::chrono::days>(*midnight);
}

std::optional<sys_days> read_date(toml_section& section, std::string_view key,
                                  const std::string& text) {
  auto date = parse_date(text);
  if (!date)
    section.reject(key, fmt::format("{} is no date; allowed: dates such as 2018-10-01", text));
  return date;
}

void read_dates(toml_section& section, std::string_view key, std::set<sys_days>& out) {
  std::vector<std::string> texts;
  section.read(key, texts);
  for (auto& text : texts) {
    auto date = read_date(section, key, text);
    if (!date) return;
    out.insert(*date);
  }
}

void load_weekdays(toml_section& section, weekday_set& out) {
  bool closed_on_weekends = true;
  section.read("weekend", closed_on_weekends);
  if (!closed_on_weekends) out = every_weekday;
  std::string text;
  if (!section.read("weekdays", text) || !section.has("weekdays")) return;
  if (section.has("weekend"))
    return section.reject("weekdays", "says what weekend says; allowed: one of the two");
  auto weekdays = parse_weekdays(text);
  if (!weekdays)
    return section.reject(
        "weekdays", "are no weekdays; allowed: such as \"Mon-Fri\", \"Sun-Thu\", \"Mon,Wed,Fri\"");
  out = *weekdays;
}

void load_day_change(toml_section& section, std::optional<minutes>& out) {
  std::string text;
  if (!section.read("day_change", text) || !section.has("day_change")) return;
  out = parse_time_of_day(text);
  if (!out) section.reject("day_change", "is no time; allowed: \"HH:MM\", 00:00 to 24:00");
}

/// `[[calendars.special_days]]`.
void load_special_days(toml_section& calendar, trading_calendar& out) {
  for (auto& section : calendar.items("special_days")) {
    std::string text;
    if (!section.read("date", text)) continue;
    auto date = read_date(section, "date", text);
    std::vector<trading_session> sessions;
    load_sessions(section, sessions);
    if (!section.has("sessions"))
      section.reject("sessions", "is missing; a closed day stands in holidays");
    else if (sessions.empty())
      section.reject("sessions", "is empty; a closed day stands in holidays");
    if (!date) continue;
    if (!out.special_days.emplace(*date, std::move(sessions)).second)
      section.reject("date", "stands there twice; allowed: one entry a date");
    for (auto* others : {&out.holidays, &out.open_days})
      if (others->contains(*date))
        section.reject("date", "is one of holidays or open_days, too; allowed: one of the three");
  }
}

trading_calendar load_calendar(toml_section& section) {
  trading_calendar out;
  if (section.read("name", out.name) && out.name.empty())
    section.reject("name", "is missing or empty; every calendar has one");
  load_weekdays(section, out.weekdays);
  read_dates(section, "holidays", out.holidays);
  read_dates(section, "open_days", out.open_days);
  for (auto& date : out.open_days)
    if (out.holidays.contains(date)) {
      section.reject("open_days", fmt::format("{} is a holiday, too; allowed: one of the two",
                                              format_timestamp(date).substr(0, 10)));
      break;
    }
  section.read_choice("nights", out.nights, night_rules);
  load_day_change(section, out.day_change);
  load_special_days(section, out);
  return out;
}

} // namespace

void load_sessions(toml_section& section, std::vector<trading_session>& out) {
  std::vector<std::string> texts;
  if (!section.read("sessions", texts)) return;
  std::vector<trading_session> listed;
  for (auto& text : texts) {
    auto session = parse_session(text);
    if (!session)
      return section.reject(
          "sessions",
          fmt::format("{} is no session; allowed: \"HH:MM-HH:MM\", 00:00 to 24:00, perhaps behind "
                      "weekdays as in \"Mon-Thu 09:00-15:30\"",
                      text));
    listed.push_back(*session);
  }
  std::array<std::vector<trading_session>, 7> by_weekday;
  for (unsigned weekday = 0; weekday < by_weekday.size(); ++weekday) {
    auto& sessions = by_weekday[weekday] = sessions_on(weekday, listed);
    for (auto& session : sessions) {
      auto bit = static_cast<weekday_set>(1U << weekday);
      auto same = std::ranges::find_if(out, [&](auto& known) {
        return known.from == session.from && known.until == session.until;
      });
      if (same != out.end())
        same->weekdays |= bit;
      else
        out.push_back({session.from, session.until, bit});
    }
  }
  for (unsigned weekday = 0; weekday < by_weekday.size(); ++weekday) {
    auto& today = by_weekday[weekday];
    if (today.empty()) continue;
    auto* next = &today;
    for (unsigned later = 1; later < by_weekday.size() && next == &today; ++later)
      if (auto& found = by_weekday[(weekday + later) % by_weekday.size()]; !found.empty())
        next = &found;
    if (are_apart(today) && today.back().until <= next->front().from + day) continue;
    return section.reject("sessions",
                          "overlap or are out of order; allowed: those of one trading day in "
                          "their order, night sessions first");
  }
}

calendars_by_name load_calendars(toml_section& root) {
  calendars_by_name out;
  for (auto& section : root.items("calendars")) {
    auto calendar = std::make_shared<const trading_calendar>(load_calendar(section));
    if (!out.emplace(calendar->name, calendar).second && !calendar->name.empty())
      section.reject("name", "is the name of another calendar, too; allowed: one entry a name");
  }
  return out;
}

} // namespace tickmesh
