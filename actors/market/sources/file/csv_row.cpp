#include "actors/market/sources/file/csv_row.hpp"

#include "messages/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

namespace tickmesh {

namespace {

constexpr std::size_t quoted_length_max = 60;
constexpr std::size_t symbol_length_max = 64;

std::string_view trim(std::string_view text) {
  auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

bool is_plain(char c) {
  return c > ' ' && c < 127 && c != ',' && c != '"';
}

/// Control characters are U+0000 to U+001F and U+007F to U+009F.
bool has_control_characters(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto byte = static_cast<unsigned char>(text[i]);
    if (byte < ' ' || byte == 127) return true;
    bool is_c1 =
        byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (is_c1) return true;
  }
  return false;
}

} // namespace

bool is_symbol_name(std::string_view name) {
  if (name.empty() || name.size() > symbol_length_max) return false;
  if (std::all_of(name.begin(), name.end(), is_plain)) return true;
  return name.front() != ' ' && name.back() != ' ' &&
         name.find_first_of(",\"") == std::string_view::npos && !has_control_characters(name) &&
         !find_non_utf8(name);
}

std::string symbol_name_allowed(std::string_view name) {
  if (auto at = find_non_utf8(name))
    return fmt::format("a symbol: byte {}, 0x{:02x}, is no UTF-8 (is the text GBK? convert it)",
                       *at + 1, static_cast<unsigned char>(name[*at]));
  return "a symbol of 1 to 64 bytes without commas, quotes, control characters and blanks at its "
         "ends";
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
  csv_fields cut;
  if (auto wrong = cut.split(line); !wrong.empty())
    return fail(fmt::format("the header is malformed: {}", wrong));
  auto& names = cut.all();
  csv_header header;
  header.format_ = &format;
  header.line_ = line;
  header.field_count_ = names.size();
  for (std::size_t column = 0; column < format.columns.size(); ++column) {
    auto name = format.columns[column];
    auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      bool has_blanks =
          std::any_of(names.begin(), names.end(), [&](auto field) { return trim(field) == name; });
      if (has_blanks)
        return fail(
            fmt::format("column {} has blanks around its name; fields must have none", name));
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

std::size_t csv_header::count_matches(const csv_format& format, std::string_view line,
                                      char separator) {
  auto text = std::string{line};
  std::replace(text.begin(), text.end(), separator, ',');
  csv_fields cut;
  cut.split(text);
  auto required = format.columns.first(format.required);
  auto matches = std::count_if(required.begin(), required.end(), [&](auto name) {
    return std::any_of(cut.all().begin(), cut.all().end(),
                       [&](auto field) { return trim(field) == name; });
  });
  return static_cast<std::size_t>(matches);
}

csv_row::csv_row(std::string path, csv_header header)
    : path_(std::move(path)), header_(std::move(header)), units_(header_.column_count()) {}

void csv_row::assign(std::string_view line, std::uint64_t line_number) {
  line_number_ = line_number;
  fault_.reset();
  auto wrong = fields_.split(line);
  if (!wrong.empty())
    fault_ = fault{fmt::format("{}:{}: {}", path_, line_number_, wrong)};
  else if (fields_.size() != header_.field_count())
    fault_ = fault{fmt::format("{}:{}: {} fields where the header has {}", path_, line_number_,
                               fields_.size(), header_.field_count())};
}

std::string_view csv_row::text(std::size_t column) const {
  auto field = header_.field(column);
  return field && *field < fields_.size() ? fields_[*field] : std::string_view{};
}

std::optional<std::int64_t> csv_row::optional_decimal(std::size_t column) {
  if (text(column).empty()) return std::nullopt;
  return decimal(column);
}

std::int64_t csv_row::decimal(std::size_t column) {
  auto field = text(column);
  if (auto value = parse_decimal(field)) return *value;
  auto value = parse_source_decimal(field, decimals_);
  if (!value) refuse(column, decimal_allowed(field));
  return value.value_or(0);
}

timestamp csv_row::stamp(std::size_t column) {
  return take_stamp(column, parse_source_stamp(text(column)));
}

timestamp csv_row::number_stamp(std::size_t column) {
  return take_stamp(column, parse_number_stamp(text(column)));
}

timestamp csv_row::take_stamp(std::size_t column, const source_stamp& read) {
  if (!read.is_good)
    refuse(column, read.allowed);
  else if (read.is_number)
    units_[column] |= static_cast<unsigned>(read.unit);
  return read.time;
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
  if (!is_symbol_name(name)) refuse(column, symbol_name_allowed(name));
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
