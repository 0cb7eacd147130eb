// What a newcomer meets: a program without words, and data that the settings do not fit.
#include "runtime/telemetry/message_floor.hpp"
#include "tests/process/cluster_run.hpp"

namespace tickmesh::first_look_test {

namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// What a run of one file with the instruments that come along prints at its end.
std::string end_of_run(const scratch_directory& scratch, const std::string& csv,
                       const arguments& more) {
  auto run = run_tickmesh(scratch, arguments{"run", "--file", scratch.write("ticks.csv", csv),
                                             "--config", source_path("config/embedded.toml"),
                                             "--speed", "0", "--state-dir", scratch.path("state"),
                                             "--results", scratch.path("results")} +
                                       more);
  CHECK_MESSAGE(run.code == 0, run.err);
  return run.out;
}

} // namespace

TEST_CASE("a bare tickmesh says what to do first") {
  scratch_directory scratch;
  auto said = run_tickmesh(scratch, {});
  CHECK(said.code == 0);
  CHECK(said.err.empty());
  for (auto* part : {"tickmesh run ", "tickmesh status", "tickmesh why", "tickmesh --help"})
    CHECK(contains(said.out, part));
}

TEST_CASE("quotes without a last price, and strategies that take one, are told of") {
  scratch_directory scratch;
  std::string quotes = "local_ts_ns,exch_ts_ms,symbol,bid1,bid_vol1,ask1,ask_vol1\n";
  for (int i = 0; i < 100; ++i)
    quotes += std::to_string(1723161254087891268 + i * 1'000'000'000LL) +
              ",,BTCUSDT,61837.63,3.78826,61837.64,1.54698\n";
  auto said = end_of_run(scratch, quotes, {});
  CHECK_MESSAGE(contains(said, "100 ticks lack the price that strategies take"), said);
  CHECK(contains(said, "price_from"));
}

TEST_CASE("orders in another currency than the account's are told of") {
  scratch_directory scratch;
  std::string trades = "local_ts_ns,exch_ts_ms,symbol,trade_id,price,qty,aggressor\n";
  for (int i = 0; i < 400; ++i)
    trades += std::to_string(1723161254087891268 + i * 1'000'000'000LL) + ",,BTCUSDT," +
              std::to_string(i + 1) + "," + std::to_string(61'800 + (i * i) % 97) + ",0.5,B\n";
  auto said = end_of_run(scratch, trades, {});
  CHECK_MESSAGE(contains(said, "of symbols in another currency than the account's"), said);
  CHECK(contains(said, "execution.currency"));
  auto fits = end_of_run(scratch, trades, {"--set", "execution.currency=USDT"});
  CHECK(!contains(fits, "in another currency"));
}

TEST_CASE("a message over loopback takes time, and not long") {
  auto floor = measure_message_floor();
  REQUIRE(floor.has_value());
  CHECK(floor->count() > 0);
}

TEST_CASE("a paced cluster on one machine shows its delays beside their floors") {
  scratch_directory scratch;
  cluster_run cluster{scratch, sim_flags(20'000, 20'000, 1) +
                                   arguments{"--set", "source.time_mark_interval_ms=4"}};
  cluster.start(five_workers);
  cluster.wait_for_success();
  auto said = run_tickmesh(scratch, {"results", "merge", cluster.results()});
  CHECK_MESSAGE(said.code == 0, said.err);
  CHECK_MESSAGE(contains(said.out, "floor: 0."), said.out);
  CHECK(contains(said.out, "and 2, half of what lies between two time marks"));
}

} // namespace tickmesh::first_look_test
