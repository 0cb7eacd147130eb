// Subscriptions of a data slot: who gets one, what it is sent, and what it costs the slot.
#include "tests/support/subscription_bench.hpp"

namespace tickmesh::tick_subscription_test {

using namespace subscriptions;

TEST_CASE("a subscriber is sent every accepted tick once, whenever it comes") {
  for_each_seed(60, [](std::uint64_t seed) {
    bench b{seed};
    auto early = b.subscribe({"sym1", "sym4"});
    b.fixture.run();
    b.start();
    for (std::uint64_t i = 0; i < seed * 20; ++i)
      b.fixture.step();
    auto amid = b.subscribe({"sym4"}, 40);
    b.fixture.run();
    auto late = b.subscribe({"sym4"}, 40);
    auto marks = b.subscribe({});
    b.fixture.run();
    CHECK(early.received->ticks() == ticks_from({1, 4}, 1));
    CHECK(amid.received->ticks() == ticks_from({4}, 40));
    CHECK(late.received->ticks() == ticks_from({4}, 40));
    CHECK(marks.received->ticks().empty());
    for (auto* each : {&early, &amid, &late, &marks}) {
      REQUIRE(each->received->answers.size() == 1);
      CHECK(each->received->answers[0].epoch == small_market_epoch.value);
      CHECK(each->received->is_final());
    }
    CHECK(early.received->answers[0].record == 0);
    CHECK(early.received->answers[0].symbols == std::vector<std::uint32_t>{1, 4});
    CHECK(b.events->failures.empty());
    CHECK(b.events->finished.size() == 1);
  });
}

TEST_CASE("a subscription to what comes from now on begins behind what has been accepted") {
  for_each_seed(20, [](std::uint64_t seed) {
    bench b{seed};
    b.start();
    for (std::uint64_t i = 0; i < 200 + seed * 10; ++i)
      b.fixture.step();
    auto live = b.subscribe({"sym2"}, 0, from_now_on);
    b.fixture.run();
    auto ticks = live.received->ticks()[symbol_id{2}];
    REQUIRE(!ticks.empty());
    CHECK(ticks.front().number.value > 1);
    CHECK(ticks == ticks_from({2}, ticks.front().number.value)[symbol_id{2}]);
    for (auto& frame : live.received->frames)
      CHECK(frame.record > live.received->answers[0].record);
  });
}

TEST_CASE("a subscriber that takes nothing costs its window, and holds up nothing but the end") {
  for_each_seed(20, [](std::uint64_t seed) {
    bench b{seed};
    auto all = small_market_symbols(symbol_count);
    auto stopped = b.subscribe(all, 1, 0, false);
    b.start();
    b.fixture.run();
    // The links have got everything at once.
    CHECK(ticks_in(b.links[exec0]->frames) == expected().ticks);
    CHECK(stopped.received->items() >= window_items);
    CHECK(stopped.received->items() <= in_flight_items_max);
    auto ended = b.fixture.now();
    b.fixture.pass(linger / 2);
    CHECK(b.events->finished.empty());
    CHECK(b.fixture.run_until([&] { return !b.events->finished.empty(); }, 2 * linger));
    CHECK(b.fixture.now() - ended <= linger + std::chrono::milliseconds{10});
    CHECK(b.events->finished[0].moments.at(finished_moment) <= ended.count());
    // The log is there as long as the slot is: woken, the subscriber misses nothing.
    caf::anon_send(stopped.handle, acknowledge_frames{});
    b.fixture.run();
    CHECK(stopped.received->ticks() == ticks_from({0, 1, 2, 3, 4, 5}, 1));
    CHECK(stopped.received->is_final());
  });
}

TEST_CASE("the end waits for a subscriber that is behind, and no longer than it needs") {
  bench b{1};
  auto slow = b.subscribe(small_market_symbols(symbol_count), 1, 0, false);
  b.start();
  b.fixture.run();
  CHECK(b.events->finished.empty());
  caf::anon_send(slow.handle, acknowledge_frames{});
  b.fixture.run();
  CHECK(slow.received->is_final());
  CHECK(b.events->finished.size() == 1);
}

namespace {

/// Stands for a replica that says hello; acknowledges records when it is told to.
caf::behavior test_replica(caf::event_based_actor* self, caf::actor slot,
                           std::shared_ptr<std::uint64_t> last_record) {
  self->send(slot, replica_hello{0, "other", 0, 0, small_market_epoch.value});
  return {
      [self, slot](const replica_welcome&) {
        self->send(slot, replica_ack{0, "other", small_market_epoch.value, 0});
      },
      [last_record](const replica_append& records) {
        *last_record = records.first_record + records.count - 1;
      },
      [self, slot](const acknowledge_through& through) {
        self->send(slot, replica_ack{0, "other", small_market_epoch.value, through.number});
      },
  };
}

} // namespace

TEST_CASE("a subscriber is shown no tick that is not accepted yet") {
  for_each_seed(20, [](std::uint64_t seed) {
    bench b{seed, {.replicas = {{"other", true, small_market_epoch}}}};
    auto watcher = b.subscribe(small_market_symbols(symbol_count));
    auto last_record = std::make_shared<std::uint64_t>(0);
    auto replica = b.fixture.spawn(test_replica, b.slot, last_record);
    b.fixture.run();
    b.start();
    std::uint64_t acknowledged = 0;
    for (int turn = 0; turn < 1000 && b.events->finished.empty(); ++turn) {
      b.fixture.run();
      // What the slot has logged beyond the acknowledgement is not shown.
      for (auto& frame : watcher.received->frames)
        CHECK(frame.record <= acknowledged);
      REQUIRE(*last_record >= acknowledged);
      acknowledged = std::min(*last_record, acknowledged + 2);
      caf::anon_send(replica, acknowledge_through{acknowledged});
    }
    CHECK(watcher.received->ticks() == expected().ticks);
    CHECK(watcher.received->is_final());
    CHECK(b.events->finished.size() == 1);
  });
}

TEST_CASE("a subscription that can't be had is refused with its reason") {
  bench b{1, {.data_slots = {data0, data1}, .subscriptions_max = 2}};
  std::string own, other;
  for (auto& symbol : small_market_symbols(symbol_count)) {
    auto owner = owner_of(symbol, std::vector<weighted_slot>{{data0}, {data1}});
    (owner == data0 ? own : other) = symbol;
  }
  REQUIRE((!own.empty() && !other.empty()));
  auto refusal = [&](const std::vector<std::string>& symbols) {
    auto asked = b.subscribe(symbols);
    b.fixture.run();
    REQUIRE(asked.received->answers.size() == 1);
    CHECK(asked.received->frames.empty());
    return asked.refusal();
  };
  CHECK(refusal({own, "nothing"}) == "nothing is no symbol of data/0");
  CHECK(refusal({other}) == other + " is no symbol of data/0");
  auto first = b.subscribe({own});
  auto second = b.subscribe({own});
  b.fixture.run();
  CHECK(first.refusal().empty());
  CHECK(second.refusal().empty());
  CHECK(refusal({own}) ==
        "data/0 has 2 subscriptions, as many as tick_log.subscriptions_max allows");
  // One that ends makes room.
  caf::anon_send_exit(first.handle, caf::exit_reason::user_shutdown);
  b.fixture.run();
  auto third = b.subscribe({own});
  b.fixture.run();
  CHECK(third.refusal().empty());
}

TEST_CASE("a subscription is granted while the symbol's stream still starts") {
  for_each_seed(20, [](std::uint64_t seed) {
    bench b{seed, {.has_started = false}};
    auto early = b.subscribe({small_market_symbols(symbol_count).front()});
    b.fixture.run();
    CHECK(early.refusal().empty());
    b.start();
    b.fixture.run();
    CHECK(early.received->is_final());
    CHECK(early.received->ticks() == ticks_from(early.received->answers[0].symbols, 1));
  });
}

TEST_CASE("subscriptions end with their subscribers and with their data slot") {
  bench b{1};
  auto before = b.fixture.alive();
  auto gone = b.subscribe({"sym0"}, 1, 0, false);
  b.subscribe({"sym1"}, 1, 0, false);
  b.start();
  b.fixture.run();
  CHECK(b.fixture.alive() == before + 4);
  caf::anon_send_exit(gone.handle, caf::exit_reason::user_shutdown);
  b.fixture.run();
  CHECK(b.fixture.alive() == before + 2);
  caf::anon_send_exit(b.slot, caf::exit_reason::user_shutdown);
  b.fixture.run();
}

TEST_CASE("a subscriber that acknowledges what was never sent loses its subscription") {
  bench b{1};
  auto odd = b.subscribe({"sym0"}, 1, 0, false);
  b.fixture.run();
  caf::anon_send(odd.received->sender, subscription_ack{1, 77});
  b.fixture.run();
  REQUIRE(odd.received->answers.size() == 2);
  CHECK(odd.received->answers[1].refusal == "frame 77 is acknowledged, but the last one sent is 0");
  b.start();
  b.fixture.run();
  CHECK(odd.received->frames.empty());
  CHECK(b.events->finished.size() == 1);
}

} // namespace tickmesh::tick_subscription_test
