// Signals that go to the risk checker together, because nothing can have come of the first before
// the last: the log is the same as one event at a time.
#include "actors/execution/replay/event_application.hpp"
#include "tests/support/decided_commands.hpp"
#include "tests/support/random_trading.hpp"

#include <doctest/doctest.h>

#include <chrono>

namespace tickmesh::signal_batches_test {

namespace {

using namespace random_trading;
using std::chrono::milliseconds;

/// An execution that takes up to `events_max` events at a time.
struct life {
  life(const execution_settings& settings, std::size_t links, std::size_t most)
      : sequencer(settings), trading(settings, universe()), events_max(most) {
    for (std::size_t i = 0; i < links; ++i)
      sequencer.inputs().add_link(std::to_string(i));
  }

  void pump() {
    event_batch batch;
    batch_decisions decisions;
    while (sequencer.next_batch(batch, events_max)) {
      apply_batch(trading, batch, decisions);
      auto commands = commands_of(batch, decisions);
      note(batch, commands);
      sequencer.execute(commands);
      batch.clear();
      decisions.clear();
    }
  }

  void note(const event_batch& batch, const std::vector<decided_command>& commands) {
    marks.insert(marks.end(), batch.marks.begin(), batch.marks.end());
    std::size_t signals = 0;
    for (auto& [marks_before, event] : batch.others) {
      others.push_back(event);
      signals += std::holds_alternative<signal>(event.what) ? 1 : 0;
    }
    decided.insert(decided.end(), commands.begin(), commands.end());
    signals_at_once = std::max(signals_at_once, signals);
    ++batches;
  }

  std::string results() { return text_of_results(trading); }

  event_sequencer sequencer;
  trading_state trading;
  std::size_t events_max;
  std::vector<market_mark> marks;
  std::vector<sequenced_event> others;
  std::vector<decided_command> decided;
  std::size_t signals_at_once = 0;
  std::size_t batches = 0;
};

execution_settings drawn_settings(std::uint64_t seed) {
  auto out = settings_of(seed, seed % 2 == 0 ? odd_delay : even_delay);
  if (seed % 3 == 0) out.sim.unavailable_share = 0.05;
  if (seed % 4 == 1) out.sim.delay = milliseconds{9};
  if (seed % 5 == 1) out.report_timeout = milliseconds{1}; // before the venue can answer
  if (seed % 5 == 2) out.order_lifetime = std::chrono::microseconds{300};
  if (seed % 7 == 3) out.reconcile_interval = milliseconds{2};
  return out;
}

} // namespace

TEST_CASE("the log does not depend on how many signals are judged at once") {
  std::size_t most = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    auto settings = drawn_settings(seed);
    auto feeds = feeds_of(random_market(seed), 2, 2);
    life single{settings, feeds.size(), 1};
    bring(feeds, single.sequencer.inputs(), seed, [&] { single.pump(); });
    REQUIRE(single.sequencer.finished());
    life together{settings, feeds.size(), 1'024};
    bring(feeds, together.sequencer.inputs(), seed + 1'000, [&] { together.pump(); });
    REQUIRE(together.sequencer.finished());
    CHECK(together.marks == single.marks);
    REQUIRE(together.others == single.others);
    CHECK(together.decided == single.decided);
    CHECK(together.results() == single.results());
    CHECK(together.batches < single.batches);
    most = std::max(most, together.signals_at_once);
  }
  CHECK(most > 5);
}

TEST_CASE("what may answer at once lets no signal wait for the next") {
  auto settings = settings_of(1, odd_delay);
  CHECK(answer_after(settings) == odd_delay);
  settings.report_timeout = std::chrono::microseconds{400};
  CHECK(answer_after(settings) == std::chrono::microseconds{400});
  settings.order_lifetime = std::chrono::microseconds{300};
  CHECK(answer_after(settings) == std::chrono::microseconds{300});
  settings.reconcile_interval = std::chrono::microseconds{200};
  CHECK(answer_after(settings) == std::chrono::microseconds{200});
  settings.brokers = {{.name = "a", .sim = {.delay = std::chrono::microseconds{7}}},
                      {.name = "b", .sim = {.delay = std::chrono::microseconds{9}}}};
  CHECK(answer_after(settings) == std::chrono::microseconds{7});
  settings.brokers[0].is_gone = true;
  CHECK(answer_after(settings) == std::chrono::microseconds{9});
  settings.brokers.push_back({.name = "c", .kind = broker_kind::accept});
  CHECK(answer_after(settings) == nanoseconds::zero());
}

TEST_CASE("a log of signals that were judged at once replays, whole or from anywhere") {
  auto settings = settings_of(5, odd_delay);
  auto feeds = feeds_of(random_market(5), 1, 1);
  life first{settings, feeds.size(), 1'024};
  struct step {
    event_batch batch;
    std::vector<decided_command> commands;
  };
  std::vector<step> log;
  bring(feeds, first.sequencer.inputs(), 5, [&] {
    event_batch batch;
    batch_decisions decisions;
    while (first.sequencer.next_batch(batch, 1'024)) {
      apply_batch(first.trading, batch, decisions);
      log.push_back({batch, commands_of(batch, decisions)});
      first.sequencer.execute(log.back().commands);
      batch.clear();
      decisions.clear();
    }
  });
  auto expected = first.results();
  for (std::size_t cut : {std::size_t{0}, log.size() / 3, log.size() - 1, log.size()}) {
    CAPTURE(cut);
    life second{settings, feeds.size(), 1'024};
    batch_decisions decisions;
    for (std::size_t i = 0; i < cut; ++i) {
      decisions.clear();
      apply_batch(second.trading, log[i].batch, decisions);
      auto done = second.sequencer.replay(log[i].batch, log[i].commands);
      REQUIRE_MESSAGE(done.has_value(), done.error().message);
    }
    bring(feeds, second.sequencer.inputs(), cut, [&] { second.pump(); });
    REQUIRE(second.sequencer.finished());
    CHECK(second.results() == expected);
  }
}

} // namespace tickmesh::signal_batches_test
