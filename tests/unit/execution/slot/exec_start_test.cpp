// How an execution slot begins on its journal.
#include "actors/execution/journal/halt_file.hpp"
#include "actors/execution/slot/exec_start.hpp"
#include "tests/support/small_market.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

namespace tickmesh::exec_start_test {

namespace {

struct bench {
  bench() {
    options.slot = {role::exec, 3};
    options.host_directory = state.path() / "host";
    options.symbols = small_market_symbols(2);
    options.instruments = std::make_shared<const instrument_table>(small_market_instruments());
    options.strategies = {"one"};
    options.build = "this";
    std::filesystem::create_directories(options.host_directory / "journal");
  }
  result<exec_start> start() {
    sequencer.emplace(options.settings);
    return start_on_journal(options, *sequencer, guard);
  }
  std::filesystem::path halt_file_path() const {
    return options.host_directory / "journal" / "exec-3.trading";
  }

  temporary_directory state;
  exec_start_options options;
  std::optional<event_sequencer> sequencer;
  send_guard guard;
};

} // namespace

TEST_CASE("a slot without a journal begins with what is configured") {
  bench b;
  auto begun = b.start();
  REQUIRE_MESSAGE(begun.has_value(), begun.error().message);
  CHECK(begun->began_empty);
  CHECK(begun->log->directory() == b.options.host_directory / "journal" / "exec-3");
  CHECK(begun->halt_file == b.halt_file_path());
  CHECK(begun->configuration->universe.symbols == b.options.symbols);
  CHECK(begun->ids.is_same());
  CHECK(begun->trading != nullptr);
  CHECK(begun->halts.empty());
  CHECK_FALSE(begun->snapshots.has_value());
  CHECK(begun->snapshot_event == 0);
  CHECK_FALSE(std::filesystem::exists(b.halt_file_path()));
}

TEST_CASE("a halt that only the file beside the journal knows of holds again") {
  bench b;
  REQUIRE(write_halt_file(b.halt_file_path(), {{trading_mode::reducing, "a@b", "odd prices"}, 9})
              .has_value());
  auto begun = b.start();
  REQUIRE(begun.has_value());
  REQUIRE(begun->halts.size() == 1);
  auto& halt = begun->halts[0];
  CHECK(halt.who == "a@b");
  CHECK(halt.reason == "odd prices");
  CHECK(std::get<trading_switch>(halt.action) == trading_switch{.mode = trading_mode::reducing});
}

TEST_CASE("a file that says that all is active halts nothing") {
  bench b;
  REQUIRE(write_halt_file(b.halt_file_path(), {{trading_mode::active, "a@b", "confirmed"}, 9})
              .has_value());
  auto begun = b.start();
  REQUIRE(begun.has_value());
  CHECK(begun->halts.empty());
}

TEST_CASE("a halt file that can't be read keeps the slot from beginning") {
  bench b;
  REQUIRE(write_halt_file(b.halt_file_path(), {{trading_mode::halted, "a", "b"}, 1}).has_value());
  std::filesystem::resize_file(b.halt_file_path(), 3);
  CHECK_FALSE(b.start().has_value());
}

TEST_CASE("snapshots are made with a source that can't begin anew") {
  bench b;
  b.options.source_is_repeatable = false;
  b.options.settings.journal.snapshot_events = 10;
  auto begun = b.start();
  REQUIRE(begun.has_value());
  REQUIRE(begun->snapshots.has_value());
  CHECK(begun->snapshots->directory == begun->log->directory());
  CHECK(begun->snapshots->given.universe.symbols == b.options.symbols);
}

TEST_CASE("a part of the program halts in its own name") {
  auto halt = make_halt({role::exec, 0}, "last look", "twice");
  CHECK(halt.who == "last look");
  CHECK(halt.reason == "twice");
  CHECK(std::get<trading_switch>(halt.action) == trading_switch{.mode = trading_mode::halted});
}

TEST_CASE("what keeps a sender out says what is lost and what to do") {
  bench b;
  auto begun = b.start();
  REQUIRE(begun.has_value());
  auto directory = begun->log->directory().string();
  CHECK(describe_lost_journal(*begun, {role::data, 1}, 12) ==
        "the journal " + directory +
            " is empty, but data/1 has 12 records of earlier runs, whose signals would be traded "
            "again: put the journal back, or move the tick logs (host.state_dir/HOST/ticks) away, "
            "too");
  mark_contradiction other{.sent = {.symbol = symbol_id{1}, .number = sequence{4}},
                           .known = sequence{5},
                           .known_time = from_ns(1'000)};
  auto text = describe_contradiction(*begun, other);
  CHECK(text.find("tick 4 of sym1") != std::string::npos);
  CHECK(text.find("has its tick 5") != std::string::npos);
}

} // namespace tickmesh::exec_start_test
