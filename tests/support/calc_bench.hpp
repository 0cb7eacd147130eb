// A calculation slot between two data slots, an execution slot and a writer that a test plays, with
// a small market and what it is to make of that.
#pragma once

#include "actors/calc/slot/calc_slot_actor.hpp"
#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/slot_surroundings.hpp"
#include "tests/support/small_market.hpp"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh::calc_bench_parts {

inline constexpr slot_name data0{role::data, 0}, data1{role::data, 1}, calc0{role::calc, 0},
    exec0{role::exec, 0};
inline constexpr std::uint32_t symbol_count = 5;
inline constexpr std::size_t tick_count = 900;

inline const std::vector<tick>& market() {
  static const auto ticks = make_small_market(symbol_count, tick_count, 11);
  return ticks;
}

inline const calculated_market& expected() {
  static const auto out =
      calculate(market(), small_market_symbols(symbol_count), small_strategies());
  return out;
}

inline std::vector<std::string> sorted_lines(const std::string& text) {
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
    std::uint64_t quarantined_max = 8;
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
    options.quarantined_max = given.quarantined_max;
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

  void check_everything_came(const calculated_market& due = expected()) {
    CHECK(events->failures.empty());
    REQUIRE(events->finished.size() == 1);
    CHECK(signals_in(sent->frames) == due.signals);
    CHECK(files->sorted_rows("factors") == sorted_lines(due.factor_rows));
    CHECK(files->sorted_rows("signals").size() == due.signals.size());
    auto& counts = events->finished[0].counts;
    CHECK(counts.at(signals_count) == due.signals.size());
    CHECK(counts.at(factors_count) == due.factors);
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

/// Throws at these ticks of these symbols, each time, and counts how often.
inline std::function<void(const tick&)> poison_at(std::map<std::uint32_t, std::uint64_t> ticks,
                                                  std::shared_ptr<int> thrown) {
  return [ticks = std::move(ticks), thrown = std::move(thrown)](const tick& t) {
    auto found = ticks.find(t.symbol.value);
    if (found == ticks.end() || t.number.value != found->second) return;
    ++*thrown;
    throw std::runtime_error{"poison"};
  };
}

} // namespace tickmesh::calc_bench_parts
