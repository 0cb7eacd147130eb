// An execution slot that keeps a ledger: overflows, disks that fail, and lives that end at any
// moment, on a virtual clock and with the order of messages drawn from seeds.
#include "actors/execution/journal/slot_journal.hpp"
#include "actors/execution/ledger/ledger_sender.hpp"
#include "tests/support/exec_bench.hpp"
#include "tests/support/ledger_contents.hpp"

#include <doctest/doctest.h>

#include <fstream>

namespace tickmesh::ledger_test {

using namespace exec_benches;

namespace {

caf::actor start_ledger_keeper_here(caf::event_based_actor* parent, ledger_keeper_options options) {
  return parent->spawn(ledger_keeper, std::move(options));
}

execution_settings settings_with(std::uint64_t rows_held_max) {
  auto out = exec_settings();
  out.ledger.rows_held_max = rows_held_max;
  return out;
}

/// A slot with a ledger below `state`.
struct ledger_bench {
  explicit ledger_bench(std::uint64_t seed, std::uint64_t rows_held_max = 10'000,
                        ledger_keeper_starter start = start_ledger_keeper_here)
      : rows_held_max_(rows_held_max), start_(std::move(start)) {
    begin_life(seed);
  }

  void begin_life(std::uint64_t seed) {
    bench.reset();
    bench.emplace(seed, nullptr, settings_with(rows_held_max_), state.path(), start_);
  }

  /// Trades to the end, while time passes.
  void trade() {
    bench->fixture.let_time_pass_while_working(5, std::chrono::milliseconds{1});
    bench->feed_all();
    bench->fixture.pass(std::chrono::seconds{1} + ledger_settings{}.retry_interval);
  }

  /// Everything, but only the first half of one link's frames, which the merge then waits for.
  void feed_half() {
    bench->feed({role::data, 0});
    bench->feed({role::data, 1});
    bench->feed({role::calc, 0});
    auto& all = bench->frames[halved_];
    feed_frames({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2)});
  }
  void feed_rest() {
    auto& all = bench->frames[halved_];
    feed_frames({all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end()});
  }

  std::filesystem::path host_state() const { return state.path() / host_settings{}.id; }
  std::filesystem::path file() const { return ledger_path(host_state(), "exec-0"); }
  std::filesystem::path journal() const { return host_state() / "journal" / "exec-0"; }
  std::uint64_t count(const char* name) const { return bench->events->finished[0].counts.at(name); }

  /// What the journal says that the ledger must hold.
  std::string expected(std::uint64_t through = UINT64_MAX) const {
    journal_origin origin{journal(), settings_with(rows_held_max_),
                          make_trading_universe(small_market_instruments(),
                                                small_market_symbols(symbol_count),
                                                strategy_names())};
    origin.universe.account = origin.settings.account;
    auto identity = journal_run{0, origin.universe.symbols}.identity();
    return rebuilt_contents(origin, identity, through, has_journal_ended(journal()));
  }

  temporary_directory state;
  std::optional<exec_bench> bench;

private:
  void feed_frames(std::vector<link_frame> some) {
    caf::anon_send(bench->feeders[halved_], send_frames{bench->slot, std::move(some)});
  }

  static constexpr slot_name halved_{role::calc, 1};
  std::uint64_t rows_held_max_;
  ledger_keeper_starter start_;
};

} // namespace

TEST_CASE("a slot's ledger has at the end what its journal says, and the results are the same") {
  ledger_bench ledger{1};
  ledger.trade();
  ledger.bench->check_everything_came();
  CHECK(first_difference(ledger_contents(ledger.file()), ledger.expected()) == "");
  CHECK(ledger.count("ledger/overflows") == 0);
  CHECK(ledger.count("ledger/failures") == 0);
  CHECK(ledger.count("ledger/rows") > ledger.count(fills_count));
  CHECK(query_rows(ledger.file(), "SELECT count(*) FROM fills") ==
        std::to_string(ledger.count(fills_count)) + "\n");
}

TEST_CASE("with few rows held, the ledger is made up from the journal, and ends the same") {
  std::uint64_t overflows = 0;
  for_each_seed(20, [&](std::uint64_t seed) {
    ledger_bench ledger{seed, 1 + seed * 3};
    ledger.trade();
    ledger.bench->check_everything_came();
    CHECK(first_difference(ledger_contents(ledger.file()), ledger.expected()) == "");
    CHECK(ledger.count("ledger/failures") == 0);
    overflows += ledger.count("ledger/overflows");
  });
  CHECK(overflows >= 20);
}

TEST_CASE("a ledger whose disk fails does not stop trading") {
  ledger_bench ledger{3};
  ledger.bench.reset();
  std::filesystem::remove_all(ledger.file().parent_path());
  std::ofstream{ledger.file().parent_path()} << "in the way";
  ledger.begin_life(3);
  ledger.trade();
  ledger.bench->check_everything_came();
  CHECK(ledger.count("ledger/failures") >= 1);
  CHECK(std::filesystem::is_regular_file(ledger.file().parent_path()));
}

TEST_CASE("a full disk is tried again, and the ledger then made up from the journal") {
  auto pages = std::make_shared<std::uint64_t>(20);
  auto start = [pages](caf::event_based_actor* parent, ledger_keeper_options options) {
    options.ledger.pages_max = *pages;
    return parent->spawn(ledger_keeper, std::move(options));
  };
  ledger_bench ledger{4, 10'000, start};
  ledger.trade();
  ledger.bench->check_everything_came();
  CHECK(ledger.count("ledger/failures") >= 1);
  CHECK(first_difference(ledger_contents(ledger.file()), ledger.expected()) != "");
  *pages = 0;
  std::filesystem::remove(ledger.journal() / "ended"); // it is gone on with
  ledger.begin_life(5);
  ledger.bench->fixture.pass(std::chrono::seconds{1});
  CHECK(first_difference(ledger_contents(ledger.file()), ledger.expected()) == "");
}

TEST_CASE("a disk that works again while trading goes on leaves a ledger without a gap") {
  ledger_bench ledger{6};
  auto& bench = *ledger.bench;
  bench.fixture.pass(std::chrono::milliseconds{100});
  auto directory = ledger.file().parent_path();
  std::filesystem::remove_all(directory); // as a person may do
  std::ofstream{directory} << "in the way";
  ledger.feed_half();
  bench.fixture.pass(std::chrono::seconds{1});
  CHECK(std::filesystem::is_regular_file(directory));
  std::filesystem::remove(directory);
  bench.fixture.pass(2 * ledger_settings{}.retry_interval);
  CHECK(first_difference(ledger_contents(ledger.file()), ledger.expected()) == "");
  ledger.feed_rest();
  bench.fixture.pass(std::chrono::seconds{1});
  bench.check_everything_came();
  CHECK(ledger.count("ledger/failures") >= 1);
  CHECK(first_difference(ledger_contents(ledger.file()), ledger.expected()) == "");
}

TEST_CASE("a keeper that crashes or hangs is not waited for beyond the end's time-out") {
  for (bool hangs : {false, true}) {
    CAPTURE(hangs);
    auto start = [hangs](caf::event_based_actor* parent, const ledger_keeper_options&) {
      return parent->spawn([hangs](caf::event_based_actor* self) -> caf::behavior {
        auto fail = [self, hangs] {
          if (!hangs) self->quit(make_failure("out of memory"));
        };
        return {[fail](const write_ledger&) { fail(); }, [fail](const rebuild_ledger&) { fail(); },
                [self](end_ledger_keeper) { self->quit(); }};
      });
    };
    ledger_bench ledger{7, 100, start};
    ledger.bench->feed_all();
    CHECK(ledger.bench->events->finished.size() == (hangs ? 0 : 1));
    ledger.bench->fixture.pass(ledger_settings{}.end_timeout + std::chrono::seconds{1});
    ledger.bench->check_everything_came();
  }
}

TEST_CASE("lives that end at any moment leave a ledger that the next one makes whole") {
  for_each_seed(15, [](std::uint64_t seed) {
    ledger_bench ledger{seed, seed % 2 == 0 ? std::uint64_t{10'000} : 20};
    for (std::uint64_t life = 1; life <= 3; ++life) {
      auto& bench = *ledger.bench;
      bench.fixture.let_time_pass_while_working(5, std::chrono::milliseconds{1});
      for (auto name : upstream)
        bench.feed(name);
      auto steps = bench.random() % 1'500;
      for (std::uint64_t i = 0; i < steps && bench.fixture.step(); ++i) {
      }
      ledger.begin_life(seed * 10 + life);
    }
    ledger.trade();
    REQUIRE(ledger.bench->events->failures.empty());
    REQUIRE(ledger.bench->events->finished.size() == 1);
    CHECK(ledger.bench->files->rows["orders"] == expected_trades().orders);
    CHECK(first_difference(ledger_contents(ledger.file()), ledger.expected()) == "");
  });
}

TEST_CASE("a slot that is told to stop amid its work leaves nothing that its journal has not") {
  for_each_seed(20, [](std::uint64_t seed) {
    ledger_bench ledger{seed};
    auto& bench = *ledger.bench;
    bench.fixture.let_time_pass_while_working(5, std::chrono::milliseconds{1});
    for (auto name : upstream)
      bench.feed(name);
    auto steps = bench.random() % 1'000;
    for (std::uint64_t i = 0; i < steps && bench.fixture.step(); ++i) {
    }
    ledger.bench.reset();
    if (!std::filesystem::exists(ledger.file())) return;
    auto last = query_rows(ledger.file(), "SELECT last_event FROM progress");
    auto through = last.empty() ? 0 : std::stoull(last);
    if (through == 0) return;
    CHECK(first_difference(ledger_contents(ledger.file()), ledger.expected(through)) == "");
  });
}

TEST_CASE("a slot that stops while rows wait leaves them in its ledger") {
  ledger_bench ledger{9};
  auto& bench = *ledger.bench;
  ledger.feed_half();
  bench.fixture.run(); // without time: the answer to the first write is on its way
  CHECK(first_difference(ledger_contents(ledger.file()), ledger.expected()) != "");
  ledger.bench.reset();
  CHECK(query_rows(ledger.file(), "SELECT count(*) FROM fills") != "0\n");
  CHECK(first_difference(ledger_contents(ledger.file()), ledger.expected()) == "");
}

TEST_CASE("a run with a journal of its own empties the ledger of the run before") {
  ledger_bench ledger{11};
  ledger.trade();
  CHECK(query_rows(ledger.file(), "SELECT count(*) FROM orders") != "0\n");
  ledger.begin_life(12);
  ledger.bench->fixture.pass(std::chrono::milliseconds{100});
  CHECK(query_rows(ledger.file(), "SELECT count(*) FROM orders") == "0\n");
  CHECK(query_rows(ledger.file(), "SELECT last_event FROM progress") == "0\n");
}

} // namespace tickmesh::ledger_test
