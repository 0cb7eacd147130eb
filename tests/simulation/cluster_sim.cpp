// Runs seeds of the cluster simulation, each a cluster of its own with its own faults, and says
// what went wrong in which.
#define DOCTEST_CONFIG_IMPLEMENT
#include "runtime/telemetry/log.hpp"
#include "tests/simulation/cluster/cluster_run.hpp"
#include "tests/simulation/cluster/known_schedules.hpp"
#include "tests/support/actor_system_fixture.hpp"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <ctime>
#include <exception>

namespace {

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Messages a second between two actors that do nothing else, under the simulation's scheduler.
double bare_messages_per_second() {
  constexpr std::uint64_t messages = 400'000;
  tickmesh::actor_system_fixture fixture{1};
  auto echo = [](caf::event_based_actor* self) -> caf::behavior {
    return {[self](std::uint64_t left, const caf::actor& other) {
      if (left > 0) self->send(other, left - 1, caf::actor_cast<caf::actor>(self));
    }};
  };
  auto a = fixture.spawn(echo), b = fixture.spawn(echo);
  caf::anon_send(a, messages, b);
  auto begin = cpu_seconds();
  fixture.run();
  return static_cast<double>(messages) / (cpu_seconds() - begin);
}

tickmesh::cluster_outcome simulate(const tickmesh::cluster_plan& plan, bool traces) {
  try {
    return tickmesh::check_plan(plan, traces);
  } catch (const std::exception& e) {
    tickmesh::cluster_outcome out;
    out.violations.push_back(e.what());
    return out;
  }
}

/// Says what went wrong, if anything did.
void print_violations(const std::string& what, const tickmesh::cluster_outcome& outcome,
                      const std::string& again, bool traces) {
  if (outcome.violations.empty()) return;
  for (auto& violation : outcome.violations)
    fmt::print("{}: {}\n", what, violation);
  if (!traces)
    for (auto& line : outcome.history)
      fmt::print("  {}\n", line);
  fmt::print("  again: cluster_sim {} --trace\n", again);
}

/// The schedules that found a mistake once; how many violations there are.
std::uint64_t run_known_schedules(bool traces) {
  std::uint64_t violations = 0;
  auto schedules = tickmesh::known_schedules();
  for (auto& [name, plan] : schedules) {
    auto outcome = simulate(plan, traces);
    violations += outcome.violations.size();
    print_violations(name, outcome, "--known --seeds 0", traces);
  }
  fmt::print("{} known schedules, {} violations\n", schedules.size(), violations);
  return violations;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Simulates clusters whose hosts, disks, clocks and connections fail"};
  std::uint64_t seeds = 1'000, first = 1;
  std::size_t hosts = 0;
  std::vector<std::string> roles{"data", "calc"};
  bool traces = false, shows_counts = false, shows_floor = false, runs_known = false;
  app.add_option("--seeds", seeds, "How many seeds (default 1000)");
  app.add_option("--from", first, "The first of them (default 1)");
  app.add_option("--roles", roles, "Hosts that are lost have only these roles (default data,calc)")
      ->delimiter(',')
      ->check(CLI::IsMember({"data", "calc", "exec", "control"}));
  app.add_option("--hosts", hosts, "How many hosts there are (default: one to six, drawn)")
      ->check(CLI::Range(1, 6));
  app.add_flag("--known", runs_known, "First run the schedules that found a mistake once");
  app.add_flag("--trace", traces, "Print what happens when");
  app.add_flag("--counts", shows_counts, "Also print how often what happened");
  app.add_flag("--floor", shows_floor, "Also print what bare actors do, as a reference");
  CLI11_PARSE(app, argc, argv);
  tickmesh::plan_limits limits;
  limits.hosts = hosts;
  auto& lost = limits.lost_roles;
  lost.clear();
  for (auto& name : roles)
    for (std::size_t i = 0; i < tickmesh::role_names.size(); ++i)
      if (tickmesh::role_names[i] == name) lost.insert(static_cast<tickmesh::role>(i));
  if (traces)
    tickmesh::set_log_level(tickmesh::log_level::debug),
        ::setenv("TICKMESH_TEST_LOG", "1", 1); // see actor_system_fixture
  doctest::Context asserts;                    // of the simulated network
  asserts.setAsDefaultForAssertsOutOfTestCases();
  auto known_violations = runs_known ? run_known_schedules(traces) : 0;
  std::uint64_t violations = 0;
  std::map<std::string, std::uint64_t> counts;
  std::chrono::duration<double> virtual_time{};
  auto begin = cpu_seconds();
  for (auto seed = first; seed < first + seeds; ++seed) {
    auto outcome = simulate(tickmesh::draw_plan(seed, limits), traces);
    violations += outcome.violations.size();
    virtual_time += outcome.virtual_time;
    print_violations(fmt::format("seed {}", seed), outcome,
                     fmt::format("--seeds 1 --from {} --roles {}{}", seed, fmt::join(roles, ","),
                                 hosts == 0 ? "" : fmt::format(" --hosts {}", hosts)),
                     traces);
    for (auto& [name, count] : outcome.counts)
      counts[name] += count;
  }
  auto spent = cpu_seconds() - begin;
  if (shows_counts)
    for (auto& [name, count] : counts)
      fmt::print("{:>10} {}\n", count, name);
  if (shows_floor) fmt::print("{:.0f} bare messages a second\n", bare_messages_per_second());
  if (seeds > 0) {
    auto count = static_cast<double>(seeds);
    fmt::print("{:.1f} virtual seconds a seed, {:.1f} ms of CPU for ten of them\n",
               virtual_time.count() / count, 1e4 * spent / virtual_time.count());
    fmt::print("{:.1f} ms of CPU a seed, {:.1f} seeds a second\n", 1e3 * spent / count,
               count / spent);
  }
  fmt::print("{} seeds, {} violations\n", seeds, violations);
  return violations + known_violations == 0 ? 0 : 1;
}
