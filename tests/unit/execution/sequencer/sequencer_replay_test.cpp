// An execution that ends anywhere and goes on from its log.
#include "tests/support/decided_commands.hpp"
#include "tests/support/random_trading.hpp"

#include <doctest/doctest.h>

namespace tickmesh::sequencer_replay_test {

using namespace random_trading;

namespace {

struct logged_step {
  sequenced_event event;
  std::vector<venue_command> commands;
};

/// One life of sequencer and trading state.
struct life {
  explicit life(const execution_settings& settings, std::size_t links)
      : sequencer(settings), trading(settings, universe()) {
    for (std::size_t i = 0; i < links; ++i)
      sequencer.inputs().add_link(std::to_string(i));
  }

  void pump(std::size_t steps_max) {
    while (log.size() < steps_max) {
      auto e = sequencer.next();
      if (!e) return;
      std::vector<venue_command> out;
      trading.apply(*e, out);
      sequencer.execute(out, e->time);
      log.push_back({std::move(*e), std::move(out)});
    }
  }

  void replay(const logged_step& step) {
    event_batch batch;
    batch.first_number = step.event.number;
    if (auto* mark = std::get_if<market_mark>(&step.event.what))
      batch.marks.push_back(*mark);
    else
      batch.others.push_back({0, step.event});
    std::vector<venue_command> out;
    trading.apply(step.event, out);
    REQUIRE(out == step.commands);
    auto done = sequencer.replay(batch, decided_at(step.event, out));
    REQUIRE_MESSAGE(done.has_value(), done.error().message);
    log.push_back(step);
  }

  std::string results() { return text_of_results(trading); }

  event_sequencer sequencer;
  trading_state trading;
  std::vector<logged_step> log;
};

} // namespace

TEST_CASE("an execution that ends anywhere goes on from its log as if it had not ended") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    auto settings = settings_of(seed, seed % 2 == 0 ? odd_delay : even_delay);
    settings.sim.unavailable_share = seed % 3 == 0 ? 0.05 : 0;
    auto feeds = feeds_of(random_market(seed), 2, 2);
    life whole{settings, feeds.size()};
    bring(feeds, whole.sequencer.inputs(), seed, [&] { whole.pump(SIZE_MAX); });
    REQUIRE(whole.sequencer.finished());
    auto expected = whole.results();
    std::mt19937_64 random{seed};
    for (int cut = 0; cut < 4; ++cut) {
      auto steps = random() % (whole.log.size() + 1);
      CAPTURE(steps);
      life second{settings, feeds.size()};
      for (std::size_t i = 0; i < steps; ++i)
        second.replay(whole.log[i]);
      bring(feeds, second.sequencer.inputs(), random(), [&] { second.pump(SIZE_MAX); });
      REQUIRE(second.sequencer.finished());
      REQUIRE(second.log.size() == whole.log.size());
      for (std::size_t i = steps; i < whole.log.size(); ++i) {
        REQUIRE(second.log[i].event == whole.log[i].event);
        REQUIRE(second.log[i].commands == whole.log[i].commands);
      }
      CHECK(second.results() == expected);
    }
  }
}

TEST_CASE("a log of another venue is refused, and the event is named") {
  auto settings = settings_of(3, odd_delay);
  auto feeds = feeds_of(random_market(3), 1, 1);
  life first{settings, feeds.size()};
  bring(feeds, first.sequencer.inputs(), 3, [&] { first.pump(SIZE_MAX); });
  settings.sim.seed += 1;
  settings.sim.reject_share = 0.5;
  life second{settings, feeds.size()};
  std::string message;
  for (auto& step : first.log) {
    event_batch batch;
    batch.first_number = step.event.number;
    if (auto* mark = std::get_if<market_mark>(&step.event.what))
      batch.marks.push_back(*mark);
    else
      batch.others.push_back({0, step.event});
    auto done = second.sequencer.replay(batch, decided_at(step.event, step.commands));
    if (done) continue;
    message = done.error().message;
    CHECK(message.find("event " + std::to_string(step.event.number)) != std::string::npos);
    break;
  }
  CHECK(message.find("other settings") != std::string::npos);
}

} // namespace tickmesh::sequencer_replay_test
