// The readable summary of a run, printed at its end.
#pragma once

#include "apps/results/merge_results.hpp"
#include "messages/proto/cluster.pb.h"
#include "messages/timestamp.hpp"

#include <optional>
#include <string>

namespace tickmesh {

/// What whoever started a run in one process has waited for, in s.
struct waiting_times {
  double reading = 0; ///< before the first actor starts: settings and sources
  double running = 0; ///< until the last one has ended
  double merging = 0; ///< the results
  double all() const { return reading + running + merging; }
};

struct result_notes {
  std::optional<nanoseconds> message_floor{}; ///< see describe_delays
  std::optional<waiting_times> waited{};      ///< of a run in one process
  std::string report{};                       ///< the page that was written; empty: none
};

/// Text for a terminal of 80 to 100 columns. `directory` is empty: nothing was kept.
std::string describe_results(const merged_results& results, const std::string& directory,
                             const result_notes& notes = {});

/// The same of a cluster that wrote no results: of its last status.
std::string describe_counts(const wire::Status& status);

} // namespace tickmesh
