#include "apps/results/row_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <tuple>

namespace tickmesh {

namespace {

constexpr std::size_t read_bytes = 1 << 20;

/// Calls `take` with the place of each comma, and last with the line's end. Eight bytes are looked
/// at together: a row is short of 200 bytes, and a search for each of its commas costs more.
template <class Take>
void for_each_field_end(std::string_view line, const Take& take) {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::uint64_t low_bits = 0x7f7f7f7f7f7f7f7f, commas = 0x2c2c2c2c2c2c2c2c;
  std::size_t at = 0;
  for (; at + 8 <= line.size(); at += 8) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, line.data() + at, 8);
    bytes ^= commas; // a comma is zero now
    auto found = ~(((bytes & low_bits) + low_bits) | bytes | low_bits);
    for (; found != 0; found &= found - 1)
      take(at + static_cast<std::size_t>(std::countr_zero(found)) / 8);
  }
  for (; at < line.size(); ++at)
    if (line[at] == ',') take(at);
  take(line.size());
}

} // namespace

bool keyed_row::operator<(const keyed_row& other) const {
  return std::tie(keys, number, line) < std::tie(other.keys, other.number, other.line);
}

row_columns::row_columns(const row_order& order) : order_(&order) {
  auto header = split_fields(order.columns);
  auto position = [&](std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(header, name) - header.begin());
  };
  for (auto key : order.keys)
    keys_.at(key_count_++) = position(key);
  if (!order.number_key.empty()) number_ = position(order.number_key);
  if (!order.identity.empty()) identity_ = position(order.identity);
  count_ = header.size();
}

result<keyed_row> row_columns::cut(std::string_view line) const {
  keyed_row row;
  row.line = line;
  std::string_view number;
  std::size_t column = 0, begin = 0;
  for_each_field_end(line, [&](std::size_t end) {
    auto field = line.substr(begin, end - begin);
    begin = end + 1;
    for (std::size_t i = 0; i < key_count_; ++i)
      if (keys_[i] == column) row.keys[i] = field;
    if (column == number_) number = field;
    if (column == identity_) row.identity = field;
    ++column;
  });
  if (column != count_) return fail(fmt::format("{} columns; there should be {}", column, count_));
  if (number_ == none) return row;
  auto end = number.data() + number.size();
  auto [read_to, error] = std::from_chars(number.data(), end, row.number);
  if (error != std::errc{} || read_to != end)
    return fail(fmt::format("{} is \"{}\"; it should be a number", order_->number_key, number));
  return row;
}

result<void> row_columns::check_header(std::string_view line) const {
  if (line == order_->columns) return {};
  return fail(fmt::format("the columns are not those of this version: {}", order_->columns));
}

result<row_reader> row_reader::open(const row_order& order, const std::string& path) {
  row_reader out{order, path};
  out.file_.open(path, std::ios::binary);
  if (!out.file_) return fail(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  std::string_view header;
  auto there = out.next_line(header);
  if (!there) return tl::unexpected(there.error());
  if (!*there) return fail(path + ": is empty; its header is missing");
  if (auto good = out.columns_.check_header(header); !good)
    return fail(fmt::format("{}:1: {}", path, good.error().message));
  return out;
}

/// Fills the memory again behind what has not been read; false at the end of the file.
bool row_reader::read_more() {
  if (at_end_) return false;
  if (!row_.line.empty() && row_.line.data() != row_before_.data()) {
    row_before_ = row_.line;
    row_ = *columns_.cut(row_before_);
  }
  memory_.erase(0, next_);
  next_ = 0;
  auto there = memory_.size();
  memory_.resize(there + read_bytes);
  file_.read(memory_.data() + there, read_bytes);
  memory_.resize(there + static_cast<std::size_t>(file_.gcount()));
  at_end_ = memory_.size() < there + read_bytes;
  return memory_.size() > there;
}

result<bool> row_reader::next_line(std::string_view& line) {
  auto searched = next_;
  for (;;) {
    auto end = memory_.find('\n', searched);
    if (end != std::string::npos) {
      ++line_number_;
      line = std::string_view{memory_}.substr(next_, end - next_);
      next_ = end + 1;
      return true;
    }
    searched = memory_.size() - next_;
    if (!read_more()) break;
  }
  if (file_.bad()) return fail(fmt::format("cannot read {}", path_));
  if (next_ == memory_.size()) return false;
  return fail(fmt::format("{}:{}: the last line is cut off", path_, line_number_ + 1));
}

result<bool> row_reader::next() {
  std::string_view line;
  auto there = next_line(line);
  if (!there || !*there) return there;
  auto row = columns_.cut(line);
  if (!row) return fail(fmt::format("{}:{}: {}", path_, line_number_, row.error().message));
  is_in_order_ = is_in_order_ && (line_number_ == 2 || !(*row < row_));
  row_ = *row;
  return true;
}

result<std::uint64_t>
for_each_row(const row_order& order, const std::string& path,
             const std::function<void(const std::vector<std::string_view>&)>& visit) {
  auto reader = row_reader::open(order, path);
  if (!reader) return tl::unexpected(reader.error());
  auto there = reader->next();
  for (; there && *there; there = reader->next())
    visit(split_fields(reader->row().line));
  if (!there) return tl::unexpected(there.error());
  return reader->rows();
}

} // namespace tickmesh
