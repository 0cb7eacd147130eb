// Subscriptions of a data slot: who gets one, what it is sent, and what it costs the slot.
#include "actors/market/data_slot.hpp"

#include "messages/tick_codec.hpp"
#include "runtime/rendezvous.hpp"
#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/memory_source.hpp"
#include "tests/support/slot_surroundings.hpp"
#include "tests/support/small_market.hpp"
#include "tests/support/temporary_directory.hpp"

namespace {

/// To a test_subscriber: send this; acknowledge all, and each frame from now on.
struct ask_slot {
  caf::actor slot;
  tickmesh::subscribe_ticks request;
};
struct acknowledge_frames {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ask_slot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(acknowledge_frames)

using namespace tickmesh;

namespace {

constexpr slot_name data0{role::data, 0}, data1{role::data, 1}, calc0{role::calc, 0},
    exec0{role::exec, 0};
constexpr std::uint32_t symbol_count = 6;
constexpr std::uint32_t window_items = 64;
constexpr std::uint32_t round_ticks_max = 16;
/// Credit is looked at before a frame is read, which holds about a round, and at most two.
constexpr std::uint64_t in_flight_items_max = window_items - 1 + 2 * round_ticks_max;
constexpr std::chrono::milliseconds linger{1000};

std::shared_ptr<const memory_source> source() {
  static const auto out = [] {
    auto records = make_small_market(symbol_count, 900, 3);
    for (std::size_t i = 25; i < records.size(); i += 50)
      records[i].volume = quantity{-1};
    return std::make_shared<const memory_source>(small_market_symbols(symbol_count), records);
  }();
  return out;
}

const cleaned_source& expected() {
  static const auto out = clean_all(*source(), small_market_instruments());
  return out;
}

struct received_subscription {
  std::vector<subscription_answer> answers;
  std::vector<subscription_frame> frames;
  caf::actor sender;

  std::uint64_t items() const {
    std::uint64_t out = 0;
    for (auto& frame : frames)
      out += frame.items;
    return out;
  }
  /// All ticks by symbol; checks what frames promise.
  std::map<symbol_id, std::vector<tick>> ticks() const {
    std::map<symbol_id, std::vector<tick>> out;
    timestamp mark{};
    std::uint64_t number = 0, record = 0;
    for (auto& bytes : frames) {
      CHECK(bytes.number == ++number);
      CHECK(bytes.record >= record);
      record = bytes.record;
      auto frame = decode_tick_frame(bytes.payload).value();
      CHECK(frame.ticks.size() == bytes.items);
      CHECK(frame.time_mark >= mark);
      for (auto& t : frame.ticks) {
        CHECK(t.effective_time >= mark);
        out[t.symbol].push_back(t);
      }
      mark = frame.time_mark;
    }
    return out;
  }
  bool is_final() const {
    return !frames.empty() && decode_tick_frame(frames.back().payload).value().final;
  }
};

struct test_subscriber_state {
  bool acknowledges = false;
  const char* name = "test_subscriber";
};

caf::behavior test_subscriber(caf::stateful_actor<test_subscriber_state>* self,
                              std::shared_ptr<received_subscription> received, bool acknowledges) {
  self->state.acknowledges = acknowledges;
  auto acknowledge = [self, received](const subscription_frame& frame) {
    self->send(received->sender, subscription_ack{frame.ticket, frame.number});
  };
  return {
      [self](const ask_slot& ask) { self->send(ask.slot, ask.request); },
      [self, received](const subscription_answer& answer) {
        received->answers.push_back(answer);
        received->sender = caf::actor_cast<caf::actor>(self->current_sender());
      },
      [self, received, acknowledge](const subscription_frame& frame) {
        received->frames.push_back(frame);
        if (self->state.acknowledges) acknowledge(frame);
      },
      [self, received, acknowledge](acknowledge_frames) {
        self->state.acknowledges = true;
        if (!received->frames.empty()) acknowledge(received->frames.back());
      },
  };
}

caf::actor start_subscription_here(caf::event_based_actor* parent,
                                   tick_subscription_options options) {
  return parent->spawn(tick_subscription, std::move(options));
}

/// A data slot among peers that take all they are sent.
class bench {
public:
  struct tuning {
    std::vector<slot_name> data_slots{data0};
    std::vector<replica_assignment> replicas{};
    std::uint32_t subscriptions_max = 16;
    bool has_started = true; ///< with all its streams
  };

  explicit bench(std::uint64_t seed) : bench(seed, tuning{}) {}
  bench(std::uint64_t seed, tuning given) : fixture(seed) {
    view = std::make_shared<cluster_view>();
    view->number = view->formed = small_market_epoch;
    for (auto name : given.data_slots)
      view->slots.push_back({name, "host", small_market_epoch, given.replicas});
    for (auto name : {calc0, exec0})
      view->slots.push_back({name, "host", small_market_epoch});
    view->symbols = source()->symbols().names();
    auto host = std::make_shared<host_settings>();
    host->link_window_items = window_items;
    host->round_ticks_max = round_ticks_max;
    host->state_dir = state.path().string();
    data_slot_options options;
    options.context = {data0,
                       view,
                       host,
                       fixture.make_clock(),
                       fixture.spawn(agent_recorder, events),
                       fixture.spawn(memory_writer, files),
                       small_market_epoch};
    options.source = source();
    options.instruments = std::make_shared<const instrument_table>(small_market_instruments());
    options.log.subscriptions_max = given.subscriptions_max;
    options.log.subscription_linger = linger;
    options.start_keeper = start_keeper_here;
    options.start_subscription = start_subscription_here;
    slot = fixture.spawn(data_slot, options);
    link_peers peers;
    for (auto name : {calc0, exec0}) {
      links[name] = std::make_shared<received_frames>();
      peers.peers[name] = fixture.spawn(link_sink, name, links[name], true);
    }
    caf::anon_send(slot, peers);
    if (given.has_started) fixture.run();
  }

  struct subscriber {
    caf::actor handle;
    std::shared_ptr<received_subscription> received;
    const std::string& refusal() const { return received->answers.at(0).refusal; }
  };

  /// Asks for symbols, all from the same number on.
  subscriber subscribe(const std::vector<std::string>& symbols, std::uint64_t first = 1,
                       std::uint64_t after_record = 0, bool acknowledges = true) {
    auto received = std::make_shared<received_subscription>();
    subscribe_ticks request;
    request.ticket = ++tickets;
    request.symbols = symbols;
    request.first.assign(symbols.size(), first);
    request.after_record = after_record;
    auto handle = fixture.spawn(test_subscriber, received, acknowledges);
    caf::anon_send(handle, ask_slot{slot, request});
    return {handle, received};
  }

  void start() { caf::anon_send(slot, start_feeds{}); }

  temporary_directory state;
  actor_system_fixture fixture;
  std::shared_ptr<cluster_view> view;
  std::shared_ptr<slot_events> events = std::make_shared<slot_events>();
  std::shared_ptr<written_files> files = std::make_shared<written_files>();
  std::map<slot_name, std::shared_ptr<received_frames>> links;
  caf::actor slot;
  std::uint64_t tickets = 0;
};

/// Those of the symbols, from a number on.
std::map<symbol_id, std::vector<tick>> ticks_from(const std::vector<std::uint32_t>& symbols,
                                                  std::uint64_t first) {
  std::map<symbol_id, std::vector<tick>> out;
  for (auto symbol : symbols)
    for (auto& t : expected().ticks.at(symbol_id{symbol}))
      if (t.number.value >= first) out[symbol_id{symbol}].push_back(t);
  return out;
}

} // namespace

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
