// A calculation slot and its replica between data slots and an execution slot that a test plays.
#pragma once

#include "actors/calc/slot/calc_slot_actor.hpp"
#include "actors/calc/slot/factor_calculator_actor.hpp"
#include "actors/execution/events/signal_high_water.hpp"
#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/slot_surroundings.hpp"
#include "tests/support/small_market.hpp"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh::shadow_bench_parts {

inline constexpr slot_name data0{role::data, 0}, data1{role::data, 1}, calc0{role::calc, 0},
    exec0{role::exec, 0};
inline constexpr std::uint32_t symbol_count = 5;
inline constexpr epoch replica_since{8}, next_owner_since{9};

inline const std::vector<tick>& market() {
  static const auto ticks = make_small_market(symbol_count, 900, 11);
  return ticks;
}

inline const calculated_market& expected() {
  static const auto out =
      calculate(market(), small_market_symbols(symbol_count), small_strategies());
  return out;
}

/// What came to an agent of one of the two.
struct agent_notes {
  std::vector<replica_state_changed> replicas;
  std::vector<std::string> failures;
  std::size_t begins_again = 0; ///< of the failures
  std::size_t ready = 0, finished = 0;
};

inline caf::behavior noting_agent(caf::event_based_actor*, std::shared_ptr<agent_notes> notes) {
  return {
      [notes](const slot_ready&) { ++notes->ready; },
      [notes](const slot_finished&) { ++notes->finished; },
      [notes](const slot_failed& failed) {
        notes->failures.push_back(failed.reason);
        notes->begins_again += failed.begins_again ? 1 : 0;
      },
      [notes](const peer_silent&) {},
      [notes](const replica_state_changed& changed) { notes->replicas.push_back(changed); },
  };
}

/// Stands for a data slot: sends the same frames to the owner and to whoever wants them as its
/// replica, to each at a pace of its own.
struct data_double_state {
  std::vector<link_frame> frames;
  std::map<caf::actor, std::size_t> sent;
  std::size_t wanted = 0;
  const char* name = "data_double";
};
struct feed_to {
  caf::actor to;
};

inline caf::behavior data_double(caf::stateful_actor<data_double_state>* self,
                                 std::vector<link_frame> frames) {
  self->state.frames = std::move(frames);
  return {
      [self](const ticks_wanted&) {
        ++self->state.wanted;
        self->send(self, feed_to{caf::actor_cast<caf::actor>(self->current_sender())});
      },
      [self](const feed_to& feed) {
        auto& state = self->state;
        auto& sent = state.sent[feed.to];
        if (sent == state.frames.size()) return;
        self->send(feed.to, state.frames[sent++]);
        self->send(self, feed);
      },
      [](const link_ack&) {},
      [](const link_gap&) {},
  };
}

/// Stands for the execution slot: takes each signal once, as it does.
struct exec_double_state {
  std::vector<signal> taken;
  signal_high_water newest;
  std::uint64_t last = 0, repeats = 0, epoch = 0;
  timestamp mark{};
  bool has_ended = false;
  const char* name = "exec_double";
};

inline caf::behavior exec_double(caf::stateful_actor<exec_double_state>* self) {
  return {
      [self](const link_hello& hello) -> link_resume {
        auto& state = self->state;
        state.epoch = hello.epoch;
        return {2, 0, hello.epoch, hello.number, state.last, state.last, 0};
      },
      [self](const link_frame& frame) -> link_ack {
        auto& state = self->state;
        if (frame.epoch < state.epoch) return {2, 0, frame.epoch, frame.hello, 0};
        CHECK(frame.after == state.last);
        state.last = frame.number;
        auto read = decode_signal_frame(frame.payload).value();
        for (auto& s : read.signals) {
          if (!state.newest.admit(s.name)) {
            ++state.repeats;
            continue;
          }
          CHECK(s.effective_time >= state.mark); // no promise was broken
          state.taken.push_back(s);
          state.taken.back().ingest_ns = state.taken.back().sent_ns = 0;
        }
        state.mark = std::max(state.mark, read.time_mark);
        state.has_ended = state.has_ended || read.final;
        return {2, 0, frame.epoch, frame.hello, frame.number};
      },
  };
}

class shadow_bench {
public:
  using probe = std::function<void(const tick&)>;

  explicit shadow_bench(std::uint64_t seed, probe of_owner = {}, probe of_shadow = {})
      : fixture(seed), random(seed) {
    for (std::uint16_t i = 0; i < 2; ++i)
      data[i] =
          fixture.spawn(data_double, slice_ticks({role::data, i}, part_of(market(), i, 2), random));
    exec = fixture.spawn(exec_double);
    owner = spawn("owner", false, std::move(of_owner));
    shadow = spawn("shadow", true, std::move(of_shadow));
    caf::anon_send(owner, link_peers{{{exec0, exec}}});
    caf::anon_send(shadow, link_peers{{{data0, data[0]}, {data1, data[1]}, {calc0, owner}}});
    for (auto& from : data)
      caf::anon_send(from, feed_to{owner});
  }

  exec_double_state& taken() {
    return static_cast<caf::stateful_actor<exec_double_state>*>(
               caf::actor_cast<caf::abstract_actor*>(exec))
        ->state;
  }
  calc_slot_state& state_of(const caf::actor& slot) {
    return static_cast<calc_slot_actor*>(caf::actor_cast<caf::abstract_actor*>(slot))->state;
  }

  std::shared_ptr<const cluster_view> view_of(const std::string& owner_id, epoch since,
                                              bool has_replica) {
    auto view = std::make_shared<cluster_view>();
    view->number = std::max(since, replica_since);
    for (auto name : {data0, data1, exec0})
      view->slots.push_back({name, "other", small_market_epoch});
    slot_assignment calc{calc0, owner_id, since};
    if (has_replica) calc.replicas = {{"shadow", false, replica_since}};
    view->slots.push_back(calc);
    view->symbols = small_market_symbols(symbol_count);
    return view;
  }

  /// A tick that never was enters a calculator's state, and nothing else.
  void corrupt(const caf::actor& slot, symbol_id symbol) {
    auto& calculator = state_of(slot).own.calculator_of(symbol);
    auto& state =
        static_cast<factor_calculator_actor*>(caf::actor_cast<caf::abstract_actor*>(calculator))
            ->state;
    auto foreign = market().front();
    foreign.symbol = symbol;
    foreign.last = price{10'000 * decimal_scale};
    calculation_output nowhere;
    add_ticks(state.calculator->calculator(), {&foreign, 1}, first_data_epoch, nowhere);
  }

  void take_over() {
    caf::anon_send_exit(owner, caf::exit_reason::kill);
    caf::anon_send(shadow, view_changed{view_of("shadow", next_owner_since, false)});
    caf::anon_send(shadow, link_peers{{{exec0, exec}}});
  }

  void check_everything_came(const calculated_market& due = expected()) {
    CHECK(owner_notes->failures.empty());
    CHECK(shadow_notes->failures.empty());
    check_signals(due);
  }

  void check_signals(const calculated_market& due = expected()) {
    CHECK(taken().has_ended);
    auto all = taken().taken;
    sort_by_time(all);
    CHECK(all == due.signals);
  }

  actor_system_fixture fixture;
  std::mt19937_64 random;
  std::shared_ptr<agent_notes> owner_notes = std::make_shared<agent_notes>();
  std::shared_ptr<agent_notes> shadow_notes = std::make_shared<agent_notes>();
  std::shared_ptr<written_files> owner_files = std::make_shared<written_files>();
  std::shared_ptr<written_files> shadow_files = std::make_shared<written_files>();
  std::array<caf::actor, 2> data;
  caf::actor exec, owner, shadow;

private:
  caf::actor spawn(const std::string& host_id, bool is_replica, probe probe_of_ticks) {
    calc_slot_options options;
    auto host = std::make_shared<host_settings>();
    host->id = host_id;
    host->replay_buffer_mib = 16;
    options.context = {calc0,
                       view_of("owner", small_market_epoch, true),
                       host,
                       fixture.make_clock(),
                       fixture.spawn(noting_agent, is_replica ? shadow_notes : owner_notes),
                       fixture.spawn(memory_writer, is_replica ? shadow_files : owner_files)};
    options.context.since = small_market_epoch;
    options.instruments = std::make_shared<const instrument_table>(small_market_instruments());
    options.strategies = small_strategies();
    options.is_replica = is_replica;
    options.probe = std::move(probe_of_ticks);
    return fixture.spawn(calc_slot, options);
  }
};

} // namespace tickmesh::shadow_bench_parts

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::shadow_bench_parts::feed_to)
