// Which broker an order goes to, whatever the brokers do.
#include "actors/execution/orders/order_router.hpp"

#include <doctest/doctest.h>

#include <random>

namespace tickmesh::order_router_test {
using std::chrono::seconds;

namespace {

constexpr broker_id primary{0}, backup{1};
constexpr timestamp at(std::int64_t s) {
  return timestamp{seconds{s}};
}

order_router make_router() {
  return order_router{
      {.preference = {primary, backup}, .failover_threshold = 3, .probe_interval = seconds{10}}};
}

} // namespace

TEST_CASE("three definite failures in a row switch to the backup, and an answer switches back") {
  auto router = make_router();
  CHECK(router.choose() == primary);
  router.note_failure(primary, at(1));
  router.note_failure(primary, at(2));
  router.note_answer(primary); // not in a row
  router.note_failure(primary, at(3));
  router.note_failure(primary, at(4));
  CHECK(router.choose() == primary);
  router.note_failure(primary, at(5));
  CHECK(router.choose() == backup);
  CHECK(router.switches() == 1);
  router.note_failure(primary, at(6));
  CHECK(router.switches() == 1);
  router.note_answer(primary);
  CHECK(router.choose() == primary);
}

TEST_CASE("an order that one broker has not taken may go to the other one only") {
  auto router = make_router();
  CHECK(router.choose({primary}) == backup);
  CHECK(router.choose({primary, backup}) == std::nullopt);
  router.note_session(backup, false, at(1));
  CHECK(router.choose({primary}) == std::nullopt);
  CHECK(router.choose() == primary);
}

TEST_CASE("a broker without a session is passed over at once, and taken back with the session") {
  auto router = make_router();
  router.note_session(primary, false, at(1));
  CHECK(router.choose() == backup);
  router.note_answer(primary); // what it said before the loss
  CHECK(router.choose() == backup);
  router.note_session(primary, true, at(2));
  CHECK(router.choose() == primary);
}

TEST_CASE("a broker that is passed over is probed once an interval") {
  auto router = make_router();
  CHECK(router.next_probe() == std::nullopt);
  for (int i = 0; i < 3; ++i)
    router.note_failure(primary, at(100));
  CHECK(router.next_probe() == at(110));
  CHECK(router.take_probes(at(109)).empty());
  CHECK(router.take_probes(at(110)) == std::vector{primary});
  CHECK(router.take_probes(at(111)).empty());
  CHECK(router.next_probe() == at(120));
  router.note_answer(primary);
  CHECK(router.next_probe() == std::nullopt);
}

TEST_CASE("the choice is the first usable broker of the preference, whatever happened") {
  std::mt19937_64 random{5};
  for (int turn = 0; turn < 200; ++turn) {
    CAPTURE(turn);
    auto router = make_router();
    std::uint32_t failures[2] = {0, 0};
    bool connected[2] = {true, true};
    for (int step = 0; step < 100; ++step) {
      broker_id broker{static_cast<std::uint8_t>(random() % 2)};
      auto now = at(step);
      switch (random() % 4) {
      case 0:
        router.note_answer(broker);
        failures[broker.value] = 0;
        break;
      case 1:
      case 2:
        router.note_failure(broker, now);
        ++failures[broker.value];
        break;
      default:
        connected[broker.value] = random() % 2 == 0;
        router.note_session(broker, connected[broker.value], now);
        if (connected[broker.value]) failures[broker.value] = 0;
      }
      std::optional<broker_id> expected;
      for (auto b : {backup, primary})
        if (connected[b.value] && failures[b.value] < 3) expected = b;
      REQUIRE(router.choose() == expected);
      REQUIRE(router.next_probe().has_value() ==
              !(router.is_usable(primary) && router.is_usable(backup)));
    }
  }
}

TEST_CASE("what is noted of a broker that gets no orders changes nothing") {
  auto router = make_router();
  for (auto stranger : {broker_id{2}, broker_id{200}}) {
    for (int i = 0; i < 5; ++i)
      router.note_failure(stranger, at(i));
    router.note_session(stranger, false, at(5));
    router.note_answer(stranger);
    CHECK_FALSE(router.is_usable(stranger));
  }
  CHECK(router.choose() == primary);
  CHECK(router.next_probe() == std::nullopt);
  CHECK(router.switches() == 0);
}

} // namespace tickmesh::order_router_test
