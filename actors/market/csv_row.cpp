#include "actors/market/csv_row.hpp"

#include "actors/market/csv_numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

namespace tickmesh {

namespace {

constexpr std::size_t quoted_length_max = 60;
constexpr std::size_t symbol_length_max = 64;
constexpr std::string_view decimal_allowed = "a decimal number with at most eight decimals";

void split(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  for (;;) {
    auto comma = line.find(',');
    fields.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return;
    line.remove_prefix(comma + 1);
  }
}

} // namespace

bool is_symbol_name(std::string_view name) {
  bool odd = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 127 || c == ',';
  });
  return !name.empty() && name.size() <= symbol_length_max && !odd;
}

bool is_date(std::int64_t number) {
  using namespace std::chrono;
  if (number < 19700102 || number > 22001231) return false;
  auto date = static_cast<int>(number);
  return year_month_day{year{date / 10000}, month{static_cast<unsigned>(date / 100 % 100)},
                        day{static_cast<unsigned>(date % 100)}}
      .ok();
}

std::string quote_for_message(std::string_view text) {
  std::string out = "\"";
  for (char c : text.substr(0, quoted_length_max)) {
    if (c >= ' ' && c <= '~')
      out += c;
    else
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  out += text.size() > quoted_length_max ? "...\"" : "\"";
  return out;
}

result<csv_header> csv_header::match(const csv_format& format, std::string_view line) {
  std::vector<std::string_view> names;
  split(line, names);
  csv_header header;
  header.format_ = &format;
  header.field_count_ = names.size();
  for (std::size_t column = 0; column < format.columns.size(); ++column) {
    auto name = format.columns[column];
    auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      if (column < format.required)
        return fail(
            fmt::format("column {} is missing from the header; {} has it", name, format.name));
      header.fields_.emplace_back();
      continue;
    }
    if (std::find(found + 1, names.end(), name) != names.end())
      return fail(fmt::format("column {} stands twice in the header", name));
    header.fields_.emplace_back(static_cast<std::size_t>(found - names.begin()));
  }
  return header;
}

std::size_t csv_header::count_matches(const csv_format& format, std::string_view line) {
  std::vector<std::string_view> names;
  split(line, names);
  auto required = format.columns.first(format.required);
  auto matches = std::count_if(required.begin(), required.end(), [&](auto name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  });
  return static_cast<std::size_t>(matches);
}

csv_row::csv_row(std::string path, csv_header header)
    : path_(std::move(path)), header_(std::move(header)) {}

void csv_row::assign(std::string_view line, std::uint64_t line_number) {
  line_number_ = line_number;
  split(line, fields_);
  if (fields_.size() == header_.field_count() || fault_) return;
  fault_ = fault{fmt::format("{}:{}: {} fields where the header has {}", path_, line_number_,
                             fields_.size(), header_.field_count())};
}

std::string_view csv_row::text(std::size_t column) const {
  auto field = header_.field(column);
  return field && *field < fields_.size() ? fields_[*field] : std::string_view{};
}

std::optional<std::int64_t> csv_row::optional_decimal(std::size_t column) {
  auto field = text(column);
  if (field.empty()) return std::nullopt;
  auto value = parse_decimal(field);
  if (!value) refuse(column, decimal_allowed);
  return value;
}

std::int64_t csv_row::decimal(std::size_t column) {
  auto value = parse_decimal(text(column));
  if (!value) refuse(column, decimal_allowed);
  return value.value_or(0);
}

std::int64_t csv_row::integer(std::size_t column, std::int64_t max) {
  auto value = parse_integer(text(column), max);
  if (!value) {
    bool limited = max < std::numeric_limits<std::int64_t>::max();
    refuse(column, limited ? fmt::format("an integer from 0 to {}", max) : "an integer from 0");
  }
  return value.value_or(0);
}

std::string_view csv_row::symbol(std::size_t column) {
  auto name = text(column);
  if (!is_symbol_name(name)) refuse(column, "a symbol of 1 to 64 characters without blanks");
  return name;
}

std::int32_t csv_row::date(std::size_t column) {
  auto field = text(column);
  auto value = field.size() == 8 ? parse_integer(field, 22001231) : std::nullopt;
  auto number = static_cast<std::int32_t>(value.value_or(0));
  if (!is_date(number)) refuse(column, "a date yyyymmdd from 19700102 to 22001231");
  return number;
}

void csv_row::refuse(std::size_t column, std::string_view allowed) {
  if (fault_) return;
  fault_ =
      fault{fmt::format("{}:{}: column {}: {} is not {}", path_, line_number_,
                        header_.column_name(column), quote_for_message(text(column)), allowed)};
}

} // namespace tickmesh
