// Runs seeds of the hostile simulation, each a world of its own, and says what went wrong in which.
#include "tests/simulation/broker_simulation.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

int main(int argc, char** argv) {
  CLI::App app{"Simulates the order path against hostile brokers, with kills and restarts"};
  std::uint64_t seeds = 1'000, first = 1;
  bool shows_counts = false;
  app.add_option("--seeds", seeds, "How many seeds (default 1000)");
  app.add_option("--from", first, "The first of them (default 1)");
  app.add_flag("--counts", shows_counts, "Also print how often what happened");
  CLI11_PARSE(app, argc, argv);
  std::uint64_t violations = 0;
  std::map<std::string, std::uint64_t> counts;
  for (auto seed = first; seed < first + seeds; ++seed) {
    auto outcome = tickmesh::simulate_brokers(seed);
    violations += outcome.violations.size();
    for (auto& what : outcome.violations)
      fmt::print("seed {}: {}\n", seed, what);
    for (auto& [name, count] : outcome.counts)
      counts[name] += count;
  }
  if (shows_counts)
    for (auto& [name, count] : counts)
      fmt::print("{:>10} {}\n", count, name);
  fmt::print("{} seeds, {} violations\n", seeds, violations);
  return violations == 0 ? 0 : 1;
}
