// The parts that hosts leave under RESULTS/parts: found, read, and checked to belong together.
#pragma once

#include "messages/result.hpp"
#include "runtime/cluster/slot_protocol.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

struct result_parts {
  std::map<std::string, std::string> directories;      ///< by host id
  nlohmann::ordered_json cluster;                      ///< cluster.json of the control host
  std::map<std::string, nlohmann::ordered_json> hosts; ///< process.json by host id
  std::map<slot_name, slot_report> slots;              ///< of every slot of the cluster
  std::map<slot_name, std::string> owners;             ///< the last ones; ids of hosts

  /// The files of such rows that the slots' last owners have written: what others have written
  /// counts no more.
  std::vector<std::string> row_files(std::string_view kind) const;
};

/// Fails at the first of `directories` that holds no part of any run.
result<void> check_result_directories(const std::vector<std::string>& directories);

/// Reads the parts below each of `directories` (a results directory, or a host's part of one).
/// Fails where a part is unreadable, where parts come from different runs, and where a slot's
/// part is missing.
result<result_parts> read_parts(const std::vector<std::string>& directories);

} // namespace tickmesh
