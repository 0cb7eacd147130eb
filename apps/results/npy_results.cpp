#include "apps/results/npy_results.hpp"

#include "apps/results/row_reader.hpp"
#include "messages/timestamp.hpp"
#include "runtime/results/row_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <limits>
#include <vector>

namespace tickmesh {

namespace {

static_assert(std::endian::native == std::endian::little,
              "values are written as they lie in memory");

/// The code points of UTF-8; a byte that is none stands for itself.
std::size_t decode_character(std::string_view text, char32_t& out) {
  auto first = static_cast<unsigned char>(text.front());
  std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  if (length == 1 || text.size() < length) {
    out = first;
    return 1;
  }
  out = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i)
    out = (out << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  return length;
}

std::size_t length_of(std::string_view text) {
  std::size_t out = 0;
  for (char32_t ignored = 0; !text.empty(); ++out)
    text.remove_prefix(decode_character(text, ignored));
  return out;
}

template <class Value>
void append_value(std::string& out, Value value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof bytes);
}

/// `length` characters of four bytes.
void append_text(std::string& out, std::string_view text, std::size_t length) {
  std::size_t written = 0;
  for (char32_t c = 0; !text.empty(); ++written) {
    text.remove_prefix(decode_character(text, c));
    append_value(out, static_cast<std::uint32_t>(c));
  }
  out.append((length - written) * sizeof(std::uint32_t), '\0');
}

template <class Number>
Number parse_or(std::string_view text, Number otherwise) {
  Number out = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

void append_field(std::string& out, column_type type, std::string_view text, std::size_t length) {
  constexpr auto nat = std::numeric_limits<std::int64_t>::min();
  switch (type) {
  case column_type::time: {
    auto t = parse_timestamp(text);
    return append_value(out, t ? to_ns(*t) : nat);
  }
  case column_type::text: return append_text(out, text, length);
  case column_type::integer: return append_value(out, parse_or<std::int64_t>(text, 0));
  case column_type::number:
    return append_value(out, parse_or(text, std::numeric_limits<double>::quiet_NaN()));
  }
}

std::string name_of(column_type type, std::size_t length) {
  switch (type) {
  case column_type::time: return "<M8[ns]";
  case column_type::text: return fmt::format("<U{}", length);
  case column_type::integer: return "<i8";
  case column_type::number: break;
  }
  return "<f8";
}

/// What stands before the rows.
std::string header_of(const row_order& order, const std::vector<std::size_t>& lengths,
                      std::uint64_t rows) {
  auto columns = split_fields(order.columns);
  std::string fields;
  for (std::size_t i = 0; i < columns.size(); ++i)
    fields += fmt::format("('{}', '{}'), ", columns[i], name_of(order.types[i], lengths[i]));
  auto text =
      fmt::format("{{'descr': [{}], 'fortran_order': False, 'shape': ({},), }}", fields, rows);
  constexpr std::size_t alignment = 64;
  bool is_long = text.size() + alignment > UINT16_MAX;
  std::string out{"\x93NUMPY", 6};
  out += is_long ? '\x02' : '\x01';
  out += '\0';
  auto size_bytes = is_long ? sizeof(std::uint32_t) : sizeof(std::uint16_t);
  auto all = out.size() + size_bytes + text.size() + 1;
  text.append((alignment - all % alignment) % alignment, ' ');
  text += '\n';
  if (is_long)
    append_value(out, static_cast<std::uint32_t>(text.size()));
  else
    append_value(out, static_cast<std::uint16_t>(text.size()));
  return out + text;
}

} // namespace

result<void> write_npy(const row_order& order, const std::string& csv_path,
                       const std::string& npy_path) {
  std::vector<std::size_t> lengths(order.types.size(), 1); // of texts, in characters
  auto rows = for_each_row(order, csv_path, [&](auto& fields) {
    for (std::size_t i = 0; i < fields.size(); ++i)
      if (order.types[i] == column_type::text)
        lengths[i] = std::max(lengths[i], length_of(fields[i]));
  });
  if (!rows) return tl::unexpected(rows.error());
  auto file = new_text_file::create(npy_path);
  if (!file) return tl::unexpected(file.error());
  file->append(header_of(order, lengths, *rows));
  std::string bytes;
  auto again = for_each_row(order, csv_path, [&](auto& fields) {
    bytes.clear();
    for (std::size_t i = 0; i < fields.size(); ++i)
      append_field(bytes, order.types[i], fields[i], lengths[i]);
    file->append(bytes);
  });
  if (!again) return tl::unexpected(again.error());
  if (*again != *rows) return fail(fmt::format("{}: has changed while it was read", csv_path));
  return file->finish();
}

result<void> write_npy_files(const std::string& directory) {
  for (auto& order : result_files()) {
    auto csv = fmt::format("{}/{}.csv", directory, order.file);
    if (!std::filesystem::exists(csv)) continue;
    if (auto done = write_npy(order, csv, fmt::format("{}/{}.npy", directory, order.file)); !done)
      return done;
  }
  return {};
}

void remove_npy_files(const std::string& directory) {
  std::error_code ignored;
  for (auto& order : result_files())
    std::filesystem::remove(fmt::format("{}/{}.npy", directory, order.file), ignored);
}

} // namespace tickmesh
