// What a data slot warns of.
#include "actors/market/slot/slot_alarms.hpp"

#include "tests/support/market_log.hpp"

#include <doctest/doctest.h>

namespace tickmesh::slot_alarms_test {
using lines = std::vector<std::string>;

namespace {

const std::vector<std::string> symbols{"ru1901", "rb1901", "other"};
const std::vector<bool> own{true, true, false};

clean_batch part(std::uint32_t symbol, timestamp last, std::uint64_t late = 0) {
  clean_batch out;
  out.symbol = symbol_id{symbol};
  out.accepted = 1;
  out.last_event_time = last;
  out.rejects[static_cast<std::size_t>(reject_reason::late)] = late;
  return out;
}

constexpr std::chrono::seconds burst{5};

slot_alarms make_alarms(nanoseconds limit, bool is_live,
                        std::shared_ptr<const trading_calendar> calendar = {}) {
  slot_alarms out{{{role::data, 0}, symbols.size(), limit, is_live, burst}};
  instrument any;
  any.pattern = "r*";
  if (calendar) {
    any.calendar = calendar;
    any.sessions = {{std::chrono::hours{0}, std::chrono::hours{24}}};
  }
  REQUIRE(out.watch(symbols, own, instrument_table{{any}}).has_value());
  return out;
}

log_burst::instant clock_at(int seconds) {
  return log_burst::instant{std::chrono::seconds{seconds}};
}

} // namespace

TEST_CASE("late records of a live source are told of, those of a burst once") {
  auto alarms = make_alarms({}, true);
  std::vector parts{part(0, market_second(1)), part(1, market_second(1), 3),
                    part(0, market_second(1), 2)};
  REQUIRE(alarms.note(parts, market_second(1)));
  CHECK(alarms.say(symbols, clock_at(100)) ==
        lines{"data/0: 5 records, of rb1901 first, came behind the source's time mark and are "
              "rejected as LATE; source.socket.lateness_ms says how far a source may be out of "
              "order"});
  REQUIRE(alarms.note(parts, market_second(2)));
  CHECK(alarms.say(symbols, clock_at(101)).empty());
  REQUIRE(alarms.note(parts, market_second(2)));
  CHECK(alarms.say(symbols, clock_at(106)).size() == 1);
  parts.erase(parts.begin() + 1, parts.end());
  CHECK_FALSE(alarms.note(parts, market_second(3))); // nothing is late any more
  auto recorded = make_alarms({}, false);
  CHECK_FALSE(recorded.note(std::vector{part(1, market_second(1), 3)}, market_second(1)));
}

TEST_CASE("own symbols that go mute are named, and counted") {
  auto alarms = make_alarms(std::chrono::seconds{4}, false);
  CHECK(alarms.silence().is_on());
  std::vector both{part(0, market_second(1)), part(1, market_second(1))};
  CHECK_FALSE(alarms.note(both, market_second(1)));
  both.pop_back();
  both[0].last_event_time = market_second(5);
  CHECK_FALSE(alarms.note(both, market_second(5)));
  REQUIRE(alarms.note(both, market_second(6)));
  CHECK(alarms.say(symbols, clock_at(1)) ==
        lines{"data/0: no accepted tick for 4 s of open session: rb1901 since "
              "2023-11-14T22:13:21.000000000Z; 1 symbols are silent, 1 alarms so far"});
  CHECK_FALSE(alarms.note(both, market_second(7)));
  CHECK(alarms.silence().silent_now() == 1);
  CHECK_FALSE(make_alarms({}, false).silence().is_on());
}

TEST_CASE("many silent symbols are named in part") {
  std::vector<std::string> names;
  for (int i = 0; i < 12; ++i)
    names.push_back("s" + std::to_string(i));
  slot_alarms alarms{{{role::data, 0}, names.size(), std::chrono::seconds{4}, false, burst}};
  instrument any;
  any.pattern = "s*";
  REQUIRE(alarms.watch(names, std::vector<bool>(12, true), instrument_table{{any}}).has_value());
  CHECK_FALSE(alarms.note({}, market_second(1)));
  REQUIRE(alarms.note({}, market_second(6)));
  auto said = alarms.say(names, clock_at(1));
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("s9 since") != std::string::npos);
  CHECK(said[0].find("s10") == std::string::npos);
  CHECK(said[0].find(" and 2 more; 12 symbols are silent") != std::string::npos);
}

TEST_CASE("ticks beyond a calendar's dates are told of once") {
  auto calendar = std::make_shared<trading_calendar>();
  calendar->name = "china";
  calendar->holidays.insert(std::chrono::sys_days{std::chrono::year{2022} / 5 / 2});
  auto alarms = make_alarms({}, false, calendar);
  timestamp new_year{std::chrono::sys_days{std::chrono::year{2023} / 1 / 1}};
  CHECK_FALSE(alarms.note(std::vector{part(0, new_year - nanoseconds{1})}, new_year));
  REQUIRE(alarms.note(std::vector{part(0, new_year)}, new_year));
  CHECK(alarms.say(symbols, clock_at(1)) ==
        lines{"calendar china lists no dates from 2023-01-01 on, where the ticks are: holidays "
              "there are taken for trading days; add them to the file of instruments"});
  CHECK_FALSE(alarms.note(std::vector{part(0, new_year)}, new_year));
}

TEST_CASE("sessions that no calendar can be made of are refused") {
  slot_alarms alarms{{{role::data, 0}, symbols.size(), {}, false, burst}};
  instrument bad;
  bad.pattern = "r*";
  bad.time_zone = "Nowhere/Else";
  bad.sessions = {{std::chrono::hours{9}, std::chrono::hours{15}}};
  CHECK_FALSE(alarms.watch(symbols, own, instrument_table{{bad}}).has_value());
  CHECK(alarms.watch(symbols, {false, false, true}, instrument_table{{bad}}).has_value());
}

} // namespace tickmesh::slot_alarms_test
