// Rows of a part of a result file, read one after the other.
#pragma once

#include "apps/results/result_rows.hpp"

#include <array>
#include <cstdint>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

/// A row and what it is ordered by; views into its reader's memory, or into a text.
struct keyed_row {
  static constexpr std::size_t keys_max = 4;
  std::array<std::string_view, keys_max> keys; ///< those behind the order's own are empty
  std::uint64_t number = 0;
  std::string_view identity;
  std::string_view line; ///< without its line break

  /// The order of rows; a line decides last.
  bool operator<(const keyed_row& other) const;
};

/// Where the columns of an order stand in a line.
class row_columns {
public:
  explicit row_columns(const row_order& order);

  /// Cuts a line that is no header. The fault has no place.
  result<keyed_row> cut(std::string_view line) const;

  /// Checks the first line.
  result<void> check_header(std::string_view line) const;

private:
  static constexpr std::size_t none = SIZE_MAX;
  const row_order* order_;
  std::array<std::size_t, keyed_row::keys_max> keys_{};
  std::size_t key_count_ = 0;
  std::size_t number_ = none;
  std::size_t identity_ = none;
  std::size_t count_ = 0;
};

class row_reader {
public:
  /// Reads the header. The faults of this and of next() name file and line.
  static result<row_reader> open(const row_order& order, const std::string& path);

  /// Steps to the next row; false behind the last one.
  result<bool> next();

  const keyed_row& row() const { return row_; }
  std::uint64_t rows() const { return line_number_ - 1; }

  /// False when a row came that stands before the one before it.
  bool is_in_order() const { return is_in_order_; }

private:
  row_reader(const row_order& order, std::string path) : columns_(order), path_(std::move(path)) {}

  result<bool> next_line(std::string_view& line);
  bool read_more();

  row_columns columns_;
  std::string path_;
  std::ifstream file_;
  std::string memory_;
  std::size_t next_ = 0; ///< of memory_, what has not been read
  bool at_end_ = false;
  std::uint64_t line_number_ = 0;
  keyed_row row_;
  std::string row_before_; ///< when the memory was filled again
  bool is_in_order_ = true;
};

/// Calls `visit` with the fields of each row of a file, in turn; how many there were.
result<std::uint64_t>
for_each_row(const row_order& order, const std::string& path,
             const std::function<void(const std::vector<std::string_view>&)>& visit);

} // namespace tickmesh
