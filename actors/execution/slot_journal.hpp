// The journal of an execution slot on this host: where it is, and whether a run goes on with it or
// begins anew.
#pragma once

#include "actors/execution/execution_settings.hpp"
#include "actors/execution/journal/journal.hpp"
#include "messages/result.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace tickmesh {

struct slot_journal_options {
  std::filesystem::path directory;
  journal_settings settings{};
  std::uint64_t run_identity = 0;   ///< of all that what the journal holds depends on
  bool source_is_repeatable = true; ///< a run can begin from the start
};

struct slot_journal {
  std::shared_ptr<journal> log;
  std::string note; ///< one sentence on what became of an older journal; empty: nothing
};

/// Opens the journal. One that did not come to its end is gone on with, for its orders are known to
/// brokers. With a repeatable source, one that did is removed, and one of another identity is set
/// aside; with a live source, the journal goes on from run to run, and another identity is a fault.
result<slot_journal> open_slot_journal(const slot_journal_options& options,
                                       file_system& files = posix_file_system());

/// The run has come to its end.
result<void> mark_journal_ended(const std::filesystem::path& directory,
                                file_system& files = posix_file_system());

} // namespace tickmesh
