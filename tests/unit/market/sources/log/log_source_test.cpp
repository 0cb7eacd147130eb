// Tick logs as a source, and recorded ticks as a tick log.
#include "actors/market/cleaning/tick_cleaner.hpp"
#include "actors/market/sources/log/log_source.hpp"
#include "actors/market/tick_log/log_description.hpp"
#include "actors/market/tick_log/tick_log_reader.hpp"
#include "actors/market/transfer/tick_export.hpp"
#include "actors/market/transfer/tick_import.hpp"
#include "tests/support/market_files.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace tickmesh::log_source_test {

namespace {

const instrument_table& instruments() {
  static const instrument_table table{{make_instrument("SIM####", "SIM")}};
  return table;
}

/// A simulated market whose symbols have few or many ticks, with all kinds of bad ones.
std::shared_ptr<const feed_source> simulated(std::uint64_t seed = 1, std::uint64_t ticks = 30'000) {
  source_settings settings;
  settings.sim.seed = seed;
  settings.sim.symbols = 7;
  settings.sim.ticks = ticks;
  return load_good(settings, instruments());
}

slot_totals import_good(const std::shared_ptr<const feed_source>& source,
                        const std::filesystem::path& directory, std::uint64_t segment_mib = 32) {
  import_options options;
  options.out = directory;
  options.segment_mib = segment_mib;
  auto totals = import_ticks(source, instruments(), options, [](std::uint64_t) {});
  REQUIRE_MESSAGE(totals.has_value(), totals.error().message);
  return *totals;
}

source_settings logged(std::vector<std::string> paths, std::vector<std::int32_t> days = {}) {
  source_settings settings;
  settings.kind = source_kind::ticklog;
  settings.ticklog.paths = std::move(paths);
  settings.ticklog.days = std::move(days);
  return settings;
}

/// What cleaning leaves of a source, in the order of a replay.
std::vector<tick> cleaned(const feed_source& source) {
  std::vector<tick_cleaner> cleaners;
  for (auto& name : source.symbols().names())
    cleaners.emplace_back(cleaning_settings{}, instruments().find(name) != nullptr);
  std::vector<tick> out;
  for (auto& record : read_records(source)) {
    auto t = record;
    if (!cleaners[t.symbol.value].clean(t)) out.push_back(t);
  }
  std::stable_sort(out.begin(), out.end(), [](const tick& a, const tick& b) {
    return std::tie(a.effective_time, a.symbol) < std::tie(b.effective_time, b.symbol);
  });
  return out;
}

std::vector<tick> without_marks(std::vector<tick> ticks) {
  for (auto& t : ticks)
    t.source_mark = timestamp{};
  return ticks;
}

} // namespace

TEST_CASE("a log replays each tick as it was cleaned and numbered, by effective time") {
  market_files files;
  auto source = simulated();
  auto totals = import_good(source, files.path("log"), 1);
  auto expected = without_marks(cleaned(*source));
  CHECK(totals.records_in == 30'000);
  CHECK(totals.accepted == expected.size());
  REQUIRE(expected.size() > 29'000);
  auto replayed = load_good(logged({files.path("log")}));
  CHECK(replayed->is_clean());
  CHECK(replayed->is_repeatable());
  CHECK(replayed->symbols().names() == source->symbols().names());
  CHECK(replayed->source_names() == source->source_names());
  CHECK(without_marks(read_records(*replayed)) == expected);
  CHECK(without_marks(read_records(*replayed)) == expected); // every cursor
}

TEST_CASE("nothing earlier than a replay's time mark follows it") {
  market_files files;
  import_good(simulated(), files.path("log"));
  auto source = load_good(logged({files.path("log")}));
  auto cursor = source->open();
  tick t;
  std::size_t marks = 0;
  for (auto event = cursor->next(t); event != feed_event::end; event = cursor->next(t)) {
    if (event == feed_event::time_mark) ++marks;
    if (event == feed_event::record) REQUIRE(t.effective_time >= cursor->time_mark());
  }
  CHECK(marks > 100);
}

TEST_CASE("a cursor leaves the symbols out that are not selected") {
  market_files files;
  auto simulation = simulated();
  import_good(simulation, files.path("log"));
  auto source = load_good(logged({files.path("log")}));
  std::vector<bool> own(source->symbols().size());
  own[2] = own[4] = true;
  auto cursor = source->open();
  cursor->select(own);
  auto expected = cleaned(*simulation);
  std::erase_if(expected, [&](const tick& t) { return !own[t.symbol.value]; });
  std::vector<tick> found;
  tick t;
  for (auto event = cursor->next(t); event != feed_event::end; event = cursor->next(t))
    if (event == feed_event::record) found.push_back(t);
  CHECK(without_marks(found) == without_marks(expected));
}

TEST_CASE("only whole days are replayed, and only days that are there") {
  market_files files;
  std::string text{"timestamp,symbol,kind,last,volume,bid,bid_volume,ask,ask_volume,trading_day\n"};
  for (int day : {20240102, 20240103, 20240104})
    for (int i = 0; i < 50; ++i)
      text += "2024-01-" + std::to_string(day).substr(6) + "T01:00:" + std::to_string(10 + i) +
              "Z,SIM0001,trade,100,1,,,,," + std::to_string(day) + "\n";
  auto path = files.write("days.csv", text);
  import_good(load_good(file_source_settings({path}), instruments()), files.path("log"));
  auto ticks = read_records(*load_good(logged({files.path("log")}, {20240103})));
  REQUIRE(ticks.size() == 50);
  CHECK(ticks.front().number == sequence{51});
  CHECK(ticks.back().trading_day == 20240103);
  CHECK(read_records(*load_good(logged({files.path("log")}))).size() == 150);
  CHECK(load_fault(logged({files.path("log")}, {20240105})) ==
        "source.ticklog.days: 20240105 is in none of the logs; they have 20240102, 20240103, "
        "20240104");
}

TEST_CASE("logs that are no parts of one whole are refused, by name") {
  market_files files;
  import_good(simulated(), files.path("a"));
  std::filesystem::copy(files.path("a"), files.path("copy"),
                        std::filesystem::copy_options::recursive);
  auto fault = load_fault(logged({files.path("a"), files.path("copy")}));
  CHECK(fault.find("both have ticks of SIM0001") != std::string::npos);
  auto text = std::string{own_header} + "2024-01-02T01:00:00Z,SIM0009,trade,100,1,,,,\n";
  import_good(load_good(file_source_settings({files.write("b.csv", text)}), instruments()),
              files.path("b"));
  fault = load_fault(logged({files.path("a"), files.path("b")}));
  CHECK(fault.find("logs of different clusters") != std::string::npos);
  fault = load_fault(logged({files.path("none")}));
  CHECK(fault.find("source.ticklog.paths: " + files.path("none") + ": no tick log is there") == 0);
}

TEST_CASE("logs differ in their fingerprints when their ticks do") {
  market_files files;
  import_good(simulated(1), files.path("a"));
  import_good(simulated(1), files.path("same"));
  import_good(simulated(2), files.path("b"));
  auto fingerprint = [&](const std::string& name) {
    return load_good(logged({files.path(name)}))->fingerprint();
  };
  CHECK(fingerprint("a") == fingerprint("same"));
  CHECK(fingerprint("a") != fingerprint("b"));
}

TEST_CASE("an import seals its log, keeps the rejected ticks and begins no second one in it") {
  market_files files;
  auto totals = import_good(simulated(), files.path("log"), 1);
  auto reader = tick_log_reader::open(files.path("log"));
  REQUIRE_MESSAGE(reader.has_value(), reader.error().message);
  auto days = reader->days();
  REQUIRE(days.has_value());
  std::uint64_t rejected = 0;
  for (auto& day : *days) {
    CHECK(day.unsealed_bytes == 0);
    rejected += day.rejected;
  }
  CHECK(rejected == totals.records_in - totals.accepted);
  auto verified = reader->verify();
  REQUIRE(verified.has_value());
  CHECK(verified->damages.empty());
  CHECK(verified->ticks == totals.accepted);
  import_options options;
  options.out = files.path("log");
  auto again = import_ticks(simulated(), instruments(), options, [](std::uint64_t) {});
  REQUIRE(!again.has_value());
  CHECK(again.error().message.find("is there and not empty") != std::string::npos);
}

TEST_CASE("an exported CSV file reads as the ticks that were logged") {
  market_files files;
  auto text = std::string{"timestamp,symbol,kind,last,volume,bid,bid_volume,ask,ask_volume,"
                          "turnover,open_interest,trading_day,aggressor,trade_id\n"} +
              "2024-01-02T01:00:00.5Z,SIM0001,snapshot,100.25,3,100,7,100.5,8,300.75,1000,"
              "20240103,,\n"
              "2024-01-02T01:00:01Z,SIM0001,snapshot,100.5,0,,0,100.5,8,0,1000,20240103,,\n"
              "2024-01-02T01:00:02Z,SIM0001,trade,100.5,0.00000001,,0,,0,"
              "123456789012345.12345678,0,20240103,S,77\n"
              "2024-01-02T01:00:02.000000001Z,SIM0001,quote,,0,100.25,1,100.5,2,0,0,20240103,,\n";
  auto original = load_good(file_source_settings({files.write("in.csv", text)}), instruments());
  import_good(original, files.path("log"));
  export_request request;
  request.logs = {files.path("log")};
  request.trading_day = 20240103;
  request.out = files.path("out");
  auto counts = export_ticks(request, [](std::uint64_t, std::uint64_t) {});
  REQUIRE_MESSAGE(counts.has_value(), counts.error().message);
  CHECK(counts->ticks == 4);
  auto exported = load_good(file_source_settings({files.path("out/20240103/SIM0001.csv")}));
  CHECK(read_records(*exported) == read_records(*original));
}

TEST_CASE("an export of what is not there says so") {
  market_files files;
  import_good(simulated(1, 1'000), files.path("log"));
  export_request request;
  request.logs = {files.path("log")};
  request.trading_day = 20240101;
  request.out = files.path("out");
  auto failure = [&] {
    auto counts = export_ticks(request, [](std::uint64_t, std::uint64_t) {});
    REQUIRE(!counts.has_value());
    return counts.error().message;
  };
  CHECK(failure().find("--day 20240101: no log has this trading day") == 0);
  request.trading_day = 20240102;
  request.symbols = {"SIM0001", "ru1901"};
  CHECK(failure().find("--symbol ru1901: no log has ticks of it on 20240102") == 0);
}

} // namespace tickmesh::log_source_test
