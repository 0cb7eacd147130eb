#include "actors/market/cleaning/trading_day_rule.hpp"

#include "messages/exchange_clock.hpp"

namespace tickmesh {

namespace {

using std::chrono::days;

/// A stated trading day may be behind the UTC date, where clocks are behind UTC, and ahead of it,
/// as that of a Friday night before a holiday is.
constexpr days days_behind{1};
constexpr days days_ahead{5};

} // namespace

result<trading_day_rule> trading_day_rule::make(const std::vector<std::string>& symbols,
                                                const instrument_table& instruments) {
  trading_day_rule rule{instruments};
  for (auto& symbol : symbols)
    if (auto added = rule.add(symbol); !added) return tl::unexpected(added.error());
  return rule;
}

result<void> trading_day_rule::add(const std::string& symbol) {
  auto* traded = instruments_->find(symbol);
  auto& calendar = calendars_[traded];
  if (calendar == nullptr && traded != nullptr && !traded->sessions.empty()) {
    auto opened = session_calendar::make(*traded);
    if (!opened) return tl::unexpected(opened.error());
    calendar = std::make_shared<session_calendar>(std::move(*opened));
  }
  symbols_.push_back({calendar, calendar != nullptr && traded->calendar != nullptr});
  return {};
}

void trading_day_rule::apply(tick& record) {
  auto given = find_day(record);
  if (record.trading_day != 0 && record.trading_day != given) {
    if (corrected_++ == 0) first_ = correction{record, given};
  }
  record.trading_day = given;
}

std::int32_t trading_day_rule::find_day(const tick& record) {
  auto date = utc_date(record.event_time);
  auto stated = record.trading_day;
  auto& [sessions, has_calendar] = symbols_[record.symbol.value];
  bool asks_sessions = sessions != nullptr && (has_calendar || stated == 0);
  if (asks_sessions && !record.is_time_jump) // a doubtful stamp finds no session
    if (auto day = sessions->trading_day_of(record.event_time)) return *day;
  if (stated == 0) return date;
  auto distance = day_of(stated) - day_of(date);
  return distance >= -days_behind && distance <= days_ahead ? stated : date;
}

} // namespace tickmesh
