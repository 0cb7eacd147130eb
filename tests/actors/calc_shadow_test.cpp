// The replica of a calculation slot beside its owner, between data slots and an execution slot that
// the test plays: whenever the owner is gone, nothing is lost, and each signal counts once.
#include "tests/support/shadow_bench.hpp"

namespace tickmesh::calc_shadow_test {

using namespace shadow_bench_parts;

TEST_CASE("a replica sends nothing, forgets what execution is done with, and is in sync") {
  for_each_seed(20, [](std::uint64_t seed) {
    shadow_bench bench{seed};
    bench.fixture.run();
    bench.check_everything_came();
    CHECK(bench.taken().repeats == 0);
    CHECK(bench.owner_notes->finished == 1);
    CHECK(bench.shadow_notes->ready == 0);
    CHECK(bench.shadow_notes->finished == 0);
    auto& said = bench.owner_notes->replicas;
    REQUIRE(said.size() == 1);
    CHECK(said[0].host_id == "shadow");
    CHECK(said[0].in_sync);
    CHECK(said[0].since == replica_since);
    CHECK(bench.state_of(bench.owner).digests->compared() >= 3 * symbol_count);
    CHECK(!bench.state_of(bench.owner).report.counts.contains(divergences_count));
    auto& own = bench.state_of(bench.owner);
    auto& copy = bench.state_of(bench.shadow);
    CHECK(copy.outbox->position() == own.outbox->position());
    CHECK(copy.outbox->size() == 0);
    CHECK(bench.shadow_files->sorted_rows("factors") == bench.owner_files->sorted_rows("factors"));
    CHECK(bench.shadow_files->sorted_rows("signals") == bench.owner_files->sorted_rows("signals"));
  });
}

TEST_CASE(
    "a replica that takes over at any moment loses no signal, and execution takes each once") {
  std::uint64_t in_the_middle = 0, repeats = 0;
  for_each_seed(200, [&](std::uint64_t seed) {
    shadow_bench bench{seed};
    auto wanted = bench.random() % (expected().signals.size() + 1);
    bench.fixture.run_until([&] { return bench.taken().taken.size() >= wanted; },
                            std::chrono::seconds{1});
    bench.take_over();
    bench.fixture.run();
    bench.check_everything_came();
    CHECK(bench.shadow_notes->ready == 1);
    CHECK(bench.shadow_notes->finished == 1);
    auto& state = bench.state_of(bench.shadow);
    CHECK(state.report.counts.at(signals_count) == expected().signals.size());
    CHECK(state.report.counts.at(factors_count) == expected().factors);
    if (wanted > 10 && wanted + 10 < expected().signals.size()) ++in_the_middle;
    repeats += bench.taken().repeats;
  });
  CHECK(in_the_middle > 100);
  CHECK(repeats > 0); // some were on the way, or their acknowledgement was
}

} // namespace tickmesh::calc_shadow_test
