// Makes a ledger anew of a journal: goes through its events as recovery does, and adds what
// changed. Used by ledger_keeper, piece by piece, and by `tickmesh ledger rebuild`.
#pragma once

#include "actors/execution/batch_decisions.hpp"
#include "actors/execution/execution_settings.hpp"
#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/journal/journal_reader.hpp"
#include "actors/execution/ledger/trading_ledger.hpp"
#include "actors/execution/trading_state.hpp"

#include <cstdint>
#include <filesystem>

namespace tickmesh {

/// What a journal was written with.
struct journal_origin {
  std::filesystem::path directory;
  execution_settings settings;
  trading_universe universe;
};

class ledger_rebuild {
public:
  explicit ledger_rebuild(const journal_origin& origin);

  /// Adds what the next events changed, up to and with `through`, but not many more than
  /// `events_max` of them; returns the last event so far, which is the one of the call before
  /// where the journal has no more yet. Fails where the journal is damaged, where other decisions
  /// follow from its events than those it holds, and where the ledger fails. Precondition: the
  /// ledger is between begin() and commit().
  result<std::uint64_t> advance(trading_ledger& ledger, std::uint64_t through,
                                std::uint64_t events_max);

  /// Adds all positions as the last marks value them: the journal has come to its end.
  result<void> finish(trading_ledger& ledger);

  std::uint64_t last_event() const { return trading_.last_event(); }

private:
  result<void> apply(const journal_record& record);

  trading_universe universe_;
  trading_state trading_;
  journal_reader reader_;
  event_decoder decoder_;
  logged_events logged_;
  batch_decisions decisions_;
};

} // namespace tickmesh
