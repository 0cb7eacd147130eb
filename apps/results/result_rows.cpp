#include "apps/results/result_rows.hpp"

#include "actors/calc/slot/calculation_rows.hpp"
#include "actors/execution/trading/trading_csv.hpp"
#include "actors/market/tick_log/rejected_rows.hpp"
#include "apps/results/row_reader.hpp"
#include "runtime/results/row_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>

namespace tickmesh {

namespace {

/// Tells of rows, some thousand at a time.
class row_progress {
public:
  explicit row_progress(const rows_merged& tell) : tell_(tell) {}
  void step() {
    if (++rows_ % rows_told == 0 && tell_) tell_(rows_told);
  }

private:
  static constexpr std::uint64_t rows_told = 16'384;
  const rows_merged& tell_;
  std::uint64_t rows_ = 0;
};

/// Keeps the last row of each identity.
void drop_superseded(std::vector<keyed_row>& rows) {
  std::map<std::string_view, std::size_t> last;
  for (std::size_t i = 0; i < rows.size(); ++i)
    last[rows[i].identity] = i;
  std::vector<keyed_row> kept;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (last[rows[i].identity] == i) kept.push_back(rows[i]);
  rows = std::move(kept);
}

/// Merges files whose rows are in order: each is read once, and little of it held. Nothing where
/// one of them turns out not to be.
result<std::optional<std::uint64_t>> merge_in_order(const row_order& order,
                                                    const std::vector<std::string>& paths,
                                                    const std::string& out_path,
                                                    row_progress& progress) {
  std::vector<row_reader> readers;
  std::vector<std::size_t> left; // readers that stand at a row
  auto step = [&](std::size_t i) -> result<bool> {
    auto there = readers[i].next();
    if (there && !*there) std::erase(left, i);
    return there;
  };
  for (auto& path : paths) {
    auto reader = row_reader::open(order, path);
    if (!reader) return tl::unexpected(reader.error());
    readers.push_back(std::move(*reader));
    left.push_back(left.size());
  }
  for (std::size_t i = 0; i < readers.size(); ++i)
    if (auto there = step(i); !there) return tl::unexpected(there.error());
  auto out = new_text_file::create(out_path);
  if (!out) return tl::unexpected(out.error());
  out->append(order.columns);
  out->append("\n");
  std::uint64_t count = 0;
  while (!left.empty()) {
    auto first = *std::ranges::min_element(
        left, [&](auto a, auto b) { return readers[a].row() < readers[b].row(); });
    auto& reader = readers[first];
    if (!reader.is_in_order()) return std::nullopt;
    out->append(reader.row().line);
    out->append("\n");
    ++count;
    progress.step();
    if (auto there = step(first); !there) return tl::unexpected(there.error());
  }
  if (auto done = out->finish(); !done) return tl::unexpected(done.error());
  return count;
}

/// Whether the rows of a file are in order; their number then.
result<std::optional<std::uint64_t>> count_in_order(const row_order& order, const std::string& path,
                                                    row_progress& progress) {
  auto reader = row_reader::open(order, path);
  if (!reader) return tl::unexpected(reader.error());
  auto there = reader->next();
  for (; there && *there && reader->is_in_order(); there = reader->next())
    progress.step();
  if (!there) return tl::unexpected(there.error());
  return *there ? std::nullopt : std::optional{reader->rows()};
}

/// Merges files that are held as a whole.
result<std::uint64_t>
merge_sorted(const row_order& order, const std::vector<std::string>& paths,
             const std::string& out_path,
             const std::function<void(const std::vector<std::string_view>&)>& on_row,
             row_progress& progress) {
  std::deque<std::string> lines; // rows point into them
  std::vector<keyed_row> rows;
  row_columns columns{order};
  for (auto& path : paths) {
    auto reader = row_reader::open(order, path);
    if (!reader) return tl::unexpected(reader.error());
    auto there = reader->next();
    for (; there && *there; there = reader->next()) {
      rows.push_back(*columns.cut(lines.emplace_back(reader->row().line)));
      progress.step();
    }
    if (!there) return tl::unexpected(there.error());
  }
  if (!order.identity.empty()) drop_superseded(rows);
  std::sort(rows.begin(), rows.end());
  auto out = new_text_file::create(out_path);
  if (!out) return tl::unexpected(out.error());
  out->append(order.columns);
  out->append("\n");
  for (auto& row : rows) {
    out->append(row.line);
    out->append("\n");
    if (on_row) on_row(split_fields(row.line));
  }
  return out->finish().map([&] { return std::uint64_t{rows.size()}; });
}

/// A letter for each column: a time, text, an integer, a number.
std::vector<column_type> types(std::string_view letters) {
  std::vector<column_type> out;
  for (char c : letters)
    out.push_back(c == 't'   ? column_type::time
                  : c == 's' ? column_type::text
                  : c == 'i' ? column_type::integer
                             : column_type::number);
  return out;
}

std::vector<row_order> make_result_files() {
  return {
      {"ticks_rejected",
       rejected_columns,
       {"timestamp", "symbol", "source"},
       "position",
       "",
       types("tsssisnnnnnn")},
      {"factors",
       factor_columns,
       {"timestamp", "symbol", "strategy"},
       "sequence",
       "",
       types("tssnisiitnnnn")},
      {"signals",
       signal_columns,
       {"timestamp", "symbol", "strategy"},
       "sequence",
       "",
       types("tssinniitnnns")},
      {"orders",
       order_columns,
       {"timestamp", "symbol", "strategy"},
       "sequence",
       "order_id",
       types("tssnnssissnnnntsiss")},
      {"fills",
       fill_columns,
       {"timestamp", "symbol", "strategy"},
       "event",
       "",
       types("tssnnsssiiss")},
      {"pnl", profit_columns, {"timestamp", "account"}, "", "", types("tsnnnn")},
      {"bars", bar_columns, {"timestamp", "symbol"}, "interval_ms", "", types("tsinnnn")},
      {"positions",
       position_columns,
       {"timestamp", "symbol", "strategy", "account"},
       "",
       "",
       types("tssnnnnnsnnnnnnnnn")},
  };
}

} // namespace

const std::vector<row_order>& result_files() {
  static const std::vector<row_order> files = make_result_files();
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
merge_rows(const row_order& order, const std::vector<std::string>& paths,
           const std::string& out_path,
           const std::function<void(const std::vector<std::string_view>&)>& on_row,
           const rows_merged& on_progress) {
  row_progress progress{on_progress};
  auto sorted = [&] { return merge_sorted(order, paths, out_path, on_row, progress); };
  if (!order.identity.empty() || on_row) return sorted();
  // One part that is in order is the result: it need not be written again.
  if (paths.size() == 1) {
    auto counted = count_in_order(order, paths.front(), progress);
    if (!counted) return tl::unexpected(counted.error());
    if (!*counted) return sorted();
    if (link_file(paths.front(), out_path)) return **counted;
  }
  auto merged = merge_in_order(order, paths, out_path, progress);
  if (!merged) return tl::unexpected(merged.error());
  return *merged ? result<std::uint64_t>{**merged} : sorted();
}

} // namespace tickmesh
