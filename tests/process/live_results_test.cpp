// What live days lead to: the same signals, orders and fills however their hosts ended, and stores
// that no longer belong together.
#include "actors/market/sources/sim/random_numbers.hpp"
#include "tests/process/live_days.hpp"
#include "tests/support/source_tree.hpp"

#include <csignal>

namespace tickmesh::live_results_test {

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

arguments trading_flags(const scratch_directory& scratch) {
  return {"--config", scratch.write("trading.toml", "[[strategies]]\nname = \"boll\"\nperiod = 3\n"
                                                    "width = 1\n")};
}

child_process start_host(const scratch_directory& scratch, const std::string& state,
                         const arguments& more = {}) {
  return {scratch.path(""), state, program_under_test(),
          arguments{"run", "--state-dir", scratch.path(state), "--results",
                    scratch.path(state + "-results")} +
              trading_flags(scratch) + live_flags(scratch) + more};
}

/// A day from its first row to the sender's end, in one life of the host.
child_process run_day(const scratch_directory& scratch, const std::string& state,
                      const std::string& file, int code = 0, const arguments& more = {}) {
  auto host = start_host(scratch, state, more);
  auto sender = start_sender(scratch, file, 20'000);
  CHECK_MESSAGE(host.wait() == code, host.err());
  if (code == 0) CHECK_MESSAGE(sender.wait() == 0, sender.err());
  return host;
}

std::string result_file(const scratch_directory& scratch, const std::string& state,
                        const std::string& name) {
  return file_text(scratch.path(state + "-results/" + name));
}

std::size_t rows(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

} // namespace

TEST_CASE("live days that are cut by kills and stops lead to what quiet ones lead to") {
  scratch_directory scratch;
  std::vector<std::string> files;
  for (std::size_t day = 0; day < live_days.size(); ++day)
    files.push_back(write_day(scratch, day, 300));
  for (auto& file : files)
    run_day(scratch, "quiet", file);
  random_numbers random{3};
  for (std::size_t day = 0; day < files.size(); ++day) {
    auto sender = start_sender(scratch, files[day], 2'000);
    for (auto signal : {SIGKILL, SIGTERM}) {
      auto host = start_host(scratch, "cut");
      wait_for_growth(host, sender, scratch.path("cut/local/ticks/data-0"),
                      1'000 + static_cast<std::uintmax_t>(random.below(4'000)));
      host.send_signal(signal);
      host.wait();
    }
    auto last = start_host(scratch, "cut");
    CHECK_MESSAGE(sender.wait() == 0, sender.err(), last.err());
    CHECK_MESSAGE(last.wait() == 0, last.err());
  }
  for (auto* name : {"signals.csv", "orders.csv", "fills.csv", "factors.csv", "positions.csv"}) {
    auto quiet = result_file(scratch, "quiet", name);
    CHECK(rows(quiet) > 2);
    CHECK_MESSAGE(result_file(scratch, "cut", name) == quiet, name);
  }
}

TEST_CASE("a tick log that was lost begins again under a newer epoch, and its signals are traded") {
  scratch_directory scratch;
  run_day(scratch, "state", write_day(scratch, 0, 200));
  auto before = rows(result_file(scratch, "state", "orders.csv"));
  REQUIRE(before > 5);
  fs::remove_all(scratch.path("state/local/ticks"));
  auto host = run_day(scratch, "state", write_day(scratch, 1, 200));
  CHECK_MESSAGE(host.err().find("numbers begin again, under data epoch 2") != std::string::npos,
                host.err());
  // The day before is in the journal, and not in the tick log any more.
  CHECK(rows(result_file(scratch, "state", "orders.csv")) == 2 * before - 1);
  auto third = run_day(scratch, "state", write_day(scratch, 2, 200));
  CHECK(third.err().find("numbers begin again") == std::string::npos);
  CHECK(rows(result_file(scratch, "state", "orders.csv")) > 2 * before);
}

TEST_CASE("a tick log that is older than the journal is refused in words") {
  scratch_directory scratch;
  run_day(scratch, "state", write_day(scratch, 0, 100));
  fs::copy(scratch.path("state/local/ticks"), scratch.path("copy"), fs::copy_options::recursive);
  run_day(scratch, "state", write_day(scratch, 1, 100));
  fs::remove_all(scratch.path("state/local/ticks"));
  fs::copy(scratch.path("copy"), scratch.path("state/local/ticks"), fs::copy_options::recursive);
  auto host = run_day(scratch, "state", write_day(scratch, 2, 100), 1);
  CHECK_MESSAGE(host.err().find("they are not of one history") != std::string::npos, host.err());
}

TEST_CASE("a lost journal beside a tick log is refused where brokers are outside") {
  scratch_directory scratch;
  arguments outside{"--set", "execution.sequencer=arrival"};
  run_day(scratch, "state", write_day(scratch, 0, 60), 0, outside);
  fs::remove_all(scratch.path("state/local/journal"));
  auto host = run_day(scratch, "state", write_day(scratch, 1, 60), 1, outside);
  CHECK_MESSAGE(host.err().find("whose signals would be traded again") != std::string::npos,
                host.err());
}

} // namespace tickmesh::live_results_test
