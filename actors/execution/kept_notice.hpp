// The trading state as a small file beside the journal: a halt outlives the journal that holds it,
// which a run with a repeatable source begins anew.
#pragma once

#include "actors/execution/operator_command.hpp"
#include "messages/result.hpp"
#include "runtime/file_system.hpp"

#include <filesystem>
#include <optional>

namespace tickmesh {

/// Nothing where there is no such file. Fails on one that is damaged: it might have said HALTED.
result<std::optional<trading_notice>> read_kept_notice(const std::filesystem::path& path,
                                                       file_system& files = posix_file_system());

/// Returns when the file would survive the loss of power.
result<void> write_kept_notice(const std::filesystem::path& path, const trading_notice& notice,
                               file_system& files = posix_file_system());

} // namespace tickmesh
