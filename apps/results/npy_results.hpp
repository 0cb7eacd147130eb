// Result files as NumPy arrays: `pandas.DataFrame(numpy.load("factors.npy"))`.
#pragma once

#include "apps/results/result_rows.hpp"
#include "messages/result.hpp"

#include <string>

namespace tickmesh {

/// Writes the rows of a merged CSV file as one structured array, a field for each column: times are
/// datetime64[ns] in UTC, text is str, integers int64, all other numbers float64; what is empty is
/// NaT, "", 0 and NaN. Format: numpy.lib.format, version 1.0, or 2.0 for a long header.
result<void> write_npy(const row_order& order, const std::string& csv_path,
                       const std::string& npy_path);

/// All CSV files of a directory of results that are there, each beside its own.
result<void> write_npy_files(const std::string& directory);

/// Removes what write_npy_files writes.
void remove_npy_files(const std::string& directory);

} // namespace tickmesh
