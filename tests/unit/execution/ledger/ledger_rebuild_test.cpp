// The ledger is what its journal says: kept while trading or made again, and in its sums.
#include "tests/support/ledger_contents.hpp"

#include <fmt/format.h>

#include <random>

namespace tickmesh::ledger_rebuild_test {

namespace {

constexpr std::uint64_t identity = 7;

struct ledger_home {
  log_directory directory;
  trading_ledger_options options{.file = ledger_path(directory.log(), "exec-0"),
                                 .run_identity = identity};
};

} // namespace

TEST_CASE("a ledger that is kept while trading is the one that its journal makes, row by row") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    traded_market market{seed};
    ledger_home home;
    auto ledger = open_ledger(home.options);
    trading_state state{market.origin.settings, market.origin.universe, seed % 2 == 0};
    state.keep_changes(true);
    std::mt19937_64 random{seed};
    std::string at_middle;
    std::uint64_t middle = 0;
    market.trade(state, [&] {
      if (random() % 5 != 0) return;
      REQUIRE(ledger->write(state.take_changes(), market.origin.universe));
      if (middle == 0 && random() % 10 == 0) {
        middle = ledger->last_event();
        at_middle = ledger_contents(home.options.file);
      }
    });
    REQUIRE(middle > 0);
    CHECK(first_difference(rebuilt_contents(market.origin, identity, middle), at_middle) == "");
    state.note_all_positions();
    REQUIRE(ledger->write(state.take_changes(), market.origin.universe));
    auto contents = ledger_contents(home.options.file);
    CHECK(contents.size() > 50'000);
    CHECK(first_difference(rebuilt_contents(market.origin, identity, UINT64_MAX, true), contents) ==
          "");
  }
}

TEST_CASE("a rebuild in pieces, gone on with later, is a rebuild at once") {
  traded_market market{3};
  trading_state state{market.origin.settings, market.origin.universe, false};
  market.trade(state, [] {});
  ledger_home home;
  auto ledger = open_ledger(home.options);
  ledger_rebuild rebuild{market.origin};
  std::mt19937_64 random{3};
  REQUIRE(ledger->begin_anew());
  for (std::uint64_t last = 0; last < state.last_event();) {
    auto through = std::min(last + 1 + random() % 500, state.last_event());
    auto done = rebuild.advance(*ledger, through, 1 + random() % 100);
    REQUIRE_MESSAGE(done, done.error().message);
    last = *done;
    if (random() % 3 != 0) continue;
    REQUIRE(ledger->commit(last, market.origin.universe));
    REQUIRE(ledger->begin());
  }
  REQUIRE(ledger->commit(state.last_event(), market.origin.universe));
  CHECK(first_difference(ledger_contents(home.options.file),
                         rebuilt_contents(market.origin, identity)) == "");
  CHECK(*rebuild.advance(*ledger, UINT64_MAX, 100) == state.last_event()); // the journal's end
}

TEST_CASE("a rebuild goes by the settings that the journal says, whatever others are given") {
  traded_market market{4};
  trading_state state{market.origin.settings, market.origin.universe, false};
  market.trade(state, [] {});
  auto origin = market.origin;
  origin.settings.limits.position_max = quantity{1};
  origin.settings.account = "other";
  origin.universe.symbols.clear();
  origin.universe.instruments.clear();
  ledger_home home;
  auto ledger = open_ledger(home.options);
  REQUIRE(ledger->begin_anew());
  ledger_rebuild rebuild{origin};
  auto done = rebuild.advance(*ledger, UINT64_MAX, UINT64_MAX);
  REQUIRE_MESSAGE(done, done.error().message);
  REQUIRE(ledger->commit(*done, rebuild.universe()));
  CHECK(first_difference(ledger_contents(home.options.file),
                         rebuilt_contents(market.origin, identity)) == "");
}

TEST_CASE("positions go on under another name of the account, each once") {
  traded_market market{5};
  trading_state state{market.origin.settings, market.origin.universe, false};
  state.keep_changes(true);
  market.trade(state, [] {});
  state.note_all_positions();
  ledger_home home;
  auto ledger = open_ledger(home.options);
  REQUIRE(ledger->write(state.take_changes(), market.origin.universe));
  auto ask = [&](const char* query) { return query_rows(home.options.file, query); };
  auto before = ask("SELECT count(*) FROM positions");
  auto renamed = market.origin.universe;
  renamed.account = "other";
  state.note_all_positions();
  auto changes = state.take_changes();
  changes.positions.erase(changes.positions.begin());
  REQUIRE(ledger->write(changes, renamed));
  CHECK(ask("SELECT count(*) FROM positions WHERE account = 'other'") == before);
  CHECK(ask("SELECT count(*) FROM positions") == before);
}

TEST_CASE("sums in SQL are the sums of trading, to the last 1e-8") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    traded_market market{seed};
    trading_state state{market.origin.settings, market.origin.universe, false};
    state.keep_changes(true);
    market.trade(state, [] {});
    state.note_all_positions();
    ledger_home home;
    auto ledger = open_ledger(home.options);
    REQUIRE(ledger->write(state.take_changes(), market.origin.universe));
    auto ask = [&](std::string_view query) { return query_rows(home.options.file, query); };
    CHECK(ask("SELECT typeof(sum(realised_e8)), typeof(sum(fees_e8)) FROM positions") ==
          "integer,integer\n");
    // Positions are the fills, one by one.
    CHECK(ask("SELECT count(*) FROM positions").size() > 1);
    CHECK(ask("SELECT symbol, strategy FROM positions LEFT JOIN (SELECT symbol AS s, strategy AS x,"
              " sum(iif(side = 'BUY', volume_e8, -volume_e8)) AS net FROM fills GROUP BY 1, 2) "
              "ON s = symbol AND x = strategy WHERE net IS NOT quantity_e8") == "");
    // Orders are filled by their fills.
    CHECK(ask("SELECT order_id FROM orders LEFT JOIN (SELECT order_id AS id, sum(volume_e8) AS v "
              "FROM fills GROUP BY 1) ON id = order_id WHERE ifnull(v, 0) <> filled_e8") == "");
    auto totals = state.totals();
    CHECK(ask("SELECT count(*) FROM fills") == fmt::format("{}\n", totals.fills));
    money realised{}, fees{};
    for (auto& row : state.positions()) {
      realised += row.realised;
      fees += row.fees;
    }
    CHECK(fees.value != 0);
    CHECK(fees.value % decimal_scale != 0);
    CHECK(fees == totals.fees);
    CHECK(ask("SELECT sum(realised_e8), sum(fees_e8), sum(realised_net_e8) FROM positions") ==
          fmt::format("{},{},{}\n", realised.value, fees.value, (realised - fees).value));
    for (std::size_t i = 0; i < order_status_names.size(); ++i)
      CHECK(ask(fmt::format("SELECT count(*) FROM orders WHERE status = '{}'",
                            order_status_names[i])) == fmt::format("{}\n", totals.by_status[i]));
    for (std::size_t i = 0; i < verdict_names.size(); ++i)
      CHECK(ask(fmt::format("SELECT count(*) FROM orders WHERE verdict = '{}'",
                            verdict_names[i])) == fmt::format("{}\n", totals.by_verdict[i]));
  }
}

} // namespace tickmesh::ledger_rebuild_test
