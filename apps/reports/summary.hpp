// The readable summary of a run, printed at its end.
#pragma once

#include "apps/results/merge_results.hpp"
#include "messages/proto/cluster.pb.h"
#include "messages/timestamp.hpp"

#include <optional>
#include <string>

namespace tickmesh {

/// Text for a terminal of 80 to 100 columns. `message_floor`: see describe_delays.
std::string describe_results(const merged_results& results, const std::string& directory,
                             std::optional<nanoseconds> message_floor = std::nullopt);

/// The same of a run that wrote no results: of the last status of its cluster.
std::string describe_counts(const wire::Status& status);

} // namespace tickmesh
