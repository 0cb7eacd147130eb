// What the verbs that read journals have in common: whose journal it is, and the state to replay it
// into.
#pragma once

#include "actors/execution/trading/trading_state.hpp"
#include "apps/settings/command_settings.hpp"
#include "messages/result.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

/// The settings with which `run` would have the same flags.
loaded_settings load_journal_settings(const config_flags& flags,
                                      const std::optional<std::string>& state_dir);

/// find_slot_journals of the state directory; a fault names the setting.
result<std::vector<std::filesystem::path>> find_journals(const settings& config);

/// With what the first event of a journal was decided, as it says. Where it does not, `config` is
/// what it was written with; else fails, see read_journal_symbols.
result<slot_configuration> read_origin(const settings& config,
                                       const std::filesystem::path& journal);

/// A state as execution has it before the first event of a journal; where its first files were let
/// go of, behind that of its oldest snapshot. Fails as read_origin and find_oldest_snapshot.
result<std::unique_ptr<trading_state>> make_trading_state(const settings& config,
                                                          const std::filesystem::path& journal);

} // namespace tickmesh
