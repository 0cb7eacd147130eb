// The owner of a calculation slot and its replica when their states differ, or may seem to: who
// differs begins again, and a symbol in quarantine on both is no difference.
#include "tests/support/shadow_bench.hpp"

namespace tickmesh::calc_divergence_test {

using namespace shadow_bench_parts;

TEST_CASE("a replica whose state differs is told so, is not in sync, and begins again") {
  std::uint64_t in_sync_before = 0, told_at_once = 0;
  for_each_seed(60, [&](std::uint64_t seed) {
    bool is_owners = seed % 3 == 0; // whoever is wrong, the owner goes on
    symbol_id symbol{static_cast<std::uint32_t>(seed % symbol_count)};
    std::function<void()> corrupt;
    auto probe = [&](const tick& t) {
      bool is_due = t.symbol == symbol && t.number.value == 10 + seed;
      if (is_due) corrupt();
    };
    shadow_bench bench{seed, is_owners ? probe : shadow_bench::probe{},
                       is_owners ? shadow_bench::probe{} : probe};
    corrupt = [&] { bench.corrupt(is_owners ? bench.owner : bench.shadow, symbol); };
    bench.fixture.run();
    auto& said = bench.owner_notes->replicas;
    auto& owner = bench.state_of(bench.owner);
    if (owner.report.counts.contains(divergences_count) && !said.empty()) {
      CHECK_FALSE(said.back().in_sync); // at once
      ++told_at_once;
    }
    bench.fixture.pass(std::chrono::seconds{2}); // a replica that was last speaks within a second
    auto name = "its state of sym" + std::to_string(symbol.value) + " after tick ";
    REQUIRE(!bench.shadow_notes->failures.empty());
    CHECK(bench.shadow_notes->begins_again == bench.shadow_notes->failures.size());
    for (auto& reason : bench.shadow_notes->failures)
      CHECK_MESSAGE(reason.starts_with(name), reason);
    CHECK(bench.owner_notes->failures.empty());
    if (!said.empty()) {
      ++in_sync_before;
      REQUIRE(said.size() == 2);
      CHECK(said[0].in_sync);
      CHECK_FALSE(said[1].in_sync);
    }
    CHECK(owner.report.counts.at(divergences_count) == 1);
    CHECK(bench.owner_notes->finished == 1); // it waits for nobody
    if (!is_owners) bench.check_signals();
  });
  CHECK(in_sync_before > 10);
  CHECK(told_at_once > 10);
}

TEST_CASE("a symbol in quarantine is so on the replica, too, whoever takes over and when") {
  std::uint64_t in_the_middle = 0;
  for_each_seed(100, [&](std::uint64_t seed) {
    std::map<std::uint32_t, std::uint64_t> poison{{seed % symbol_count, 30 + seed}};
    auto crash = [&](const tick& t) {
      auto found = poison.find(t.symbol.value);
      if (found != poison.end() && found->second == t.number.value)
        throw std::runtime_error{"poison"};
    };
    auto due = calculate(market(), small_market_symbols(symbol_count), small_strategies(), poison);
    shadow_bench bench{seed, crash, crash};
    auto wanted = bench.random() % (due.signals.size() + 1);
    bench.fixture.run_until([&] { return bench.taken().taken.size() >= wanted; },
                            std::chrono::seconds{1});
    if (seed % 4 != 0) bench.take_over();
    bench.fixture.run();
    bench.fixture.pass(std::chrono::seconds{2});
    bench.check_everything_came(due);
    CHECK(bench.state_of(bench.shadow).crashes.quarantined() == 1);
    CHECK(bench.state_of(bench.shadow).report.counts.at(signals_count) == due.signals.size());
    if (seed % 4 == 0) {
      auto& owner = bench.state_of(bench.owner);
      CHECK(owner.digests->compared() >= 3 * symbol_count);
      CHECK(!owner.report.counts.contains(divergences_count));
    }
    if (wanted > 10 && wanted + 10 < due.signals.size()) ++in_the_middle;
  });
  CHECK(in_the_middle > 50);
}

TEST_CASE("a symbol in quarantine on one side alone makes the replica begin again") {
  for_each_seed(20, [&](std::uint64_t seed) {
    symbol_id symbol{static_cast<std::uint32_t>(seed % symbol_count)};
    auto crash = [&](const tick& t) {
      if (t.symbol == symbol && t.number.value == 40 + seed) throw std::runtime_error{"poison"};
    };
    bool is_owners = seed % 2 == 0;
    shadow_bench bench{seed, is_owners ? crash : shadow_bench::probe{},
                       is_owners ? shadow_bench::probe{} : crash};
    bench.fixture.run();
    bench.fixture.pass(std::chrono::seconds{2});
    REQUIRE(!bench.shadow_notes->failures.empty());
    CHECK(bench.shadow_notes->begins_again == bench.shadow_notes->failures.size());
    CHECK(bench.owner_notes->failures.empty());
    CHECK(bench.state_of(bench.owner).report.counts.at(divergences_count) == 1);
  });
}

TEST_CASE("a replica that has become the owner does not begin again on its owner's late word") {
  shadow_bench bench{3};
  bench.fixture.run_until([&] { return bench.taken().taken.size() >= 50; },
                          std::chrono::seconds{1});
  bench.take_over();
  caf::anon_send(bench.shadow, shadow_refusal{0, replica_since.value, "late"});
  bench.fixture.run();
  bench.check_everything_came();
}

TEST_CASE("a replica that begins again is not compared with what the one before it said") {
  shadow_bench bench{5};
  for (auto& from : bench.data)
    bench.fixture.freeze(from);
  bench.fixture.run();
  symbol_digest wrong{{0, first_data_epoch.value, 1, 32}, 1};
  caf::anon_send(
      bench.owner,
      shadow_state{"shadow", replica_since.value, {0, small_market_epoch.value, {}, 0}, {wrong}});
  bench.fixture.run();
  auto next = std::make_shared<cluster_view>(*bench.view_of("owner", small_market_epoch, true));
  next->number = next_owner_since;
  for (auto& slot : next->slots)
    for (auto& replica : slot.replicas)
      replica.since = next_owner_since;
  for (auto& slot : {bench.owner, bench.shadow})
    caf::anon_send(slot, view_changed{next});
  bench.fixture.pass(std::chrono::seconds{2});
  for (auto& from : bench.data)
    bench.fixture.thaw(from);
  bench.fixture.run();
  bench.fixture.pass(std::chrono::seconds{2});
  bench.check_everything_came();
  auto& owner = bench.state_of(bench.owner);
  CHECK(owner.shadow->since == next_owner_since);
  CHECK(owner.digests->compared() >= 3 * symbol_count);
  CHECK(!owner.report.counts.contains(divergences_count));
}

TEST_CASE("a refusal of another replica is not heard") {
  shadow_bench bench{4};
  caf::anon_send(bench.shadow, shadow_refusal{0, replica_since.value - 1, "of an older one"});
  caf::anon_send(bench.shadow, shadow_refusal{1, replica_since.value, "of another slot"});
  bench.fixture.run();
  bench.check_everything_came();
}

} // namespace tickmesh::calc_divergence_test
