// An execution slot alone, fed by two data and two calculation slots that the test plays, and what
// orders, fills and positions it must come to. Used by the tests of the execution slot.
#pragma once

#include "actors/execution/slot/exec_slot_actor.hpp"
#include "actors/execution/trading/trading_csv.hpp"
#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/slot_surroundings.hpp"
#include "tests/support/small_market.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tickmesh::exec_benches {

inline constexpr slot_name exec0{role::exec, 0};
inline constexpr std::array<slot_name, 4> upstream{
    slot_name{role::data, 0}, slot_name{role::data, 1}, slot_name{role::calc, 0},
    slot_name{role::calc, 1}};
inline constexpr std::uint32_t symbol_count = 6;

inline const std::vector<tick>& exec_market() {
  static const auto ticks = make_small_market(symbol_count, 800, 23);
  return ticks;
}

inline const std::vector<signal>& exec_signals() {
  static const auto out =
      calculate(exec_market(), small_market_symbols(symbol_count), small_strategies()).signals;
  return out;
}

inline std::vector<signal> signals_of_part(std::uint32_t part) {
  std::vector<signal> out;
  for (auto& s : exec_signals())
    if (s.name.symbol.value / 3 == part) out.push_back(s);
  return out;
}

inline execution_settings exec_settings() {
  execution_settings out;
  out.limits.position_max = quantity{12 * decimal_scale};
  out.order_lifetime = std::chrono::milliseconds{50};
  out.report_timeout = std::chrono::milliseconds{20};
  out.sim.reject_share = 0.05;
  out.sim.lost_ack_share = 0.1;
  return out;
}

inline std::vector<std::string> strategy_names() {
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
inline const traded& expected_trades() {
  static const auto out = [] {
    auto universe = make_trading_universe(small_market_instruments(),
                                          small_market_symbols(symbol_count), strategy_names());
    event_sequencer sequencer{exec_settings().sim};
    auto link = sequencer.inputs().add_link("all");
    for (auto& t : exec_market())
      sequencer.inputs().push(link, t);
    for (auto& s : exec_signals())
      sequencer.inputs().push(link, s);
    sequencer.inputs().finish(link);
    sequencer.post(slot_configured{std::make_shared<const slot_configuration>(
        begin_configuration(exec_settings(), universe, build_id()))});
    trading_state state{exec_settings(), universe};
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

/// What a link_owner was answered.
struct owner_log {
  std::vector<link_resume> resumed;
  received_acks acks;
};

/// Stands for a host that owns an upstream slot: says hello, then sends at once.
inline caf::behavior link_owner(caf::event_based_actor* self, std::shared_ptr<owner_log> log) {
  return {
      [self](const say_hello& greeting) { self->send(greeting.to, greeting.hello); },
      [self](const send_frames& work) {
        for (auto& frame : work.frames)
          self->send(work.to, frame);
      },
      [log](const link_resume& resume) { log->resumed.push_back(resume); },
      [log](const link_ack& ack) { log->acks.push_back(ack); },
  };
}

class exec_bench {
public:
  explicit exec_bench(std::uint64_t seed,
                      std::function<void(const sequenced_event&)> probe = nullptr,
                      const execution_settings& given = exec_settings(),
                      const std::filesystem::path& state_dir = {},
                      ledger_keeper_starter start_ledger = {}, gateway_starter start_gateway = {})
      : fixture(seed), random(seed) {
    auto view = std::make_shared<cluster_view>();
    view->number = small_market_epoch;
    for (auto name : upstream)
      view->slots.push_back({name, "host", small_market_epoch});
    view->slots.push_back({exec0, "host"});
    view->symbols = small_market_symbols(symbol_count);
    auto host = std::make_shared<host_settings>();
    host->state_dir = (state_dir.empty() ? own_state.path() : state_dir).string();
    exec_slot_options options;
    options.start_keeper = [this](caf::event_based_actor* parent, journal_keeper_options keeping) {
      return keeper = start_journal_keeper_here(parent, std::move(keeping));
    };
    options.start_ledger = std::move(start_ledger);
    options.start_gateway = std::move(start_gateway);
    options.context = {exec0,
                       view,
                       host,
                       fixture.make_clock(),
                       agent = fixture.spawn(agent_recorder, events),
                       fixture.spawn(memory_writer, files)};
    options.instruments = std::make_shared<const instrument_table>(small_market_instruments());
    options.settings = given;
    options.strategies = strategy_names();
    options.probe = std::move(probe);
    slot = fixture.spawn(exec_slot, options);
    caf::anon_send(slot, link_peers{});
    fixture.run();
    REQUIRE(events->ready == 1);
    for (auto name : upstream) {
      acks[name] = std::make_shared<received_acks>();
      feeders[name] = fixture.spawn(link_feeder, acks[name], std::make_shared<received_resumes>());
      frames[name] = name.of == role::data
                         ? slice_ticks(name, part_of(exec_market(), name.index, 2), random)
                         : slice_signals(name, signals_of_part(name.index), random);
    }
  }

  struct owner {
    caf::actor handle;
    std::shared_ptr<owner_log> log = std::make_shared<owner_log>();
  };
  owner make_owner() {
    owner out;
    out.handle = fixture.spawn(link_owner, out.log);
    return out;
  }
  void greet(const owner& from, slot_name as, epoch since) {
    caf::anon_send(from.handle,
                   say_hello{slot, {static_cast<std::uint8_t>(as.of), as.index, since.value}});
    fixture.run();
  }
  void send(const owner& from, std::vector<link_frame> some) {
    caf::anon_send(from.handle, send_frames{slot, std::move(some)});
    fixture.run();
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
    CHECK(files->rows["orders"] == expected_trades().orders);
    CHECK(files->rows["fills"] == expected_trades().fills);
    CHECK(files->rows["positions"] == expected_trades().positions);
    auto& counts = events->finished[0].counts;
    CHECK(counts.at(fills_count) == expected_trades().totals.fills);
    CHECK(counts.at(marks_in_count) == exec_market().size());
    CHECK(counts.at(signals_in_count) == exec_signals().size());
    CHECK(counts.at("behind_mark") == 0);
    for (auto name : upstream) {
      REQUIRE(!acks[name]->empty());
      CHECK(acks[name]->back().number == frames[name].size());
      for (std::size_t i = 1; i < acks[name]->size(); ++i)
        CHECK((*acks[name])[i].number > (*acks[name])[i - 1].number);
    }
  }

  temporary_directory own_state; ///< outlives the actors that write to it
  actor_system_fixture fixture;
  std::mt19937_64 random;
  std::shared_ptr<slot_events> events = std::make_shared<slot_events>();
  std::shared_ptr<written_files> files = std::make_shared<written_files>();
  std::map<slot_name, std::shared_ptr<received_acks>> acks;
  std::map<slot_name, std::vector<link_frame>> frames;
  std::map<slot_name, caf::actor> feeders;
  caf::actor agent, slot, keeper;
};

} // namespace tickmesh::exec_benches
