// Factors and signals against tests/golden/bollinger_reference.py, which computes every value on
// its own in exact integers: on recorded data, on the simulator and on hostile prices.
#include "actors/market/cleaning/tick_cleaner.hpp"
#include "actors/market/feed/feed.hpp"
#include "tests/support/calc_ticks.hpp"
#include "tests/support/market_files.hpp"
#include "tests/support/real_data.hpp"
#include "tests/support/source_tree.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <map>

namespace tickmesh::bollinger_reference_test {
using nlohmann::json;

namespace {

constexpr std::array<std::string_view, 3> kind_names{"snapshot", "quote", "trade"};

const std::vector<strategy_settings> seed_strategies{make_strategy("r20", strategy_mode::reactive),
                                                     make_strategy("w20", strategy_mode::windowed)};

std::vector<strategy_settings> all_strategies() {
  using enum strategy_mode;
  auto out = seed_strategies;
  out.push_back(make_strategy("r5", reactive, 5, 1.5, emit_mode::every));
  out.push_back(make_strategy("r200", reactive, 200, 2.3456));
  out.push_back(make_strategy("w20_every", windowed, 20, 1, emit_mode::every));
  return out;
}

std::string tick_row(const tick& t) {
  auto text = [](price p) { return p == no_price ? std::string{} : std::to_string(p.value); };
  return fmt::format("{},{},{},{},{},{}\n", t.number.value, to_ns(t.effective_time),
                     kind_names[static_cast<std::size_t>(t.kind)], text(t.last), text(t.bid),
                     text(t.ask));
}

json strategies_document(const std::vector<strategy_settings>& strategies, price_source from) {
  json list = json::array();
  for (auto& s : strategies)
    list.push_back({{"name", s.name},
                    {"mode", s.mode == strategy_mode::reactive ? "reactive" : "windowed"},
                    {"emit", s.emit == emit_mode::every ? "every" : "on_change"},
                    {"period", s.period},
                    {"width_e4", s.width / (decimal_scale / 10'000)},
                    {"window_ns", s.window.count()},
                    {"step_ns", s.step.count()}});
  return {{"price_from", from == price_source::mid ? "mid" : "last"}, {"strategies", list}};
}

/// What the reference prints after it has compared all; a difference fails the test.
json run_reference(const market_files& files) {
  auto script = source_path("tests/golden/bollinger_reference.py");
  auto command = fmt::format("/usr/bin/python3 '{}' '{}'", script, files.path(""));
  auto* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  std::array<char, 4096> buffer{};
  while (auto size = std::fread(buffer.data(), 1, buffer.size(), pipe))
    text.append(buffer.data(), size);
  CHECK_MESSAGE(::pclose(pipe) == 0, "bollinger_reference.py found differences, or lacks numpy");
  auto out = json::parse(text, nullptr, false);
  REQUIRE(out.is_object());
  CHECK(out["differences"] == 0);
  return out;
}

/// Feeds `ticks` in slices of `slice` to a calculator and compares all that it puts out.
json compare(const std::string& symbol, const std::vector<tick>& ticks,
             const std::vector<strategy_settings>& strategies,
             price_source from = price_source::last, std::size_t slice = 64) {
  calculation run{symbol, strategies, from};
  std::string rows{"number,effective_ns,kind,last,bid,ask\n"};
  for (auto& t : ticks)
    rows += tick_row(t);
  std::span<const tick> rest{ticks};
  for (; !rest.empty(); rest = rest.subspan(std::min(slice, rest.size())))
    run.add(rest.first(std::min(slice, rest.size())));
  run.finish();
  market_files files;
  files.write("ticks.csv", rows);
  files.write("factors.csv", std::string{factor_columns} + "\n" + run.factor_rows());
  files.write("signals.csv", std::string{signal_columns} + "\n" + run.signal_rows());
  files.write("strategies.json", strategies_document(run.strategies, from).dump());
  auto out = run_reference(files);
  std::printf("bollinger reference, %s: %s\n", symbol.c_str(), out.dump().c_str());
  std::uint64_t factors = 0;
  for (auto& counts : out["strategies"])
    factors += counts["factors"].get<std::uint64_t>();
  CHECK(factors == run.output.factors);
  CHECK(out["ticks"] == ticks.size());
  return out;
}

/// The accepted ticks of every symbol that has an instrument.
std::map<std::string, std::vector<tick>> cleaned_ticks(const source_settings& settings,
                                                       const instrument_table& instruments) {
  auto source = load_good(settings, instruments);
  std::map<std::string, std::vector<tick>> out;
  std::map<symbol_id, tick_cleaner> cleaners;
  for (auto& t : read_records(*source)) {
    auto& name = source->symbols().name(t.symbol);
    bool known = instruments.find(name) != nullptr;
    auto& cleaner = cleaners.try_emplace(t.symbol, cleaning_settings{}, known).first->second;
    if (!cleaner.clean(t)) out[name].push_back(t);
  }
  return out;
}

std::uint64_t count_of(const json& result, const char* strategy, const char* what) {
  return result["strategies"][strategy][what].get<std::uint64_t>();
}

} // namespace

TEST_CASE("recorded futures give the bands and signals of the two-pass reference on every tick") {
  auto directory = find_real_data("futures give the bands and signals of the reference");
  if (!directory) return;
  auto path = [&](const char* file) { return (*directory / "ctp_futures" / file).string(); };
  instrument_table instruments{{make_instrument("ru####", "SHFE", "Asia/Shanghai"),
                                make_instrument("AP###", "CZCE", "Asia/Shanghai")}};
  auto symbols =
      cleaned_ticks(file_source_settings({path("shfe_ru1901_20181008-20181012.l1.csv.xz"),
                                          path("czce_ap010_ap101_20200803-20200807.l1.csv.xz")}),
                    instruments);
  const std::map<std::string, std::uint64_t> ticks_min{
      {"ru1901", 190'000}, {"AP010", 61'000}, {"AP101", 40'000}};
  for (auto& [symbol, count] : ticks_min) {
    CAPTURE(symbol);
    auto out = compare(symbol, symbols[symbol], seed_strategies);
    CHECK(out["ticks"] >= count);
    CHECK(count_of(out, "r20", "factors") >= count);
    CHECK(count_of(out, "r20", "outside") >= 1'000);
    if (symbol == "ru1901") CHECK(count_of(out, "r20", "flat") >= 100);
    CHECK(count_of(out, "w20", "factors") >= 3'000);
    CHECK(count_of(out, "w20", "signals") >= 100);
  }
}

TEST_CASE("recorded trades and quotes give the reference's values from last prices and from mids") {
  auto directory = find_real_data("trades and quotes give the values of the reference");
  if (!directory) return;
  instrument_table instruments{
      {make_instrument("BTCUSDT", "BINANCE"), make_instrument("ETHUSDT", "BINANCE")}};
  std::vector<std::string> paths;
  for (auto file : {"btcusdt_20240808.quotes", "btcusdt_20240808.trades", "ethusdt_20240808.quotes",
                    "ethusdt_20240808.trades"})
    paths.push_back((*directory / "binance" / fmt::format("spot_{}.csv.xz", file)).string());
  auto symbols = cleaned_ticks(file_source_settings(paths), instruments);
  for (auto symbol : {"BTCUSDT", "ETHUSDT"}) {
    CAPTURE(symbol);
    auto last = compare(symbol, symbols[symbol], seed_strategies);
    CHECK(last["prices"] >= 6'000);
    CHECK(count_of(last, "r20", "signals") >= 100);
    auto mid = compare(symbol, symbols[symbol], all_strategies(), price_source::mid);
    CHECK(mid["prices"] >= 20'000);
    CHECK(count_of(mid, "r20", "signals") >= 100);
    CHECK(count_of(mid, "w20", "factors") >= 10);
  }
}

TEST_CASE("simulated symbols give the bands and signals of the two-pass reference") {
  source_settings settings;
  settings.sim.symbols = 3;
  settings.sim.ticks = 30'000;
  settings.sim.ticks_per_second = 30;
  auto symbols = cleaned_ticks(settings, instrument_table{{make_instrument("SIM####", "SIM")}});
  REQUIRE(symbols.size() == 3);
  for (auto& [symbol, ticks] : symbols) {
    auto out = compare(symbol, ticks, all_strategies());
    CHECK(out["ticks"] >= 5'000);
    CHECK(count_of(out, "r20", "signals") >= 100);
    CHECK(count_of(out, "w20", "factors") >= 100);
    CHECK(count_of(out, "w20_every", "signals") >= 30);
  }
}

TEST_CASE("prices next to the limit that differ by a unit give the values of the reference") {
  constexpr std::int64_t highest = 999'999 * decimal_scale - 1;
  static_assert(highest == 99'999'899'999'999);
  auto ticks = make_walk(7, 20'000, highest - 2'000, 1);
  for (auto& t : ticks)
    REQUIRE(t.last < price{999'999 * decimal_scale});
  auto out = compare("HIGH", ticks, all_strategies(), price_source::last, 7);
  CHECK(count_of(out, "r20", "factors") >= 10'000);
  CHECK(count_of(out, "r20", "outside") >= 500);
  CHECK(count_of(out, "w20", "factors") >= 100);
  // Any price that is good at all: the sums reach their greatest variance.
  random_numbers random{8};
  for (auto& t : ticks)
    if (t.last != no_price) t.last = price{random.below(2) == 0 ? 1 : highest};
  out = compare("WIDE", ticks, all_strategies());
  CHECK(count_of(out, "r200", "factors") >= 10'000);
}

TEST_CASE("mixed records with missing sides give the reference's values from last and from mid") {
  auto ticks = make_walk(11, 20'000, 5'000 * decimal_scale, decimal_scale / 2);
  for (auto from : {price_source::last, price_source::mid}) {
    auto out = compare("MIXED", ticks, all_strategies(), from, 13);
    CHECK(count_of(out, "r20", "signals") >= 200);
    CHECK(count_of(out, "w20", "factors") >= 500);
    CHECK(count_of(out, "w20_every", "signals") >= 100);
  }
}

} // namespace tickmesh::bollinger_reference_test
