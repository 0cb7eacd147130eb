// All that the decisions of an execution slot depend on besides its events: settings, instruments,
// names by id, and the program. It stands in the journal where it begins to hold, so that every
// record is read with what it was decided with (docs/decisions/0029).
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "actors/execution/events/trading_universe.hpp"
#include "messages/instrument.hpp"
#include "messages/result.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tickmesh {

/// Ids are the journal's: they never change their meaning, so each list of names only grows. What
/// is configured no more keeps its place: a symbol without an instrument, a strategy without
/// signals, a broker that is_gone.
struct slot_configuration {
  std::string build{}; ///< id of the program that decides; empty: not known
  /// As journal.proto has them; `brokers` names all. Settings that nothing decided depends on are
  /// those of the program that reads them.
  execution_settings settings{};
  trading_universe universe{};
  /// What limits hold: those of the settings, or what an operator made of them.
  std::vector<limit_scope> limits_in_force{};
};

/// What a journal begins with. Precondition: as many instruments as symbols.
slot_configuration begin_configuration(const execution_settings& settings,
                                       trading_universe universe, std::string build);

/// What follows `held` in its journal when these settings are given: `given` with the journal's
/// ids. Limits that an operator has set go on unless the given ones are others than those of
/// `held`; `in_force` are those that hold. Fails where there are more names than ids.
result<slot_configuration> follow_configuration(const slot_configuration& held,
                                                const slot_configuration& given,
                                                const std::vector<limit_scope>& in_force,
                                                const instrument_table& instruments);

/// Whether every id of `earlier` means the same in `later`.
bool keeps_ids(const slot_configuration& earlier, const slot_configuration& later);

/// Equal where all that stands in the journal is.
bool is_same(const slot_configuration& a, const slot_configuration& b);

/// What differs, for people, a phrase each: `limits`, `fees of 2 symbols`, `the program`.
std::vector<std::string> describe_changes(const slot_configuration& held,
                                          const slot_configuration& next);

} // namespace tickmesh
