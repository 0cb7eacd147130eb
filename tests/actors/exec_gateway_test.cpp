// An execution slot by arrival with brokers outside, behind gateways: hostile brokers that outlive
// it, gateways that crash, a slot that is ended at any moment and goes on from its journal on disk.
#include "actors/execution/replay/journal_passage.hpp"
#include "tests/simulation/broker_truth.hpp"
#include "tests/support/exec_bench.hpp"
#include "tests/support/replayed_slot.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

namespace tickmesh::exec_gateway_test {

namespace {

/// Time for the next thing at the broker.
struct look_at_broker {};

} // namespace

} // namespace tickmesh::exec_gateway_test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::exec_gateway_test::look_at_broker)

namespace tickmesh::exec_gateway_test {

using namespace exec_benches;

namespace {

/// What lives on when the process ends: the brokers, and time.
struct outside_world {
  hostile_brokers brokers;
  nanoseconds before{}; ///< time of earlier lives
  std::mt19937_64 random;
  double gateway_crashes = 0;     ///< share of the works that it is given
  double risk_crashes = 0;        ///< share of the events before which the risk checker crashes
  std::uint32_t crashes_left = 0; ///< of this life: more would be too many for the supervisor
  std::uint64_t crashes = 0;
  std::uint64_t sessions = 0;
  std::uint64_t commands = 0;

  void crash_perhaps(double share) {
    if (share == 0 || crashes_left == 0) return;
    if (static_cast<double>(random() >> 11U) * 0x1p-53 >= share) return;
    --crashes_left;
    ++crashes;
    throw std::runtime_error{"a crash is drawn"};
  }
};

struct hostile_gateway_state {
  std::uint64_t session = 0; // first: CAF would set a handle that is first to the gateway's own
  gateway_owner_actor slot;
  const char* name = "hostile_gateway";
};
using working_gateway = broker_gateway_actor::extend<takes<look_at_broker>>;
using hostile_gateway_actor = working_gateway::stateful_base<hostile_gateway_state>;

timestamp time_of(hostile_gateway_actor* self, const outside_world& world) {
  auto now = std::chrono::duration_cast<nanoseconds>(self->clock().now().time_since_epoch());
  return timestamp{world.before + now};
}

/// What has happened at the broker until now.
std::vector<venue_news> take_due(hostile_broker& broker, timestamp now) {
  std::vector<venue_news> out;
  while (broker.next_time().value_or(end_of_time) <= now)
    if (auto news = broker.take_next()) out.push_back(std::move(*news));
  return out;
}

void wait_for_next(hostile_gateway_actor* self, const outside_world& world,
                   const hostile_broker& broker) {
  if (auto next = broker.next_time())
    self->delayed_send(self, std::max(*next - time_of(self, world), nanoseconds{0}),
                       look_at_broker{});
}

void carry_out(hostile_broker& broker, const venue_command& command, timestamp now) {
  if (auto* order = std::get_if<order_request>(&command)) broker.submit(*order, now);
  if (auto* cancel = std::get_if<cancel_request>(&command)) broker.request_cancel(*cancel, now);
  if (auto* replace = std::get_if<replace_request>(&command)) broker.request_replace(*replace, now);
  if (auto* query = std::get_if<status_query>(&command)) broker.query(*query, now);
  if (std::holds_alternative<broker_probe>(command)) broker.probe(now);
  if (std::holds_alternative<snapshot_request>(command)) broker.request_snapshot(now);
  if (auto* executions = std::get_if<executions_request>(&command))
    broker.request_executions(executions->since, now);
}

working_gateway::behavior_type hostile_gateway(hostile_gateway_actor* self,
                                               std::shared_ptr<outside_world> world, broker_id id) {
  set_fault_handlers(self);
  auto* broker = world->brokers[id.value].get();
  auto tell = [self, id](std::vector<venue_news> news, std::uint32_t works_taken) {
    self->send(self->state.slot,
               gateway_news{id, self->state.session, works_taken, std::move(news)});
  };
  auto crash_perhaps = [world] { world->crash_perhaps(world->gateway_crashes); };
  return {
      [=](const open_session& open) {
        self->state.slot = caf::actor_cast<gateway_owner_actor>(self->current_sender());
        self->state.session = open.session;
        ++world->sessions;
        take_due(*broker, time_of(self, *world)); // was said to nobody
        if (broker->is_connected()) tell({broker_event{.news = broker_news::session_up}}, 0);
        wait_for_next(self, *world, *broker);
      },
      [=](const gateway_work& work) {
        CHECK(work.marks.size() <= exec_market().size());
        for (auto& command : work.commands) {
          crash_perhaps();
          ++world->commands;
          carry_out(*broker, command, time_of(self, *world));
        }
        crash_perhaps();
        tell({}, 1);
        wait_for_next(self, *world, *broker);
      },
      [=](look_at_broker) {
        tell(take_due(*broker, time_of(self, *world)), 0);
        wait_for_next(self, *world, *broker);
      },
  };
}

execution_settings outside_settings() {
  auto out = exec_settings();
  out.sequencer = input_order::arrival;
  out.brokers = {{.name = "ctp"}, {.name = "ib"}};
  out.limits.daily_loss_max = money{int128{1'000'000} * decimal_scale};
  out.limits.signal_age_max = std::nullopt;
  out.reconcile_interval = std::chrono::milliseconds{25};
  out.broker_probe_interval = std::chrono::milliseconds{20};
  out.clock_interval = std::chrono::milliseconds{5};
  return out;
}

class hostile_bench {
public:
  hostile_bench(std::uint64_t seed, const hostility& how, double gateway_crashes) : random_(seed) {
    world->random.seed(seed);
    world->gateway_crashes = gateway_crashes;
    for (std::uint64_t i = 0; i < 2; ++i)
      world->brokers.push_back(std::make_unique<hostile_broker>(seed * 2 + i, how));
  }

  /// Starts the slot on what is on disk.
  std::unique_ptr<exec_bench> start(std::uint64_t seed) {
    auto probe = [this](const sequenced_event& event) {
      ++events;
      world->crash_perhaps(world->risk_crashes);
      if (event.number % 8 != 0) return;
      for (auto& what : limits_broken(world->brokers, symbol_count, *settings.limits.position_max))
        FAIL_CHECK(what);
    };
    world->crashes_left = host_settings{}.restarts_max;
    auto bench = std::make_unique<exec_bench>(
        seed, probe, settings, state_.path(), ledger_keeper_starter{},
        [world = world](caf::event_based_actor* parent, const gateway_options& options) {
          return parent->spawn(hostile_gateway, world, options.broker);
        });
    bench->fixture.let_time_pass_while_working(1 + random_() % 3, std::chrono::milliseconds{1});
    return bench;
  }
  void end(std::unique_ptr<exec_bench> bench) {
    for (auto& what : bench->events->failures)
      FAIL_CHECK(what);
    world->before += bench->fixture.now();
  }

  void live_shortly(std::uint64_t seed) {
    auto bench = start(seed);
    hold_back_last(*bench);
    for (auto name : upstream)
      bench->feed(name);
    auto steps = random_() % 1'500;
    for (std::uint64_t i = 0; i < steps && bench->fixture.step(); ++i) {
    }
    end(std::move(bench));
  }

  /// Lives to the end of the log: the brokers behave before the last frame comes.
  slot_report live_on(std::uint64_t seed) {
    auto bench = start(seed);
    auto last = hold_back_last(*bench);
    bench->feed_all();
    bench->fixture.pass(std::chrono::milliseconds{300});
    world->gateway_crashes = world->risk_crashes = 0;
    for (auto& broker : world->brokers)
      broker->calm_down();
    bench->fixture.pass(std::chrono::milliseconds{1'000});
    bench->frames[upstream[0]] = {last};
    bench->feed(upstream[0]);
    REQUIRE(bench->fixture.run_until([&] { return !bench->events->finished.empty(); },
                                     std::chrono::seconds{30}));
    auto report = bench->events->finished[0];
    end(std::move(bench));
    return report;
  }

  /// What the journal on disk says, against what the brokers know.
  std::vector<std::string> differences() {
    trading_state trading{settings, make_trading_universe(small_market_instruments(),
                                                          small_market_symbols(symbol_count),
                                                          strategy_names())};
    std::vector<std::unique_ptr<order_venue>> venues;
    for (std::size_t i = 0; i < world->brokers.size(); ++i)
      venues.push_back(std::make_unique<gateway_venue>());
    event_sequencer sequencer{input_order::arrival, std::move(venues)};
    for (auto name : upstream)
      sequencer.inputs().add_link(format_slot(name));
    send_guard guard;
    auto directory = state_.path() / host_settings{}.id / "journal" / "exec-0";
    auto done = recover_from_journal(directory, trading, sequencer, guard);
    if (!done) return {done.error().message};
    totals = trading.totals();
    if (!is_same_from_snapshot(directory)) return {"a snapshot leads to another state"};
    return differences_from_truth(trading, world->brokers, symbol_count);
  }

  /// Whether a passage that begins in the middle comes to where the whole one does.
  static bool is_same_from_snapshot(const std::filesystem::path& directory) {
    auto ends = record_ends(directory);
    auto whole = replayed_slot::from_start(directory, build_id());
    auto begun = replayed_slot::from_start(directory, build_id());
    begun.advance(ends[ends.size() / 2]);
    auto again = replayed_slot::from_snapshot(directory, begun.snapshot(), build_id());
    whole.advance();
    again.advance();
    return whole.snapshot() == again.snapshot();
  }

  execution_settings settings = outside_settings();
  std::shared_ptr<outside_world> world = std::make_shared<outside_world>();
  std::uint64_t events = 0;
  trading_totals totals;

private:
  /// Without it the log does not end: one that has ended is not gone on with.
  static link_frame hold_back_last(exec_bench& bench) {
    auto last = bench.frames[upstream[0]].back();
    bench.frames[upstream[0]].pop_back();
    return last;
  }

  temporary_directory state_;
  std::mt19937_64 random_;
};

} // namespace

TEST_CASE("with calm brokers outside, an exec slot trades, and its books are the brokers'") {
  for_each_seed(5, [](std::uint64_t seed) {
    hostile_bench bench{seed, {}, 0};
    for (auto& broker : bench.world->brokers)
      broker->calm_down();
    auto report = bench.live_on(seed);
    for (auto& what : bench.differences())
      FAIL_CHECK(what);
    CHECK(bench.totals.fills >= 20);
    CHECK(report.counts.at(fills_count) == bench.totals.fills);
    CHECK(bench.world->sessions == 2);
    CHECK(report.counts.at("gateway/ctp/news_lost") == 0);
    CHECK(report.counts.at("gateway/ib/orders_not_sent") == 0);
  });
}

TEST_CASE("whatever brokers and gateways do, and however often the slot is ended, no order is "
          "doubled and no fill is lost or counted twice") {
  std::uint64_t fills = 0, crashes = 0, sessions = 0;
  for_each_seed(40, [&](std::uint64_t seed) {
    hostility how;
    if (seed % 5 == 0) how = {.loses_report = 0.3, .delays_report = 0.6, .ignores_request = 0.3};
    if (seed % 7 == 0) how = {.does_not_take = 0.3, .goes_mute = 0.05, .disconnects = 0.05};
    hostile_bench bench{seed, how, seed % 3 == 0 ? 0.02 : 0};
    for (std::uint64_t life = 0; life < seed % 4; ++life)
      bench.live_shortly(seed * 10 + life);
    bench.live_on(seed);
    for (auto& what : bench.differences())
      FAIL_CHECK(what);
    fills += bench.totals.fills;
    crashes += bench.world->crashes;
    sessions += bench.world->sessions;
  });
  CHECK(fills > 400);
  CHECK(crashes > 20);
  CHECK(sessions > 200);
}

TEST_CASE("however often the risk checker crashes, no order is doubled and no fill is lost") {
  std::uint64_t fills = 0, crashes = 0;
  for_each_seed(60, [&](std::uint64_t seed) {
    hostility how;
    if (seed % 3 == 0) how = {.loses_report = 0.3, .delays_report = 0.6, .ignores_request = 0.3};
    hostile_bench bench{seed, how, seed % 4 == 0 ? 0.01 : 0};
    bench.world->risk_crashes = 0.004;
    if (seed % 2 == 0) bench.settings.journal.durability = log_durability::always;
    for (std::uint64_t life = 0; life < seed % 3; ++life)
      bench.live_shortly(seed * 10 + life);
    bench.live_on(seed);
    for (auto& what : bench.differences())
      FAIL_CHECK(what);
    fills += bench.totals.fills;
    crashes += bench.world->crashes;
  });
  CHECK(fills > 400);
  CHECK(crashes > 100);
}

} // namespace tickmesh::exec_gateway_test
