// One kind of result file: reads the hosts' parts of it and writes their rows in one order.
#pragma once

#include "messages/result.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

enum class column_type : std::uint8_t { time, text, integer, number };

/// A result file and the columns that order its rows; numbers are compared as numbers.
struct row_order {
  std::string_view file;              ///< without `.csv`
  std::string_view columns;           ///< the header
  std::vector<std::string_view> keys; ///< in order of importance
  std::string_view number_key;        ///< a column of integers, after the others; may be empty
  std::string_view identity;          ///< rows equal in it: only the last one holds; may be empty
  std::vector<column_type> types{};   ///< of the columns
};

/// All result files.
const std::vector<row_order>& result_files();

/// The fields of a CSV line; results never quote.
std::vector<std::string_view> split_fields(std::string_view line);

/// Called now and then with how many rows more have been read.
using rows_merged = std::function<void(std::uint64_t)>;

/// Merges the files of rows at `paths` into `out_path`; the number of rows. `on_row` sees each
/// row's fields in the final order.
result<std::uint64_t>
merge_rows(const row_order& order, const std::vector<std::string>& paths,
           const std::string& out_path,
           const std::function<void(const std::vector<std::string_view>&)>& on_row,
           const rows_merged& on_progress = {});

} // namespace tickmesh
