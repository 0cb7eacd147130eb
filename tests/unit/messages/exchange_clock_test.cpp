// Local stamps of exchanges as UTC, and the dates of night sessions.
#include "messages/exchange_clock.hpp"
#include "tests/support/market_files.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

namespace tickmesh::exchange_clock_test {
using namespace std::chrono_literals;

namespace {

std::string utc(const std::string& zone, std::int32_t day, nanoseconds time) {
  auto clock = exchange_clock::find(zone);
  REQUIRE(clock.has_value());
  return format_timestamp(clock->to_utc(day_of(day), time));
}

/// UTC of a CTP row of an instrument of `exchange` in Shanghai's time.
std::string ctp_utc(const std::string& exchange, int trading_day, int action_day,
                    const std::string& time) {
  market_files files;
  auto row = fmt::format("{},{},{},500,m2501,100,0,0,0,99,1,101,1\n", trading_day,
                         action_day == 0 ? std::string{} : std::to_string(action_day), time);
  auto path = files.write("ctp.csv", std::string{ctp_header} + row);
  instrument_table instruments{{make_instrument("m####", exchange, "Asia/Shanghai")}};
  auto records = read_records(*load_good(file_source_settings({path}), instruments));
  REQUIRE(records.size() == 1);
  CHECK(records[0].trading_day == trading_day);
  return format_timestamp(records[0].event_time);
}

} // namespace

TEST_CASE("a clock follows the changes of its time zone") {
  auto clock = exchange_clock::find("America/New_York");
  REQUIRE(clock.has_value());
  auto at = [&](std::int32_t day, nanoseconds time) {
    return format_timestamp(clock->to_utc(day_of(day), time));
  };
  CHECK(at(20240309, 12h) == "2024-03-09T17:00:00.000000000Z");
  CHECK(at(20240310, 1h + 59min) == "2024-03-10T06:59:00.000000000Z");
  CHECK(at(20240310, 2h + 30min) == "2024-03-10T07:00:00.000000000Z"); // skipped
  CHECK(at(20240310, 3h) == "2024-03-10T07:00:00.000000000Z");
  CHECK(at(20240701, 12h) == "2024-07-01T16:00:00.000000000Z");
  CHECK(at(20241103, 1h + 30min + 250ms) == "2024-11-03T05:30:00.250000000Z"); // the earlier one
  CHECK(at(20241103, 2h) == "2024-11-03T07:00:00.000000000Z");
  CHECK(at(20240310, 1h + 59min) == "2024-03-10T06:59:00.000000000Z");
}

TEST_CASE("fixed offsets and UTC need no rules") {
  CHECK(utc("UTC", 20240101, 1ns) == "2024-01-01T00:00:00.000000001Z");
  CHECK(utc("Asia/Shanghai", 20240101, 7h) == "2023-12-31T23:00:00.000000000Z");
  CHECK_FALSE(exchange_clock::find("Asia/Atlantis").has_value());
}

TEST_CASE("SHFE stamps a night with its true calendar day") {
  CHECK(ctp_utc("SHFE", 20181015, 20181012, "21:00:00") == "2018-10-12T13:00:00.500000000Z");
  CHECK(ctp_utc("SHFE", 20181015, 20181013, "01:00:00") == "2018-10-12T17:00:00.500000000Z");
  CHECK(ctp_utc("SHFE", 20181015, 20181015, "09:00:00") == "2018-10-15T01:00:00.500000000Z");
}

TEST_CASE("DCE stamps a night with the trading day, which means the weekday before") {
  CHECK(ctp_utc("DCE", 20181015, 20181015, "21:00:00") == "2018-10-12T13:00:00.500000000Z");
  CHECK(ctp_utc("DCE", 20181016, 20181016, "21:00:00") == "2018-10-15T13:00:00.500000000Z");
  CHECK(ctp_utc("DCE", 20181015, 20181015, "01:00:00") == "2018-10-12T17:00:00.500000000Z");
  CHECK(ctp_utc("DCE", 20181015, 20181015, "09:00:00") == "2018-10-15T01:00:00.500000000Z");
  CHECK(ctp_utc("DCE", 20181015, 20181012, "21:00:00") == "2018-10-12T13:00:00.500000000Z");
}

TEST_CASE("without an action day the trading day says which night it was, at any exchange") {
  CHECK(ctp_utc("SHFE", 20181015, 0, "21:00:00") == "2018-10-12T13:00:00.500000000Z");
  CHECK(ctp_utc("SHFE", 20181015, 0, "09:00:00") == "2018-10-15T01:00:00.500000000Z");
}

TEST_CASE("the hours between six and eighteen are never a DCE night") {
  CHECK(dce_calendar_day(20181015, 20181015, 18h) == day_of(20181012));
  CHECK(dce_calendar_day(20181015, 20181015, 18h - 1ns) == day_of(20181015));
  CHECK(dce_calendar_day(20181015, 20181015, 6h) == day_of(20181015));
  CHECK(dce_calendar_day(20181015, 20181015, 6h - 1ns) == day_of(20181013));
}

TEST_CASE("CZCE keeps its natural day") {
  CHECK(ctp_utc("CZCE", 20200804, 20200803, "19:29:00") == "2020-08-03T11:29:00.500000000Z");
  CHECK(ctp_utc("CZCE", 20200804, 20200804, "21:00:00") == "2020-08-04T13:00:00.500000000Z");
}

TEST_CASE("a CTP symbol without an entry is on Shanghai's time") {
  market_files files;
  auto path = files.write("ctp.csv", std::string{ctp_header} +
                                         "20240105,20240105,09:00:00,0,x1,1,0,0,0,1,1,1,1\n");
  auto records = read_records(*load_good(file_source_settings({path})));
  REQUIRE(records.size() == 1);
  CHECK(format_timestamp(records[0].event_time) == "2024-01-05T01:00:00.000000000Z");
}

TEST_CASE("an unknown time zone of an instrument is a fault of the load") {
  market_files files;
  auto path = files.write("ctp.csv", std::string{ctp_header} +
                                         "20240105,20240105,09:00:00,0,x1,1,0,0,0,1,1,1,1\n");
  auto message = load_fault(file_source_settings({path}),
                            instrument_table{{make_instrument("x#", "SHFE", "Asia/Atlantis")}});
  CHECK(message.find("ctp.csv:2: column InstrumentID: \"x1\"") != std::string::npos);
  CHECK(message.find("Asia/Atlantis") != std::string::npos);
}

} // namespace tickmesh::exchange_clock_test
