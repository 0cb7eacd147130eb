// Ten days of a live source with kills and stops in between lead to what the same ten in one run
// lead to, byte for byte, also where the disk keeps but two of them.
#include "actors/market/sources/sim/random_numbers.hpp"
#include "tests/process/live_days.hpp"
#include "tests/support/source_tree.hpp"

#include <array>
#include <csignal>
#include <set>

namespace tickmesh::ten_days_test {

namespace {

constexpr std::size_t day_count = 10;
constexpr std::size_t rows_a_day = 60;

std::int32_t ten_days_at(std::size_t day) {
  return live_days.front() + static_cast<std::int32_t>(day);
}

/// One file of all days; where it is there, SIM0003 trades on the first and the last alone.
std::string write_ten_days(const scratch_directory& scratch, bool has_rare_symbol) {
  std::string text{"timestamp,symbol,kind,last,volume,bid,bid_volume,ask,ask_volume,trading_day\n"};
  for (std::size_t day = 0; day < day_count; ++day)
    for (std::size_t i = 0; i < rows_a_day; ++i) {
      auto units = 100 + static_cast<int>(i * 7919 % 13);
      if (i == 30) units = -1; // is rejected
      bool is_rare = has_rare_symbol && i % 10 == 9 && (day == 0 || day + 1 == day_count);
      text += fmt::format("{},SIM000{},snapshot,{},1,{},5,{},5,{}\n",
                          first_ns + static_cast<std::int64_t>(day) * day_ns +
                              static_cast<std::int64_t>(i) * 100'000'000,
                          is_rare ? 3 : 1 + i % 2, units, units - 1, units + 1, ten_days_at(day));
    }
  return scratch.write(has_rare_symbol ? "ten.csv" : "busy.csv", text);
}

struct ten_days_host {
  const scratch_directory& scratch;
  std::string state;
  arguments more{};

  child_process start() const {
    auto config = scratch.write("trading.toml", "[[strategies]]\nname = \"boll\"\nperiod = 3\n"
                                                "width = 1\n");
    return {scratch.path(""), state, program_under_test(),
            arguments{"run", "--config", config, "--state-dir", scratch.path(state), "--results",
                      scratch.path(state + "-results"), "--set", "source.kind=socket", "--set",
                      "source.socket.listen=unix:" + scratch.path("feed"), "--set",
                      "source.socket.symbols=SIM0001,SIM0002,SIM0003"} +
                more};
  }
  std::string log() const { return scratch.path(state + "/local/ticks/data-0"); }
  std::string result(const std::string& name) const {
    return file_text(scratch.path(state + "-results/" + name));
  }
  std::set<std::string> days() const {
    std::set<std::string> out;
    for (auto& entry : std::filesystem::directory_iterator{log()})
      if (entry.is_directory()) out.insert(entry.path().filename().string());
    return out;
  }

  void run_quietly(const std::string& file) const {
    auto host = start();
    auto sender = start_sender(scratch, file, 1'000);
    CHECK_MESSAGE(host.wait() == 0, host.err());
    CHECK_MESSAGE(sender.wait() == 0, sender.err());
  }

  /// `apart`: how far the ends are, of about a fortieth of the file.
  void run_with_ends(const std::string& file, std::size_t ends, std::uintmax_t apart = 1) const {
    random_numbers random{11};
    auto sender = start_sender(scratch, file, 150);
    constexpr std::array signals{SIGKILL, SIGTERM, SIGKILL, SIGINT};
    for (std::size_t end = 0; end < ends && sender.is_running(); ++end) {
      auto host = start();
      wait_for_growth(host, sender, log(),
                      apart * (500 + static_cast<std::uintmax_t>(random.below(4'000))));
      host.send_signal(sender.is_running() ? signals[end % signals.size()] : SIGKILL);
      host.wait();
    }
    REQUIRE_MESSAGE(sender.is_running(), "the file is too short for so many ends");
    auto last = start();
    CHECK_MESSAGE(sender.wait() == 0, sender.err(), last.err());
    CHECK_MESSAGE(last.wait() == 0, last.err());
  }
};

} // namespace

TEST_CASE("ten live days with kills and stops equal the same ten in one run, byte for byte") {
  scratch_directory scratch;
  auto file = write_ten_days(scratch, true);
  ten_days_host quiet{scratch, "quiet"};
  quiet.run_quietly(file);
  REQUIRE(std::ranges::count(quiet.result("fills.csv"), '\n') > 20);

  ten_days_host cut{scratch, "cut"};
  cut.run_with_ends(file, 10);
  CHECK(cut.days().size() == day_count);
  for (auto* name : {"signals.csv", "orders.csv", "fills.csv", "factors.csv", "positions.csv"})
    CHECK_MESSAGE(cut.result(name) == quiet.result(name), name);
}

TEST_CASE("ten live days on a disk that keeps two of them trade what they trade in one run") {
  scratch_directory scratch;
  // Windows reach no further back than the days that are kept.
  auto file = write_ten_days(scratch, false);
  ten_days_host quiet{scratch, "quiet"};
  quiet.run_quietly(file);
  ten_days_host short_of_disk{scratch, "short", {"--set", "tick_log.retention_days=2"}};
  short_of_disk.run_with_ends(file, 10);
  CHECK(short_of_disk.days().size() <= 3);
  // Signals and factors of days that are dropped are not made again; what was traded stays.
  for (auto* name : {"orders.csv", "fills.csv", "positions.csv"})
    CHECK_MESSAGE(short_of_disk.result(name) == quiet.result(name), name);
}

TEST_CASE("ten live days whose journal lets its old files go equal the same ten in one run") {
  scratch_directory scratch;
  auto file = write_ten_days(scratch, true);
  ten_days_host quiet{scratch, "quiet"};
  quiet.run_quietly(file);
  ten_days_host cut{scratch,
                    "cut",
                    {"--set", "execution.journal.snapshot_events=1", "--set",
                     "execution.journal.retention_days=1"}};
  cut.run_with_ends(file, 10, 2); // over several days
  auto journal = scratch.path("cut/local/journal/exec-0");
  auto has_snapshot = [](const std::string& name) { return name.starts_with("snapshot-"); };
  std::size_t snapshots = 0;
  for (auto& entry : std::filesystem::directory_iterator{journal})
    snapshots += has_snapshot(entry.path().filename().string()) ? 1 : 0;
  CHECK(snapshots >= 2);
  CHECK_FALSE(std::filesystem::exists(journal + "/events-000000000001.journal"));
  for (auto* name : {"signals.csv", "orders.csv", "fills.csv", "factors.csv", "positions.csv"})
    CHECK_MESSAGE(cut.result(name) == quiet.result(name), name);
}

} // namespace tickmesh::ten_days_test
