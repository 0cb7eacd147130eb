// What a run says of itself where no results tell it: counts, speed, progress; what a subscriber is
// told that waits; and what is said where memory is short.
#include "tests/process/cluster_run.hpp"
#include "tests/support/source_tree.hpp"

#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <regex>

namespace tickmesh::counts_test {

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A limit of this process, which those that it starts inherit, for as long as this lives.
class lowered_limit {
public:
  lowered_limit(__rlimit_resource kind, rlim_t mib) : kind_(kind) {
    REQUIRE(::getrlimit(kind, &before_) == 0);
    auto lower = before_;
    lower.rlim_cur = mib * 1'048'576;
    REQUIRE(::setrlimit(kind, &lower) == 0);
  }
  ~lowered_limit() { ::setrlimit(kind_, &before_); }
  lowered_limit(const lowered_limit&) = delete;
  lowered_limit& operator=(const lowered_limit&) = delete;

private:
  __rlimit_resource kind_;
  rlimit before_{};
};

} // namespace

TEST_CASE("a run without results prints what it counted and how fast it was") {
  scratch_directory scratch;
  auto flags = sim_flags(2'000, 1'000, 0);
  auto written = run_embedded(scratch, flags);
  auto run = run_tickmesh(
      scratch, arguments{"run", "--no-results", "--state-dir", scratch.path("other")} + flags);
  REQUIRE_MESSAGE(run.code == 0, run.err);
  CAPTURE(run.out);
  CHECK(contains(run.out, "no results were written"));
  CHECK(contains(run.out, "  ticks      2,000 in, "));
  for (auto [name, pointer] : {std::pair{"factors", "/factors"}, {"signals", "/signals"}})
    CHECK(std::regex_search(run.out, std::regex{std::string{name} + " +[0-9,]+"}));
  CHECK(contains(run.out, "  fills      "));
  CHECK(std::regex_search(run.out, std::regex{"speed +[1-9][0-9]* ticks/s over [0-9.]+ s"}));
  // And the last line of progress says the same of the ticks.
  CAPTURE(run.err);
  CHECK(std::regex_search(run.err, std::regex{"STOPPED +hosts 1  ticks 2000 \\([1-9][0-9]*/s\\)"}));
  auto fills = std::to_string(written.count("/fills"));
  CHECK(contains(run.err, "fills " + fills));
}

TEST_CASE("the summary is the same whatever is written, and no older results stand beside it") {
  scratch_directory scratch;
  auto flags = sim_flags(20'000, 1'000, 0);
  auto run = [&](const char* state, const arguments& more) {
    auto out = run_tickmesh(scratch, arguments{"run", "--state-dir", scratch.path(state),
                                               "--results", scratch.path("results")} +
                                         flags + more);
    REQUIRE_MESSAGE(out.code == 0, out.err);
    return out.out;
  };
  // From the ticks to the positions: what follows is of this machine, what comes before has an
  // epoch.
  auto counted = [](const std::string& text) {
    auto begin = text.find("  ticks ");
    auto end = text.find("  speed ");
    REQUIRE(begin < end);
    return text.substr(begin, end - begin);
  };
  auto with_rows = run("first", {});
  CHECK(contains(with_rows, "  report     " + scratch.path("results/report.html")));
  CHECK(std::filesystem::exists(scratch.path("results/report.html")));
  auto no_rows = run("second", {"--set", "results.rows=false"});
  CHECK(counted(no_rows) == counted(with_rows));
  CHECK_FALSE(contains(counted(no_rows), " 0 open"));
  for (auto* gone : {"report.html", "factors.csv", "signals.csv", "orders.csv", "fills.csv",
                     "pnl.csv", "bars.csv", "ticks_rejected.csv"})
    CHECK_FALSE(std::filesystem::exists(scratch.path("results/" + std::string{gone})));
  CHECK(std::filesystem::exists(scratch.path("results/positions.csv")));
  auto summary = file_text(scratch.path("results/summary.json"));
  auto no_results = run("third", {"--no-results"});
  CHECK(counted(no_results) == counted(with_rows));
  CHECK_FALSE(contains(no_results, "files "));
  CHECK(file_text(scratch.path("results/summary.json")) == summary); // left alone
  for (auto& entry : std::filesystem::directory_iterator{scratch.path("third/local")})
    CHECK_FALSE(entry.path().filename().string().starts_with("results"));
}

TEST_CASE("a run in one process says how long its user has waited, and for what") {
  for (bool has_results : {true, false}) {
    CAPTURE(has_results);
    scratch_directory scratch;
    auto flags = arguments{"run", "--state-dir", scratch.path("state"), "--results",
                           scratch.path("results")} +
                 sim_flags(20'000, 1'000, 0);
    if (!has_results) flags.push_back("--no-results");
    auto begin = std::chrono::steady_clock::now();
    auto run = run_tickmesh(scratch, flags);
    std::chrono::duration<double> waited = std::chrono::steady_clock::now() - begin;
    REQUIRE_MESSAGE(run.code == 0, run.err);
    CAPTURE(run.out);
    std::smatch all, parts;
    REQUIRE(std::regex_search(
        run.out, all, std::regex{"speed +([0-9]+) ticks/s over ([0-9.]+) s from start to end"}));
    REQUIRE(std::regex_search(
        run.out, parts,
        std::regex{"time +([0-9.]+) s reading, ([0-9.]+) s running(, ([0-9.]+) s merging)?"}));
    CHECK(parts[3].matched);
    auto number = [](const std::ssub_match& text) { return text.matched ? std::stod(text) : 0; };
    auto sum = number(parts[1]) + number(parts[2]) + number(parts[4]);
    CHECK(std::abs(number(all[2]) - sum) < 0.021); // each is rounded to 0.01
    CHECK(std::abs(20'000 / number(all[1]) - number(all[2])) < 0.006);
    CHECK(number(all[2]) <= waited.count() + 0.01);
  }
}

TEST_CASE("a subscriber that begins beyond the end is told so, and waits") {
  scratch_directory scratch;
  cluster_run cluster{scratch, endless_sim_flags()};
  cluster.start(five_workers);
  cluster.wait_for_orders();
  child_process waiting{scratch.path(""),
                        "waiting",
                        program_under_test(),
                        {"subscribe", "ticks", "--control", cluster.address(), "--symbol",
                         "SIM0001", "--from", "900000000"}};
  bool told = wait_until(patience, [&] {
    return contains(waiting.err(), "--from = 900000000: the last tick of SIM0001 so far is ") ||
           !waiting.is_running();
  });
  CHECK_MESSAGE(told, waiting.err());
  CHECK(waiting.is_running());
  CHECK_FALSE(contains(waiting.err(), " so far is 0;"));
  waiting.send_signal(SIGTERM);
  CHECK(waiting.wait() == 0);
  cluster.host("control").send_signal(SIGTERM);
  cluster.wait_for_success();
}

TEST_CASE("a run that comes to the end of its memory ends in words") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  MESSAGE("SKIPPED: a sanitizer needs more address space than this test leaves");
  return;
#endif
  scratch_directory scratch;
  lowered_limit limit{RLIMIT_AS, 1'040};
  auto run =
      run_tickmesh(scratch, {"run", "--state-dir", scratch.path("state"), "--no-results", "--set",
                             "source.kind=load", "--set", "source.load.symbols=99999", "--set",
                             "source.load.ticks=30000000"});
  CAPTURE(run.err);
  CHECK(run.code == 1);
  CHECK((contains(run.err, "out of memory: the system gives this process no more") ||
         contains(run.err, "a thread can't be started: no memory for it")));
}

TEST_CASE("too little memory is refused in words, with what is needed") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  MESSAGE("SKIPPED: a sanitizer needs more address space than this test leaves");
  return;
#endif
  scratch_directory scratch;
  for (auto [kind, name] : {std::pair{RLIMIT_AS, "ulimit -v"}, {RLIMIT_DATA, "ulimit -d"}}) {
    lowered_limit limit{kind, 400};
    auto run = run_tickmesh(scratch, {"run", "--state-dir", scratch.path("state"), "--no-results",
                                      "--set", "source.sim.ticks=1000"});
    CAPTURE(run.err);
    CHECK(run.code == 1);
    CHECK(contains(run.err, "run needs at least 1024 MiB of memory"));
    CHECK(contains(run.err, std::string{name} + " allows this process 400 MiB"));
    auto asked = run_tickmesh(scratch, {"status", "--control", "127.0.0.1:1"});
    CHECK(contains(asked.err, "nothing listens there")); // needs less
  }
}

} // namespace tickmesh::counts_test
