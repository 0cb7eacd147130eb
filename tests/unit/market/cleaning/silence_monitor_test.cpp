// Symbols that go mute while they trade, in made-up and in recorded markets.
#include "actors/market/cleaning/silence_monitor.hpp"
#include "apps/settings/load_settings.hpp"
#include "tests/support/market_files.hpp"
#include "tests/support/real_data.hpp"
#include "tests/support/source_tree.hpp"

#include <doctest/doctest.h>

#include <map>
#include <utility>

namespace tickmesh::silence_monitor_test {
using namespace std::chrono_literals;

namespace {

constexpr timestamp start{std::chrono::sys_days{std::chrono::year{2018} / 10 / 9}};

std::vector<symbol_id> symbols_of(const std::vector<silence_monitor::mute_symbol>& mute) {
  std::vector<symbol_id> out;
  for (auto& entry : mute)
    out.push_back(entry.symbol);
  return out;
}

using ids = std::vector<symbol_id>;

/// What the monitor says of recorded files, whose ticks up to `until` come to it.
struct replayed {
  std::map<std::string, std::vector<timestamp>> alarms; ///< since when, by symbol
  std::uint64_t ticks = 0;
};

/// `until` is when the source cuts off; its time marks go on.
replayed replay(const std::vector<std::string>& paths, nanoseconds limit, bool with_sessions,
                timestamp until = end_of_time) {
  auto loaded = load_instruments(source_path("config/instruments.toml"));
  REQUIRE(loaded.faults.empty());
  auto source = load_good(file_source_settings(paths), loaded.value);
  auto& symbols = source->symbols();
  silence_monitor monitor{symbols.size(), limit};
  for (std::uint32_t i = 0; i < symbols.size(); ++i) {
    auto* traded = loaded.value.find(symbols.name(symbol_id{i}));
    REQUIRE(traded != nullptr);
    REQUIRE(!traded->sessions.empty());
    std::shared_ptr<session_calendar> sessions;
    if (with_sessions)
      sessions = std::make_shared<session_calendar>(std::move(*session_calendar::make(*traded)));
    monitor.watch(symbol_id{i}, sessions);
  }
  replayed out;
  auto cursor = source->open();
  tick t;
  for (auto event = cursor->next(t); event != feed_event::end; event = cursor->next(t)) {
    if (event == feed_event::record && t.event_time < until) {
      monitor.spoke(t.symbol, t.event_time);
      ++out.ticks;
    }
    if (event != feed_event::time_mark || !monitor.is_due(cursor->time_mark())) continue;
    for (auto& mute : monitor.judge(cursor->time_mark()))
      out.alarms[symbols.name(mute.symbol)].push_back(mute.since);
  }
  return out;
}

} // namespace

TEST_CASE("a symbol is mute beyond the limit, and is named once until it speaks again") {
  silence_monitor monitor{2, 60s};
  monitor.watch(symbol_id{0}, nullptr);
  monitor.watch(symbol_id{1}, nullptr);
  for (auto t = start; t <= start + 60s; t += 1s) {
    monitor.spoke(symbol_id{0}, t);
    if (t == start) monitor.spoke(symbol_id{1}, t);
    CHECK(monitor.judge(t).empty());
  }
  monitor.spoke(symbol_id{0}, start + 61s);
  auto mute = monitor.judge(start + 61s);
  CHECK(symbols_of(mute) == ids{symbol_id{1}});
  CHECK(mute.at(0).since == start);
  CHECK(monitor.judge(start + 62s).empty());
  CHECK(monitor.silent_now() == 1);
  monitor.spoke(symbol_id{1}, start + 63s);
  CHECK(monitor.judge(start + 63s).empty());
  CHECK(monitor.silent_now() == 0);
  CHECK(symbols_of(monitor.judge(start + 124s)) == ids{symbol_id{0}, symbol_id{1}});
  CHECK(monitor.alarms() == 3);
}

TEST_CASE("a symbol that never speaks is mute from when the watch began") {
  silence_monitor monitor{1, 60s};
  monitor.watch(symbol_id{0}, nullptr);
  CHECK(monitor.judge(timestamp{}).empty()); // before the first time mark
  CHECK(monitor.judge(start).empty());
  CHECK(monitor.judge(start + 60s).empty());
  auto mute = monitor.judge(start + 61s);
  REQUIRE(mute.size() == 1);
  CHECK(mute[0].since == start);
}

TEST_CASE("the end of the source, a limit of 0 and symbols that are not watched are no silence") {
  silence_monitor monitor{2, 60s};
  CHECK_FALSE(monitor.is_on());
  monitor.watch(symbol_id{0}, nullptr);
  CHECK(monitor.is_on());
  monitor.spoke(symbol_id{0}, start);
  monitor.spoke(symbol_id{1}, start);
  CHECK(monitor.judge(end_of_time).empty());
  CHECK(symbols_of(monitor.judge(start + 1h)) == ids{symbol_id{0}});
  silence_monitor off{1, 0s};
  off.watch(symbol_id{0}, nullptr);
  CHECK_FALSE(off.is_on());
  CHECK_FALSE(off.is_due(start));
}

TEST_CASE("silence is judged at most once a second of event time") {
  silence_monitor monitor{1, 60s};
  monitor.watch(symbol_id{0}, nullptr);
  CHECK(monitor.is_due(start));
  monitor.judge(start);
  CHECK_FALSE(monitor.is_due(start + 999ms));
  CHECK(monitor.is_due(start + 1s));
}

TEST_CASE("a quiet lunch raises no alarm, silence after it does") {
  auto traded = make_instrument("ru####", "SHFE", "Asia/Shanghai");
  traded.sessions = {{9h, 11h + 30min}, {13h + 30min, 15h}};
  silence_monitor monitor{1, 60s};
  monitor.watch(symbol_id{0},
                std::make_shared<session_calendar>(std::move(*session_calendar::make(traded))));
  auto lunch = start + 3h + 30min; // 11:30 in Shanghai
  monitor.spoke(symbol_id{0}, lunch - 10s);
  std::vector<timestamp> alarms;
  for (auto t = lunch; t <= lunch + 2h + 5min; t += 1s)
    if (!monitor.judge(t).empty()) alarms.push_back(t);
  // Ten seconds before lunch and fifty after it.
  CHECK(alarms == std::vector<timestamp>{lunch + 2h + 51s});
}

TEST_CASE(
    "five recorded days of rubber raise no alarm over breaks, lunch, nights and the weekend") {
  auto directory = find_real_data("five recorded days of rubber raise no alarm");
  if (!directory) return;
  std::vector<std::string> rubber{*directory /
                                  "ctp_futures/shfe_ru1901_20181008-20181012.l1.csv.xz"};
  auto quiet = replay(rubber, 60s, true);
  CHECK(quiet.ticks > 190'000);
  CHECK(quiet.alarms.empty());
  // Without sessions each break is an alarm: it is the calendar that tells them apart.
  CHECK(replay(rubber, 60s, false).alarms["ru1901"].size() >= 15);
}

TEST_CASE("a recorded symbol that is cut off in mid-session is named once") {
  auto directory = find_real_data("a recorded symbol that is cut off in mid-session is named once");
  if (!directory) return;
  auto cut = std::chrono::sys_days{std::chrono::year{2018} / 10 / 9} + 2h; // 10:00 in Shanghai
  auto out =
      replay({*directory / "ctp_futures/shfe_ru1901_20181008-20181012.l1.csv.xz"}, 60s, true, cut);
  REQUIRE(out.alarms["ru1901"].size() == 1);
  auto since = out.alarms["ru1901"][0];
  CHECK(since < cut);
  CHECK(since > cut - 2s);
}

TEST_CASE(
    "recorded apple futures are quiet over lunch and night; one quiet minute of trade is not") {
  auto directory = find_real_data("recorded apple futures are quiet over lunch and night");
  if (!directory) return;
  std::vector<std::string> apples{*directory /
                                  "ctp_futures/czce_ap010_ap101_20200803-20200807.l1.csv.xz"};
  auto out = replay(apples, 60s, true);
  // No row of AP101 stands between 09:44:32 and 09:45:33 on Wednesday in Shanghai.
  CHECK(out.alarms == std::map<std::string, std::vector<timestamp>>{
                          {"AP101", {*parse_timestamp("2020-08-05T01:44:32Z")}}});
  CHECK(replay(apples, 90s, true).alarms.empty());
}

} // namespace tickmesh::silence_monitor_test
