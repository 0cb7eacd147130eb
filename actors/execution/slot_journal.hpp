// The journal of an execution slot on this host: where it is, and whether a run goes on with it or
// begins anew.
#pragma once

#include "actors/execution/execution_settings.hpp"
#include "actors/execution/journal/journal.hpp"
#include "messages/result.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

struct slot_journal_options {
  std::filesystem::path directory;
  journal_settings settings{};
  std::uint64_t run_identity = 0;     ///< of all that what the journal holds depends on
  bool source_is_repeatable = true;   ///< a run can begin from the start
  std::vector<std::string> symbols{}; ///< names by symbol id
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

/// Names of the symbols, by the ids that the journal's events have. Fails where there are none.
result<std::vector<std::string>> read_journal_symbols(const std::filesystem::path& directory,
                                                      file_system& files = posix_file_system());

/// slot_journal_options::run_identity of a configuration (configuration_hash) and symbols.
std::uint64_t run_identity_of(std::uint64_t configuration_hash,
                              const std::vector<std::string>& symbols);

/// The run identity that a journal was written with; nothing where it has none.
result<std::optional<std::uint64_t>> read_run_identity(const std::filesystem::path& directory,
                                                       file_system& files = posix_file_system());

/// Whether the run that wrote the journal came to its end.
bool has_journal_ended(const std::filesystem::path& directory);

/// The run has come to its end.
result<void> mark_journal_ended(const std::filesystem::path& directory,
                                file_system& files = posix_file_system());

} // namespace tickmesh
