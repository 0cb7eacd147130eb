// Whether a run goes on with a journal or begins anew.
#include "actors/execution/slot_journal.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

using namespace tickmesh;

namespace {

struct journal_home {
  temporary_directory state;
  slot_journal_options options{.directory = state.path() / "host" / "journal" / "exec-0",
                               .run_identity = 7};

  void write_event() {
    auto opened = open_slot_journal(options);
    REQUIRE_MESSAGE(opened.has_value(), opened.error().message);
    auto& log = *opened->log;
    REQUIRE(
        log.append({.first = log.last_event() + 1, .events = 1, .writer = epoch{1}, .payload = "x"})
            .has_value());
  }
  std::uint64_t last_event() {
    auto opened = open_slot_journal(options);
    REQUIRE_MESSAGE(opened.has_value(), opened.error().message);
    note = opened->note;
    return opened->log->last_event();
  }
  std::string note;
};

} // namespace

TEST_CASE("a journal that has not come to its end is gone on with") {
  journal_home home;
  home.write_event();
  home.write_event();
  CHECK(home.last_event() == 2);
  CHECK(home.note.empty());
}

TEST_CASE("one that has come to its end is begun anew, with a live source gone on with") {
  journal_home home;
  home.write_event();
  REQUIRE(mark_journal_ended(home.options.directory).has_value());
  home.options.source_is_repeatable = false;
  CHECK(home.last_event() == 1);
  REQUIRE(mark_journal_ended(home.options.directory).has_value());
  home.options.source_is_repeatable = true;
  CHECK(home.last_event() == 0);
  CHECK(home.last_event() == 0);
}

TEST_CASE("one of other settings is set aside and named, with a live source refused") {
  journal_home home;
  home.write_event();
  home.options.run_identity = 8;
  home.options.source_is_repeatable = false;
  auto refused = open_slot_journal(home.options);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find(home.options.directory.string()) != std::string::npos);
  home.options.source_is_repeatable = true;
  CHECK(home.last_event() == 0);
  CHECK(home.note.find("exec-0.aside-1") != std::string::npos);
  CHECK(std::filesystem::exists(home.options.directory.string() + ".aside-1"));
  home.write_event();
  home.options.run_identity = 9;
  CHECK(home.last_event() == 0);
  CHECK(std::filesystem::exists(home.options.directory.string() + ".aside-2"));
}

TEST_CASE("a journal that another process holds is not touched") {
  journal_home home;
  auto held = open_slot_journal(home.options);
  REQUIRE(held.has_value());
  REQUIRE(mark_journal_ended(home.options.directory).has_value());
  CHECK_FALSE(open_slot_journal(home.options).has_value());
}

TEST_CASE("a journal keeps the names of its symbols, its run identity, and whether it has ended") {
  journal_home home;
  auto& directory = home.options.directory;
  CHECK(read_journal_symbols(directory).error().message.find("symbols is missing") !=
        std::string::npos);
  CHECK(*read_run_identity(directory) == std::nullopt);
  home.options.symbols = {"rb1901", "au2406"};
  home.options.run_identity = run_identity_of(5, home.options.symbols);
  home.write_event();
  CHECK(*read_journal_symbols(directory) == home.options.symbols);
  CHECK(*read_run_identity(directory) == home.options.run_identity);
  CHECK(home.options.run_identity != run_identity_of(6, home.options.symbols));
  CHECK(home.options.run_identity != run_identity_of(5, {"rb1901", "au2407"}));
  CHECK_FALSE(has_journal_ended(directory));
  REQUIRE(mark_journal_ended(directory).has_value());
  CHECK(has_journal_ended(directory));
}
