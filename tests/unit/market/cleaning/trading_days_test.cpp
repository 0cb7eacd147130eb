// Trading days of files: by sessions and calendar, whatever the records say and in whatever order
// the files are named; and stamps that are ahead of their neighbours.
#include "actors/market/cleaning/tick_cleaner.hpp"
#include "actors/market/cleaning/trading_day_rule.hpp"
#include "tests/support/market_files.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <map>

namespace tickmesh::trading_days_test {

namespace {

using std::chrono::hours;

/// Day sessions from 9 to 15 h, nights from 21 to 23 h, closed on weekends and 2024-01-01.
instrument make_future(const std::string& pattern, const std::string& exchange) {
  auto calendar = std::make_shared<trading_calendar>();
  calendar->name = "CN";
  calendar->holidays = {day_of(20240101)};
  auto entry = make_instrument(pattern, exchange, "Asia/Shanghai");
  entry.sessions = {{hours{-3}, hours{-1}}, {hours{9}, hours{15}}};
  entry.calendar = calendar;
  return entry;
}

instrument_table futures() {
  return instrument_table{{make_future("SR###", "CZCE"), make_future("ru####", "SHFE"),
                           make_instrument("COIN", "BINANCE")}};
}

/// A row of a CTP file with the day's volume so far.
std::string row(std::int32_t trading_day, std::int32_t action_day, const std::string& time,
                const std::string& symbol, int volume) {
  return fmt::format("{},{},{},0,{},6200,{},{}.0,1000,6199,5,6200,5\n", trading_day, action_day,
                     time, symbol, volume, volume * 62'000);
}

/// Trading day and volume of each accepted tick, in the source's order.
std::string accepted(const feed_source& source) {
  std::string out;
  std::map<symbol_id, tick_cleaner> cleaners;
  for (auto& record : read_records(source)) {
    tick t = record;
    auto& cleaner =
        cleaners.try_emplace(t.symbol, tick_cleaner{cleaning_settings{}, true}).first->second;
    if (auto reason = cleaner.clean(t))
      out += fmt::format("{} ", to_string(*reason));
    else
      out += fmt::format("{}:{} ", t.trading_day % 100, t.volume.value / decimal_scale);
  }
  return out;
}

std::string accepted(const std::vector<std::string>& bodies) {
  market_files files;
  std::vector<std::string> paths;
  for (auto& body : bodies)
    paths.push_back(
        files.write(fmt::format("part{}.csv", paths.size()), std::string{ctp_header} + body));
  return accepted(*load_good(file_source_settings(paths), futures()));
}

} // namespace

TEST_CASE("a night that its exchange dates by the natural day belongs to the next trading day") {
  CHECK(accepted({row(20240102, 20240102, "15:00:00", "SR405", 300'020) +
                  row(20240102, 20240102, "21:00:00", "SR405", 12) +
                  row(20240102, 20240102, "21:00:01", "SR405", 30) +
                  row(20240102, 20240102, "22:59:59", "SR405", 900) +
                  row(20240103, 20240103, "09:00:00", "SR405", 905)}) ==
        "2:300020 3:12 3:18 3:870 3:5 ");
}

TEST_CASE("the order in which files are named changes no volume") {
  auto night = row(20240103, 20240102, "21:00:00", "ru2405", 100) +
               row(20240103, 20240102, "22:59:59", "ru2405", 160);
  auto day = row(20240103, 20240103, "09:00:00", "ru2405", 190) +
             row(20240103, 20240103, "14:59:59", "ru2405", 250);
  CHECK(accepted({night, day}) == "3:100 3:60 3:30 3:60 ");
  CHECK(accepted({day, night}) == "3:100 3:60 3:30 3:60 ");
}

TEST_CASE("two recordings that overlap give each tick once, and no volume twice") {
  auto first = row(20240103, 20240103, "09:00:00", "ru2405", 100) +
               row(20240103, 20240103, "09:00:01", "ru2405", 110) +
               row(20240103, 20240103, "09:00:02", "ru2405", 120);
  auto second = row(20240103, 20240103, "09:00:01", "ru2405", 110) +
                row(20240103, 20240103, "09:00:02", "ru2405", 120) +
                row(20240103, 20240103, "09:00:03", "ru2405", 150);
  CHECK(accepted({first, second}) == "3:100 3:10 DUPLICATE 3:10 DUPLICATE 3:30 ");
}

TEST_CASE("one stamp that is ahead costs its own record, in whatever order a file stands") {
  auto good = [](const char* symbol) {
    std::string out;
    for (int s = 0; s < 4; ++s)
      out += row(20240103, 20240103, fmt::format("09:00:0{}", s), symbol, 10 + s);
    return out;
  };
  auto outlier = row(20240103, 20240103, "14:00:00", "SR405", 12);
  auto rest = row(20240103, 20240103, "09:00:05", "SR405", 20) +
              row(20240103, 20240103, "09:00:06", "SR405", 21);
  CHECK(accepted({good("SR405") + outlier + rest}) == "3:10 3:1 3:1 3:1 TIME_JUMP 3:7 3:1 ");
  // A log-in record of tomorrow comes first, and another symbol's rows behind it.
  CHECK(accepted({row(20240104, 20240104, "09:00:00", "SR405", 0) + good("SR405") + good("ru2405")})
            .starts_with("TIME_JUMP 3:10 3:10 3:1 3:1"));
}

TEST_CASE("a lunch, a night and a weekend are no time jumps") {
  CHECK(accepted({row(20240105, 20240105, "11:29:59", "ru2405", 1) +
                  row(20240105, 20240105, "13:30:00", "ru2405", 2) +
                  row(20240108, 20240105, "21:00:00", "ru2405", 3) +
                  row(20240108, 20240108, "09:00:00", "ru2405", 4)}) == "5:1 5:1 8:3 8:1 ");
}

TEST_CASE("without sessions a record's own day counts, but not one that can't be") {
  auto rule = trading_day_rule::make({"COIN", "SR405"}, futures());
  REQUIRE(rule);
  auto day_given = [&](std::uint32_t symbol, const char* stamp, std::int32_t stated) {
    tick t;
    t.symbol = symbol_id{symbol};
    t.event_time = *parse_timestamp(stamp);
    t.trading_day = stated;
    rule->apply(t);
    return t.trading_day;
  };
  CHECK(day_given(0, "2024-01-05T13:00:00Z", 0) == 20240105);
  CHECK(day_given(0, "2024-01-05T13:00:00Z", 20240108) == 20240108);
  CHECK(rule->corrected() == 0);
  CHECK(day_given(0, "2024-01-05T13:00:00Z", 20991231) == 20240105);
  CHECK(day_given(0, "2024-01-05T13:00:00Z", 20230105) == 20240105);
  // With sessions the calendar's day counts: Friday night is Monday's.
  CHECK(day_given(1, "2024-01-05T13:00:00Z", 0) == 20240108);
  CHECK(day_given(1, "2024-01-05T13:00:00Z", 20240105) == 20240108);
  CHECK(day_given(1, "2024-01-05T13:00:00Z", 20240108) == 20240108);
  CHECK(rule->corrected() == 3);
  REQUIRE(rule->first_correction());
  CHECK(rule->first_correction()->stated.trading_day == 20991231);
  CHECK(rule->first_correction()->given == 20240105);
}

TEST_CASE("sessions without a calendar give a day only where the record states none") {
  auto entry = make_future("rb####", "SHFE");
  entry.calendar = nullptr;
  auto rule = trading_day_rule::make({"rb2405"}, instrument_table{{entry}});
  REQUIRE(rule);
  tick t;
  t.event_time = *parse_timestamp("2024-01-05T13:00:00Z");
  t.trading_day = 20240108;
  rule->apply(t);
  CHECK(t.trading_day == 20240108);
}

} // namespace tickmesh::trading_days_test
