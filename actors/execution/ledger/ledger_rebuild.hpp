// Makes a ledger anew of a journal: goes through its events as recovery does, and adds what
// changed. Used by ledger_keeper, piece by piece, and by `tickmesh ledger rebuild`.
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "actors/execution/events/batch_decisions.hpp"
#include "actors/execution/journal/journal_walk.hpp"
#include "actors/execution/ledger/trading_ledger.hpp"
#include "actors/execution/trading/trading_state.hpp"
#include "runtime/telemetry/machine.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace tickmesh {

/// Where a journal is, and what it was written with as far as it does not say so itself.
struct journal_origin {
  std::filesystem::path directory;
  execution_settings settings;
  trading_universe universe;
  std::string build = build_id(); ///< of the program that reads
};

class ledger_rebuild {
public:
  explicit ledger_rebuild(const journal_origin& origin);

  /// The event behind which the journal knows anything: 0, or that of its oldest snapshot. What a
  /// ledger has of it and before stays; what it lacks of that is added as far as the snapshot has
  /// it. Fails as find_oldest_snapshot. To be asked before advance().
  result<std::uint64_t> begin();

  /// Adds what the next events changed, up to and with `through`, but not many more than
  /// `events_max` of them; returns the last event so far, which is the one of the call before
  /// where the journal has no more yet. Fails where the journal is damaged, as
  /// apply_record, and where the ledger fails. Precondition: the
  /// ledger is between begin() and commit().
  result<std::uint64_t> advance(trading_ledger& ledger, std::uint64_t through,
                                std::uint64_t events_max);

  /// Adds all positions as the last marks value them: the journal has come to its end.
  result<void> finish(trading_ledger& ledger);

  std::uint64_t last_event() const { return trading_ ? trading_->last_event() : 0; }
  /// The names of what was added. Precondition: advance() was called.
  const trading_universe& universe() const { return trading_->universe(); }

private:
  result<void> add_what_was_before(trading_ledger& ledger);

  journal_origin origin_;
  std::unique_ptr<trading_state> trading_; ///< null before the first call
  std::uint64_t known_after_ = 0;          ///< see begin()
  bool has_added_ = false;
  journal_walk walk_;
  batch_decisions decisions_;
};

} // namespace tickmesh
