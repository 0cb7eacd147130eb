// Makes one set of results out of the hosts' parts: CSV files in one order, summary.json (a
// function of the ticks alone) and run.json (how this run went).
#pragma once

#include "apps/results/result_parts.hpp"
#include "messages/result.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tickmesh {

struct merged_results {
  nlohmann::ordered_json summary;
  nlohmann::ordered_json run;
};

/// Merges the parts below `directories` into `out_directory`. Rows are ordered by (effective time,
/// symbol, strategy, sequence). Fails where a file is malformed, and where the rows are not as many
/// as the slots counted. `on_progress` is called with how many rows were read of how many.
result<merged_results>
merge_results(const std::vector<std::string>& directories, const std::string& out_directory,
              const std::function<void(std::uint64_t, std::uint64_t)>& on_progress = {});

} // namespace tickmesh
