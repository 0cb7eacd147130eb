// The fencing token on disk: which cluster this is and the highest epoch it has had. The
// coordinator keeps the epoch that it publishes here, and every host the epoch that it has seen.
#pragma once

#include "messages/numbers.hpp"
#include "messages/result.hpp"
#include "runtime/log/log_file.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

/// An epoch of one cluster. No id and epoch 0: none yet.
struct cluster_epoch {
  std::string cluster_id;
  epoch number{};
  /// By index, the hosts that own the data slots by the view of this number. Of the coordinator's
  /// store alone.
  std::vector<std::string> data_owners{};
  friend bool operator==(const cluster_epoch&, const cluster_epoch&) = default;
};

/// The file `epoch` in a directory of its own, which stays locked for the life of the object. The
/// coordinator's store and a host's need two directories, for one process may be both.
class epoch_store {
public:
  /// Makes the directory where it is missing, locks it and reads it. Faults: another process holds
  /// it, it can't be made or read, the file is truncated or corrupt.
  static result<epoch_store> open(const std::filesystem::path& directory,
                                  file_system& files = posix_file_system());

  /// What is stored; empty in a new store.
  const cluster_epoch& current() const { return current_; }

  /// Stores `value` and returns when it would survive a power loss. An epoch never goes back: a
  /// lower one is a fault, and so is the same one of another cluster.
  result<void> save(const cluster_epoch& value);

private:
  epoch_store(std::filesystem::path directory, file_system& files, log_file lock);

  std::filesystem::path directory_;
  file_system* files_;
  log_file lock_; ///< the directory, open
  cluster_epoch current_;
};

/// 128 random bits in hexadecimal, from the system's generator.
result<std::string> make_cluster_id();

/// Refuses a host that has seen another cluster, or any cluster while the coordinator's own store
/// is empty: either side's state may be the wrong one. `recover` is the operator's word that it is
/// not.
result<void> check_seen_epoch(const cluster_epoch& stored, const cluster_epoch& seen,
                              std::string_view host_id, bool recover);

/// The epoch to start with: max(stored, highest seen) + 1, under the stored cluster id, else that
/// of the highest epoch seen, else `fresh_cluster_id`.
cluster_epoch next_epoch(const cluster_epoch& stored, std::span<const cluster_epoch> seen,
                         std::string_view fresh_cluster_id);

} // namespace tickmesh
