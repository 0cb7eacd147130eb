// What the keeper is told to do: plainly, and with a keeper that is slow, fails and comes back.
#include "actors/execution/ledger/ledger_feed.hpp"
#include "tests/support/ledger_contents.hpp"

#include <random>

namespace tickmesh::ledger_feed_test {

namespace {

constexpr std::uint64_t identity = 9;

/// Does what a feed says, as the keeper does, at a time and with a luck of its own.
class slow_keeper {
public:
  slow_keeper(traded_market& market, std::uint64_t seed) : market_(market), random_(seed) {}

  void take(ledger_task task) {
    REQUIRE(!task_); // one at a time
    task_ = std::move(task);
  }
  bool is_busy() const { return task_.has_value(); }

  /// Does the task; false when it failed, which it does once in `failures` times.
  bool work(std::uint64_t failures) {
    auto task = std::exchange(task_, std::nullopt);
    REQUIRE(task);
    if (!ledger) ledger = open_ledger({.file = file, .run_identity = identity});
    if (failures != 0 && random_() % failures == 0) {
      ledger.reset();
      rebuild_.reset();
      return false;
    }
    if (auto* rows = std::get_if<write_ledger>(&*task)) {
      held_max = std::max(held_max, rows->changes.size());
      REQUIRE(ledger->write(rows->changes, market_.origin.universe));
      rebuild_.reset();
      return true;
    }
    ++rebuilds;
    bool goes_on = rebuild_ && rebuild_->last_event() == ledger->last_event();
    if (!goes_on) rebuild_.emplace(market_.origin);
    REQUIRE((goes_on ? ledger->begin() : ledger->begin_anew()));
    auto through = std::get<rebuild_ledger>(*task).through;
    auto done = rebuild_->advance(*ledger, through, UINT64_MAX);
    REQUIRE_MESSAGE(done, done.error().message);
    REQUIRE(*done == through);
    REQUIRE(ledger->commit(through, market_.origin.universe));
    return true;
  }

  log_directory directory;
  std::filesystem::path file = ledger_path(directory.log(), "exec-0");
  std::unique_ptr<trading_ledger> ledger;
  std::uint64_t rebuilds = 0;
  std::size_t held_max = 0; ///< rows in one write

private:
  traded_market& market_;
  std::mt19937_64 random_;
  std::optional<ledger_task> task_;
  std::optional<ledger_rebuild> rebuild_;
};

} // namespace

TEST_CASE("whatever the keeper's pace and failures, the ledger ends as the journal makes it") {
  std::uint64_t overflows = 0, failures = 0, pushed = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    traded_market market{seed % 5 + 1};
    trading_state state{market.origin.settings, market.origin.universe, false};
    std::mt19937_64 random{seed};
    std::uint64_t rows_held_max = 1 + random() % 200;
    auto pace = 1 + random() % 60;
    auto luck = seed % 3 == 0 ? 4 + random() % 10 : 0;
    slow_keeper keeper{market, seed};
    ledger_feed feed{state, rows_held_max};
    auto step = [&] {
      if (auto task = feed.next()) keeper.take(std::move(*task));
    };
    step();
    market.trade(state, [&] {
      step();
      CHECK(state.changes_kept() <= rows_held_max);
      if (!keeper.is_busy() || random() % pace != 0) return;
      feed.answered(keeper.work(luck));
      step();
    });
    feed.finish();
    step();
    while (!feed.is_done()) {
      REQUIRE(keeper.is_busy());
      feed.answered(keeper.work(0));
      step();
    }
    CHECK(feed.is_complete());
    CHECK(keeper.held_max <= rows_held_max + random_trading::symbol_count * 3);
    CHECK(first_difference(ledger_contents(keeper.file),
                           rebuilt_contents(market.origin, identity, UINT64_MAX, true)) == "");
    overflows += feed.counts().overflows;
    failures += feed.counts().failures;
    pushed += feed.counts().rows;
  }
  CHECK(overflows > 20);
  CHECK(failures > 20);
  CHECK(pushed > 5'000);
}

TEST_CASE("a keeper that keeps up is sent rows alone, and one that is behind is told so once") {
  traded_market market{2};
  trading_state state{market.origin.settings, market.origin.universe, false};
  slow_keeper keeper{market, 1};
  ledger_feed feed{state, 10'000};
  market.trade(state, [&] {
    while (auto task = feed.next()) {
      keeper.take(std::move(*task));
      feed.answered(keeper.work(0));
      CHECK(feed.take_outcome() == ledger_feed::outcome::none);
    }
  });
  CHECK(keeper.rebuilds == 1); // the first task
  CHECK(feed.counts().overflows == 0);
  CHECK(feed.counts().rows > 500);

  traded_market other{2};
  trading_state crowded{other.origin.settings, other.origin.universe, false};
  slow_keeper stuck{other, 1};
  ledger_feed told{crowded, 5};
  int overflows = 0, others = 0;
  other.trade(crowded, [&] {
    if (auto task = told.next()) stuck.take(std::move(*task)); // and never does it
    auto outcome = told.take_outcome();
    overflows += outcome == ledger_feed::outcome::overflow ? 1 : 0;
    others += outcome == ledger_feed::outcome::caught_up ? 1 : 0;
    CHECK(crowded.changes_kept() <= 5);
  });
  CHECK(overflows == 1);
  CHECK(others == 0);
}

TEST_CASE("a keeper that fails after the end, or is gone, is not waited for") {
  traded_market market{1};
  for (bool is_gone : {false, true}) {
    trading_state state{market.origin.settings, market.origin.universe, false};
    ledger_feed feed{state, 100};
    REQUIRE(feed.next());
    feed.finish();
    CHECK_FALSE(feed.is_done());
    if (is_gone)
      feed.lost();
    else
      feed.answered(false);
    CHECK(feed.is_done());
    CHECK_FALSE(feed.is_complete());
    CHECK_FALSE(feed.next());
    CHECK_FALSE(feed.leave());
  }
}

} // namespace tickmesh::ledger_feed_test
