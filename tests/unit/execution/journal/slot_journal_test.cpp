// Whether a run goes on with a journal or begins anew.
#include "actors/execution/journal/slot_journal.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <fstream>

namespace tickmesh::slot_journal_test {

namespace {

struct journal_home {
  temporary_directory state;
  slot_journal_options options{.directory = state.path() / "host" / "journal" / "exec-0",
                               .run = {7, {"ru1901", "rb1901"}}};

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

TEST_CASE("one of other settings is set aside and named, with a live source gone on with") {
  journal_home home;
  home.write_event();
  home.options.run.configuration_hash = 8;
  home.options.source_is_repeatable = false;
  auto identity = read_journal_identity(home.options.directory);
  REQUIRE_MESSAGE(identity.has_value(), identity.error().message);
  CHECK(home.last_event() == 1);
  CHECK(home.note.empty());
  home.options.run.symbols = {"au1901"};
  CHECK(home.last_event() == 1);
  // It stays the journal that it was, with the names that it was begun with.
  CHECK(read_journal_identity(home.options.directory).value() == *identity);
  CHECK(read_journal_symbols(home.options.directory).value().size() == 2);
  home.options.source_is_repeatable = true;
  CHECK(home.last_event() == 0);
  CHECK(home.note.find("exec-0.aside-1") != std::string::npos);
  CHECK(std::filesystem::exists(home.options.directory.string() + ".aside-1"));
  home.write_event();
  home.options.run.configuration_hash = 9;
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

TEST_CASE("the symbols of a journal are known to who has its configuration, and to nobody else") {
  journal_home home;
  home.write_event();
  auto& directory = home.options.directory;
  auto symbols = read_journal_symbols(directory, 7);
  REQUIRE_MESSAGE(symbols.has_value(), symbols.error().message);
  CHECK(*symbols == home.options.run.symbols);
  auto other = read_journal_symbols(directory, 8);
  REQUIRE_FALSE(other.has_value());
  CHECK(other.error().message.find(directory.string()) != std::string::npos);
  CHECK(other.error().message.find("other settings") != std::string::npos);
  SUBCASE("names that are not the run's are refused") {
    std::ofstream{directory / "symbols"} << "ru1901\nrb1902\n";
    CHECK_FALSE(read_journal_symbols(directory, 7).has_value());
  }
  SUBCASE("that there are no names is said") {
    std::filesystem::remove(directory / "symbols");
    auto none = read_journal_symbols(directory, 7);
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error().message.find("symbols") != std::string::npos);
  }
}

TEST_CASE("journals are found by state directory, by host and by their own directory") {
  journal_home home;
  home.write_event();
  home.options.directory = home.state.path() / "other" / "journal" / "exec-12";
  home.write_event();
  home.options.run.configuration_hash = 8; // what was there is set aside
  home.write_event();
  auto first = home.state.path() / "host" / "journal" / "exec-0";
  using paths = std::vector<std::filesystem::path>;
  CHECK(find_slot_journals(home.state.path()).value() == paths{first, home.options.directory});
  CHECK(find_slot_journals(first.parent_path()).value() == paths{first});
  CHECK(find_slot_journals(first).value() == paths{first});
  auto none = find_slot_journals(home.state.path() / "nowhere");
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().message.find("nowhere") != std::string::npos);
}

TEST_CASE("a journal may lack its end where the machine was started anew, until that was noted") {
  journal_home home;
  home.options.boot = "first";
  auto may_lack_end = [&] {
    auto opened = open_slot_journal(home.options);
    REQUIRE_MESSAGE(opened.has_value(), opened.error().message);
    return opened->may_lack_end;
  };
  CHECK_FALSE(may_lack_end()); // it is empty
  home.write_event();
  CHECK(may_lack_end()); // by a program that noted nothing
  REQUIRE(note_boot(home.options).has_value());
  CHECK_FALSE(may_lack_end());
  home.options.boot = "second";
  CHECK(may_lack_end());
  CHECK(may_lack_end()); // nobody has noted that it was taken note of
  home.options.settings.durability = log_durability::always;
  CHECK(may_lack_end()); // what was written before was not synced by now's rule
  REQUIRE(note_boot(home.options).has_value());
  home.options.boot = "third";
  home.options.settings.durability = log_durability::interval;
  CHECK_FALSE(may_lack_end());
}

} // namespace tickmesh::slot_journal_test
