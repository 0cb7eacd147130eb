// Sessions, calendars, fees and position models of the instruments' file.
#include "apps/load_settings.hpp"
#include "tests/support/market_files.hpp"
#include "tests/support/real_data.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace tickmesh;

namespace {

using texts = std::vector<std::string>;

std::string repository_file() {
  return std::string{TICKMESH_SOURCE_DIR} + "/config/instruments.toml";
}

} // namespace

TEST_CASE("sessions and calendars of the instruments' file are read as one trading day each") {
  market_files directory;
  auto loaded = load_instruments(directory.write(
      "i.toml",
      "[[calendars]]\nname = \"CN\"\nholidays = [2018-10-01, \"2018-10-02\"]\n"
      "[[calendars]]\nname = \"every day\"\nweekend = false\n"
      "[[instruments]]\npattern = \"ag#\"\nexchange = \"E\"\ncurrency = \"CNY\"\n"
      "sessions = [\"21:00-02:30\", \"09:00-10:15\", \"13:30-15:00\"]\ncalendar = \"CN\"\n"
      "[[instruments]]\npattern = \"ru#\"\nexchange = \"E\"\ncurrency = \"CNY\"\n"
      "sessions = [\"21:00-23:00\", \"09:00-15:00\"]\ncalendar = \"every day\"\n"
      "[[instruments]]\npattern = \"X\"\nexchange = \"E\"\ncurrency = \"CNY\"\n"
      "sessions = [\"00:00-24:00\"]\n"));
  CHECK(loaded.faults == texts{});
  using namespace std::chrono_literals;
  using sessions = std::vector<trading_session>;
  auto* silver = loaded.value.find("ag1");
  REQUIRE(silver);
  CHECK(silver->sessions == sessions{{-3h, 2h + 30min}, {9h, 10h + 15min}, {13h + 30min, 15h}});
  REQUIRE(silver->calendar);
  CHECK(silver->calendar->closed_on_weekends);
  std::chrono::sys_days first{std::chrono::year{2018} / 10 / 1};
  CHECK(silver->calendar->holidays ==
        std::set<std::chrono::sys_days>{first, first + std::chrono::days{1}});
  auto* rubber = loaded.value.find("ru1");
  REQUIRE(rubber);
  CHECK(rubber->sessions == sessions{{-3h, -1h}, {9h, 15h}});
  CHECK_FALSE(rubber->calendar->closed_on_weekends);
  CHECK(loaded.value.find("X")->sessions == sessions{{0h, 24h}});
  CHECK(loaded.value.find("X")->calendar == nullptr);
}

TEST_CASE("faults of sessions and calendars name the value and what is allowed") {
  market_files directory;
  auto fault_of = [&](const std::string& keys, const std::string& calendar = {}) {
    auto faults =
        load_instruments(directory.write("i.toml", calendar +
                                                       "[[instruments]]\npattern = \"X\"\n"
                                                       "exchange = \"E\"\n"
                                                       "currency = \"CNY\"\n" +
                                                       keys))
            .faults;
    CHECK(faults.size() == 1);
    return faults.empty() ? std::string{} : faults[0];
  };
  auto names = [](const std::string& fault, std::string_view what) {
    CAPTURE(fault);
    CHECK(fault.find(what) != std::string::npos);
  };
  for (auto bad : {"9:00-10:00", "09:00", "09:00-09:00", "09:60-10:00", "09:00-24:01",
                   "24:00-01:00", "09:00 10:00", "09:00-10:00Z"})
    names(fault_of("sessions = [\"" + std::string{bad} + "\"]\n"),
          std::string{bad} + " is no session; allowed: \"HH:MM-HH:MM\", 00:00 to 24:00");
  names(fault_of("sessions = \"09:00-10:00\"\n"), "is not a list of texts");
  names(fault_of("sessions = [\"09:00-10:15\", \"10:00-11:30\"]\n"), "overlap or are out of order");
  names(fault_of("sessions = [\"13:30-15:00\", \"09:00-11:30\", \"15:30-16:00\"]\n"),
        "overlap or are out of order");
  // A night that would begin before the trading day before has ended.
  names(fault_of("sessions = [\"14:00-08:00\", \"09:00-15:00\"]\n"), "overlap or are out of order");
  names(fault_of("sessions = [\"09:00-15:00\"]\ncalendar = \"CN\"\n"),
        "calendar = \"CN\": is not the name of one of the [[calendars]]");
  constexpr auto cn = "[[calendars]]\nname = \"CN\"\n";
  names(fault_of("calendar = \"CN\"\n", cn), "goes with sessions");
  names(fault_of("", "[[calendars]]\nname = \"CN\"\nholidays = [2018-10-01, \"2018-02-30\"]\n"),
        "2018-02-30 is no date; allowed: dates such as 2018-10-01");
  names(fault_of("", "[[calendars]]\nweekend = true\n"), "calendars.0.name: is missing or empty");
  names(fault_of("", std::string{cn} + cn), "is the name of another calendar, too");
}

TEST_CASE("the futures of the instruments' file have sessions, coins and simulators none") {
  auto loaded = load_instruments(repository_file());
  CHECK(loaded.faults == texts{});
  using namespace std::chrono_literals;
  for (auto& entry : loaded.value.entries()) {
    CAPTURE(entry.pattern);
    CHECK(entry.sessions.empty() == (entry.time_zone == "UTC"));
    CHECK((entry.calendar == nullptr) == entry.sessions.empty());
  }
  CHECK(loaded.value.find("au2512")->sessions.front() == trading_session{-3h, 2h + 30min});
  CHECK(loaded.value.find("IF2512")->sessions.size() == 2);
  CHECK(loaded.value.find("ru1901")->calendar->holidays.contains(
      std::chrono::sys_days{std::chrono::year{2018} / 10 / 1}));
}

TEST_CASE("fees add up by ratio and amount, and closing today's costs what closing costs") {
  market_files directory;
  auto loaded = load_instruments(directory.write(
      "i.toml", "[[instruments]]\npattern = \"X\"\nexchange = \"E\"\ncurrency = \"C\"\n"
                "[[instruments]]\npattern = \"Y\"\nexchange = \"E\"\ncurrency = \"C\"\n"
                "position_model = \"yesterday_first\"\nfee_open_ratio = 0.000045\n"
                "fee_close_ratio = \"0.0001\"\nfee_close_amount = 3.01\n"
                "[[instruments]]\npattern = \"Z\"\nexchange = \"E\"\ncurrency = \"C\"\n"
                "position_model = \"today_first\"\nclose_today = true\nfee_open_amount = 1\n"
                "fee_close_ratio = 0.99999999\nfee_close_today_ratio = 0\n"));
  CHECK(loaded.faults == texts{});
  auto* net = loaded.value.find("X");
  CHECK(net->fees == instrument_fees{});
  CHECK(net->positions == position_model::net);
  CHECK_FALSE(net->close_today);
  auto* yesterday = loaded.value.find("Y");
  CHECK(yesterday->positions == position_model::yesterday_first);
  CHECK(yesterday->fees.open == fill_fee{4'500, 0});
  CHECK(yesterday->fees.close == fill_fee{10'000, 301'000'000});
  CHECK(yesterday->fees.close_today == yesterday->fees.close);
  auto* today = loaded.value.find("Z");
  CHECK(today->positions == position_model::today_first);
  CHECK(today->close_today);
  CHECK(today->fees.open == fill_fee{0, decimal_scale});
  CHECK(today->fees.close == fill_fee{99'999'999, 0});
  CHECK(today->fees.close_today == fill_fee{});
}

TEST_CASE("faults of fees and position models name the value and what is allowed") {
  market_files directory;
  auto fault_of = [&](const std::string& keys) {
    auto faults = load_instruments(directory.write("i.toml", "[[instruments]]\npattern = \"X\"\n"
                                                             "exchange = \"E\"\n"
                                                             "currency = \"CNY\"\n" +
                                                                 keys))
                      .faults;
    CHECK(faults.size() == 1);
    return faults.empty() ? std::string{} : faults[0];
  };
  auto names = [](const std::string& fault, std::string_view what) {
    CAPTURE(fault);
    CHECK(fault.find("i.toml:") != std::string::npos);
    CHECK(fault.find(what) != std::string::npos);
  };
  for (auto key : {"fee_open_ratio", "fee_close_ratio"})
    for (auto value : {"1", "-0.00000001", "0.000000001", "true"})
      names(fault_of(std::string{key} + " = " + value + "\n"),
            "instruments.0." + std::string{key} + " = " + value);
  for (auto key : {"fee_open_amount", "fee_close_amount"})
    for (auto value : {"-0.01", "0.000000001"})
      names(fault_of(std::string{key} + " = " + value + "\n"),
            "instruments.0." + std::string{key} + " = " + value);
  names(fault_of("position_model = \"fifo\"\n"), "yesterday_first");
  names(fault_of("close_today = true\n"), "needs positions by day; allowed: with position_model");
  names(fault_of("fee_close_today_ratio = 0\n"), "needs positions by day");
  names(fault_of("fee_close_today_amount = 2\n"), "needs positions by day");
}

TEST_CASE("recorded contracts agree with the instruments' file on multiplier, tick and days") {
  auto data = find_real_data("recorded contracts agree with the instruments' file");
  if (!data) return;
  auto table = load_instruments(repository_file()).value;
  std::ifstream file{*data / "ctp_futures" / "instruments_792_2025.csv"};
  std::string line;
  std::getline(file, line);
  std::size_t known = 0;
  while (std::getline(file, line)) {
    std::vector<std::string> fields;
    std::istringstream in{line};
    for (std::string field; std::getline(in, field, ',');)
      fields.push_back(field);
    REQUIRE(fields.size() > 22);
    auto* found = table.find(fields[0]);
    if (!found) continue; // options
    CAPTURE(line);
    ++known;
    CHECK(found->exchange == fields[1]);
    CHECK(found->multiplier == parse_decimal(fields[12]));
    CHECK(found->price_tick.value == parse_decimal(fields[13]));
    // PositionDateType 1: the exchange keeps today's positions apart, and orders say the day.
    CHECK(found->close_today == (fields[22] == "1"));
    CHECK(found->positions == position_model::yesterday_first);
  }
  CHECK(known > 500);
}
