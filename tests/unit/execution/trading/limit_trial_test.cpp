// Other limits on the orders of a journal, and what a journal says to those who ask.
#include "actors/execution/trading/limit_trial.hpp"

#include "actors/execution/recovery/journal_replay.hpp"
#include "actors/execution/trading/trading_state.hpp"
#include "tests/support/order_journal.hpp"
#include "tests/support/risk_desk.hpp"

#include <algorithm>
#include <set>

namespace tickmesh::limit_trial_test {

using namespace random_trading;

namespace {

std::map<std::int32_t, trial_day> try_limits(const order_journal& journal,
                                             const execution_settings& settings,
                                             const std::vector<limit_scope>& limits) {
  trading_state trading{settings, universe(), false};
  limit_trial trial{trading, limits, settings.account};
  auto done = replay_journal(
      journal.directory(), trading,
      {.before = [&trial](auto& event) { trial.before(event); },
       .after = [&trial](auto& event, auto& decided) { trial.after(event, decided); },
       .mark = nullptr});
  REQUIRE_MESSAGE(done.has_value(), done.error().message);
  return trial.days();
}

/// price x volume x multiplier in 1e-8, by hand.
int128 value_of(const order_row& row) {
  auto multiplier = (row.symbol.value % 3 + 1) * 5;
  return int128{row.limit.value} * row.volume.value / unit * multiplier;
}

} // namespace

TEST_CASE("the limits that were there change nothing") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    auto settings = fully_limited(seed);
    order_journal journal{settings, seed};
    auto days = try_limits(journal, settings, settings.all_limits());
    REQUIRE(days.size() == 2); // the market has two
    trial_day::counts before{};
    for (auto& [day, trial] : days) {
      CHECK(trial.changes.empty());
      CHECK(trial.before == trial.after);
      for (std::size_t v = 0; v < before.size(); ++v)
        before[v] += trial.before[v];
    }
    CHECK(before == journal.totals.by_verdict);
    auto kinds = std::ranges::count_if(before, [](auto n) { return n > 0; });
    CHECK(kinds >= 6); // or the test tries too little
  }
}

TEST_CASE("an order is judged at its own time, not at that of the event before") {
  namespace desk = risk_desk;
  auto settings = desk::open_settings();
  settings.limits.orders_per_second_max = 1;
  settings.limits.signal_age_max = std::chrono::milliseconds{10};
  trading_state trading{settings, desk::universe(), false};
  limit_trial trial{trading, settings.all_limits(), settings.account};
  std::uint64_t number = 0;
  auto ask = [&](timestamp t, timestamp signal_time) {
    sequenced_event event{++number, t,
                          signal{.name = {.last_tick = sequence{number}},
                                 .effective_time = signal_time,
                                 .direction = 1,
                                 .volume = desk::lots(1),
                                 .limit = desk::at(100)}};
    std::vector<venue_command> commands;
    batch_decisions decided;
    trial.before(event);
    trading.apply(event, commands);
    decided.verdicts.push_back({0, trading.verdicts().at(0)});
    trial.after(event, decided);
    return decided.verdicts[0].verdict.risk.outcome;
  };
  CHECK(ask(desk::ms(1), desk::ms(1)) == verdict::approved);
  CHECK(ask(desk::ms(1001), desk::ms(1001)) == verdict::approved); // a second is over
  CHECK(ask(desk::ms(2000), desk::ms(2000)) == verdict::order_rate_exceeded);
  CHECK(ask(desk::ms(2100), desk::ms(2080)) == verdict::expired);
  for (auto& [day, judged] : trial.days()) {
    CHECK(judged.orders == 4);
    CHECK(judged.changes.empty());
  }
  CHECK(trial.days().size() == 1);
}

TEST_CASE("a lower order value blocks the approved orders above it, and no other") {
  constexpr int128 lower = int128{3000} * unit;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    auto settings = settings_of(seed, odd_delay);
    order_journal journal{settings, seed};
    auto limits = settings.all_limits();
    limits[0].limits.order_value_max = money{lower};
    std::set<order_id> expected, blocked;
    for (auto& [id, row] : journal.orders)
      if (row.outcome == verdict::approved && value_of(row) > lower) expected.insert(id);
    for (auto& [day, trial] : try_limits(journal, settings, limits))
      for (auto& change : trial.changes) {
        CHECK(change.after.outcome == verdict::order_value_exceeded);
        CHECK(change.after.usage == value_of(journal.orders.at(change.order.id)));
        CHECK(change.after.limit == lower);
        CHECK(change.scope_after == "global");
        CHECK(change.event == journal.orders.at(change.order.id).created_event);
        if (change.was_approved())
          blocked.insert(change.order.id);
        else // by a rule that comes behind
          CHECK(change.before.outcome > verdict::order_value_exceeded);
      }
    CHECK(blocked == expected);
    CHECK(blocked.size() > 20);
  }
}

TEST_CASE("a limit that is lifted approves what it alone refused, and others still refuse") {
  auto settings = settings_of(3, odd_delay);
  order_journal journal{settings, 3};
  auto limits = settings.all_limits();
  limits[0].limits.order_value_max.reset();
  std::uint64_t approved = 0, still_refused = 0;
  for (auto& [day, trial] : try_limits(journal, settings, limits))
    for (auto& change : trial.changes) {
      CHECK(change.before.outcome == verdict::order_value_exceeded);
      CHECK(change.scope_before == "global");
      if (change.would_be_approved())
        ++approved;
      else
        ++still_refused;
    }
  auto was = journal.totals.by_verdict[static_cast<std::size_t>(verdict::order_value_exceeded)];
  CHECK(approved + still_refused == was);
  CHECK(approved > 0);
}

TEST_CASE("a journal is replayed with the settings that it says, whatever others are given") {
  auto settings = settings_of(5, odd_delay);
  order_journal journal{settings, 5};
  settings.limits.position_max = quantity{3 * unit};
  trading_state trading{settings, universe(), false};
  auto done = replay_journal(journal.directory(), trading, {});
  REQUIRE_MESSAGE(done.has_value(), done.error().message);
  CHECK(trading.positions() == journal.positions);
}

TEST_CASE("a journal whose first events are gone says so") {
  auto settings = settings_of(5, odd_delay);
  order_journal journal{settings, 5};
  std::filesystem::remove(journal.directory() / journal_file_name(1));
  auto contents = read_judged_orders(journal.directory());
  REQUIRE_FALSE(contents.has_value());
  CHECK(contents.error().message.find("not kept any more") != std::string::npos);
}

TEST_CASE("only the event of a signal is one") {
  auto settings = settings_of(5, odd_delay);
  order_journal journal{settings, 5};
  auto contents = read_judged_orders(journal.directory());
  REQUIRE(contents.has_value());
  REQUIRE(!contents->orders.empty());
  CHECK(read_signal(journal.directory(), contents->orders.front().event).has_value());
  CHECK_FALSE(read_signal(journal.directory(), 1).has_value());
  CHECK_FALSE(read_signal(journal.directory(), contents->events + 1).has_value());
}

} // namespace tickmesh::limit_trial_test
