// One line of a CSV file with typed access to its fields by column, and the wording of its faults.
#pragma once

#include "actors/market/sources/file/csv_fields.hpp"
#include "actors/market/sources/file/csv_numbers.hpp"
#include "actors/market/sources/file/source_stamps.hpp"
#include "messages/instrument.hpp"
#include "messages/result.hpp"
#include "messages/timestamp.hpp"

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
  /// Finds the format's columns by name in a header line; other columns are passed over. The fault
  /// says what is missing, stands twice or has blanks around it, without the file's name.
  static result<csv_header> match(const csv_format& format, std::string_view line);

  /// Number of the format's required columns that the line names, perhaps with blanks around them,
  /// where its fields are set apart by `separator`.
  static std::size_t count_matches(const csv_format& format, std::string_view line,
                                   char separator = ',');

  /// Field of the format's column, or nothing where the file lacks it.
  std::optional<std::size_t> field(std::size_t column) const { return fields_[column]; }
  std::string_view column_name(std::size_t column) const { return format_->columns[column]; }
  std::size_t column_count() const { return fields_.size(); }
  std::size_t field_count() const { return field_count_; }

  /// True when `line` is this header once more.
  bool is_repeated_by(std::string_view line) const { return line == line_; }

private:
  std::string line_;
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

  /// Takes the next line and forgets the fault of the one before; the fields are valid as long as
  /// the line is, and until the next one.
  void assign(std::string_view line, std::uint64_t line_number);

  /// Empty where the file lacks the column.
  std::string_view text(std::size_t column) const;

  /// How the decimals of this line and those to come are read; `exact` at first.
  void read_decimals(decimal_rule rule) { decimals_ = rule; }

  /// A decimal in 1e-8; nothing where the field is empty or malformed.
  std::optional<std::int64_t> optional_decimal(std::size_t column);

  /// A decimal in 1e-8 that must be there.
  std::int64_t decimal(std::size_t column);

  /// A stamp, see parse_source_stamp, that must be there.
  timestamp stamp(std::size_t column);

  /// A stamp of a column that holds numbers only, see parse_number_stamp.
  timestamp number_stamp(std::size_t column);

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

  /// Units of the column's numbers in all lines so far, a set of stamp_unit.
  unsigned units_of(std::size_t column) const { return units_[column]; }
  std::string_view column_name(std::size_t column) const { return header_.column_name(column); }
  std::size_t column_count() const { return units_.size(); }

private:
  timestamp take_stamp(std::size_t column, const source_stamp& read);

  std::string path_;
  csv_header header_;
  std::uint64_t line_number_ = 0;
  decimal_rule decimals_ = decimal_rule::exact;
  csv_fields fields_;
  std::vector<unsigned> units_; ///< by column
  std::optional<fault> fault_;
};

/// True for 1 to 64 bytes of UTF-8 without commas, quotes and control characters, and without
/// blanks at either end.
bool is_symbol_name(std::string_view name);

/// What is_symbol_name wants of `name`, which it refuses; names the byte that is no UTF-8.
std::string symbol_name_allowed(std::string_view name);

/// True for a calendar date `yyyymmdd` from 19700102 to 22001231.
bool is_date(std::int64_t number);

/// `text` in quotes, cut to a readable length, with what is not printable as `\xNN`.
std::string quote_for_message(std::string_view text);

} // namespace tickmesh
