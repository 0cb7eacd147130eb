// What disks hold when a cluster with a live source has ended, against what its sender said and was
// told.
#pragma once

#include "runtime/log/file_system.hpp"
#include "tests/simulation/cluster/live_sender.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace tickmesh {

/// The tick logs of all data slots together.
class live_log_check {
public:
  explicit live_log_check(const live_sender& sender)
      : sender_(sender), found_(sender.records().size() + 1) {}

  /// A slot's log: numbers without holes, records in their order, each as it was sent; and where it
  /// was closed in order, no damage.
  void add(file_system& files, const std::filesystem::path& directory, bool is_closed);

  /// No record is there twice. All that was accepted is there, unless `may_lack`; where `is_whole`,
  /// all of it is.
  void finish(bool may_lack, bool is_whole);

  const std::vector<std::string>& faults() const { return faults_; }

private:
  void add_symbol(const std::vector<tick>& ticks);
  void count(const tick& logged);

  const live_sender& sender_;
  std::vector<std::uint32_t> found_; ///< how often, by number
  std::vector<std::string> faults_;
};

/// A journal: no signal acts twice; and where it was closed in order, no damage, and its fills are
/// the positions of `position_rows` (null: it was not closed).
std::vector<std::string> check_journal(file_system& files, const std::filesystem::path& directory,
                                       const std::vector<std::string>& symbols,
                                       const std::vector<std::string>& strategies,
                                       const std::vector<std::string>* position_rows);

} // namespace tickmesh
