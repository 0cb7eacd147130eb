// A run to look at: results/report.html, a page that needs nothing else.
#pragma once

#include "apps/results/merge_results.hpp"
#include "messages/result.hpp"

#include <string>

namespace tickmesh {

inline constexpr const char* report_file = "report.html";

/// Reads the result files in `directory`, which must have rows, and writes the page there. Series
/// of many points are thinned; the page says so. Fails as reading and writing files does.
result<void> write_report(const merged_results& results, const std::string& directory);

/// Whether the hosts of the run wrote rows.
bool has_rows(const merged_results& results);

} // namespace tickmesh
