// Sessions, calendars, fees and position models of the instruments' file.
#include "apps/settings/configuration_hash.hpp"
#include "apps/settings/load_settings.hpp"
#include "tests/support/market_files.hpp"
#include "tests/support/real_data.hpp"
#include "tests/support/source_tree.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace tickmesh::instrument_settings_test {

namespace {

using texts = std::vector<std::string>;

std::string repository_file() {
  return source_path("config/instruments.toml");
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
  CHECK(silver->calendar->weekdays == monday_to_friday);
  std::chrono::sys_days first{std::chrono::year{2018} / 10 / 1};
  CHECK(silver->calendar->holidays ==
        std::set<std::chrono::sys_days>{first, first + std::chrono::days{1}});
  auto* rubber = loaded.value.find("ru1");
  REQUIRE(rubber);
  CHECK(rubber->sessions == sessions{{-3h, -1h}, {9h, 15h}});
  CHECK(rubber->calendar->weekdays == every_weekday);
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

TEST_CASE("a calendar names open, special and short days, its weekdays and its nights") {
  market_files directory;
  auto loaded = load_instruments(directory.write(
      "i.toml",
      "[[calendars]]\nname = \"CME\"\nnights = \"day_before\"\nholidays = [2024-12-25]\n"
      "open_days = [2024-01-20]\nday_change = \"16:30\"\n"
      "[[calendars.special_days]]\ndate = 2024-07-04\nsessions = [\"17:00-12:00\"]\n"
      "[[calendars.special_days]]\ndate = 2024-11-29\nsessions = [\"17:00-12:15\"]\n"
      "[[calendars]]\nname = \"TASE\"\nweekdays = \"Sun-Thu\"\n"
      "[[instruments]]\npattern = \"ES*\"\nexchange = \"CME\"\ncurrency = \"USD\"\n"
      "sessions = [\"17:00-16:00\"]\ncalendar = \"CME\"\n"
      "[[instruments]]\npattern = \"TA*\"\nexchange = \"TASE\"\ncurrency = \"ILS\"\n"
      "sessions = [\"Mon-Thu 10:00-17:15\", \"Sun 10:00-15:45\"]\ncalendar = \"TASE\"\n"));
  CHECK(loaded.faults == texts{});
  using namespace std::chrono_literals;
  using sessions = std::vector<trading_session>;
  auto& week = *loaded.value.find("ESZ4");
  CHECK(week.sessions == sessions{{-7h, 16h}});
  CHECK(week.calendar->weekdays == monday_to_friday);
  CHECK(week.calendar->nights == night_rule::day_before);
  CHECK(week.calendar->day_change == 16h + 30min);
  CHECK(week.calendar->open_days.size() == 1);
  REQUIRE(week.calendar->special_days.size() == 2);
  CHECK(week.calendar->special_days.begin()->second == sessions{{-7h, 12h}});
  auto& israel = *loaded.value.find("TA35");
  CHECK(israel.calendar->weekdays == 0b0011111);
  CHECK(israel.sessions == sessions{{10h, 15h + 45min, 0b0000001}, {10h, 17h + 15min, 0b0011110}});
}

TEST_CASE("faults of weekdays, open and special days name the value and what is allowed") {
  market_files directory;
  auto faults_of = [&](const std::string& calendar, const std::string& instrument_keys = {}) {
    auto text = "[[calendars]]\nname = \"C\"\n" + calendar;
    if (!instrument_keys.empty())
      text += "[[instruments]]\npattern = \"X\"\nexchange = \"E\"\ncurrency = \"C\"\n" +
              instrument_keys;
    return load_instruments(directory.write("i.toml", text)).faults;
  };
  constexpr auto special = "[[calendars.special_days]]\n";
  for (auto& bad : {std::string{"weekdays = \"Mon-Fry\"\n"}, std::string{"weekdays = \"\"\n"},
                    std::string{"weekdays = \"Mon-Fri\"\nweekend = false\n"},
                    std::string{"nights = \"before\"\n"}, std::string{"day_change = \"25:00\"\n"},
                    std::string{"open_days = [\"2024-13-01\"]\n"},
                    std::string{"holidays = [2024-01-01]\nopen_days = [2024-01-01]\n"},
                    std::string{special} + "date = 2024-01-01\n",
                    std::string{special} + "date = 2024-01-01\nsessions = []\n",
                    std::string{special} + "sessions = [\"09:00-10:00\"]\n",
                    "holidays = [2024-01-01]\n" + std::string{special} +
                        "date = 2024-01-01\nsessions = [\"09:00-10:00\"]\n"}) {
    CAPTURE(bad);
    CHECK(faults_of(bad).size() == 1);
  }
  for (auto bad : {"Mon-Thu09:00-10:00", "Mo 09:00-10:00", " 09:00-10:00", "Mon- 09:00-10:00"}) {
    CAPTURE(bad);
    CHECK(faults_of("", "sessions = [\"" + std::string{bad} + "\"]\n").size() == 1);
  }
  // Tuesday's night would begin before Monday has ended.
  CHECK(faults_of("", "sessions = [\"Mon 09:00-17:00\", \"Tue-Fri 16:00-15:00\"]\n").size() == 1);
}

TEST_CASE("an instrument's limits of cleaning, short sales and decimals are read") {
  market_files directory;
  auto loaded = load_instruments(directory.write(
      "i.toml", "[[instruments]]\npattern = \"X\"\nexchange = \"E\"\ncurrency = \"C\"\n"
                "[[instruments]]\npattern = \"CL#\"\nexchange = \"E\"\ncurrency = \"C\"\n"
                "price_tick = 0.01\nprice_min = -100\nprice_max = 500\nspread_max = 0.5\n"
                "jump_band = 2\njump_confirm_count = 5\nshort_allowed = false\n"
                "decimals = \"round\"\n"
                "[[instruments]]\npattern = \"Y\"\nexchange = \"E\"\ncurrency = \"C\"\n"
                "price_min = -1\nratio_base_min = 0.25\n"));
  CHECK(loaded.faults == texts{});
  CHECK(loaded.value.find("X")->limits == instrument_limits{});
  CHECK(loaded.value.find("X")->short_allowed);
  CHECK(loaded.value.find("X")->decimals == decimal_rule::exact);
  auto* oil = loaded.value.find("CL1");
  CHECK(oil->limits == instrument_limits{.price_min = price{-100 * decimal_scale},
                                         .price_max = price{500 * decimal_scale},
                                         .spread_max = decimal_scale / 2,
                                         .jump_band = 2 * decimal_scale,
                                         .jump_confirm_count = 5,
                                         .ratio_base_min = price{decimal_scale}}); // 100 ticks
  CHECK_FALSE(oil->short_allowed);
  CHECK(oil->decimals == decimal_rule::round);
  CHECK(loaded.value.find("Y")->limits.ratio_base_min == price{decimal_scale / 4});
}

TEST_CASE("faults of an instrument's limits name the value and what is allowed, all at once") {
  market_files directory;
  auto faults_of = [&](const std::string& keys) {
    return load_instruments(directory.write("i.toml", "[[instruments]]\npattern = \"X\"\n"
                                                      "exchange = \"E\"\ncurrency = \"C\"\n" +
                                                          keys))
        .faults;
  };
  for (auto bad : {"price_max = \"much\"", "spread_max = 0", "spread_max = 10.1", "jump_band = 0",
                   "jump_band = -1", "jump_confirm_count = 0", "jump_confirm_count = 1001",
                   "short_allowed = 1", "decimals = \"cut\"", "price_min = 999999",
                   "price_min = 5\nprice_max = 5", "price_max = -1", "ratio_base_min = -1",
                   "price_min = -1\nratio_base_min = 0"}) {
    CAPTURE(bad);
    auto faults = faults_of(std::string{bad} + "\n");
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].find("allowed") != std::string::npos);
  }
  CHECK(faults_of("spread_max = 0\njump_band = 0\ndecimals = \"cut\"\n").size() == 3);
  cleaning_settings low;
  low.price_max = price{decimal_scale};
  CHECK(load_instruments(directory.write("i.toml", "[[instruments]]\npattern = \"X\"\n"
                                                   "exchange = \"E\"\ncurrency = \"C\"\n"
                                                   "price_min = 1\n"),
                         low)
            .faults.size() == 1);
}

TEST_CASE("corporate actions are refused in words, and not passed over") {
  market_files directory;
  auto faults = load_instruments(directory.write("i.toml", "[[corporate_actions]]\nsymbol = \"X\"\n"
                                                           "date = 2020-08-31\nratio = 4\n"))
                    .faults;
  REQUIRE_FALSE(faults.empty());
  CHECK(faults[0].find("docs/not-supported.md") != std::string::npos);
}

TEST_CASE("hosts whose instruments or calendars differ have different configurations") {
  auto hash_of = [](auto change) {
    settings config;
    instrument traded;
    traded.pattern = "X";
    traded.sessions = {{std::chrono::hours{9}, std::chrono::hours{15}}};
    trading_calendar calendar;
    change(traded, calendar);
    traded.calendar = std::make_shared<const trading_calendar>(calendar);
    config.instruments = instrument_table{{traded}};
    return configuration_hash(config);
  };
  auto same = hash_of([](auto&, auto&) {});
  CHECK(same == hash_of([](auto&, auto&) {}));
  auto day = std::chrono::sys_days{std::chrono::year{2024} / 1 / 20};
  CHECK(same != hash_of([](auto& i, auto&) { i.limits.price_min = price{-1}; }));
  CHECK(same != hash_of([](auto& i, auto&) { i.limits.price_max = price{7}; }));
  CHECK(same != hash_of([](auto& i, auto&) { i.limits.spread_max = 7; }));
  CHECK(same != hash_of([](auto& i, auto&) { i.limits.jump_band = 7; }));
  CHECK(same != hash_of([](auto& i, auto&) { i.limits.jump_confirm_count = 7; }));
  CHECK(same != hash_of([](auto& i, auto&) { i.limits.ratio_base_min = price{7}; }));
  CHECK(same != hash_of([](auto& i, auto&) { i.short_allowed = false; }));
  CHECK(same != hash_of([](auto& i, auto&) { i.decimals = decimal_rule::round; }));
  CHECK(same != hash_of([](auto& i, auto&) { i.sessions[0].weekdays = 1; }));
  CHECK(same != hash_of([](auto&, auto& c) { c.weekdays = every_weekday; }));
  CHECK(same != hash_of([](auto&, auto& c) { c.nights = night_rule::day_before; }));
  CHECK(same != hash_of([](auto&, auto& c) { c.day_change = std::chrono::minutes{0}; }));
  CHECK(same != hash_of([&](auto&, auto& c) { c.special_days[day] = {}; }));
  auto open = hash_of([&](auto&, auto& c) { c.open_days = {day}; });
  auto closed = hash_of([&](auto&, auto& c) { c.holidays = {day}; });
  CHECK(same != open);
  CHECK(same != closed);
  CHECK(open != closed);
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

} // namespace tickmesh::instrument_settings_test
