// Hosts of a live source that end in every way, over three days of a sender that numbers anew each
// day: its ticks are in the log once, in order, and without a gap.
#include "actors/market/sources/sim/random_numbers.hpp"
#include "actors/market/tick_log/tick_log_reader.hpp"
#include "tests/process/live_days.hpp"
#include "tests/support/source_tree.hpp"

#include <array>
#include <csignal>
#include <map>

namespace tickmesh::live_kill_test {

namespace {

using std::chrono::milliseconds;

/// How often hosts are ended over the three days; more by hand: TICKMESH_TEST_KILLS=100.
std::size_t kills() {
  auto* wish = std::getenv("TICKMESH_TEST_KILLS");
  return wish != nullptr ? std::strtoull(wish, nullptr, 10) : 10;
}

/// Every row of every day is in the log once, in order, under the next number of its symbol.
void check_log(const std::string& log, const std::vector<std::size_t>& rows_of_day) {
  auto reader = tick_log_reader::open(log);
  REQUIRE_MESSAGE(reader.has_value(), reader.error().message);
  auto verified = reader->verify();
  REQUIRE(verified.has_value());
  for (auto& damage : verified->damages)
    CHECK_MESSAGE(false, damage.file.string(), ": ", damage.what);
  for (std::uint32_t symbol : {0U, 1U}) {
    std::vector<std::pair<std::int32_t, std::uint64_t>> expected, found;
    for (std::size_t day = 0; day < rows_of_day.size(); ++day)
      for (std::size_t i = symbol; i < rows_of_day[day]; i += 2)
        expected.emplace_back(live_days[day], i + 2); // the file's line
    std::vector<tick> ticks;
    REQUIRE(reader->ticks_by_number(symbol_id{symbol}, sequence{1}, sequence{1'000'000'000}, ticks)
                .has_value());
    for (std::size_t i = 0; i < ticks.size(); ++i) {
      CHECK(ticks[i].number == sequence{i + 1});
      found.emplace_back(ticks[i].trading_day, ticks[i].position.value);
    }
    CHECK((found == expected));
    CHECK(found.size() == expected.size());
  }
}

} // namespace

TEST_CASE("a live host that is killed or stopped at any moment of three days loses no tick") {
  scratch_directory scratch;
  random_numbers random{7};
  auto log = scratch.path("state/local/ticks/data-0");
  auto start = [&] {
    return child_process{scratch.path(""), "host", program_under_test(),
                         arguments{"run", "--state-dir", scratch.path("state"), "--results",
                                   scratch.path("results")} +
                             live_flags(scratch)};
  };
  std::vector<std::size_t> rows_of_day;
  for (std::size_t day = 0; day < live_days.size(); ++day) {
    auto kills_today = (kills() + day) / live_days.size();
    rows_of_day.push_back(300 + 60 * kills_today);
    auto file = write_day(scratch, day, rows_of_day.back());
    auto sender = start_sender(scratch, file, 4'000);
    for (std::size_t kill = 0; kill < kills_today && sender.is_running(); ++kill) {
      auto host = start();
      wait_for_growth(host, sender, log, static_cast<std::uintmax_t>(random.below(4'000)));
      constexpr std::array signals{SIGKILL, SIGTERM, SIGINT};
      auto how = signals[static_cast<std::size_t>(random.below(3))];
      host.send_signal(sender.is_running() ? how : SIGKILL); // it may only just have been forked
      host.wait();
    }
    // What an orderly stop leaves is no end: the next start listens, and takes the rest.
    if (sender.is_running()) {
      auto host = start();
      CHECK_MESSAGE(sender.wait() == 0, sender.err(), host.err());
      // It ends with the sender's day, unless a host before it died between last record and end.
      bool ended = wait_until(milliseconds{2'000}, [&] { return !host.is_running(); });
      if (!ended) host.send_signal(SIGKILL);
      auto code = host.wait();
      if (ended) CHECK_MESSAGE(code == 0, host.err());
    }
    CHECK_MESSAGE(sender.wait() == 0, sender.err());
  }
  check_log(log, rows_of_day);
  auto verified = run_tickmesh(scratch, {"ticks", "verify", scratch.path("state")});
  CHECK_MESSAGE(verified.code == 0, verified.out);
}

TEST_CASE("a replica that takes a live source over goes on behind the last logged position") {
  scratch_directory scratch;
  std::vector<std::size_t> rows{1'500};
  auto file = write_day(scratch, 0, rows[0]);
  cluster_run cluster{scratch, live_flags(scratch)};
  cluster.start({{"data-0", "data"}, {"calc-0", "calc"}, {"exec-0", "exec"}});
  cluster.wait_for_phase("RUNNING");
  cluster.start({{"data-1", "data"}}); // keeps a copy
  bool in_sync = wait_until(patience, [&] {
    auto now = cluster.status();
    if (!now) return false;
    for (auto& slot : now->at("slots"))
      if (slot.contains("copies_in_sync") && slot.at("copies_in_sync") != 2) return false;
    return true;
  });
  REQUIRE_MESSAGE(in_sync, cluster.host("control").err());
  auto sender = start_sender(scratch, file, 3'000);
  auto log = scratch.path("state/data-0/ticks/data-0");
  wait_for_growth(cluster.host("data-0"), sender, log, 10'000);
  cluster.host("data-0").send_signal(SIGKILL);
  CHECK_MESSAGE(sender.wait() == 0, sender.err(), cluster.host("data-1").err());
  for (auto* host : {"control", "data-1", "calc-0", "exec-0"})
    CHECK_MESSAGE(cluster.host(host).wait() == 0, host, ":\n", cluster.host(host).err());
  check_log(scratch.path("state/data-1/ticks/data-0"), rows);
}

} // namespace tickmesh::live_kill_test
