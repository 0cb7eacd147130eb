// Loading and cleaning of recorded market data against counts that tests/golden/market_reference.py
// made with an implementation of its own.
#include "actors/market/cleaning/tick_cleaner.hpp"
#include "tests/support/market_files.hpp"
#include "tests/support/real_data.hpp"
#include "tests/support/source_tree.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include <fstream>
#include <map>

namespace tickmesh::recorded_counts_test {
using nlohmann::json;

namespace {

struct symbol_summary {
  std::uint64_t rows = 0;
  std::uint64_t accepted = 0;
  std::map<std::string, std::uint64_t> rejects;
  int128 volume_sum = 0;
  int128 last_sum = 0;
  int128 line_sum = 0;
  timestamp first_time{};
  timestamp last_time{};
};

/// As the reference prints it: a whole number of any size.
std::string whole(int128 value) {
  return format_decimal(value * decimal_scale);
}

json to_json(const symbol_summary& s) {
  return {{"rows", s.rows},
          {"accepted", s.accepted},
          {"rejects", json(s.rejects).is_null() ? json::object() : json(s.rejects)},
          {"volume_sum", whole(s.volume_sum)},
          {"last_sum", whole(s.last_sum)},
          {"line_sum", whole(s.line_sum)},
          {"first_time_ns", to_ns(s.first_time)},
          {"last_time_ns", to_ns(s.last_time)}};
}

void add(symbol_summary& s, tick t, tick_cleaner& cleaner) {
  if (s.rows++ == 0) s.first_time = t.event_time;
  s.last_time = t.event_time;
  if (auto reason = cleaner.clean(t)) {
    ++s.rejects[std::string{to_string(*reason)}];
    return;
  }
  ++s.accepted;
  CHECK(t.number == sequence{s.accepted});
  s.volume_sum += t.volume.value;
  if (t.last != no_price) s.last_sum += t.last.value;
  s.line_sum += t.position.value;
}

instrument_table real_instruments() {
  return instrument_table{{make_instrument("ru####", "SHFE", "Asia/Shanghai"),
                           make_instrument("AP###", "CZCE", "Asia/Shanghai"),
                           make_instrument("BTCUSDT", "BINANCE"),
                           make_instrument("ETHUSDT", "BINANCE")}};
}

/// The same summary of one source as the reference makes.
json summarise(const std::filesystem::path& directory, const json& files) {
  std::vector<std::string> paths;
  for (auto& file : files)
    paths.push_back((directory / file.get<std::string>()).string());
  auto instruments = real_instruments();
  auto source = load_good(file_source_settings(paths), instruments);
  std::map<std::string, symbol_summary> symbols;
  std::map<std::string, tick_cleaner> cleaners;
  std::vector<std::uint64_t> rows_by_file(paths.size());
  int128 order = 0;
  std::uint64_t rows = 0;
  std::uint64_t marks = 0;
  auto cursor = source->open();
  tick t;
  for (auto event = cursor->next(t); event != feed_event::end; event = cursor->next(t)) {
    if (event == feed_event::time_mark) {
      ++marks;
      continue;
    }
    ++rows_by_file[t.source.value];
    order += int128{++rows} * (7 * int128{t.source.value} + t.position.value);
    auto& name = source->symbols().name(t.symbol);
    bool known = instruments.find(name) != nullptr;
    auto& cleaner = cleaners.try_emplace(name, cleaning_settings{}, known).first->second;
    add(symbols[name], t, cleaner);
  }
  json out{{"files", files}, {"order_checksum", whole(order)}, {"time_marks", marks}};
  for (std::size_t i = 0; i < paths.size(); ++i)
    out["rows_by_file"][files[i].get<std::string>()] = rows_by_file[i];
  for (auto& [name, summary] : symbols)
    out["symbols"][name] = to_json(summary);
  return out;
}

} // namespace

TEST_CASE("recorded market data gives the counts of the independent reference") {
  auto directory = find_real_data("recorded market data gives the counts of the reference");
  if (!directory) return;
  auto path = source_path("tests/golden/market_counts.json");
  std::ifstream file{path};
  REQUIRE(file.good());
  auto golden = json::parse(file);
  REQUIRE(golden.size() == 5);
  for (auto& [name, expected] : golden.items()) {
    CAPTURE(name);
    auto actual = summarise(*directory, expected["files"]);
    CHECK_MESSAGE(actual == expected, json::diff(expected, actual).dump());
  }
}

} // namespace tickmesh::recorded_counts_test
