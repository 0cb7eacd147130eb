// A calculation slot alone, between two data slots and an execution slot that the test plays: the
// signals depend on the ticks, not on how they come.
#include "actors/calc/slot/calc_slot_actor.hpp"

#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/slot_surroundings.hpp"
#include "tests/support/small_market.hpp"

#include <array>

namespace tickmesh::calc_slot_test {
namespace {

constexpr slot_name data0{role::data, 0}, data1{role::data, 1}, calc0{role::calc, 0},
    exec0{role::exec, 0};
constexpr std::uint32_t symbol_count = 5;
constexpr std::size_t tick_count = 900;

const std::vector<tick>& market() {
  static const auto ticks = make_small_market(symbol_count, tick_count, 11);
  return ticks;
}

const calculated_market& expected() {
  static const auto out =
      calculate(market(), small_market_symbols(symbol_count), small_strategies());
  return out;
}

std::vector<std::string> sorted_lines(const std::string& text) {
  written_files files;
  files.rows["x"] = text;
  return files.sorted_rows("x");
}

/// A calculation slot and all that is around it.
class calc_bench {
public:
  struct tuning {
    std::function<void(const tick&)> probe{};
    std::uint32_t replay_buffer_mib = 16;
    std::size_t frame_signals_max = 4096;
    std::uint64_t signals_held_max = 100'000;
    std::uint64_t rows_held_bytes_max = 1 << 20;
    bool exec_acknowledges = true;
    bool exec_is_frozen = false;
    bool frames_come_early = false; ///< perhaps before the calculators run
  };

  explicit calc_bench(std::uint64_t seed) : calc_bench(seed, tuning{}) {}
  calc_bench(std::uint64_t seed, tuning given) : fixture(seed), random(seed) {
    calc_slot_options options;
    auto view = std::make_shared<cluster_view>();
    view->number = small_market_epoch;
    for (auto name : {data0, data1, calc0, exec0})
      view->slots.push_back({name, "host", small_market_epoch});
    view->symbols = small_market_symbols(symbol_count);
    auto host = std::make_shared<host_settings>();
    host->replay_buffer_mib = given.replay_buffer_mib;
    writer = fixture.spawn(memory_writer, files);
    options.context = {
        calc0, view, host, fixture.make_clock(), fixture.spawn(agent_recorder, events), writer};
    options.instruments = std::make_shared<const instrument_table>(small_market_instruments());
    options.strategies = small_strategies();
    options.frame_signals_max = given.frame_signals_max;
    options.signals_held_max = given.signals_held_max;
    options.rows_held_bytes_max = given.rows_held_bytes_max;
    options.probe = given.probe;
    exec = fixture.spawn(link_sink, exec0, sent, given.exec_acknowledges);
    if (given.exec_is_frozen) fixture.freeze(exec);
    slot = fixture.spawn(calc_slot, options);
    for (std::size_t i = 0; i < 2; ++i)
      feeders[i] = fixture.spawn(link_feeder, acks[i], resumes[i]);
    caf::anon_send(slot, link_peers{{{exec0, exec}}});
    if (given.frames_come_early) feed_all();
    fixture.run();
    REQUIRE(events->ready == 1);
  }

  std::vector<link_frame> slice(std::uint32_t part) {
    return slice_ticks({role::data, static_cast<std::uint16_t>(part)}, part_of(market(), part, 2),
                       random);
  }

  /// Lets data/`part` send these frames.
  void feed(std::size_t part, std::vector<link_frame> frames) {
    caf::anon_send(feeders[part], send_frames{slot, std::move(frames)});
  }

  /// The whole market, sliced and interleaved at random.
  void feed_all() {
    for (std::uint32_t part : {0U, 1U}) {
      auto frames = slice(part);
      frame_counts[part] = frames.size();
      feed(part, std::move(frames));
    }
    fixture.run();
  }

  void check_everything_came() {
    CHECK(events->failures.empty());
    REQUIRE(events->finished.size() == 1);
    CHECK(signals_in(sent->frames) == expected().signals);
    CHECK(files->sorted_rows("factors") == sorted_lines(expected().factor_rows));
    CHECK(files->sorted_rows("signals").size() == expected().signals.size());
    auto& counts = events->finished[0].counts;
    CHECK(counts.at(signals_count) == expected().signals.size());
    CHECK(counts.at(factors_count) == expected().factors);
    CHECK(check_promises(sent->frames) >= 2);
    for (std::size_t i = 0; i < 2; ++i) {
      REQUIRE(!acks[i]->empty());
      CHECK(acks[i]->back().number == frame_counts[i]);
    }
  }

  actor_system_fixture fixture;
  std::mt19937_64 random;
  std::shared_ptr<slot_events> events = std::make_shared<slot_events>();
  std::shared_ptr<written_files> files = std::make_shared<written_files>();
  std::shared_ptr<received_frames> sent = std::make_shared<received_frames>();
  std::array<std::shared_ptr<received_acks>, 2> acks{std::make_shared<received_acks>(),
                                                     std::make_shared<received_acks>()};
  std::array<std::shared_ptr<received_resumes>, 2> resumes{std::make_shared<received_resumes>(),
                                                           std::make_shared<received_resumes>()};
  std::array<std::size_t, 2> frame_counts{};
  std::array<caf::actor, 2> feeders;
  caf::actor writer, exec, slot;
};

/// Throws at the `at`-th call, once, and counts all calls.
std::function<void(const tick&)> throw_once(std::uint64_t at) {
  return [at, calls = std::make_shared<std::uint64_t>(0)](const tick&) {
    if (++*calls == at) throw std::runtime_error{"bad tick"};
  };
}

} // namespace

TEST_CASE("a calc slot's signals, factors and marks do not depend on slicing or interleaving") {
  auto windowed = std::count_if(expected().signals.begin(), expected().signals.end(),
                                [](auto& s) { return s.name.window_end != timestamp{}; });
  REQUIRE(windowed >= 10);
  REQUIRE(static_cast<std::ptrdiff_t>(expected().signals.size()) - windowed >= 100);
  REQUIRE(expected().factors >= 1000);
  for_each_seed(120, [](std::uint64_t seed) {
    calc_bench bench{seed, {.frames_come_early = seed % 3 == 0}};
    if (seed % 3 != 0) bench.feed_all();
    bench.check_everything_came();
  });
}

TEST_CASE("signals that do not fit one frame go in several, with the mark behind the last") {
  for_each_seed(20, [](std::uint64_t seed) {
    calc_bench::tuning small{.frame_signals_max = 1 + seed % 3};
    calc_bench bench{seed, small};
    bench.feed_all();
    bench.check_everything_came();
    for (auto& frame : bench.sent->frames)
      CHECK(frame.items <= small.frame_signals_max);
  });
}

TEST_CASE("a calc slot acknowledges in order, and only what it has dealt with") {
  calc_bench bench{3};
  bench.fixture.freeze(bench.feeders[1]);
  bench.feed_all();
  // Frames of one data slot are done with, although the marks wait for the other.
  REQUIRE(!bench.acks[0]->empty());
  CHECK(bench.acks[0]->back().number == bench.frame_counts[0]);
  for (std::size_t i = 1; i < bench.acks[0]->size(); ++i)
    CHECK((*bench.acks[0])[i].number > (*bench.acks[0])[i - 1].number);
  for (auto& frame : bench.sent->frames)
    CHECK(decode_signal_frame(frame.payload)->time_mark == timestamp{});
  CHECK(bench.events->finished.empty());
  bench.fixture.thaw(bench.feeders[1]);
  bench.fixture.run();
  bench.check_everything_came();
}

TEST_CASE("a calculator that crashes once, at whichever tick, changes no signal and no factor") {
  std::uint64_t crashes = 0;
  for (std::uint64_t at = 1; at <= tick_count; at += 37)
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      CAPTURE(at);
      CAPTURE(seed);
      calc_bench bench{seed * 1000 + at, {.probe = throw_once(at)}};
      bench.feed_all();
      bench.check_everything_came();
      ++crashes;
    }
  CHECK(crashes >= 60);
}

TEST_CASE("crashes of three calculators in one run change no signal and no factor") {
  for_each_seed(20, [](std::uint64_t seed) {
    auto calls = std::make_shared<std::map<std::uint32_t, std::uint64_t>>();
    calc_bench bench{seed, {.probe = [calls, seed](const tick& t) {
                       auto call = ++(*calls)[t.symbol.value];
                       if (t.symbol.value < 3 && call == 20 * t.symbol.value + seed)
                         throw std::runtime_error{"bad tick"};
                     }}};
    bench.feed_all();
    bench.fixture.pass(std::chrono::seconds{1}); // restarts wait
    bench.check_everything_came();
    CHECK((*calls)[0] > part_of(market(), 0, symbol_count).size()); // it was replayed
  });
}

TEST_CASE("a tick that always crashes its calculator fails the calc slot within the bound") {
  auto thrown = std::make_shared<int>(0);
  calc_bench bench{1, {.probe = [thrown](const tick& t) {
                     if (t.symbol.value != 2 || t.number.value != 40) return;
                     ++*thrown;
                     throw std::runtime_error{"poison"};
                   }}};
  bench.feed_all();
  bench.fixture.pass(std::chrono::seconds{1}); // restarts wait
  REQUIRE(bench.events->failures.size() == 1);
  CHECK(bench.events->failures[0] ==
        "factor_calculator/sym2 crashed once more after 3 restarts within 10000 ms: poison");
  CHECK(*thrown == 4);
  CHECK(bench.events->finished.empty());
}

TEST_CASE("a calculator whose history has outgrown the replay buffer fails the calc slot") {
  calc_bench bench{1, {.probe = throw_once(300), .replay_buffer_mib = 0}};
  bench.feed_all();
  REQUIRE(!bench.events->failures.empty());
  CHECK(bench.events->failures[0].find("host.replay_buffer_mib") != std::string::npos);
}

TEST_CASE("a calc slot drops repeated frames and frames of an older epoch, and counts them") {
  calc_bench bench{5};
  std::size_t refused = 0;
  for (std::uint32_t part : {0U, 1U}) {
    std::vector<link_frame> frames;
    for (auto& frame : bench.slice(part)) {
      auto older = frame;
      older.epoch = small_market_epoch.value - 1;
      ++older.number;
      frames.push_back(older);
      frames.push_back(frame);
      frames.push_back(frame);
      refused += 2;
      bench.frame_counts[part] = frame.number;
    }
    bench.feed(part, std::move(frames));
  }
  bench.fixture.run();
  bench.check_everything_came();
  REQUIRE(refused >= 50);
  CHECK(bench.events->finished[0].counts.at("frames_refused") == refused);
}

TEST_CASE("a newer epoch and bytes that are no frame fail the calc slot by name") {
  auto failure_of = [](auto change) {
    calc_bench bench{1};
    auto frames = bench.slice(1);
    REQUIRE(frames.size() > 6);
    change(frames);
    bench.feed(1, std::move(frames));
    bench.fixture.run();
    REQUIRE(!bench.events->failures.empty());
    return bench.events->failures[0];
  };
  CHECK(failure_of([](auto& frames) { ++frames[2].epoch; }) ==
        "data/1: a frame of epoch 8 reached a receiver of epoch 7");
  CHECK(failure_of([](auto& frames) { frames[2].payload = "\xff\xff"; }).starts_with("data/1: "));
}

TEST_CASE("a data slot that moves to another host goes on where the calc slot says") {
  for_each_seed(20, [](std::uint64_t seed) {
    calc_bench bench{seed};
    auto frames = bench.slice(0);
    auto other = bench.slice(1);
    bench.frame_counts = {frames.size(), other.size()};
    bench.feed(1, std::move(other));
    auto resumes = bench.resumes[0];
    auto hello = [&](std::uint64_t of) {
      caf::anon_send(bench.feeders[0], say_hello{bench.slot, {0, 0, of}});
      bench.fixture.run();
    };
    std::size_t cut = 1 + seed % (frames.size() - 1);
    bench.feed(0, {frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(cut)});
    bench.fixture.run();
    hello(small_market_epoch.value + 2);
    REQUIRE(resumes->size() == 1);
    CHECK(resumes->back().number == cut);
    CHECK(resumes->back().epoch == small_market_epoch.value + 2);
    // The old owner is not heard any more, whatever it says.
    hello(small_market_epoch.value);
    CHECK(resumes->size() == 1);
    bench.feed(0, frames);
    bench.fixture.run();
    for (auto& frame : frames)
      frame.epoch = small_market_epoch.value + 2;
    bench.feed(0, {frames.begin() + static_cast<std::ptrdiff_t>(cut), frames.end()});
    bench.fixture.run();
    bench.check_everything_came();
    CHECK(bench.acks[0]->back().epoch == small_market_epoch.value + 2);
    CHECK(bench.events->finished[0].counts.at("frames_refused") == frames.size());
    CHECK(bench.events->finished[0].counts.at("hellos_refused") == 1);
  });
}

TEST_CASE("a calc slot hears the one that said hello last, and drops and counts others' frames") {
  for_each_seed(20, [](std::uint64_t seed) {
    calc_bench bench{seed};
    auto frames = bench.slice(0);
    auto other = bench.slice(1);
    bench.frame_counts = {frames.size(), other.size()};
    auto& owner = bench.feeders[0];
    auto acks_of_stranger = std::make_shared<received_acks>();
    auto stranger =
        bench.fixture.spawn(link_feeder, acks_of_stranger, std::make_shared<received_resumes>());
    auto send = [&](const caf::actor& who, std::vector<link_frame> some) {
      caf::anon_send(who, send_frames{bench.slot, std::move(some)});
      bench.fixture.run();
    };
    auto cut = frames.begin() + static_cast<std::ptrdiff_t>(1 + seed % (frames.size() - 2));
    caf::anon_send(owner, say_hello{bench.slot, {0, 0, small_market_epoch.value}});
    bench.fixture.run();
    send(stranger, {frames.begin(), cut});
    send(owner, {frames.begin(), cut});
    auto forged = *cut; // under the right number and epoch
    forged.payload = "\xff\xff";
    send(stranger, {forged});
    send(owner, {cut, frames.end()});
    auto behind_end = frames.back();
    behind_end.after = behind_end.number++;
    send(owner, {behind_end});
    bench.feed(1, std::move(other));
    bench.fixture.run();
    bench.check_everything_came();
    CHECK(acks_of_stranger->empty());
    auto refused = static_cast<std::uint64_t>(cut - frames.begin()) + 2;
    CHECK(bench.events->finished[0].counts.at("frames_refused") == refused);
  });
}

TEST_CASE("a calc slot acknowledges small frames together, and soon") {
  calc_bench bench{4};
  auto frames = bench.slice(0);
  REQUIRE(frames.size() > 10);
  frames.pop_back(); // the final one is acknowledged at once
  auto sent = frames.back().number;
  bench.feed(0, std::move(frames));
  bench.fixture.run();
  CHECK(bench.acks[0]->empty());
  bench.fixture.pass(ack_delay_max + std::chrono::milliseconds{3});
  REQUIRE(bench.acks[0]->size() == 1);
  CHECK(bench.acks[0]->back().number == sent);
  bench.fixture.pass(std::chrono::seconds{1});
  CHECK(bench.acks[0]->size() == 1);
}

TEST_CASE("signals wait until execution has said where to begin") {
  calc_bench bench{6, {.exec_acknowledges = true, .exec_is_frozen = true}};
  bench.feed_all();
  CHECK(bench.sent->frames.empty());
  CHECK(bench.events->finished.empty());
  bench.fixture.thaw(bench.exec);
  bench.fixture.run();
  CHECK(bench.events->failures.empty());
  CHECK(bench.events->finished.size() == 1);
  CHECK(signals_in(bench.sent->frames) == expected().signals);
  check_promises(bench.sent->frames);
}

TEST_CASE("a calc slot whose writer is behind holds its acknowledgements back") {
  calc_bench bench{2, {.rows_held_bytes_max = 2000}};
  bench.fixture.freeze(bench.writer);
  bench.feed_all();
  CHECK((bench.acks[0]->empty() ? 0 : bench.acks[0]->back().number) < bench.frame_counts[0] / 2);
  CHECK(bench.events->finished.empty());
  bench.fixture.thaw(bench.writer);
  bench.fixture.run();
  bench.check_everything_came();
}

TEST_CASE("a calc slot finishes only when execution has acknowledged all signals") {
  calc_bench bench{2, {.exec_acknowledges = false}};
  bench.feed_all();
  CHECK(bench.events->finished.empty());
  caf::anon_send(bench.exec, acknowledge_through{bench.sent->frames.size() - 1});
  bench.fixture.run();
  CHECK(bench.events->finished.empty());
  caf::anon_send(bench.exec, acknowledge_all{});
  bench.fixture.run();
  bench.check_everything_came();
}

TEST_CASE("a calc slot with more unacknowledged signals than its outbox holds fails") {
  calc_bench bench{2, {.signals_held_max = 20, .exec_acknowledges = false}};
  bench.feed_all();
  REQUIRE(!bench.events->failures.empty());
  CHECK(bench.events->failures[0].find("not acknowledged; at most 20") != std::string::npos);
  CHECK(bench.sent->items() <= 20);
}
} // namespace tickmesh::calc_slot_test
