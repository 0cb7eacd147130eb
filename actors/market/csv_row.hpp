// One line of a CSV file with typed access to its fields by column, and the wording of its faults.
#pragma once

#include "messages/result.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

/// The columns that a kind of file has: the first `required` of them always, the rest perhaps.
struct csv_format {
  std::string_view name; ///< for messages
  std::span<const std::string_view> columns;
  std::size_t required = 0;
};

/// Where the columns of a format stand in one file.
class csv_header {
public:
  /// Finds the format's columns by name in the first line; other columns are passed over. The fault
  /// says what is missing or stands twice, without the file's name.
  static result<csv_header> match(const csv_format& format, std::string_view line);

  /// Number of the format's columns that the line names.
  static std::size_t count_matches(const csv_format& format, std::string_view line);

  /// Field of the format's column, or nothing where the file lacks it.
  std::optional<std::size_t> field(std::size_t column) const { return fields_[column]; }
  std::string_view column_name(std::size_t column) const { return format_->columns[column]; }
  std::size_t field_count() const { return field_count_; }

private:
  const csv_format* format_ = nullptr;
  std::vector<std::optional<std::size_t>> fields_;
  std::size_t field_count_ = 0;
};

/// The fields of one line. Readers return a neutral value for a malformed field and keep the first
/// fault, so that a row is checked once, after all its fields have been read. Columns are positions
/// in `csv_format::columns`.
class csv_row {
public:
  csv_row(std::string path, csv_header header);

  /// Takes the next line; its fields are views into it.
  void assign(std::string_view line, std::uint64_t line_number);

  /// Empty where the file lacks the column.
  std::string_view text(std::size_t column) const;

  /// A decimal in 1e-8; nothing where the field is empty or malformed.
  std::optional<std::int64_t> optional_decimal(std::size_t column);

  /// A decimal in 1e-8 that must be there.
  std::int64_t decimal(std::size_t column);

  /// An integer in [0, max] that must be there.
  std::int64_t integer(std::size_t column, std::int64_t max);

  /// A symbol, see is_symbol_name.
  std::string_view symbol(std::size_t column);

  /// A date, see is_date, that must be there.
  std::int32_t date(std::size_t column);

  /// Notes that the field is not what is `allowed`, e.g. "a time HH:MM:SS".
  void refuse(std::size_t column, std::string_view allowed);

  bool failed() const { return fault_.has_value(); }
  const fault& first_fault() const { return *fault_; }

private:
  std::string path_;
  csv_header header_;
  std::uint64_t line_number_ = 0;
  std::vector<std::string_view> fields_;
  std::optional<fault> fault_;
};

/// True for 1 to 64 bytes without blanks, commas and control characters.
bool is_symbol_name(std::string_view name);

/// True for a calendar date `yyyymmdd` from 19700102 to 22001231.
bool is_date(std::int64_t number);

/// `text` in quotes, cut to a readable length, with what is not printable as `\xNN`.
std::string quote_for_message(std::string_view text);

} // namespace tickmesh
