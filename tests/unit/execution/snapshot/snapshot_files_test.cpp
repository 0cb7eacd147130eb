// Which snapshot is begun with, what is kept of snapshots and of the journal's files, and what is
// known of the past where its first files are gone.
#include "actors/execution/journal/journal_verify.hpp"
#include "actors/execution/recovery/journal_replay.hpp"
#include "actors/execution/recovery/snapshot_maker.hpp"
#include "actors/execution/snapshot/find_snapshot.hpp"
#include "actors/execution/snapshot/snapshot_files.hpp"
#include "actors/execution/snapshot/snapshot_shelf.hpp"
#include "actors/execution/snapshot/state_archive.hpp"
#include "tests/support/ledger_contents.hpp"
#include "tests/support/replayed_slot.hpp"

#include <doctest/doctest.h>

#include <fstream>

namespace tickmesh::snapshot_files_test {

namespace {

namespace fs = std::filesystem;

constexpr nanoseconds tenth_of_the_run{50'000'000};

/// A full journal in small files, and whoever makes snapshots of it.
struct snapshot_home {
  explicit snapshot_home(std::uint64_t seed) : snapshot_home(seed, posix_file_system()) {}
  snapshot_home(std::uint64_t seed, file_system& with) : files(with) {
    auto written = home.path() / "written";
    write_full_journal(written, seed);
    fs::create_directories(directory());
    for (auto* name : {"run", "symbols"})
      fs::copy(written / name, directory() / name);
    auto log = open(posix_file_system());
    journal_reader reader{written};
    while (auto* record = *reader.next())
      REQUIRE(log->append(*record));
    REQUIRE(log->sync());
    ends = record_ends(directory());
    setup = full_setup(seed);
    table = std::make_shared<const instrument_table>(setup.instruments);
  }

  fs::path directory() const { return home.path() / "journal"; }
  fs::path file(std::uint64_t event) const { return directory() / snapshot_file_name(event); }
  /// The event of a record that ends behind this part of the journal.
  std::uint64_t at(double part) const {
    return ends[static_cast<std::size_t>(static_cast<double>(ends.size() - 1) * part)];
  }

  std::unique_ptr<journal> open(file_system& with) {
    auto log = journal::open({.directory = directory(), .segment_bytes_max = 8 << 10}, with);
    REQUIRE_MESSAGE(log.has_value(), log.error().message);
    return std::move(*log);
  }

  slot_configuration given() const {
    return begin_configuration(
        setup.settings, make_trading_universe(*table, setup.symbols, setup.strategies), "one");
  }
  result<std::uint64_t> make(std::uint64_t through, bool makes_rows = true) {
    snapshot_maker maker{{.directory = directory(),
                          .given = given(),
                          .instruments = table,
                          .makes_rows = makes_rows,
                          .files = &files}};
    return maker.make(through);
  }
  void make_some(std::initializer_list<double> parts) {
    for (auto part : parts) {
      auto made = make(at(part));
      REQUIRE_MESSAGE(made.has_value(), made.error().message);
      CHECK(*made == at(part));
    }
  }

  result<passage_start> begin(bool makes_rows = true) {
    auto configuration = given();
    sequencer = std::make_unique<event_sequencer>(setup.settings, replay_venues());
    sequencer->inputs().add_link("journal");
    guard = std::make_unique<send_guard>();
    return begin_passage({.directory = directory(),
                          .last_event = ends.back(),
                          .given = configuration,
                          .instruments = *table,
                          .makes_rows = makes_rows},
                         *sequencer, *guard);
  }
  /// The bytes of the state at the journal's end, by whatever there is to begin with.
  std::string state_at_end() {
    auto start = begin();
    REQUIRE_MESSAGE(start.has_value(), start.error().message);
    slot_parts parts{*start->trading, *sequencer, *guard, start->held_back};
    journal_passage passage{directory(), parts, "one"};
    auto done = passage.advance();
    REQUIRE_MESSAGE(done.has_value(), done.error().message);
    return make_snapshot(parts, passage.last_record(), "one", true);
  }

  void change_byte(std::uint64_t event, std::size_t place) {
    std::fstream bytes{file(event), std::ios::in | std::ios::out | std::ios::binary};
    bytes.seekg(static_cast<std::streamoff>(place));
    auto byte = static_cast<char>(bytes.get() ^ 1);
    bytes.seekp(static_cast<std::streamoff>(place));
    bytes.put(byte);
    REQUIRE(bytes.good());
  }

  temporary_directory home;
  file_system& files;
  life_setup setup;
  std::shared_ptr<const instrument_table> table;
  std::vector<std::uint64_t> ends;
  std::unique_ptr<event_sequencer> sequencer;
  std::unique_ptr<send_guard> guard;
};

slot_configuration given_first(const fs::path& directory) {
  auto first = read_first_configuration(directory);
  REQUIRE((first.has_value() && first->has_value()));
  return std::move(**first);
}

std::vector<std::uint64_t> snapshots_in(const fs::path& directory) {
  return list_snapshots(posix_file_system(), directory).value();
}

} // namespace

TEST_CASE("a passage begins with the newest snapshot and comes to the same state") {
  snapshot_home home{1};
  auto expected = home.state_at_end();
  home.make_some({0.2, 0.5, 0.9});
  auto start = home.begin();
  REQUIRE(start.has_value());
  CHECK(start->snapshot == home.at(0.9));
  CHECK(start->warnings.empty());
  CHECK((home.state_at_end() == expected));
  CHECK(home.make(home.at(0.9)).value() == 0); // nothing has come since
}

TEST_CASE("a snapshot that can't be used is passed over, and named where nothing else is left") {
  snapshot_home home{2};
  auto expected = home.state_at_end();
  home.make_some({0.3, 0.6, 0.9});
  auto begins_at = [&](double part, std::size_t passed_over) {
    auto start = home.begin();
    REQUIRE_MESSAGE(start.has_value(), start.error().message);
    CHECK(start->snapshot == (part == 0 ? 0 : home.at(part)));
    CHECK(start->warnings.size() == passed_over);
    CHECK((home.state_at_end() == expected));
    return start->warnings.empty() ? std::string{} : start->warnings.front();
  };
  begins_at(0.9, 0);
  home.change_byte(home.at(0.9), 1000);
  auto warning = begins_at(0.6, 1);
  CHECK(warning.find(home.file(home.at(0.9)).string()) != std::string::npos);
  CHECK(warning.find("damaged") != std::string::npos);
  fs::resize_file(home.file(home.at(0.6)), 2'000);
  begins_at(0.3, 2);
  home.change_byte(home.at(0.3), 8); // the layout's number
  begins_at(0, 3);

  auto log = home.open(posix_file_system());
  REQUIRE(log->release(home.at(0.3) - 1).value() > 0);
  auto start = home.begin();
  REQUIRE_FALSE(start.has_value());
  CHECK(start.error().message.find(home.file(home.at(0.3)).string()) != std::string::npos);
  auto oldest = find_oldest_snapshot(home.directory());
  REQUIRE_FALSE(oldest.has_value());
  CHECK(oldest.error().message.find("not kept any more") != std::string::npos);
}

TEST_CASE("a snapshot of another layout is passed over by its number") {
  snapshot_home home{2};
  home.make_some({0.5});
  std::string bytes = read_file(posix_file_system(), home.file(home.at(0.5))).value();
  bytes[8] = static_cast<char>(state_layout_version + 1);
  auto parsed = slot_snapshot::parse(bytes);
  CHECK_FALSE(parsed.has_value());
}

TEST_CASE("a snapshot that the journal does not bear out is not begun with") {
  snapshot_home home{3}, other{4};
  home.make_some({0.5});
  other.make_some({0.8});
  auto bytes = read_file(posix_file_system(), other.file(other.at(0.8))).value();
  REQUIRE(write_snapshot(posix_file_system(), home.directory(), other.at(0.8), bytes));
  auto start = home.begin();
  REQUIRE(start.has_value());
  CHECK(start->snapshot == home.at(0.5));
  REQUIRE(start->warnings.size() == 1);
}

TEST_CASE("a snapshot beyond the journal's end is dropped before anything is appended") {
  snapshot_home home{3};
  home.make_some({0.5});
  auto bytes = read_file(posix_file_system(), home.file(home.at(0.5))).value();
  REQUIRE(write_snapshot(posix_file_system(), home.directory(), home.ends.back() + 5, bytes));
  std::ofstream{home.file(7).string() + ".tmp"} << "half";
  auto log = home.open(posix_file_system());
  CHECK(snapshot_shelf{*log}.drop_what_never_was().value() == 1);
  CHECK(snapshots_in(home.directory()) == std::vector{home.at(0.5)});
  CHECK_FALSE(fs::exists(home.file(7).string() + ".tmp"));
}

TEST_CASE("a slot that writes rows begins with a snapshot without them only where it must") {
  snapshot_home home{5};
  auto made = home.make(home.at(0.6), false);
  REQUIRE(made.has_value());
  CHECK(home.begin(false)->snapshot == home.at(0.6));
  CHECK(home.begin(true)->snapshot == 0);
  auto log = home.open(posix_file_system());
  REQUIRE(log->release(home.at(0.6) - 1).value() > 0);
  auto start = home.begin(true);
  REQUIRE_MESSAGE(start.has_value(), start.error().message);
  CHECK(start->snapshot == home.at(0.6));
  CHECK_FALSE(start->warnings.empty());
}

TEST_CASE("old files go once a snapshot that is old enough has two newer ones before it") {
  snapshot_home home{6};
  auto expected = home.state_at_end();
  auto log = home.open(posix_file_system());
  snapshot_shelf shelf{*log};
  auto tidy = [&](nanoseconds keeps) {
    auto done = shelf.tidy(keeps);
    REQUIRE_MESSAGE(done.has_value(), done.error().message);
  };
  home.make_some({0.2});
  tidy(tenth_of_the_run);
  CHECK(log->first_event() == 1);
  home.make_some({0.25});
  tidy(nanoseconds{0});
  CHECK(log->first_event() == 1);
  home.make_some({0.5});
  tidy(std::chrono::hours{1});
  CHECK(log->first_event() == 1);
  CHECK(snapshots_in(home.directory()).size() == 3);
  tidy(tenth_of_the_run);
  CHECK(log->first_event() > 1);
  CHECK(log->first_event() <= home.at(0.25));
  CHECK(snapshots_in(home.directory()).back() == home.at(0.5));
  home.make_some({0.7, 0.9});
  tidy(tenth_of_the_run);
  CHECK(log->first_event() > home.at(0.25));
  CHECK(log->first_event() <= home.at(0.7));
  log.reset();
  auto verified = verify_journal(home.directory());
  REQUIRE(verified.has_value());
  CHECK(verified->damages.empty());
  CHECK(verified->first_event > 1);
  CHECK((home.state_at_end() == expected));
  CHECK(home.open(posix_file_system())->last_event() == home.ends.back());
}

TEST_CASE("without retention two snapshots are kept, and all files of the journal") {
  snapshot_home home{7};
  auto log = home.open(posix_file_system());
  snapshot_shelf shelf{*log};
  home.make_some({0.1, 0.3, 0.5, 0.7});
  REQUIRE(shelf.tidy(nanoseconds{0}));
  CHECK(snapshots_in(home.directory()) == std::vector{home.at(0.5), home.at(0.7)});
  CHECK(log->first_event() == 1);
}

TEST_CASE("dying anywhere while a snapshot is made and old files go leaves what recovers") {
  std::string expected;
  std::uint64_t calls = UINT64_MAX;
  for (std::uint64_t call = 0; call <= calls; ++call) {
    CAPTURE(call);
    broken_file_system files{call == 0 ? UINT64_MAX : call};
    snapshot_home home{8, files};
    if (call == 0) expected = home.state_at_end();
    {
      // Two that are there already.
      unsynced_file_system sound;
      snapshot_home* made = &home;
      snapshot_maker maker{{.directory = made->directory(),
                            .given = made->given(),
                            .instruments = made->table,
                            .files = &sound}};
      REQUIRE(maker.make(home.at(0.3)));
      REQUIRE(maker.make(home.at(0.5)));
    }
    auto log = journal::open({.directory = home.directory(), .segment_bytes_max = 8 << 10}, files);
    if (log) {
      auto made = home.make(home.at(0.9));
      if (made) static_cast<void>(snapshot_shelf{**log, files}.tidy(tenth_of_the_run));
      if (call == 0) CHECK((*log)->first_event() > 1);
      log->reset();
    }
    if (call == 0) calls = files.calls();
    auto again = home.open(posix_file_system());
    CHECK(again->last_event() == home.ends.back());
    CHECK(snapshot_shelf{*again}.drop_what_never_was());
    again.reset();
    CHECK((home.state_at_end() == expected));
    if (call > 0 && files.calls() > calls) break;
  }
  CHECK(calls > 20);
}

TEST_CASE("of a journal without its first files, what its snapshots know can be asked") {
  snapshot_home home{9};
  home.make_some({0.4, 0.6, 0.9});
  auto whole = read_judged_orders(home.directory());
  REQUIRE(whole.has_value());
  CHECK(whole->known_after == 0);
  auto limits = read_limits_in_force(home.directory(), {});
  auto log = home.open(posix_file_system());
  REQUIRE(log->release(home.at(0.4) - 1).value() > 0);
  auto left = read_judged_orders(home.directory());
  REQUIRE_MESSAGE(left.has_value(), left.error().message);
  CHECK(left->known_after == home.at(0.4));
  CHECK(left->events == whole->events);
  auto later =
      std::ranges::count_if(whole->orders, [&](auto& order) { return order.event > home.at(0.4); });
  CHECK(left->orders.size() == static_cast<std::size_t>(later));
  CHECK(read_limits_in_force(home.directory(), {})->scopes == limits->scopes);
  auto oldest = find_oldest_snapshot(home.directory());
  REQUIRE(oldest.has_value());
  std::uint64_t told = 0;
  auto replayed =
      replay_journal(home.directory(), *oldest->trading,
                     {.before = [&](auto&) { ++told; }, .after = nullptr, .mark = nullptr}, "one");
  REQUIRE_MESSAGE(replayed.has_value(), replayed.error().message);
  CHECK(told > 0);
  CHECK(oldest->trading->last_event() == home.ends.back());
}

TEST_CASE("a ledger that is made again keeps the rows that the journal does not tell any more") {
  snapshot_home home{10};
  home.make_some({0.4, 0.6, 0.9});
  auto configuration = given_first(home.directory());
  journal_origin origin{home.directory(), configuration.settings, configuration.universe, "one"};
  log_directory where;
  auto file = ledger_path(where.log(), "exec-0");
  auto rebuild = [&](const fs::path& to) {
    auto ledger = open_ledger({.file = to, .run_identity = 7});
    ledger_rebuild rebuilt{origin};
    auto kept = rebuilt.begin();
    REQUIRE_MESSAGE(kept.has_value(), kept.error().message);
    REQUIRE(ledger->begin_anew(*kept));
    auto last = rebuilt.advance(*ledger, UINT64_MAX, UINT64_MAX);
    REQUIRE_MESSAGE(last.has_value(), last.error().message);
    REQUIRE(ledger->commit(*last, rebuilt.universe()));
    return ledger_contents(to);
  };
  auto whole = rebuild(file);
  auto log = home.open(posix_file_system());
  REQUIRE(log->release(home.at(0.4) - 1).value() > 0);
  CHECK(first_difference(rebuild(file), whole) == "");
  // One that is lost has at least what the snapshot has of the time before.
  auto anew = rebuild(ledger_path(where.log(), "exec-1"));
  auto lines = [](const std::string& text) { return std::ranges::count(text, '\n'); };
  CHECK(lines(anew) == lines(whole));
}

} // namespace tickmesh::snapshot_files_test
