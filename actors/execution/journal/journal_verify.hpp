// Reads all of a journal and reports what is wrong. Takes no lock, so it may run beside the process
// that appends.
#pragma once

#include "messages/result.hpp"
#include "runtime/log/log_file.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tickmesh {

/// What a complete check of a journal found.
struct journal_verification {
  struct damage {
    std::filesystem::path file;
    std::uint64_t offset = 0;
    std::string what;
  };
  std::uint64_t files = 0;
  std::uint64_t records = 0;
  std::uint64_t events = 0;
  std::uint64_t first_event = 0; ///< 0 when there is none
  std::uint64_t last_event = 0;
  /// At the end, of a record that is incomplete: a write that is under way, or was cut off.
  std::uint64_t unfinished_bytes = 0;
  std::vector<damage> damages;
};

/// Checks every checksum, the content of every record, that no event is missing or repeated, that
/// epochs and times do not fall, and that what was synced is there. Fails on read errors.
result<journal_verification> verify_journal(const std::filesystem::path& directory,
                                            file_system& files = posix_file_system());

} // namespace tickmesh
