// The journal of an execution slot on this host: where it is, whose it is, and whether a run goes
// on with it or begins anew.
//
//   STATE_DIR/HOST/journal/exec-N/run       identity of the run that began it
//   STATE_DIR/HOST/journal/exec-N/symbols   names of that run's symbols, a line each, by id
//   STATE_DIR/HOST/journal/exec-N/ended     only once the run has come to its end
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "actors/execution/journal/journal.hpp"
#include "messages/result.hpp"
#include "runtime/telemetry/machine.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tickmesh {

/// Of all that what a journal holds depends on.
struct journal_run {
  std::uint64_t configuration_hash = 0;
  std::vector<std::string> symbols{}; ///< names by id

  std::uint64_t identity() const; ///< a hash of both
};

struct slot_journal_options {
  std::filesystem::path directory;
  journal_settings settings{};
  journal_run run{};
  bool source_is_repeatable = true; ///< a run can begin from the start
  std::string boot = boot_id();
};

struct slot_journal {
  std::shared_ptr<journal> log;
  /// Records that were in the kernel alone may be gone: the machine has started anew since.
  bool may_lack_end = false;
  std::uint64_t identity = 0; ///< of the journal, for as long as it lasts: of the run that began it
  std::string note;           ///< one sentence on what became of an older journal; empty: nothing
};

/// Opens the journal. One that did not come to its end is gone on with, for its orders are known to
/// brokers. With a repeatable source, one that did is removed, and one of another identity is set
/// aside; with a live source, the journal goes on from run to run, whatever is configured: it says
/// itself what holds (slot_configuration).
result<slot_journal> open_slot_journal(const slot_journal_options& options,
                                       file_system& files = posix_file_system());

/// The first record of a life is in the journal: what slot_journal says of the end before it was
/// taken note of.
result<void> note_boot(const slot_journal_options& options,
                       file_system& files = posix_file_system());

/// Names of the symbols of a journal, by id. Fails, naming the directory, where it is not of a run
/// with this configuration. Takes no lock.
result<std::vector<std::string>> read_journal_symbols(const std::filesystem::path& directory,
                                                      std::uint64_t configuration_hash,
                                                      file_system& files = posix_file_system());

/// The same without a look at the configuration: for a journal that was begun by a program that did
/// not write configurations into it.
result<std::vector<std::string>> read_journal_symbols(const std::filesystem::path& directory,
                                                      file_system& files = posix_file_system());

/// slot_journal::identity of the journal in a directory.
result<std::uint64_t> read_journal_identity(const std::filesystem::path& directory,
                                            file_system& files = posix_file_system());

/// The journals at a path, sorted: a journal's directory itself, one that holds `exec-N`
/// directories, or a state directory (HOST/journal/exec-N); none that was set aside. Fails, naming
/// the path, when there is none.
result<std::vector<std::filesystem::path>> find_slot_journals(const std::filesystem::path& path);

/// Whether the run that wrote the journal came to its end.
bool has_journal_ended(const std::filesystem::path& directory,
                       file_system& files = posix_file_system());
/// The run has come to its end.
result<void> mark_journal_ended(const std::filesystem::path& directory,
                                file_system& files = posix_file_system());

} // namespace tickmesh
