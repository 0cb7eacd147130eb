// A live journal whose settings are changed between two runs.
#include "tests/process/live_days.hpp"
#include "tests/support/source_tree.hpp"

#include <algorithm>
#include <sstream>

namespace tickmesh::live_configuration_test {

namespace {

std::string instruments(const std::string& terms) {
  return "[[instruments]]\npattern = \"SIM####\"\nexchange = \"TEST\"\ncurrency = \"CNY\"\n" +
         terms;
}

std::string strategy(const std::string& name) {
  return "[[strategies]]\nname = \"" + name + "\"\nperiod = 3\nwidth = 1\n";
}

/// A day from its first row to the sender's end; what the host said.
std::string run_day(const scratch_directory& scratch, std::size_t day, const std::string& text,
                    const std::string& terms, const std::string& symbols,
                    const std::string& program = program_under_test()) {
  scratch.write("instruments.toml", instruments(terms));
  auto config = scratch.write("trading.toml", "instruments = \"instruments.toml\"\n" + text);
  child_process host{scratch.path(""), "host", program,
                     arguments{"run", "--state-dir", scratch.path("state"), "--results",
                               scratch.path("results"), "--config", config} +
                         live_flags(scratch) +
                         arguments{"--set", "source.socket.symbols=" + symbols}};
  auto sender = start_sender(scratch, write_day(scratch, day, 200), 20'000);
  CHECK_MESSAGE(host.wait() == 0, host.err());
  CHECK_MESSAGE(sender.wait() == 0, sender.err(), host.err());
  return host.err();
}

std::vector<std::string> rows_of(const scratch_directory& scratch, const std::string& name) {
  std::istringstream text{file_text(scratch.path("results/" + name + ".csv"))};
  std::vector<std::string> out;
  for (std::string line; std::getline(text, line);)
    out.push_back(line);
  return out;
}

/// Every row of a file of the run before is in that of this one.
bool has_all(const std::vector<std::string>& now, const std::vector<std::string>& before) {
  return std::ranges::all_of(before, [&](auto& row) { return std::ranges::count(now, row) == 1; });
}

/// The program with another build id, as a newer build has.
std::string another_build(const scratch_directory& scratch) {
  auto bytes = file_text(program_under_test());
  using namespace std::string_literals;
  auto note = bytes.find("\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0"s);
  REQUIRE(note != std::string::npos);
  bytes[note + 16] = static_cast<char>(bytes[note + 16] ^ 1);
  auto path = scratch.write("tickmesh-newer", bytes);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

} // namespace

TEST_CASE("a live journal goes on when limits, fees, instruments and strategies are changed") {
  scratch_directory scratch;
  std::string two{"SIM0001,SIM0002"};
  run_day(scratch, 0, "[execution.limits]\nposition_max = 50\n" + strategy("boll"),
          "multiplier = 10\n", two);
  auto fills = rows_of(scratch, "fills");
  REQUIRE(fills.size() > 5);
  auto changed = "[execution]\nreport_timeout_ms = 700\n[execution.limits]\nposition_max = 3\n" +
                 strategy("fresh") + strategy("boll");
  std::string terms{"multiplier = 20\nfee_open_amount = 1\nsessions = [\"00:00-23:59\"]\n"};
  auto told = run_day(scratch, 1, changed, terms, two);
  for (auto* word : {"other settings hold in its journal", "limits", "fees of 2 symbols",
                     "multiplier of 2 symbols", "new strategies"})
    CHECK_MESSAGE(told.find(word) != std::string::npos, told);
  CHECK(has_all(rows_of(scratch, "fills"), fills));
  CHECK(rows_of(scratch, "fills").size() > fills.size());
  fills = rows_of(scratch, "fills");

  // A tick log is of one list of symbols: it begins anew, and the journal goes on.
  std::filesystem::remove_all(scratch.path("state/local/ticks"));
  told = run_day(scratch, 2, changed, terms, "SIM0000," + two);
  CHECK_MESSAGE(told.find("new symbols") != std::string::npos, told);
  CHECK(has_all(rows_of(scratch, "fills"), fills));
  CHECK(rows_of(scratch, "fills").size() > fills.size());

  auto rebuilt = run_tickmesh(scratch, {"ledger", "rebuild", "--state-dir", scratch.path("state")});
  CHECK_MESSAGE(rebuilt.code == 0, rebuilt.err);
  auto audit = run_tickmesh(scratch, {"audit", "--state-dir", scratch.path("state")});
  CHECK_MESSAGE(audit.code == 0, audit.err);
}

TEST_CASE("a live journal goes on when its brokers move out of the event log, and one is gone") {
  scratch_directory scratch;
  std::string two{"SIM0001,SIM0002"}, terms{"multiplier = 10\n"};
  run_day(scratch, 0, strategy("boll"), terms, two);
  auto fills = rows_of(scratch, "fills");
  REQUIRE(fills.size() > 5);
  auto outside = "[execution]\nsequencer = \"arrival\"\n[execution.routing]\nprimary = \"ib\"\n"
                 "backup = \"\"\n" +
                 strategy("boll");
  for (std::size_t day : {1U, 2U}) {
    auto told = run_day(scratch, day, outside, terms, two);
    CHECK((told.find("hold in its journal") != std::string::npos) == (day == 1));
    CHECK(has_all(rows_of(scratch, "fills"), fills));
    fills = rows_of(scratch, "fills");
  }
}

TEST_CASE("a newer build goes on with the live journal of an older one") {
  scratch_directory scratch;
  std::string two{"SIM0001,SIM0002"}, terms{"multiplier = 10\n"};
  run_day(scratch, 0, strategy("boll"), terms, two);
  auto fills = rows_of(scratch, "fills");
  REQUIRE(fills.size() > 5);
  auto newer = another_build(scratch);
  for (std::size_t day : {1U, 2U}) {
    auto told = run_day(scratch, day, strategy("boll"), terms, two, newer);
    bool is_news = told.find("hold in its journal") != std::string::npos;
    CHECK_MESSAGE(is_news == (day == 1), told);
    CHECK(has_all(rows_of(scratch, "fills"), fills));
    CHECK(rows_of(scratch, "fills").size() > fills.size());
    fills = rows_of(scratch, "fills");
  }
  auto audit = run_tickmesh(scratch, {"audit", "--state-dir", scratch.path("state")});
  CHECK_MESSAGE(audit.code == 0, audit.err);
}

} // namespace tickmesh::live_configuration_test
