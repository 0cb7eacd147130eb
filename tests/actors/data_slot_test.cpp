// A data slot alone: a source in memory above it, receivers that the test plays below it.
#include "actors/market/slot/data_slot_actor.hpp"

#include "messages/tick_run.hpp"
#include "runtime/cluster/rendezvous.hpp"
#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/memory_source.hpp"
#include "tests/support/slot_surroundings.hpp"
#include "tests/support/small_market.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tickmesh::data_slot_test {

namespace {

constexpr slot_name data0{role::data, 0}, data1{role::data, 1}, calc0{role::calc, 0},
    calc1{role::calc, 1}, exec0{role::exec, 0};
constexpr std::uint32_t symbol_count = 8;
constexpr std::size_t record_count = 1200;
constexpr std::uint32_t window_items = 64;
constexpr std::uint32_t round_ticks_max = 16;
/// In flight at most: credit is looked at when a round is granted, and four may be under way.
constexpr std::uint64_t in_flight_items_max = window_items - 1 + 4 * round_ticks_max;

std::shared_ptr<const memory_source> source() {
  static const auto out = [] {
    auto records = make_small_market(symbol_count, record_count, 5);
    for (std::size_t i = 50; i < records.size(); i += 50) { // bad ones, each in its own way
      if (i % 100 == 0)
        records[i].volume = quantity{-1};
      else
        records[i].last = price{0};
    }
    return std::make_shared<const memory_source>(small_market_symbols(symbol_count), records);
  }();
  return out;
}

const cleaned_source& expected() {
  static const auto out = clean_all(*source(), small_market_instruments());
  return out;
}

/// A data slot and all that is around it.
class data_bench {
public:
  struct tuning {
    std::function<void(const tick&)> probe{};
    slot_name own = data0;
    std::vector<slot_name> data_slots{data0};
    std::uint32_t window = window_items;
    bool acknowledges = true;
    nanoseconds silence_alarm{};
    std::shared_ptr<const feed_source> feed = source();
  };

  explicit data_bench(std::uint64_t seed) : data_bench(seed, tuning{}) {}
  data_bench(std::uint64_t seed, tuning given) : fixture(seed), own(given.own) {
    auto view = std::make_shared<cluster_view>();
    view->number = view->formed = small_market_epoch;
    auto names = given.data_slots;
    names.insert(names.end(), {calc0, calc1, exec0});
    for (auto name : names)
      view->slots.push_back({name, "host", small_market_epoch});
    view->symbols = source()->symbols().names();
    auto host = std::make_shared<host_settings>();
    host->link_window_items = given.window;
    host->round_ticks_max = round_ticks_max;
    host->scheduler_threads = 4; // as many rounds at one time
    host->state_dir = state.path().string();
    data_slot_options options;
    options.context = {own,
                       view,
                       host,
                       fixture.make_clock(),
                       fixture.spawn(agent_recorder, events),
                       fixture.spawn(memory_writer, files),
                       small_market_epoch};
    options.source = given.feed;
    options.silence_alarm = given.silence_alarm;
    options.instruments = std::make_shared<const instrument_table>(small_market_instruments());
    options.probe = given.probe;
    options.start_keeper = start_keeper_here;
    slot = fixture.spawn(data_slot, options);
    link_peers peers;
    for (auto name : {calc0, calc1, exec0}) {
      received[name] = std::make_shared<received_frames>();
      sinks[name] = fixture.spawn(link_sink, name, received[name], given.acknowledges);
      peers.peers[name] = sinks[name];
    }
    caf::anon_send(slot, peers);
    fixture.run();
    REQUIRE(events->ready == 1);
  }

  void start() {
    caf::anon_send(slot, start_feeds{});
    fixture.run();
  }

  /// What came down a link, without regard to how it was cut into frames.
  std::string runs(slot_name to) const {
    std::string out;
    tick_frame_view view;
    for (auto& frame : frames(to)) {
      REQUIRE(read_tick_frame(frame.payload, view).has_value());
      for (auto& run : view.runs)
        out += run.field;
    }
    return out;
  }

  const std::vector<link_frame>& frames(slot_name to) const { return received.at(to)->frames; }

  /// Everything came down every link that it belongs on, once and in order, and it ended.
  void check_everything_came() {
    CHECK(events->failures.empty());
    REQUIRE(events->finished.size() == 1);
    auto to_exec = ticks_in(frames(exec0));
    CHECK(to_exec == expected().ticks);
    auto to_calc = ticks_in(frames(calc0));
    auto others = ticks_in(frames(calc1));
    std::vector<weighted_slot> calc_slots{{calc0}, {calc1}};
    for (auto& [symbol, ticks] : to_calc)
      CHECK(owner_of(source()->symbols().name(symbol), calc_slots) == calc0);
    CHECK(to_calc.size() >= 2);
    CHECK(others.size() >= 2);
    to_calc.merge(others);
    CHECK(others.empty());
    CHECK(to_calc == expected().ticks);
    for (auto& [to, r] : received)
      CHECK(check_promises(r->frames) >= 20);
    auto& counts = events->finished[0].counts;
    CHECK(counts.at(ticks_in_count) == record_count);
    CHECK(counts.at(ticks_accepted_count) == expected().accepted);
    CHECK(files->sorted_rows("ticks_rejected").size() == expected().rejected);
  }

  temporary_directory state;
  actor_system_fixture fixture;
  slot_name own;
  std::shared_ptr<slot_events> events = std::make_shared<slot_events>();
  std::shared_ptr<written_files> files = std::make_shared<written_files>();
  std::map<slot_name, std::shared_ptr<received_frames>> received;
  std::map<slot_name, caf::actor> sinks;
  caf::actor slot;
};

std::function<void(const tick&)> throw_once(std::uint64_t at) {
  return [at, calls = std::make_shared<std::uint64_t>(0)](const tick&) {
    if (++*calls == at) throw std::runtime_error{"bad tick"};
  };
}

} // namespace

TEST_CASE("a data slot sends every accepted tick once, in order, whatever the interleaving") {
  REQUIRE(expected().accepted >= 1000);
  REQUIRE(expected().rejected >= 20);
  std::map<slot_name, std::string> first;
  for_each_seed(100, [&](std::uint64_t seed) {
    data_bench bench{seed};
    bench.start();
    bench.check_everything_came();
    for (auto& [to, received] : bench.received) {
      REQUIRE(received->frames.size() >= 20);
      // Time stands still, so that even the moments in the runs are equal.
      auto runs = bench.runs(to);
      CHECK(first.try_emplace(to, runs).first->second == runs);
    }
  });
}

TEST_CASE("a data slot sends nothing before the feeds start") {
  data_bench bench{1};
  bench.fixture.pass(std::chrono::seconds{5});
  for (auto& [to, received] : bench.received)
    CHECK(received->frames.empty());
  bench.start();
  bench.check_everything_came();
}

TEST_CASE("a data slot stops when a link is out of credit, and goes on when it has some again") {
  for_each_seed(20, [](std::uint64_t seed) {
    data_bench bench{seed, {.acknowledges = false}};
    bench.start();
    auto& exec = *bench.received.at(exec0);
    CHECK(exec.items() >= window_items);
    CHECK(exec.items() <= in_flight_items_max);
    // The other links have credit, but rounds belong to all links.
    for (auto name : {calc0, calc1})
      caf::anon_send(bench.sinks[name], acknowledge_all{});
    bench.fixture.pass(std::chrono::seconds{1});
    CHECK(exec.items() <= in_flight_items_max);
    std::uint64_t released = 0;
    for (int turn = 0; turn < 6; ++turn) {
      auto frames = exec.frames.size();
      caf::anon_send(bench.sinks[exec0], acknowledge_through{exec.frames.back().number});
      released = exec.items();
      bench.fixture.run();
      CHECK(exec.frames.size() > frames);
      CHECK(exec.items() - released <= in_flight_items_max);
    }
    CHECK(bench.events->finished.empty());
    caf::anon_send(bench.sinks[exec0], acknowledge_all{});
    bench.fixture.run();
    bench.check_everything_came();
  });
}

TEST_CASE("a data slot has finished only when every frame is acknowledged") {
  data_bench bench{1, {.window = 100'000, .acknowledges = false}};
  bench.start();
  CHECK(bench.received.at(exec0)->items() == expected().accepted);
  for (auto name : {calc0, exec0})
    caf::anon_send(bench.sinks[name], acknowledge_all{});
  caf::anon_send(bench.sinks[calc1], acknowledge_through{bench.frames(calc1).back().number - 1});
  bench.fixture.run();
  CHECK(bench.events->finished.empty());
  caf::anon_send(bench.sinks[calc1], acknowledge_all{});
  bench.fixture.run();
  bench.check_everything_came();
}

TEST_CASE("a symbol stream that crashes once, at whichever record, changes no tick") {
  int crashes = 0;
  for (std::uint64_t at = 1; at <= record_count; at += 61)
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      CAPTURE(at);
      CAPTURE(seed);
      data_bench bench{seed * 10'000 + at, {.probe = throw_once(at)}};
      bench.start();
      bench.check_everything_came();
      ++crashes;
    }
  CHECK(crashes >= 70);
}

TEST_CASE("a record that always crashes its symbol stream fails the data slot within the bound") {
  auto thrown = std::make_shared<int>(0);
  data_bench bench{1, {.probe = [thrown](const tick& t) {
                     if (t.symbol.value != 3 || t.position.value < 400) return;
                     ++*thrown;
                     throw std::runtime_error{"poison"};
                   }}};
  bench.start();
  bench.fixture.pass(std::chrono::seconds{1}); // restarts wait
  REQUIRE(bench.events->failures.size() == 1);
  CHECK(bench.events->failures[0] ==
        "symbol_stream/sym3 crashed once more after 3 restarts within 10000 ms: poison");
  CHECK(*thrown == 4);
  CHECK(bench.events->finished.empty());
  // What was sent before is whole: no frame lacks the crashed stream's part.
  auto sent = ticks_in(bench.frames(exec0));
  for (auto& [symbol, ticks] : sent) {
    auto& all = expected().ticks.at(symbol);
    REQUIRE(ticks.size() <= all.size());
    CHECK(std::equal(ticks.begin(), ticks.end(), all.begin()));
  }
}

TEST_CASE("stopping the feeds ends every link in order behind a prefix of the ticks") {
  for_each_seed(20, [](std::uint64_t seed) {
    data_bench bench{seed, {.acknowledges = false}};
    bench.start();
    caf::anon_send(bench.slot, stop_feeds{});
    for (auto& [name, sink] : bench.sinks)
      caf::anon_send(sink, acknowledge_all{});
    bench.fixture.run();
    CHECK(bench.events->failures.empty());
    REQUIRE(bench.events->finished.size() == 1);
    auto sent = ticks_in(bench.frames(exec0));
    std::uint64_t count = 0;
    for (auto& [symbol, ticks] : sent) {
      auto& all = expected().ticks.at(symbol);
      REQUIRE(ticks.size() <= all.size());
      CHECK(std::equal(ticks.begin(), ticks.end(), all.begin()));
      count += ticks.size();
    }
    CHECK(count >= window_items);
    CHECK(count < expected().accepted / 2);
    for (auto& [name, received] : bench.received) {
      auto last = decode_tick_frame(received->frames.back().payload);
      REQUIRE(last.has_value());
      CHECK(last->final);
    }
  });
}

TEST_CASE("two data slots share the symbols: together they send each tick once") {
  std::map<symbol_id, std::vector<tick>> all;
  for (auto own : {data0, data1}) {
    data_bench bench{9, {.own = own, .data_slots = {data0, data1}}};
    bench.start();
    REQUIRE(bench.events->finished.size() == 1);
    auto sent = ticks_in(bench.frames(exec0));
    CHECK(sent.size() >= 2);
    all.merge(sent);
    CHECK(sent.empty());
    CHECK(check_promises(bench.frames(exec0)) >= 10);
  }
  CHECK(all == expected().ticks);
}

TEST_CASE("a link window smaller than the ticks between two time marks fails the data slot") {
  data_bench bench{1, {.window = 3, .acknowledges = false}};
  bench.start();
  REQUIRE(!bench.events->failures.empty());
  CHECK(bench.events->failures[0].find("raise host.link_window_items (3)") != std::string::npos);
}

TEST_CASE("an acknowledgement of a frame that was never sent fails the data slot") {
  data_bench bench{1, {.acknowledges = false}};
  bench.start();
  caf::anon_send(bench.sinks[calc1], acknowledge_through{100'000});
  bench.fixture.run();
  REQUIRE(!bench.events->failures.empty());
  CHECK(bench.events->failures[0].starts_with("frame 100000 is acknowledged"));
}

TEST_CASE(
    "a symbol that goes mute in mid-stream is counted as silent, and one that does not isn't") {
  auto records = make_small_market(symbol_count, record_count, 5);
  std::erase_if(records, [](const tick& t) {
    return (t.symbol.value == 3 && t.position.value > 300) ||
           (t.symbol.value == 5 && t.position.value > 300 && t.position.value < 1'000);
  });
  auto cut_off = std::make_shared<const memory_source>(small_market_symbols(symbol_count), records);
  for_each_seed(20, [&](std::uint64_t seed) {
    data_bench bench{seed, {.silence_alarm = std::chrono::milliseconds{400}, .feed = cut_off}};
    bench.start();
    REQUIRE(bench.events->finished.size() == 1);
    auto& counts = bench.events->finished[0].counts;
    CHECK(counts.at(silence_alarms_count) == 2);
    CHECK(counts.at(symbols_silent_count) == 2); // of one second into the stream
  });
  data_bench quiet{1, {.silence_alarm = std::chrono::milliseconds{400}}};
  quiet.start();
  CHECK(quiet.events->finished.at(0).counts.at(silence_alarms_count) == 0);
  data_bench off{1, {.feed = cut_off}};
  off.start();
  CHECK_FALSE(off.events->finished.at(0).counts.contains(silence_alarms_count));
}

TEST_CASE("a source's own counts are in the slot's counts, when asked and at the end") {
  auto gapped = std::make_shared<memory_source>(small_market_symbols(symbol_count),
                                                make_small_market(symbol_count, record_count, 5));
  gapped->counts = {{"gaps", 2}, {"lost_positions", 17}};
  data_bench bench{1, {.feed = gapped}};
  auto ask = [&] {
    bench.fixture.spawn([&](caf::event_based_actor* self) {
      self->request(bench.slot, caf::infinite, counters_query{})
          .then([events = bench.events](const slot_counters& counters) {
            events->counters.push_back(counters);
          });
    });
    bench.fixture.run();
  };
  ask();
  ask();
  REQUIRE(bench.events->counters.size() == 2);
  CHECK(bench.events->counters[1].counts.at("source/gaps") == 2);
  gapped->counts["gaps"] = 3;
  bench.start();
  REQUIRE(bench.events->finished.size() == 1);
  CHECK(bench.events->finished[0].counts.at("source/gaps") == 3);
  CHECK(bench.events->finished[0].counts.at("source/lost_positions") == 17);
}

} // namespace tickmesh::data_slot_test
