// The trading state as a small file beside the journal: a halt outlives the journal that holds it,
// which a run with a repeatable source begins anew.
#pragma once

#include "actors/execution/operator_command.hpp"
#include "messages/result.hpp"
#include "runtime/file_system.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace tickmesh {

struct kept_notice {
  trading_notice notice;
  std::uint64_t event = 0; ///< the journal's last one then
  friend bool operator==(const kept_notice&, const kept_notice&) = default;
};

/// Nothing where there is no such file. Fails on one that is damaged: it might have said HALTED.
result<std::optional<kept_notice>> read_kept_notice(const std::filesystem::path& path,
                                                    file_system& files = posix_file_system());

/// Returns when the file would survive the loss of power.
result<void> write_kept_notice(const std::filesystem::path& path, const kept_notice& kept,
                               file_system& files = posix_file_system());

} // namespace tickmesh
