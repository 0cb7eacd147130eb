// Sessions and calendars of the instruments' file.
#include "apps/load_settings.hpp"
#include "tests/support/market_files.hpp"

#include <doctest/doctest.h>

#include <set>
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
