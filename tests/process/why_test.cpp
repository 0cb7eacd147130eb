// What is asked of a run's journal afterwards: why an order became what it is, and what other
// limits would have made of the orders.
#include "tests/process/cluster_run.hpp"

#include <cmath>
#include <set>
#include <sstream>

namespace tickmesh::why_test {
namespace {

using json = nlohmann::json;
using row = std::map<std::string, std::string>;

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> out(1);
  for (char c : line)
    if (c == ',')
      out.emplace_back();
    else
      out.back() += c;
  return out;
}

std::vector<row> rows_of(const std::string& text) {
  std::istringstream in{text};
  std::string line;
  std::getline(in, line);
  auto columns = fields_of(line);
  std::vector<row> out;
  while (std::getline(in, line)) {
    auto fields = fields_of(line);
    REQUIRE(fields.size() == columns.size());
    auto& next = out.emplace_back();
    for (std::size_t i = 0; i < columns.size(); ++i)
      next[columns[i]] = fields[i];
  }
  return out;
}

/// Part of every order value: SIM#### in config/instruments.toml.
constexpr double multiplier = 10;

arguments market() {
  return sim_flags(30'000, 2'000, 0) + arguments{"--set", "execution.limits.position_max=8",
                                                 "--set", "execution.sim.lost_ack_share=0.05"};
}

/// `--speed` is a flag of `run` alone.
arguments without_speed(arguments flags) {
  auto speed = std::find(flags.begin(), flags.end(), "--speed");
  REQUIRE(speed != flags.end());
  flags.erase(speed, speed + 2);
  return flags;
}

/// A run that has ended, once for all tests.
struct ended_run {
  scratch_directory scratch;
  merged_run results = run_embedded(scratch, market());
  std::vector<row> orders = rows_of(results.files.at("orders.csv"));
  std::string state = scratch.path("state");

  template <class Condition>
  const row& find(Condition condition) const {
    auto found = std::find_if(orders.begin(), orders.end(), condition);
    REQUIRE(found != orders.end());
    return *found;
  }
};

const ended_run& run() {
  static const ended_run out;
  return out;
}

finished_process ask(const arguments& question, const arguments& flags = market()) {
  return run_tickmesh(run().scratch,
                      question + arguments{"--state-dir", run().state} + without_speed(flags));
}

json answer(const arguments& question) {
  auto process = ask(question + arguments{"--json"});
  REQUIRE_MESSAGE(process.code == 0, process.err);
  return json::parse(process.out);
}

std::vector<json> steps_of(const json& document, const std::string& kind) {
  std::vector<json> out;
  for (auto& step : document.at("steps"))
    if (step.at("step") == kind) out.push_back(step);
  return out;
}

/// Text as the results have it; empty where there is nothing.
std::string text(const json& value) {
  return value.is_null() ? std::string{} : value.get<std::string>();
}

/// Each word of the document that a person must find in the lines, too.
void check_lines_say(const std::string& lines, const json& document) {
  for (auto& step : document.at("steps")) {
    CHECK(lines.find(step.at("step").get<std::string>()) != std::string::npos);
    for (auto* key : {"verdict", "factor_value", "broker", "purpose", "name"})
      if (step.contains(key) && step.at(key).is_string())
        CHECK_MESSAGE(lines.find(step.at(key).get<std::string>()) != std::string::npos, key);
  }
}

/// The story is the one of the results.
void check_story(const row& order, const json& document) {
  CHECK(document.at("order") == order.at("order_id"));
  CHECK(document.at("status") == order.at("status"));
  CHECK(document.at("verdict") == order.at("verdict"));
  CHECK(document.at("filled") == order.at("filled"));
  CHECK(text(document.at("average_price")) == order.at("average_price"));
  std::string history;
  for (auto& status : document.at("history"))
    history += (history.empty() ? "" : ">") + text(status);
  CHECK(history == order.at("history"));
  auto signal = steps_of(document, "signal").at(0);
  CHECK(signal.at("name") == order.at("signal"));
  CHECK(signal.at("time") == order.at("timestamp"));
  auto verdict = steps_of(document, "verdict").at(0);
  CHECK(verdict.at("usage") == order.at("usage"));
  CHECK(verdict.at("limit") == order.at("limit"));
  CHECK(text(verdict.at("scope")) == order.at("scope"));

  auto fills = steps_of(document, "fill");
  std::size_t booked = 0;
  for (auto& fill : rows_of(run().results.files.at("fills.csv"))) {
    if (fill.at("order_id") != order.at("order_id")) continue;
    REQUIRE(booked < fills.size());
    CHECK(fills[booked].at("execution") == fill.at("execution_id"));
    CHECK(fills[booked].at("time") == fill.at("timestamp"));
    CHECK(fills[booked].at("price") == fill.at("price"));
    CHECK(fills[booked].at("volume") == fill.at("volume"));
    CHECK(fills[booked].at("event").get<std::uint64_t>() == std::stoull(fill.at("event")));
    ++booked;
  }
  CHECK(booked == fills.size());

  auto factors = steps_of(document, "factors").at(0);
  bool found = false;
  for (auto& values : rows_of(run().results.files.at("factors.csv"))) {
    if (values.at("symbol") != order.at("symbol") ||
        values.at("strategy") != order.at("strategy") ||
        values.at("sequence") != order.at("sequence") ||
        values.at("window_end") != text(signal.at("window_end")))
      continue;
    found = true;
    for (auto* key : {"factor_value", "price", "lower", "middle", "upper"})
      CHECK_MESSAGE(text(factors.at(key)) == values.at(key), key);
  }
  CHECK(found);
}

json check_why(const row& order) {
  auto document = answer({"why", order.at("order_id")});
  check_story(order, document);
  auto lines = ask({"why", order.at("order_id")});
  REQUIRE_MESSAGE(lines.code == 0, lines.err);
  check_lines_say(lines.out, document);
  return document;
}

} // namespace

TEST_CASE("why tells the way of an order that was filled") {
  auto document = check_why(run().find([](auto& o) { return o.at("status") == "Filled"; }));
  auto verdict = steps_of(document, "verdict").at(0);
  REQUIRE(verdict.at("checks").size() >= 6);
  for (auto& check : verdict.at("checks"))
    CHECK(check.at("passed") == true);
  CHECK(steps_of(document, "routing").at(0).at("is_primary") == true);
  CHECK(steps_of(document, "sent").at(0).at("broker") == "ctp");
  auto positions = steps_of(document, "position");
  REQUIRE(positions.size() == steps_of(document, "fill").size());
  CHECK(positions[0].at("held").at("before") != positions[0].at("held").at("after"));
  std::string last;
  for (auto& step : document.at("steps")) {
    CHECK(step.at("time").get<std::string>() >= last);
    last = step.at("time").get<std::string>();
  }
}

TEST_CASE("why tells of windows, of answers that were late and of cancels") {
  check_why(run().find([](auto& o) { return o.at("strategy") == "boll_windowed"; }));
  auto doubtful = check_why(
      run().find([](auto& o) { return o.at("history").find("InDoubt") != std::string::npos; }));
  bool was_queried = false;
  for (auto& sent : steps_of(doubtful, "sent"))
    was_queried = was_queried || sent.at("what") == "query";
  CHECK(was_queried);
  auto canceled = check_why(run().find([](auto& o) { return o.at("status") == "Canceled"; }));
  bool timer_acted = false;
  for (auto& timer : steps_of(canceled, "timer"))
    timer_acted = timer_acted || (timer.at("purpose") == "order_lifetime" && timer.at("acts"));
  CHECK(timer_acted);
}

TEST_CASE("why gives the rule that refused an order first") {
  auto& order = run().find([](auto& o) { return o.at("verdict") == "POSITION_LIMIT_EXCEEDED"; });
  auto document = check_why(order);
  auto checks = steps_of(document, "verdict").at(0).at("checks");
  CHECK(checks.at(0).at("rule") == order.at("verdict"));
  CHECK(checks.at(0).at("passed") == false);
  CHECK(checks.at(0).at("usage") == order.at("usage"));
  CHECK(checks.at(0).at("limit") == "8");
  CHECK(steps_of(document, "sent").empty());
}

TEST_CASE("the beginning of an id will do, and an id that is not there is refused clearly") {
  auto& id = run().orders.front().at("order_id");
  CHECK(answer({"why", id.substr(0, 12)}).at("order") == id);
  auto ambiguous = ask({"why", id.substr(0, 2)});
  CHECK(ambiguous.code == 2);
  CHECK_MESSAGE(ambiguous.err.find(" orders; one is needed: " + id.substr(0, 2)) !=
                    std::string::npos,
                ambiguous.err);
  std::set<std::string> ids;
  for (auto& order : run().orders)
    ids.insert(order.at("order_id"));
  std::string unknown = "O0000000000000000";
  for (int i = 0; ids.contains(unknown); ++i)
    unknown = "O000000000000000" + std::to_string(i);
  auto none = ask({"why", unknown});
  CHECK(none.code == 1);
  CHECK_MESSAGE(none.err.find(unknown) != std::string::npos, none.err);
  CHECK_MESSAGE(none.err.find(run().state + "/local/journal/exec-0: " + std::to_string(ids.size()) +
                              " orders") != std::string::npos,
                none.err);
  for (auto* malformed : {"O", "Oxyz", "12ab", "O00000000000000000", "O-1"}) {
    auto refused = ask({"why", malformed});
    CHECK_MESSAGE(refused.code == 2, malformed);
  }
}

TEST_CASE("a directory without a journal is named, with its setting") {
  auto file = run().scratch.write("any.toml", "[execution.limits]\n");
  for (auto& asked : {arguments{"why", "O12"}, arguments{"limits", "try", file}}) {
    auto refused = run_tickmesh(run().scratch,
                                asked + arguments{"--state-dir", run().scratch.path("nowhere")});
    CHECK(refused.code == 2);
    CHECK_MESSAGE(refused.err.find("--state-dir") != std::string::npos, refused.err);
    CHECK_MESSAGE(refused.err.find(run().scratch.path("nowhere")) != std::string::npos,
                  refused.err);
  }
}

TEST_CASE("a journal says its settings itself, whatever others are given") {
  auto order = run().orders.front().at("order_id");
  auto asked = ask({"why", order}, market());
  auto other = market() + arguments{"--set", "execution.limits.position_max=9"};
  auto told = ask({"why", order}, other);
  CHECK_MESSAGE(told.code == 0, told.err);
  CHECK(told.out == asked.out);
}

TEST_CASE("factor values are of the signal's own ticks, or there are none") {
  auto& order = run().find([](auto& o) { return o.at("strategy") == "boll_reactive"; });
  scratch_directory other;
  run_embedded(other, market() + arguments{"--set", "source.sim.seed=2"});
  auto document = answer({"why", order.at("order_id"), "--ticks", other.path("state")});
  auto factors = steps_of(document, "factors").at(0);
  CHECK_FALSE(factors.contains("factor_value"));
  CHECK(text(factors.at("missing")).find("no tick log here holds " + order.at("symbol")) == 0);
  CHECK(text(factors.at("missing")).find("--ticks DIR") != std::string::npos);
  document = answer({"why", order.at("order_id"), "--ticks", other.path("state"), "--ticks",
                     run().state + "/local/ticks/data-0"});
  CHECK(steps_of(document, "factors").at(0).contains("factor_value"));
}

TEST_CASE("why answers beside the process that writes the journal") {
  scratch_directory scratch;
  auto flags = endless_sim_flags();
  child_process live{scratch.path(""), "live", program_under_test(),
                     arguments{"run", "--state-dir", scratch.path("state"), "--no-results"} +
                         flags};
  auto why = [&](const std::string& id) {
    return run_tickmesh(scratch, arguments{"why", id, "--state-dir", scratch.path("state")} +
                                     without_speed(flags));
  };
  std::string id;
  bool reached = wait_until(patience, [&] {
    auto several = why("O1"); // names a few
    auto at = several.err.find(": O", several.err.find("needed"));
    if (several.code == 2 && at != std::string::npos) id = several.err.substr(at + 2, 17);
    return !id.empty() || !live.is_running();
  });
  REQUIRE_MESSAGE((reached && !id.empty()), live.err());
  auto told = why(id);
  CHECK_MESSAGE(told.code == 0, told.err);
  CHECK(told.out.find(id) == 0);
  CHECK(live.is_running());
}

TEST_CASE("why finds the journal and the ticks of a cluster") {
  scratch_directory scratch;
  auto results = run_cluster(scratch, market());
  CHECK(results.files.at("orders.csv") == run().results.files.at("orders.csv"));
  auto& order = run().find([](auto& o) { return o.at("status") == "Filled"; });
  auto process = run_tickmesh(scratch, arguments{"why", order.at("order_id"), "--json",
                                                 "--state-dir", scratch.path("state")} +
                                           without_speed(market()));
  REQUIRE_MESSAGE(process.code == 0, process.err);
  check_story(order, json::parse(process.out));
}

TEST_CASE("limits that were there change nothing, and the totals are those of the results") {
  auto file = run().scratch.write("same.toml", "[execution.limits]\nposition_max = 8\n"
                                               "daily_loss_max = 100000\n");
  auto document = answer({"limits", "try", file, "--all"});
  std::map<std::string, std::uint64_t> then;
  for (auto& day : document.at("days")) {
    CHECK(day.at("newly_blocked").empty());
    CHECK(day.at("newly_approved").empty());
    CHECK(day.at("refused_by_another_rule").empty());
    for (auto& total : day.at("totals")) {
      CHECK(total.at("before") == total.at("after"));
      then[text(total.at("verdict"))] += total.at("before").get<std::uint64_t>();
    }
  }
  CHECK(then == rows_by(run().results.files.at("orders.csv"), "verdict"));
}

TEST_CASE("a tight order value blocks just the orders above it") {
  constexpr double tight = 150'000;
  auto file =
      run().scratch.write("tight.toml", "[execution.limits]\nposition_max = 8\n"
                                        "daily_loss_max = 100000\norder_value_max = 150000\n");
  auto document = answer({"limits", "try", file});
  REQUIRE(document.at("days").size() == 1); // the last one, and the market has one
  auto& day = document.at("days").at(0);
  std::map<std::string, double> expected;
  for (auto& order : run().orders) {
    if (order.at("verdict") != "APPROVED") continue;
    auto value = std::stod(order.at("price")) * std::stod(order.at("volume")) * multiplier;
    if (value > tight) expected[order.at("order_id")] = value;
  }
  REQUIRE(expected.size() > 20);
  REQUIRE(expected.size() < rows_by(run().results.files.at("orders.csv"), "verdict")["APPROVED"]);
  CHECK(day.at("newly_blocked").size() == expected.size());
  for (auto& blocked : day.at("newly_blocked")) {
    auto found = expected.find(text(blocked.at("order")));
    REQUIRE_MESSAGE(found != expected.end(), blocked.dump());
    CHECK(blocked.at("after").at("verdict") == "ORDER_VALUE_EXCEEDED");
    CHECK(blocked.at("after").at("scope") == "global");
    CHECK(std::abs(std::stod(text(blocked.at("after").at("usage"))) - found->second) < 1e-6);
    CHECK(blocked.at("after").at("limit") == "150000");
  }
  CHECK(day.at("newly_approved").empty());
  auto lines = ask({"limits", "try", file, "--orders"});
  REQUIRE(lines.code == 0);
  for (auto& [id, value] : expected)
    CHECK_MESSAGE(lines.out.find(id) != std::string::npos, id);
  // Of many, how many by rule and symbol, and the first and last few.
  auto few = ask({"limits", "try", file});
  REQUIRE(few.code == 0);
  auto listed = std::ranges::count_if(
      expected, [&](auto& entry) { return few.out.find(entry.first) != std::string::npos; });
  CHECK(listed == 10);
  CHECK(few.out.find(" more; --orders lists them all") != std::string::npos);
  CHECK(few.out.find("  ORDER_VALUE_EXCEEDED  ") != std::string::npos);
  CHECK(std::ranges::count(few.out, '\n') < 60);
}

TEST_CASE("limits try changes what its file names, and shows it") {
  auto file = run().scratch.write("one.toml", "[execution.limits]\norder_size_max = 0.5\n");
  auto document = answer({"limits", "try", file});
  REQUIRE(document.at("changes").size() == 1);
  CHECK(document.at("changes").at(0).at("key") == "order_size_max");
  auto lines = ask({"limits", "try", file});
  CHECK(lines.out.find("global  order_size_max  off -> 0.5") != std::string::npos);
  auto same = ask({"limits", "try", run().scratch.write("none.toml", "[execution.limits]\n")});
  CHECK(same.out.find("changes nothing") != std::string::npos);
  CHECK(same.out.find("blocked now, approved then: 0") != std::string::npos);
}

TEST_CASE("faults of a file of limits are those of the configuration") {
  auto refuse = [](const std::string& content, const std::string& what) {
    auto file = run().scratch.write("bad.toml", content);
    auto refused = ask({"limits", "try", file});
    CHECK(refused.code == 2);
    CHECK_MESSAGE(refused.err.find(file) != std::string::npos, refused.err);
    CHECK_MESSAGE(refused.err.find(what) != std::string::npos, refused.err);
  };
  refuse("# none\n", "execution.limits: is missing");
  refuse("[execution.limits]\npositon_max = 3\n", "did you mean position_max?");
  refuse("[execution.limits]\norder_value_max = -1\n", "is out of range");
  refuse("[execution.limits]\n[[execution.limits.scope]]\nstrategy = \"none\"\n",
         "is no strategy; allowed: boll_reactive, boll_windowed");
  refuse("[execution]\naccount = \"other\"\n[execution.limits]\n", "execution.account");
  auto file = run().scratch.write("empty.toml", "[execution.limits]\n"); // all defaults
  CHECK(ask({"limits", "try", file}).code == 0);
  auto no_day = ask({"limits", "try", file, "--day", "20240105"});
  CHECK(no_day.code == 2);
  CHECK_MESSAGE(no_day.err.find("allowed: 2024-01-02") != std::string::npos, no_day.err);
}
} // namespace tickmesh::why_test
