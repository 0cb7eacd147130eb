// A calculation slot alone, between two data slots and an execution slot that the test plays: the
// signals depend on the ticks, not on how they come.
#include "tests/support/calc_bench.hpp"

namespace tickmesh::calc_slot_test {

using namespace calc_bench_parts;

namespace {

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
