// The same ticks give the same results on one process and on six, byte by byte.
#include "tests/process/cluster_run.hpp"
#include "tests/support/real_data.hpp"
#include "tests/support/source_tree.hpp"

namespace tickmesh::topology_test {

namespace {

/// 50 s of a simulated market.
arguments market(double speed) {
  return sim_flags(100'000, 2'000, speed);
}

/// The run in one process, as fast as possible, to which all others are compared.
const merged_run& single_process_run() {
  static const merged_run run = [] {
    scratch_directory scratch;
    return run_embedded(scratch, market(0));
  }();
  return run;
}

std::uint64_t at_or_zero(const std::map<std::string, std::uint64_t>& counts,
                         const std::string& name) {
  auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

/// The slots of a role that counted at least `least` of something; together they counted `total`.
std::size_t count_working_slots(const merged_run& run, const std::string& role,
                                const std::string& name, std::uint64_t least, std::uint64_t total) {
  std::size_t working = 0;
  std::uint64_t sum = 0;
  for (auto& [slot, counts] : run.run.at("slot_counts").items()) {
    if (!slot.starts_with(role + "/")) continue;
    auto count = counts.at(name).template get<std::uint64_t>();
    if (count >= least) ++working;
    sum += count;
  }
  CHECK_MESSAGE(sum == total, role, " ", name);
  return working;
}

/// Symbols in a file of the parts of a role's hosts: none is in two of them.
std::size_t count_owned_symbols(const scratch_directory& scratch, const std::string& role,
                                const std::string& kind) {
  std::map<std::string, std::string> owner;
  for (auto& part : std::filesystem::directory_iterator{scratch.path("results/parts")}) {
    auto host = part.path().filename().string();
    if (!host.starts_with(role + "-")) continue;
    for (auto& [symbol, count] :
         rows_by(file_text(rows_file(part.path().string(), kind)), "symbol"))
      CHECK_MESSAGE(owner.emplace(symbol, host).second, symbol, " is in two parts");
  }
  return owner.size();
}

} // namespace

TEST_CASE("a simulated market exercises every part of the system") {
  auto& run = single_process_run();
  CHECK(run.count("/ticks/in") == 100'000);
  CHECK(run.count("/ticks/accepted") + run.count("/ticks/rejected") == 100'000);
  auto reasons = rows_by(run.files.at("ticks_rejected.csv"), "reason");
  for (auto* reason : {"UNKNOWN_SYMBOL", "PRICE_OUT_OF_RANGE", "NEGATIVE_VOLUME", "CROSSED_BOOK",
                       "WIDE_SPREAD", "LATE", "DUPLICATE", "PRICE_JUMP"})
    CHECK_MESSAGE(at_or_zero(reasons, reason) >= 50, reason);
  auto factors = rows_by(run.files.at("factors.csv"), "strategy");
  CHECK(at_or_zero(factors, "boll_reactive") >= 90'000);
  CHECK(at_or_zero(factors, "boll_windowed") >= 250);
  auto signals = rows_by(run.files.at("signals.csv"), "strategy");
  CHECK(at_or_zero(signals, "boll_reactive") >= 1'000);
  CHECK(at_or_zero(signals, "boll_windowed") >= 20);
  auto orders = rows_by(run.files.at("orders.csv"), "status");
  CHECK(at_or_zero(orders, "Filled") >= 1'000);
  CHECK(at_or_zero(orders, "Canceled") >= 10);
  CHECK(at_or_zero(orders, "Rejected") >= 100);
  CHECK(run.count("/orders/states_entered/InDoubt") >= 5);
  CHECK(run.count("/orders/states_entered/PartiallyFilled") >= 5);
  for (auto* verdict : {"APPROVED", "ORDER_VALUE_EXCEEDED", "DAILY_LOSS_LIMIT"})
    CHECK_MESSAGE(run.count(std::string{"/orders/by_verdict/"} + verdict) >= 20, verdict);
  auto& anomalies = run.summary.at("orders").at("anomalies");
  CHECK(anomalies.size() >= 4);
  for (auto& [anomaly, count] : anomalies.items())
    CHECK_MESSAGE(count == 0, anomaly);
  CHECK(run.count("/fills") >= 1'000);
  auto positions = rows_by(run.files.at("positions.csv"), "strategy");
  CHECK(at_or_zero(positions, "boll_reactive") >= 40);
  CHECK(at_or_zero(positions, "boll_windowed") >= 5);
}

TEST_CASE("six processes leave the same bytes as one, every time") {
  for (int round = 0; round < 2; ++round) {
    CAPTURE(round);
    scratch_directory scratch;
    auto run = run_cluster(scratch, market(0));
    check_same_bytes(single_process_run(), run);
    REQUIRE(run.run.at("processes").size() == 6);
    CHECK(count_working_slots(run, "data", "ticks_in", 10'000, 100'000) == 2);
    CHECK(count_working_slots(run, "calc", "factors", 10'000, run.count("/factors")) == 2);
    CHECK(count_working_slots(run, "calc", "signals", 100, run.count("/signals")) == 2);
    CHECK(count_owned_symbols(scratch, "calc", "factors") == 50);
    CHECK(count_owned_symbols(scratch, "data", "ticks_rejected") == 51); // one is unknown
  }
}

TEST_CASE("threads of CAF's scheduler in one process leave the same bytes") {
  scratch_directory scratch;
  auto run = run_embedded(scratch, market(0) + arguments{"--set", "host.scheduler=caf", "--set",
                                                         "host.scheduler_threads=2"});
  check_same_bytes(single_process_run(), run);
}

TEST_CASE("workers beside the reactor leave the same bytes, in one process and in several") {
  for (auto* threads : {"2", "5"}) {
    CAPTURE(threads);
    scratch_directory scratch;
    auto run = run_embedded(scratch, market(0) + arguments{"--parallel", threads});
    check_same_bytes(single_process_run(), run);
  }
  scratch_directory scratch;
  auto run = run_cluster(scratch, market(0) + arguments{"--parallel", "2"});
  check_same_bytes(single_process_run(), run);
}

TEST_CASE("the pace of the ticks does not reach the results") {
  for (bool cluster : {false, true}) {
    CAPTURE(cluster);
    scratch_directory scratch;
    auto flags = market(40);
    auto run = cluster ? run_cluster(scratch, flags) : run_embedded(scratch, flags);
    CHECK(run.run.at("seconds").get<double>() > 1.1); // 50 s at 40 times their pace
    check_same_bytes(single_process_run(), run);
  }
}

TEST_CASE("recorded futures and coins give the same bytes on one process and on six") {
  auto data = find_real_data("recorded futures and coins on one process and on six");
  if (!data) return;
  scratch_directory scratch;
  auto config =
      scratch.write("real.toml", "instruments = \"" + source_path("config/instruments.toml") +
                                     "\"\n"
                                     "[cluster]\ndata_slots = 2\ncalc_slots = 2\n"
                                     "[[strategies]]\nname = \"boll_reactive\"\n"
                                     "[[strategies]]\nname = \"boll_windowed\"\n"
                                     "mode = \"windowed\"\n");
  arguments flags{"--config", config};
  for (auto* file : {"ctp_futures/shfe_ru1901_20181008-20181012.l1.csv.xz",
                     "ctp_futures/czce_ap010_ap101_20200803-20200807.l1.csv.xz",
                     "binance/spot_btcusdt_20240808.quotes.csv.xz",
                     "binance/spot_btcusdt_20240808.trades.csv.xz",
                     "binance/spot_ethusdt_20240808.quotes.csv.xz",
                     "binance/spot_ethusdt_20240808.trades.csv.xz"})
    flags = flags + arguments{"--file", (*data / file).string()};

  scratch_directory one;
  auto single = run_embedded(one, flags);
  CHECK(single.count("/ticks/in") == 362'944); // rows of the six files
  CHECK(single.count("/ticks/rejected_by_reason/DUPLICATE") == 10);
  auto symbols = rows_by(single.files.at("factors.csv"), "symbol");
  REQUIRE(symbols.size() == 5);
  for (auto& [symbol, rows] : symbols)
    CHECK_MESSAGE(rows >= 5'000, symbol, ": ", rows);
  auto factors = rows_by(single.files.at("factors.csv"), "strategy");
  CHECK(at_or_zero(factors, "boll_windowed") >= 1'000);
  for (auto* status : {"Filled", "Canceled", "Rejected"})
    CHECK_MESSAGE(single.count(std::string{"/orders/by_status/"} + status) >= 50, status);
  for (auto* verdict :
       {"APPROVED", "CURRENCY_MISMATCH", "DAILY_LOSS_LIMIT", "POSITION_LIMIT_EXCEEDED"})
    CHECK_MESSAGE(single.count(std::string{"/orders/by_verdict/"} + verdict) >= 40, verdict);

  scratch_directory six;
  auto run = run_cluster(six, flags);
  check_same_bytes(single, run);
  CHECK(count_working_slots(run, "data", "ticks_in", 1'000, 362'944) == 2);
  CHECK(count_working_slots(run, "calc", "factors", 1'000, run.count("/factors")) == 2);
  CHECK(count_owned_symbols(six, "calc", "factors") == 5);
}

} // namespace tickmesh::topology_test
