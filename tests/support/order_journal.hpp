// A journal of random trading on disk, and the rows that the trading came to. Used by the tests of
// what is asked of journals afterwards.
#pragma once

#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/journal/journal.hpp"
#include "actors/execution/replay/event_application.hpp"
#include "tests/support/random_trading.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <map>

namespace tickmesh {

/// Limits of every kind that has a memory: asked at another time, they have another usage.
inline execution_settings fully_limited(std::uint64_t seed) {
  using namespace random_trading;
  auto s = settings_of(seed, seed % 2 == 0 ? odd_delay : even_delay);
  s.limits.orders_per_second_max = 190;
  s.limits.cancels_per_second_max = 60;
  s.limits.orders_per_day_max = 250;
  s.limits.collar_ratio = unit / 100;
  s.limits.duplicate_window = std::chrono::milliseconds{5};
  s.limits.refuse_self_trade = true;
  s.limits.gross_exposure_max = money{int128{60'000} * unit};
  s.limits.mark_age_max = std::chrono::milliseconds{15};
  limit_scope of_strategy{.kind = scope_kind::strategy, .name = "x1"};
  of_strategy.limits.orders_per_second_max = 60;
  of_strategy.limits.position_max = quantity{8 * unit};
  limit_scope of_symbol{.kind = scope_kind::symbol, .name = "S#"};
  of_symbol.limits.order_value_max = money{int128{5000} * unit};
  s.limit_scopes = {of_strategy, of_symbol};
  s.sim.unavailable_share = 0.05;
  s.failover_threshold = 20; // most go to the primary, and some from there to the backup
  return s;
}

class order_journal {
public:
  /// Told of the state behind each batch; may post what operators command.
  using player = std::function<void(const trading_state&, event_sequencer&)>;

  order_journal(const execution_settings& settings, std::uint64_t seed, player play = nullptr)
      : play_(std::move(play)) {
    event_sequencer sequencer{settings};
    sequencer.post(slot_configured{std::make_shared<const slot_configuration>(
        begin_configuration(settings, random_trading::universe(), build_id()))});
    trading_state trading{settings, random_trading::universe()};
    auto feeds = random_trading::feeds_of(random_trading::random_market(seed), 1, 1);
    for (std::size_t i = 0; i < feeds.size(); ++i)
      sequencer.inputs().add_link(std::to_string(i));
    auto log = journal::open({.directory = directory(), .segment_bytes_max = 64 << 10});
    REQUIRE_MESSAGE(log.has_value(), log.error().message);
    random_trading::bring(feeds, sequencer.inputs(), seed,
                          [&] { trade(sequencer, trading, **log); });
    REQUIRE(sequencer.finished());
    std::vector<order_row> rows;
    trading.finish(rows, fills);
    for (auto& row : rows)
      orders[row.id] = row; // the last one holds
    totals = trading.totals();
    positions = trading.positions();
    events = sequencer.events();
  }

  std::filesystem::path directory() const { return home_.path() / "journal"; }

  std::map<order_id, order_row> orders;
  std::vector<fill_row> fills;
  std::vector<position_row> positions;
  trading_totals totals;
  std::uint64_t events = 0;
  std::vector<operator_outcome> outcomes; ///< of the commands, in their order

private:
  void trade(event_sequencer& sequencer, trading_state& trading, journal& log) {
    while (sequencer.next_batch(batch_, 64)) {
      apply_batch(trading, batch_, decisions_);
      encoder_.encode(batch_, decisions_, payload_);
      auto done = log.append({.first = batch_.first_number,
                              .events = static_cast<std::uint32_t>(batch_.size()),
                              .writer = epoch{1},
                              .payload = payload_});
      REQUIRE_MESSAGE(done.has_value(), done.error().message);
      sequencer.execute(commands_of(batch_, decisions_));
      outcomes.insert(outcomes.end(), decisions_.outcomes.begin(), decisions_.outcomes.end());
      if (play_) play_(trading, sequencer);
      batch_.clear();
      decisions_.clear();
    }
  }

  player play_;
  temporary_directory home_;
  event_encoder encoder_;
  event_batch batch_;
  batch_decisions decisions_;
  std::string payload_;
};

} // namespace tickmesh
