// An execution slot that ends at any moment and starts again on its journal.
#include "actors/execution/journal/halt_file.hpp"
#include "tests/support/exec_bench.hpp"

#include <doctest/doctest.h>

namespace tickmesh::exec_restart_test {

using namespace exec_benches;

namespace {

execution_settings settings_with(log_durability durability) {
  auto out = exec_settings();
  out.journal.durability = durability;
  return out;
}

/// Lets a slot run for some messages, and ends it without a word.
std::uint64_t live_shortly(std::uint64_t seed, const execution_settings& settings,
                           const std::filesystem::path& state) {
  std::uint64_t events = 0;
  exec_bench bench{seed, [&](const sequenced_event&) { ++events; }, settings, state};
  for (auto name : upstream)
    bench.feed(name);
  auto steps = bench.random() % 600;
  for (std::uint64_t i = 0; i < steps && bench.fixture.step(); ++i) {
  }
  return events;
}

} // namespace

TEST_CASE("an exec slot that is ended at any moment goes on from its journal") {
  for (auto durability :
       {log_durability::always, log_durability::interval, log_durability::never}) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
      CAPTURE(seed);
      CAPTURE(static_cast<int>(durability));
      auto settings = settings_with(durability);
      temporary_directory state;
      std::uint64_t events = 0;
      for (std::uint64_t life = 0; life < 3; ++life)
        events += live_shortly(seed * 10 + life, settings, state.path());
      exec_bench bench{seed, nullptr, settings, state.path()};
      bench.feed_all();
      REQUIRE(bench.events->failures.empty());
      REQUIRE(bench.events->finished.size() == 1);
      CHECK(bench.files->rows["orders"] == expected_trades().orders);
      CHECK(bench.files->rows["fills"] == expected_trades().fills);
      CHECK(bench.files->rows["positions"] == expected_trades().positions);
      CHECK(bench.events->finished[0].counts.at(fills_count) == expected_trades().totals.fills);
    }
  }
}

TEST_CASE("an exec slot begins a new journal after one that came to its end") {
  temporary_directory state;
  for (int run = 0; run < 2; ++run) {
    exec_bench bench{7, nullptr, exec_settings(), state.path()};
    bench.feed_all();
    bench.check_everything_came();
  }
}

TEST_CASE("an exec slot that waits for the disk acknowledges its last frames, too") {
  auto settings = settings_with(log_durability::always);
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    exec_bench bench{seed, nullptr, settings};
    bench.feed_all();
    bench.check_everything_came();
  }
}

TEST_CASE("a halt that a loss of power has cut off the journal holds all the same") {
  temporary_directory state;
  auto path = state.path() / host_settings{}.id / "journal" / "exec-0.trading";
  for (bool is_known : {true, false}) { // to the journal
    CAPTURE(is_known);
    auto events = live_shortly(5, exec_settings(), state.path());
    REQUIRE(events > 0);
    halt_file kept{{trading_mode::halted, "me", "why"}, is_known ? 1 : events + 1'000'000};
    REQUIRE(write_halt_file(path, kept));
    exec_bench bench{6, nullptr, exec_settings(), state.path()};
    bench.feed_all();
    REQUIRE(bench.events->finished.size() == 1);
    CHECK((bench.events->finished[0].counts.at("orders/TRADING_HALTED") > 0) == !is_known);
    CHECK((*read_halt_file(path))->notice.mode ==
          (is_known ? trading_mode::active : trading_mode::halted));
    std::filesystem::remove_all(state.path() / host_settings{}.id);
  }
}

} // namespace tickmesh::exec_restart_test
