// The page of a run: what data it is given.
#include "apps/reports/run_report.hpp"

#include "apps/reports/thinned_series.hpp"
#include "apps/results/result_rows.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>

namespace tickmesh::run_report_test {

namespace {

using json = nlohmann::ordered_json;

constexpr const char* odd_symbol = "</script><b>";

json position(const std::string& symbol, const char* quantity, const char* realised) {
  return {{"timestamp", "2024-01-02T01:00:05Z"},
          {"symbol", symbol},
          {"strategy", "s"},
          {"quantity", quantity},
          {"average_price", "10"},
          {"realised", realised},
          {"unrealised", "1.5"},
          {"mark_price", "11"},
          {"fees", "0.5"}};
}

merged_results results_of_a_run() {
  merged_results out;
  out.summary = {
      {"ticks", {{"in", 9}, {"rejected", 2}, {"rejected_by_reason", {{"LATE", 2}}}}},
      {"signals", 3},
      {"fills", 2},
      {"orders", {{"by_verdict", {{"APPROVED", 2}, {"ORDER_VALUE_EXCEEDED", 1}, {"EXPIRED", 0}}}}},
      {"pnl",
       {{"currency", "CNY"},
        {"total", "-3.5"},
        {"realised", "-4.5"},
        {"unrealised", "1.5"},
        {"fees", "0.5"}}},
      {"positions", {position("A", "0", "-1"), position(odd_symbol, "2", "-3.5")}}};
  out.run = {{"started", "2026-01-01T00:00:00Z"},
             {"processes", {{{"rows", true}}}},
             {"cluster", {{"trading", "PAPER"}, {"reason", "the source has ended"}}}};
  return out;
}

/// Writes all result files, with these rows by file.
void write_files(const std::string& directory, std::map<std::string_view, std::string> rows) {
  for (auto& order : result_files())
    std::ofstream{fmt::format("{}/{}.csv", directory, order.file)} << order.columns << '\n'
                                                                   << rows[order.file];
}

/// What stands in the page as the run's data.
json data_of(const std::string& directory) {
  std::ifstream file{directory + "/report.html"};
  std::string page{std::istreambuf_iterator<char>{file}, {}};
  CHECK(page.find("%TICKMESH_RUN%") == std::string::npos);
  CHECK(page.find("http") == std::string::npos); // nothing is fetched
  std::string begin = "<script type=\"application/json\" id=\"run\">";
  auto at = page.find(begin);
  REQUIRE(at != std::string::npos);
  at += begin.size();
  return json::parse(page.substr(at, page.find("</script>", at) - at));
}

} // namespace

TEST_CASE("a page holds what the result files say, whatever the symbols are called") {
  temporary_directory home;
  auto directory = home.path().string();
  std::string odd = odd_symbol;
  write_files(
      directory,
      {{"bars", "2024-01-02T01:00:00Z,A,1000,10,12,9,11\n2024-01-02T01:00:01Z,A,1000,11,11,8,9\n"
                "2024-01-02T01:00:01Z," +
                    odd + ",1000,5,5,5,5\n"},
       {"pnl", "2024-01-02T01:00:01Z,sim,0,2,0,2\n2024-01-02T01:00:02Z,sim,-4,1,0.5,-3.5\n"
               "2024-01-02T01:00:03Z,sim,-4,3,0.5,-1.5\n"},
       {"signals", "2024-01-02T01:00:00.5Z,A,s,1,10,1,3,1,,10,9,11,x\n"
                   "2024-01-02T01:00:01Z,A,s,-1,9,1,4,1,,10,9,11,y\n"},
       {"orders",
        "2024-01-02T01:00:00.5Z,A,BUY,10,1,Filled,s,3,1,APPROVED,0,0,1,10,x,New,1,x,\n"
        "2024-01-02T01:00:01Z,A,SELL,9,1,Rejected,s,4,2,ORDER_VALUE_EXCEEDED,9,8,0,,x,New,1,y,\n"},
       {"fills", "2024-01-02T01:00:00.75Z,A,BUY,10,3,1,1,s,3,1,x,sim\n"
                 "2024-01-02T01:00:01.5Z,A,SELL,9,2,2,2,s,4,1,y,sim\n"}});
  REQUIRE(write_report(results_of_a_run(), directory).has_value());
  auto run = data_of(directory);
  CHECK(run.at("mode") == "PAPER");
  CHECK(run.at("from") == 1704157200000.0);
  CHECK(run.at("to") == 1704157203000.0);
  CHECK(run.at("profit").at("total") == json({2.0, -3.5, -1.5}));
  CHECK(run.at("profit").at("realised") == json({0.0, -4.0, -4.0}));
  CHECK(run.at("refused") == json({{"ORDER_VALUE_EXCEEDED", 1}}));
  CHECK(run.at("rejected") == json({{"LATE", 2}}));
  auto& figures = run.at("figures");
  CHECK(figures[0] == json({"total profit", -3.5, -1}));
  CHECK(figures[4] == json({"deepest drawdown", -5.5, -1}));
  REQUIRE(run.at("symbols").size() == 2);
  auto& a = run.at("symbols")[0]; // has fills
  CHECK(a.at("name") == "A");
  CHECK(a.at("bars").at("low") == json({9.0, 8.0}));
  CHECK(a.at("bars").at("interval") == 1000.0);
  CHECK(a.at("signals").at("direction") == json({1, -1}));
  CHECK(a.at("fills").at("volume") == json({3.0, 2.0}));
  CHECK(a.at("position").at("held") == json({3.0, 1.0}));
  CHECK(a.at("refused").at("verdict") == json({"ORDER_VALUE_EXCEEDED"}));
  CHECK(a.at("refused").at("direction") == json({-1}));
  CHECK(run.at("symbols")[1].at("name") == odd_symbol);
  CHECK(run.at("symbols")[1].at("profit") == -2.5);
  CHECK(run.at("positions").at("rows")[0][0] == odd_symbol); // by size
}

TEST_CASE("thinned series show both sides, and positions where they really were") {
  temporary_directory home;
  auto directory = home.path().string();
  std::string fills, signals;
  for (int i = 0; i < 40'000; ++i) { // in and out again
    auto time = fmt::format("2024-01-02T{:02}:{:02}:{:02}Z", 1 + i / 3600, i / 60 % 60, i % 60);
    fills += fmt::format("{},A,{},10,3,1,1,s,3,1,x,sim\n", time, i % 2 == 0 ? "BUY" : "SELL");
    signals += fmt::format("{},A,s,{},{},1,3,1,,10,9,11,x\n", time, i % 2 == 0 ? 1 : -1,
                           i == 7 ? "" : "10");
  }
  write_files(directory, {{"fills", fills}, {"signals", signals}});
  REQUIRE(write_report(results_of_a_run(), directory).has_value());
  auto a = data_of(directory).at("symbols")[0];
  CHECK(a.at("fills").at("count") == 40'000);
  CHECK(a.at("signals").at("count") == 39'999); // one has no price to stand at
  for (auto* kind : {"fills", "signals"}) {
    CHECK(a.at(kind).at("every") > 1);
    auto sides = a.at(kind).at("direction").get<std::vector<int>>();
    CHECK(sides.size() < 8'100);
    CHECK(std::ranges::count(sides, 1) > 1'000);
    CHECK(std::ranges::count(sides, -1) > 1'000);
    CHECK(std::ranges::is_sorted(a.at(kind).at("t").get<std::vector<double>>()));
  }
  auto held = a.at("position").at("held").get<std::vector<double>>();
  CHECK(held.size() < 1'000);
  CHECK(held.back() == 0);
  CHECK(std::ranges::count(held, 3) > 100);
  CHECK(std::ranges::count(held, 0) > 100);
}

TEST_CASE("a run in which nothing happened has a page") {
  temporary_directory home;
  auto directory = home.path().string();
  write_files(directory, {});
  auto results = results_of_a_run();
  results.summary["positions"] = json::array();
  REQUIRE(write_report(results, directory).has_value());
  auto run = data_of(directory);
  CHECK(run.at("symbols").empty());
  CHECK(run.at("profit").at("t").empty());
}

TEST_CASE("a result file that is missing is said") {
  temporary_directory home;
  auto done = write_report(results_of_a_run(), home.path().string());
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().message.find("bars.csv") != std::string::npos);
}

TEST_CASE("a long series keeps evenly spaced points and says how many there were") {
  thinned_series<int> series{100};
  for (int i = 0; i < 1'000; ++i)
    series.add(i);
  CHECK(series.count() == 1'000);
  CHECK(series.points().size() >= 100);
  CHECK(series.points().size() < 200);
  for (std::size_t i = 0; i < series.points().size(); ++i)
    CHECK(series.points()[i] == static_cast<int>(i * series.every()));
  thinned_series<int> few{100};
  few.add(7);
  CHECK(few.every() == 1);
  CHECK(few.points() == std::vector<int>{7});
}

} // namespace tickmesh::run_report_test
