// An execution slot and what surrounds it on a host; for the turns of the execution benchmark.
#pragma once

#include "actors/execution/slot/exec_slot_actor.hpp"
#include "actors/execution/trading/trading_csv.hpp"
#include "perf/execution_turn.hpp"
#include "perf/trading_load.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/results/row_writer_actor.hpp"

#include <chrono>
#include <map>
#include <memory>

namespace tickmesh {

namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

inline constexpr slot_name own_slot{role::exec, 0};
inline constexpr std::uint32_t frame_items = 64;
inline constexpr auto sample_pause = std::chrono::milliseconds{2};
inline constexpr auto finish_timeout = std::chrono::minutes{2};

/// An execution slot and what surrounds it on a host; the caller is its host agent.
class slot_host {
public:
  slot_host(caf::actor_system& system, const fs::path& state_dir, execution_settings settings,
            venue_maker start_venue = make_venue)
      : agent_(system), state_dir_(state_dir) {
    auto view = std::make_shared<cluster_view>();
    view->number = trading_load::since;
    for (auto upstream : {trading_load::data, trading_load::calc})
      view->slots.push_back({upstream, host_.id, trading_load::since});
    view->slots.push_back({own_slot, host_.id});
    view->symbols = load_symbol_names();
    host_.state_dir = state_dir.string();
    std::map<std::string, std::string> headers{{"orders", std::string{order_columns}},
                                               {"fills", std::string{fill_columns}},
                                               {"positions", std::string{position_columns}}};
    auto files = take(row_files::create((state_dir / "results").string(), headers));
    writer_ = system.spawn<caf::detached>(row_writer, std::shared_ptr<row_files>{std::move(files)});
    exec_slot_options options;
    options.context = {
        own_slot, view,   std::make_shared<const host_settings>(host_), host_clock::system(),
        agent_,   writer_};
    options.instruments = std::make_shared<const instrument_table>(load_instruments());
    options.settings = std::move(settings);
    options.start_venue = std::move(start_venue);
    options.strategies = load_strategy_names();
    slot_ = system.spawn(exec_slot, std::move(options));
    bool ready = false;
    wait([&ready](const slot_ready&) { ready = true; });
    if (!ready) stop("the slot did not start");
  }
  slot_host(const slot_host&) = delete;
  slot_host& operator=(const slot_host&) = delete;
  ~slot_host() {
    for (auto& actor : {slot_, writer_})
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    agent_->wait_for(slot_, writer_);
    std::error_code ignored;
    fs::remove_all(state_dir_, ignored);
  }

  const caf::actor& slot() const { return slot_; }
  fs::path journal() const { return state_dir_ / host_.id / "journal" / "exec-0"; }

  slot_report wait_until_finished() {
    slot_report out;
    bool finished = false;
    wait([&](const slot_finished& end) {
      out = end.report;
      finished = true;
    });
    if (!finished) stop("the slot did not finish");
    return out;
  }

private:
  template <class Handler>
  void wait(Handler handler) {
    agent_->receive(
        handler, [](const slot_failed& failed) { stop(failed.reason); },
        caf::after(finish_timeout) >> [] {});
  }

  caf::scoped_actor agent_;
  fs::path state_dir_;
  host_settings host_;
  caf::actor writer_;
  caf::actor slot_;
};

/// The data slot: all that it is sent are acknowledgements, which follow those of the signals.
inline caf::behavior data_player(caf::event_based_actor*) {
  return {[](const link_ack&) {}};
}

} // namespace tickmesh
