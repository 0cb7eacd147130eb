// The trading day that sessions and calendar give, against what recorded ticks say of themselves.
#include "apps/settings/load_settings.hpp"
#include "messages/session_calendar.hpp"
#include "tests/support/market_files.hpp"
#include "tests/support/real_data.hpp"
#include "tests/support/source_tree.hpp"

#include <doctest/doctest.h>

#include <map>

namespace tickmesh::trading_day_rule_test {

namespace {

instrument_table repository_instruments() {
  auto loaded = load_instruments(source_path("config/instruments.toml"));
  REQUIRE(loaded.faults.empty());
  return std::move(loaded.value);
}

std::optional<std::int32_t> day_of_stamp(const std::string& symbol, std::string_view utc) {
  auto table = repository_instruments();
  auto* traded = table.find(symbol);
  REQUIRE(traded);
  auto t = parse_timestamp(utc);
  REQUIRE(t);
  return session_calendar::make(*traded)->trading_day_of(*t);
}

} // namespace

TEST_CASE("recorded futures have the trading days that their sessions and calendar give") {
  auto data = find_real_data("recorded futures have the trading days of their sessions");
  if (!data) return;
  auto table = repository_instruments();
  for (auto* file : {"shfe_ru1901_20181008-20181012.l1.csv.xz",
                     "czce_ap010_ap101_20200803-20200807.l1.csv.xz"}) {
    auto source = load_good(file_source_settings({(*data / "ctp_futures" / file).string()}), table);
    std::map<symbol_id, session_calendar> calendars;
    std::size_t records = 0;
    std::size_t other = 0;
    for (auto& record : read_records(*source)) {
      auto known = calendars.find(record.symbol);
      if (known == calendars.end()) {
        auto made = session_calendar::make(*table.find(source->symbols().name(record.symbol)));
        REQUIRE(made);
        known = calendars.emplace(record.symbol, std::move(*made)).first;
      }
      ++records;
      if (known->second.trading_day_of(record.event_time) != record.trading_day) ++other;
    }
    CAPTURE(file);
    CHECK(records > 50'000);
    CHECK(other == 0);
  }
}

TEST_CASE("nights belong to the next trading day, whatever exchanges write into their records") {
  // 21:30 on a Friday in Shanghai, of the three exchanges' own conventions for its date.
  for (auto* symbol : {"ru1901", "SR901", "m1901"})
    CHECK(day_of_stamp(symbol, "2018-10-12T13:30:00Z") == 20181015);
  for (auto* symbol : {"ru1901", "SR901", "m1901"})
    CHECK(day_of_stamp(symbol, "2018-10-15T01:30:00Z") == 20181015);
  // Before a week of holidays there is no night: what comes then is the next trading day's.
  CHECK(day_of_stamp("ru1901", "2018-09-28T13:30:00Z") == 20181008);
}

TEST_CASE("DCE's stamps of a night, which bear the trading day, come back to it") {
  instrument_table table = repository_instruments();
  market_files files;
  auto row = std::string{"20181015,20181015,21:00:00,500,m1901,3000,0,0,0,2999,1,3001,1\n"};
  auto path = files.write("ctp.csv", std::string{ctp_header} + row);
  auto records = read_records(*load_good(file_source_settings({path}), table));
  REQUIRE(records.size() == 1);
  CHECK(session_calendar::make(*table.find("m1901"))->trading_day_of(records[0].event_time) ==
        20181015);
}

} // namespace tickmesh::trading_day_rule_test
