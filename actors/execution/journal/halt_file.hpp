// The trading state as a small file beside the journal: a halt outlives the journal that holds it,
// which a run with a repeatable source begins anew.
#pragma once

#include "actors/execution/events/operator_command.hpp"
#include "messages/result.hpp"
#include "runtime/log/file_system.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace tickmesh {

struct halt_file {
  trading_status notice;
  std::uint64_t event = 0; ///< the journal's last one then
  friend bool operator==(const halt_file&, const halt_file&) = default;
};

/// Nothing where there is no such file. Fails on one that is damaged: it might have said HALTED.
result<std::optional<halt_file>> read_halt_file(const std::filesystem::path& path,
                                                file_system& files = posix_file_system());

/// Returns when the file would survive the loss of power.
result<void> write_halt_file(const std::filesystem::path& path, const halt_file& kept,
                             file_system& files = posix_file_system());

} // namespace tickmesh
