// The ledger of real processes: the same as the result files, after a kill, and when it is made
// again of the journal.
#include "tests/process/cluster_run.hpp"
#include "tests/support/ledger_contents.hpp"
#include "tests/support/source_tree.hpp"

namespace tickmesh::ledger_test {

namespace {

arguments market(double speed = 0) {
  return sim_flags(40'000, 2'000, speed);
}

arguments configuration(const arguments& flags) {
  arguments out;
  for (std::size_t i = 0; i + 1 < flags.size(); i += 2)
    if (flags[i] == "--config" || flags[i] == "--set") {
      out.push_back(flags[i]);
      out.push_back(flags[i + 1]);
    }
  return out;
}

std::string ledger_file(const scratch_directory& scratch) {
  return scratch.path("state/local/ledger/exec-0.sqlite");
}

/// The rows that a verb prints as JSON, as lines of the result file's columns, sorted.
std::vector<std::string> json_lines(const scratch_directory& scratch, const std::string& verb,
                                    const std::string& columns, const arguments& more = {}) {
  auto shown =
      run_tickmesh(scratch, arguments{verb, "--json", "--state-dir", scratch.path("state")} + more);
  REQUIRE_MESSAGE(shown.code == 0, shown.err);
  // Numbers are compared as they are written, and not as what a double makes of them.
  std::vector<std::string> out;
  std::string_view text{shown.out};
  REQUIRE(nlohmann::json::accept(text));
  for (auto begin = text.find('{'); begin != std::string_view::npos;
       begin = text.find('{', begin)) {
    auto object = text.substr(begin, text.find('}', begin) - begin);
    begin += object.size();
    std::string line;
    std::string_view rest = columns;
    while (!rest.empty()) {
      auto column = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(column.size() + 1, rest.size()));
      auto key = '"' + std::string{column} + "\":";
      auto at = object.find(key);
      REQUIRE_MESSAGE(at != std::string_view::npos, key);
      auto value = object.substr(at + key.size());
      value = value[0] == '"' ? value.substr(1, value.find('"', 1) - 1)
                              : value.substr(0, value.find(','));
      line += (line.empty() ? "" : ",") + (value == "null" ? std::string{} : std::string{value});
    }
    out.push_back(line);
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// The header of a result file, and its rows, sorted.
struct result_rows {
  explicit result_rows(const std::string& text) {
    std::string_view rest{text};
    while (!rest.empty()) {
      auto line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(line.size() + 1);
      if (columns.empty())
        columns = line;
      else
        rows.emplace_back(line);
    }
    std::sort(rows.begin(), rows.end());
  }
  std::string columns;
  std::vector<std::string> rows;
};

} // namespace

TEST_CASE("orders, fills and positions show what the result files hold, also when rebuilt") {
  scratch_directory scratch;
  auto run = run_embedded(scratch, market());
  auto check = [&] {
    for (auto* name : {"orders", "fills", "positions"}) {
      CAPTURE(name);
      result_rows expected{run.files.at(std::string{name} + ".csv")};
      REQUIRE(!expected.rows.empty());
      CHECK((json_lines(scratch, name, expected.columns) == expected.rows));
    }
  };
  check();
  auto kept = ledger_contents(ledger_file(scratch));
  std::filesystem::remove_all(scratch.path("state/local/ledger"));
  auto missing = run_tickmesh(scratch, {"orders", "--state-dir", scratch.path("state")});
  CHECK(missing.code == 2);
  CHECK(missing.err.find("there is no ledger") != std::string::npos);
  auto rebuild = arguments{"ledger", "rebuild", "--state-dir", scratch.path("state")};
  auto rebuilt = run_tickmesh(scratch, rebuild + configuration(market()));
  REQUIRE_MESSAGE(rebuilt.code == 0, rebuilt.err);
  CHECK(first_difference(ledger_contents(ledger_file(scratch)), kept) == "");
  check();
  auto other = run_tickmesh(scratch, rebuild + configuration(market()) +
                                         arguments{"--set", "execution.limits.position_max=7"});
  CHECK_MESSAGE(other.code == 0, other.err); // the journal says its settings itself
  CHECK(first_difference(ledger_contents(ledger_file(scratch)), kept) == "");
}

TEST_CASE("the verbs show a part of the rows, by symbol, strategy, number, and what is open") {
  scratch_directory scratch;
  run_embedded(scratch, market());
  auto count = [&](const std::string& verb, const arguments& more) {
    return std::to_string(json_lines(scratch, verb, "symbol", more).size()) + "\n";
  };
  auto ask = [&](const std::string& query) { return query_rows(ledger_file(scratch), query); };
  auto symbol = ask("SELECT min(symbol) FROM fills");
  symbol.pop_back();
  CHECK(count("orders", {"--symbol", symbol}) ==
        ask("SELECT count(*) FROM orders WHERE symbol = '" + symbol + "'"));
  CHECK(count("fills", {"--strategy", "boll_windowed"}) ==
        ask("SELECT count(*) FROM fills WHERE strategy = 'boll_windowed'"));
  CHECK(count("positions", {"--open"}) ==
        ask("SELECT count(*) FROM positions WHERE quantity_e8 <> 0"));
  CHECK(count("orders", {"--open"}) == ask("SELECT count(*) FROM orders WHERE is_open"));
  CHECK(count("orders", {"--symbol", "none"}) == "0\n");
  auto last = json_lines(scratch, "fills", "event", {"--limit", "3"});
  CHECK(last.size() == 3);
  CHECK(last.back() + "\n" == ask("SELECT max(event) FROM fills"));
  auto table =
      run_tickmesh(scratch, {"fills", "--limit", "3", "--state-dir", scratch.path("state")});
  CHECK(table.code == 0);
  CHECK(std::ranges::count(table.out, '\n') == 5);
  CHECK(run_tickmesh(scratch, {"orders", "--limit", "0"}).code == 2);
  CHECK(run_tickmesh(scratch, {"fills", "--open"}).code == 2);
}

TEST_CASE("a file that is no ledger is refused by the verbs, by name") {
  scratch_directory scratch;
  auto file = scratch.write("state/local/ledger/exec-0.sqlite", "these are no pages of a database");
  auto shown = run_tickmesh(scratch, {"positions", "--state-dir", scratch.path("state")});
  CHECK(shown.code == 1);
  CHECK_MESSAGE(shown.err.find(file) != std::string::npos, shown.err);
  CHECK(shown.err.find("not a database") != std::string::npos);
}

TEST_CASE("a process that is killed, and another that goes on, leave the ledger of one run") {
  std::string undisturbed;
  {
    scratch_directory scratch;
    run_embedded(scratch, market());
    undisturbed = ledger_contents(ledger_file(scratch));
  }
  auto run_flags = [](const scratch_directory& scratch, double speed) {
    return arguments{"run", "--state-dir", scratch.path("state"), "--results",
                     scratch.path("results")} +
           market(speed);
  };
  for (int orders : {1, 40, 200}) {
    CAPTURE(orders);
    scratch_directory scratch;
    {
      child_process first{scratch.path(""), "first", program_under_test(), run_flags(scratch, 8)};
      // The verbs read beside the process that writes.
      bool has_orders = wait_until(patience, [&] {
        auto shown =
            run_tickmesh(scratch, {"orders", "--json", "--state-dir", scratch.path("state")});
        return shown.code == 0 && std::ranges::count(shown.out, '{') >= orders;
      });
      REQUIRE(has_orders);
      REQUIRE(first.is_running());
      auto held = run_tickmesh(
          scratch, arguments{"ledger", "rebuild", "--state-dir", scratch.path("state")} +
                       configuration(market()));
      CHECK(held.code == 1); // it keeps its ledger itself
      first.send_signal(SIGKILL);
      first.wait();
    }
    auto killed = run_tickmesh(scratch, {"orders", "--json", "--state-dir", scratch.path("state")});
    CHECK_MESSAGE(killed.code == 0, killed.err);
    CHECK(std::ranges::count(killed.out, '{') >= orders);
    auto second = run_tickmesh(scratch, run_flags(scratch, 0));
    REQUIRE_MESSAGE(second.code == 0, second.err);
    CHECK(first_difference(ledger_contents(ledger_file(scratch)), undisturbed) == "");
  }
}

TEST_CASE("without a ledger, none is written") {
  scratch_directory scratch;
  run_embedded(scratch,
               sim_flags(5'000, 2'000, 0) + arguments{"--set", "execution.ledger.enabled=false"});
  CHECK_FALSE(std::filesystem::exists(scratch.path("state/local/ledger")));
}

} // namespace tickmesh::ledger_test
