// A data slot alone: a source in memory above it, receivers that the test plays below it.
#pragma once

#include "actors/market/slot/data_slot_actor.hpp"
#include "messages/tick_run.hpp"
#include "runtime/cluster/rendezvous.hpp"
#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/memory_source.hpp"
#include "tests/support/slot_surroundings.hpp"
#include "tests/support/small_market.hpp"
#include "tests/support/temporary_directory.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tickmesh::data_bench_parts {

inline constexpr slot_name data0{role::data, 0}, data1{role::data, 1}, calc0{role::calc, 0},
    calc1{role::calc, 1}, exec0{role::exec, 0};
inline constexpr std::uint32_t symbol_count = 8;
inline constexpr std::size_t record_count = 1200;
inline constexpr std::uint32_t window_items = 64;
inline constexpr std::uint32_t round_ticks_max = 16;
/// In flight at most: credit is looked at when a round is granted, and four may be under way.
inline constexpr std::uint64_t in_flight_items_max = window_items - 1 + 4 * round_ticks_max;

inline std::shared_ptr<const memory_source> source() {
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

inline const cleaned_source& expected() {
  static const auto out = clean_all(*source(), small_market_instruments());
  return out;
}

/// A data slot and all that is around it.
class data_bench {
public:
  struct tuning {
    std::function<void(const tick&)> probe{};
    std::function<void()> feed_probe{};
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
    options.feed_probe = given.feed_probe;
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

} // namespace tickmesh::data_bench_parts
