// An execution slot alone, fed by two data and two calculation slots that the test plays: orders,
// fills and positions depend on what comes, not on when.
#include "actors/execution/exec_slot.hpp"

#include "actors/execution/trading_csv.hpp"
#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/slot_surroundings.hpp"
#include "tests/support/small_market.hpp"

using namespace tickmesh;

namespace {

constexpr slot_name exec0{role::exec, 0};
constexpr std::array<slot_name, 4> upstream{slot_name{role::data, 0}, slot_name{role::data, 1},
                                            slot_name{role::calc, 0}, slot_name{role::calc, 1}};
constexpr std::uint32_t symbol_count = 6;

const std::vector<tick>& market() {
  static const auto ticks = make_small_market(symbol_count, 800, 23);
  return ticks;
}

const std::vector<signal>& signals() {
  static const auto out =
      calculate(market(), small_market_symbols(symbol_count), small_strategies()).signals;
  return out;
}

std::vector<signal> signals_of_part(std::uint32_t part) {
  std::vector<signal> out;
  for (auto& s : signals())
    if (s.name.symbol.value / 3 == part) out.push_back(s);
  return out;
}

execution_settings settings() {
  execution_settings out;
  out.limits.position_max = quantity{12 * decimal_scale};
  out.order_lifetime = std::chrono::milliseconds{50};
  out.report_timeout = std::chrono::milliseconds{20};
  out.sim.reject_share = 0.05;
  out.sim.lost_ack_share = 0.1;
  return out;
}

std::vector<std::string> strategy_names() {
  std::vector<std::string> out;
  for (auto& s : small_strategies())
    out.push_back(s.name);
  return out;
}

/// Orders, fills and positions as text.
struct traded {
  std::string orders, fills, positions;
  trading_totals totals;
};

/// The same without actors, links and frames: everything is there from the start.
const traded& expected() {
  static const auto out = [] {
    auto universe = make_trading_universe(small_market_instruments(),
                                          small_market_symbols(symbol_count), strategy_names());
    event_sequencer sequencer{settings().sim};
    auto link = sequencer.inputs().add_link("all");
    for (auto& t : market())
      sequencer.inputs().push(link, t);
    for (auto& s : signals())
      sequencer.inputs().push(link, s);
    sequencer.inputs().finish(link);
    trading_state state{settings(), universe};
    std::vector<venue_command> commands;
    while (auto event = sequencer.next()) {
      commands.clear();
      state.apply(*event, commands);
      sequencer.execute(commands, event->time);
    }
    traded result;
    std::vector<order_row> orders;
    std::vector<fill_row> fills;
    state.finish(orders, fills);
    for (auto& row : orders)
      append_row(result.orders, row, universe);
    for (auto& row : fills)
      append_row(result.fills, row, universe);
    for (auto& row : state.positions())
      append_row(result.positions, row, universe);
    result.totals = state.totals();
    return result;
  }();
  return out;
}

class exec_bench {
public:
  explicit exec_bench(std::uint64_t seed,
                      std::function<void(const sequenced_event&)> probe = nullptr)
      : fixture(seed), random(seed) {
    auto view = std::make_shared<cluster_view>();
    view->number = small_market_epoch;
    for (auto name : upstream)
      view->slots.push_back({name, "host"});
    view->slots.push_back({exec0, "host"});
    view->symbols = small_market_symbols(symbol_count);
    exec_slot_options options;
    options.context = {exec0,
                       view,
                       std::make_shared<const host_settings>(),
                       fixture.make_clock(),
                       agent = fixture.spawn(agent_recorder, events),
                       fixture.spawn(memory_writer, files)};
    options.instruments = std::make_shared<const instrument_table>(small_market_instruments());
    options.settings = settings();
    options.strategies = strategy_names();
    options.probe = std::move(probe);
    slot = fixture.spawn(exec_slot, options);
    caf::anon_send(slot, link_peers{});
    fixture.run();
    REQUIRE(events->ready == 1);
    for (auto name : upstream) {
      acks[name] = std::make_shared<received_acks>();
      feeders[name] = fixture.spawn(link_feeder, acks[name]);
      frames[name] = name.of == role::data
                         ? slice_ticks(name, part_of(market(), name.index, 2), random)
                         : slice_signals(name, signals_of_part(name.index), random);
    }
  }

  void feed(slot_name name) { caf::anon_send(feeders[name], send_frames{slot, frames[name]}); }

  void feed_all() {
    for (auto name : upstream)
      feed(name);
    fixture.run();
  }

  void check_everything_came() {
    CHECK(events->failures.empty());
    REQUIRE(events->finished.size() == 1);
    CHECK(files->rows["orders"] == expected().orders);
    CHECK(files->rows["fills"] == expected().fills);
    CHECK(files->rows["positions"] == expected().positions);
    auto& counts = events->finished[0].counts;
    CHECK(counts.at(fills_count) == expected().totals.fills);
    CHECK(counts.at(marks_in_count) == market().size());
    CHECK(counts.at(signals_in_count) == signals().size());
    CHECK(counts.at("behind_mark") == 0);
    for (auto name : upstream) {
      REQUIRE(!acks[name]->empty());
      CHECK(acks[name]->back().number == frames[name].size());
      for (std::size_t i = 1; i < acks[name]->size(); ++i)
        CHECK((*acks[name])[i].number > (*acks[name])[i - 1].number);
    }
  }

  actor_system_fixture fixture;
  std::mt19937_64 random;
  std::shared_ptr<slot_events> events = std::make_shared<slot_events>();
  std::shared_ptr<written_files> files = std::make_shared<written_files>();
  std::map<slot_name, std::shared_ptr<received_acks>> acks;
  std::map<slot_name, std::vector<link_frame>> frames;
  std::map<slot_name, caf::actor> feeders;
  caf::actor agent, slot;
};

} // namespace

TEST_CASE("an exec slot's orders, fills and positions do not depend on arrival or slicing") {
  auto& totals = expected().totals;
  REQUIRE(signals().size() >= 100);
  REQUIRE(totals.fills >= 30);
  REQUIRE(totals.by_verdict[static_cast<std::size_t>(verdict::approved)] >= 50);
  REQUIRE(totals.by_verdict[static_cast<std::size_t>(verdict::position_limit_exceeded)] >= 5);
  REQUIRE(totals.entered[static_cast<std::size_t>(order_status::canceled)] >= 5);
  REQUIRE(totals.entered[static_cast<std::size_t>(order_status::in_doubt)] >= 1);
  for_each_seed(120, [](std::uint64_t seed) {
    exec_bench bench{seed};
    bench.feed_all();
    bench.check_everything_came();
  });
}

TEST_CASE("an exec slot waits for every link, and says for which") {
  exec_bench bench{4};
  slot_name missing{role::calc, 1};
  bench.fixture.freeze(bench.feeders[missing]);
  bench.feed_all();
  CHECK(bench.files->rows["orders"].empty());
  CHECK(bench.events->finished.empty());
  for (auto name : upstream)
    if (!bench.acks[name]->empty()) // frames without items may be done with
      CHECK(bench.acks[name]->back().number < bench.frames[name].size() / 4);
  bench.fixture.thaw(bench.feeders[missing]);
  bench.fixture.run();
  bench.check_everything_came();
}

TEST_CASE("a risk checker that crashes is not restarted: the exec slot fails at once") {
  for (std::uint64_t at : {1U, 100U, 500U, 900U}) {
    CAPTURE(at);
    auto thrown = std::make_shared<int>(0);
    exec_bench bench{at, [at, thrown](const sequenced_event& event) {
                       if (event.number != at) return;
                       ++*thrown;
                       throw std::runtime_error{"bad event"};
                     }};
    bench.feed_all();
    REQUIRE(bench.events->failures.size() == 1);
    CHECK(bench.events->failures[0] == "risk_checker crashed: bad event");
    CHECK(*thrown == 1);
    CHECK(bench.events->finished.empty());
  }
}

TEST_CASE("an exec slot drops repeated frames and those of an older epoch, and counts them") {
  exec_bench bench{6};
  std::size_t refused = 0;
  for (auto name : upstream) {
    std::vector<link_frame> doubled;
    for (auto& frame : bench.frames[name]) {
      auto older = frame;
      older.epoch = small_market_epoch.value - 1;
      for (auto& copy : {older, frame, frame})
        doubled.push_back(copy);
      refused += 2;
    }
    caf::anon_send(bench.feeders[name], send_frames{bench.slot, doubled});
  }
  bench.fixture.run();
  bench.check_everything_came();
  REQUIRE(refused >= 100);
  CHECK(bench.events->finished[0].counts.at("frames_refused") == refused);
}

TEST_CASE("a gap in a link fails the exec slot and names the link") {
  for (auto name : upstream) {
    exec_bench bench{1};
    bench.frames[name].erase(bench.frames[name].begin() + 1);
    bench.feed(name);
    bench.fixture.run();
    REQUIRE(!bench.events->failures.empty());
    CHECK(bench.events->failures[0] == format_slot(name) + ": frames 2 to 2 are missing");
  }
}

TEST_CASE("an exec slot answers for its counters while it waits, with the totals of its orders") {
  exec_bench bench{2};
  bench.feed(upstream[0]);
  bench.fixture.run();
  bench.fixture.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    self->request(bench.slot, std::chrono::seconds{30}, counters_query{})
        .then([self, events = bench.events](const slot_counters& counters) {
          events->counters.push_back(counters);
          self->quit();
        });
    return {[](acknowledge_all) {}};
  });
  bench.fixture.run();
  REQUIRE(bench.events->counters.size() == 1);
  CHECK(bench.events->counters[0].counts.at(marks_in_count) == part_of(market(), 0, 2).size());
  CHECK(!bench.events->counters[0].execution_totals.empty());
}
