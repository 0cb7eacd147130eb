#include "apps/results/result_rows.hpp"

#include "actors/calc/slot/symbol_calculator.hpp"
#include "actors/execution/trading/trading_csv.hpp"
#include "actors/market/tick_log/rejected_rows.hpp"
#include "runtime/results/row_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <tuple>

namespace tickmesh {

namespace {

struct keyed_row {
  std::vector<std::string_view> keys;
  std::uint64_t number = 0;
  std::string_view identity;
  std::string_view line;
};

/// Where the columns of an order stand in its header.
struct column_positions {
  std::vector<std::size_t> keys;
  std::size_t number = SIZE_MAX;
  std::size_t identity = SIZE_MAX;
  std::size_t count = 0;
};

column_positions find_columns(const row_order& order) {
  auto header = split_fields(order.columns);
  auto position = [&](std::string_view name) {
    return static_cast<std::size_t>(std::find(header.begin(), header.end(), name) - header.begin());
  };
  column_positions out;
  for (auto key : order.keys)
    out.keys.push_back(position(key));
  if (!order.number_key.empty()) out.number = position(order.number_key);
  if (!order.identity.empty()) out.identity = position(order.identity);
  out.count = header.size();
  return out;
}

result<void> read_rows(const row_order& order, const column_positions& at, const std::string& path,
                       std::string_view text, std::vector<keyed_row>& out) {
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    auto end = text.find('\n');
    if (end == std::string_view::npos)
      return fail(fmt::format("{}:{}: the last line is cut off", path, number));
    auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (number == 1) {
      if (line != order.columns)
        return fail(fmt::format("{}:1: the columns are not those of this version: {}", path,
                                order.columns));
      continue;
    }
    auto fields = split_fields(line);
    if (fields.size() != at.count)
      return fail(fmt::format("{}:{}: {} columns; there should be {}", path, number, fields.size(),
                              at.count));
    keyed_row row;
    for (auto key : at.keys)
      row.keys.push_back(fields[key]);
    if (at.number != SIZE_MAX) {
      auto field = fields[at.number];
      auto field_end = field.data() + field.size();
      auto [read_to, error] = std::from_chars(field.data(), field_end, row.number);
      if (error != std::errc{} || read_to != field_end)
        return fail(fmt::format("{}:{}: {} is \"{}\"; it should be a number", path, number,
                                order.number_key, field));
    }
    if (at.identity != SIZE_MAX) row.identity = fields[at.identity];
    row.line = line;
    out.push_back(std::move(row));
  }
  if (number == 0) return fail(path + ": is empty; its header is missing");
  return {};
}

/// Keeps the last row of each identity.
void drop_superseded(std::vector<keyed_row>& rows) {
  std::map<std::string_view, std::size_t> last;
  for (std::size_t i = 0; i < rows.size(); ++i)
    last[rows[i].identity] = i;
  std::vector<keyed_row> kept;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (last[rows[i].identity] == i) kept.push_back(std::move(rows[i]));
  rows = std::move(kept);
}

} // namespace

const std::vector<row_order>& result_files() {
  static const std::vector<row_order> files{
      {"ticks_rejected", rejected_columns, {"timestamp", "symbol", "source"}, "position", ""},
      {"factors", factor_columns, {"timestamp", "symbol", "strategy"}, "sequence", ""},
      {"signals", signal_columns, {"timestamp", "symbol", "strategy"}, "sequence", ""},
      {"orders", order_columns, {"timestamp", "symbol", "strategy"}, "sequence", "order_id"},
      {"fills", fill_columns, {"timestamp", "symbol", "strategy"}, "event", ""},
      {"positions", position_columns, {"timestamp", "symbol", "strategy", "account"}, "", ""},
  };
  return files;
}

std::vector<std::string_view> split_fields(std::string_view line) {
  std::vector<std::string_view> out;
  for (;;) {
    auto comma = line.find(',');
    out.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return out;
    line.remove_prefix(comma + 1);
  }
}

result<std::uint64_t>
merge_rows(const row_order& order, const std::vector<std::string>& directories,
           const std::string& out_path,
           const std::function<void(const std::vector<std::string_view>&)>& on_row) {
  auto at = find_columns(order);
  std::vector<std::string> texts;
  texts.reserve(directories.size()); // rows point into them
  std::vector<keyed_row> rows;
  for (auto& directory : directories) {
    auto path = fmt::format("{}/{}.csv", directory, order.file);
    if (!std::filesystem::exists(path)) continue;
    auto text = read_text_file(path);
    if (!text) return tl::unexpected(text.error());
    texts.push_back(std::move(*text));
    if (auto read = read_rows(order, at, path, texts.back(), rows); !read)
      return tl::unexpected(read.error());
  }
  if (!order.identity.empty()) drop_superseded(rows);
  std::sort(rows.begin(), rows.end(), [](const keyed_row& a, const keyed_row& b) {
    return std::tie(a.keys, a.number, a.line) < std::tie(b.keys, b.number, b.line);
  });
  std::string out{order.columns};
  out += '\n';
  for (auto& row : rows) {
    out += row.line;
    out += '\n';
    if (on_row) on_row(split_fields(row.line));
  }
  if (auto written = write_text_file(out_path, out); !written)
    return tl::unexpected(written.error());
  return rows.size();
}

} // namespace tickmesh
