// A slot as a passage through its journal leaves it, from the first event or from a snapshot, and
// journals that have a bit of everything. Used by the tests of snapshots.
#pragma once

#include "actors/execution/journal/journal_state.hpp"
#include "actors/execution/replay/replay_venues.hpp"
#include "actors/execution/snapshot/slot_snapshot.hpp"
#include "tests/support/journal_lives.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace tickmesh {

class replayed_slot {
public:
  static replayed_slot from_start(const std::filesystem::path& directory,
                                  const std::string& build = "one") {
    auto first = read_first_configuration(directory);
    REQUIRE_MESSAGE((first.has_value() && first->has_value()), directory.string());
    auto& settings = (*first)->settings;
    return {directory, build, std::make_unique<trading_state>(settings, (*first)->universe),
            std::make_unique<event_sequencer>(settings, replay_venues())};
  }

  static replayed_slot from_snapshot(const std::filesystem::path& directory, std::string bytes,
                                     const std::string& build = "one") {
    auto snapshot = slot_snapshot::parse(std::move(bytes));
    REQUIRE_MESSAGE(snapshot.has_value(), snapshot.error().message);
    auto trading = snapshot->make_trading(true);
    REQUIRE_MESSAGE(trading.has_value(), trading.error().message);
    replayed_slot out{
        directory, build, std::move(*trading),
        std::make_unique<event_sequencer>(snapshot->configuration().settings, replay_venues())};
    auto restored = snapshot->restore(*out.sequencer, *out.guard);
    REQUIRE_MESSAGE(restored.has_value(), restored.error().message);
    *out.held_back = snapshot->head().held_back;
    return out;
  }

  void advance(std::uint64_t through = UINT64_MAX) {
    auto done = passage_->advance(through);
    REQUIRE_MESSAGE(done.has_value(), done.error().message);
  }

  std::string snapshot() {
    return make_snapshot({*trading, *sequencer, *guard, *held_back}, passage_->last_record(),
                         build_, true);
  }

  std::unique_ptr<trading_state> trading;
  std::unique_ptr<event_sequencer> sequencer;
  std::unique_ptr<send_guard> guard = std::make_unique<send_guard>();
  std::unique_ptr<std::optional<std::string>> held_back =
      std::make_unique<std::optional<std::string>>();

private:
  replayed_slot(const std::filesystem::path& directory, const std::string& build,
                std::unique_ptr<trading_state> state, std::unique_ptr<event_sequencer> numbered)
      : trading(std::move(state)), sequencer(std::move(numbered)), build_(build) {
    sequencer->inputs().add_link("journal");
    passage_ = std::make_unique<journal_passage>(
        directory, slot_parts{*trading, *sequencer, *guard, *held_back}, build);
  }

  std::string build_;
  std::unique_ptr<journal_passage> passage_;
};

/// The last event of each record.
inline std::vector<std::uint64_t> record_ends(const std::filesystem::path& directory) {
  std::vector<std::uint64_t> out;
  journal_reader reader{directory};
  for (;;) {
    auto record = reader.next();
    REQUIRE_MESSAGE(record.has_value(), record.error().message);
    if (*record == nullptr) return out;
    out.push_back((*record)->last());
  }
}

/// Limits and intervals that leave something to remember of every kind.
inline life_setup full_setup(std::uint64_t seed) {
  using namespace random_trading;
  auto out = first_setup(seed);
  auto& s = out.settings;
  s.order_lifetime = std::chrono::milliseconds{60};
  s.report_timeout = std::chrono::milliseconds{20};
  s.reconcile_interval = std::chrono::milliseconds{25};
  s.broker_probe_interval = std::chrono::milliseconds{20};
  s.frozen_mark_alarm = std::chrono::milliseconds{1};
  s.failover_threshold = 2;
  s.order_time_in_force = seed % 2 == 0 ? time_in_force::day : time_in_force::good_till_cancel;
  s.limits.orders_per_second_max = 190;
  s.limits.cancels_per_second_max = 60;
  s.limits.orders_per_day_max = 250;
  s.limits.duplicate_window = std::chrono::milliseconds{50};
  s.limits.gross_exposure_max = money{int128{60'000} * unit};
  limit_scope of_strategy{.kind = scope_kind::strategy, .name = "x1"};
  of_strategy.limits.orders_per_second_max = 60;
  of_strategy.limits.daily_loss_max = money{int128{300} * unit};
  s.limit_scopes = {of_strategy};
  s.brokers = {{.name = "ctp", .sim = s.sim, .orders_per_second_max = 120},
               {.name = "ib", .sim = s.sim}};
  s.brokers[0].sim.unavailable_share = 0.15;
  for (std::size_t i = 0; i < out.instruments.size(); ++i)
    out.instruments[i].positions = static_cast<position_model>(i % 3);
  return out;
}

/// Several lives on one journal: operators' commands, another configuration, another program.
inline void write_full_journal(const std::filesystem::path& directory, std::uint64_t seed) {
  using namespace random_trading;
  auto market = random_market(seed);
  auto setup = full_setup(seed);
  auto end = market.ticks.back().effective_time + std::chrono::milliseconds{1};
  auto at = [&](int tenths) { return from_ns(to_ns(end) / 10 * tenths); };
  auto cancel_some = [](journal_life& life) {
    auto open = life.trading->orders().unfinished();
    if (!open.empty()) life.command(operator_cancel{open.front()->request.id});
    if (open.size() > 1)
      life.command(operator_replace{open.back()->request.id, open.back()->request.limit,
                                    open.back()->request.volume + quantity{unit}});
  };
  {
    journal_life life{directory, setup};
    life.trade(market, at(3));
    cancel_some(life);
  }
  setup.settings.limits.position_max = quantity{14 * unit};
  setup.instruments[1].multiplier += unit;
  setup.symbols.emplace_back("late");
  {
    journal_life life{directory, setup};
    cancel_some(life);
    life.trade(market, at(5));
    if (seed % 3 == 0)
      life.command(trading_switch{.mode = trading_mode::halted, .flatten = seed % 2 == 0});
  }
  {
    journal_life life{directory, setup};
    life.trade(market, at(6));
  }
  {
    journal_life life{directory, setup};
    life.command(trading_switch{.mode = trading_mode::active});
    auto limits = life.trading->limits().scopes();
    limits.front().limits.orders_per_second_max = 150;
    life.command(limits_change{limits});
    life.trade(market, at(8));
  }
  setup.build = seed % 4 == 0 ? "two" : "one";
  if (seed % 5 == 0) {
    setup.settings.brokers.erase(setup.settings.brokers.begin());
    setup.settings.primary_broker = "ib";
    setup.settings.backup_broker = {};
  }
  journal_life life{directory, setup};
  life.trade(market, end);
}

} // namespace tickmesh
