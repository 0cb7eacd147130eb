// `tickmesh orders`, `fills` and `positions`: what the ledgers below a state directory hold. Reads
// them beside the processes that write them.
#include "actors/execution/ledger/trading_ledger.hpp"
#include "actors/execution/trading/trading_csv.hpp"
#include "apps/results/result_rows.hpp"
#include "apps/verbs/commands.hpp"
#include "runtime/results/json_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <system_error>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

/// What a verb shows of a view of the ledger.
struct ledger_view {
  std::string_view name;    ///< of the view, and of the rows
  std::string_view columns; ///< of JSON: those of the result file
  std::string_view shown;   ///< of the table for people
  std::string_view order;   ///< by which the last rows are the last
};

constexpr ledger_view orders_view{
    "orders", order_columns,
    "timestamp,symbol,direction,volume,price,status,filled,average_price,strategy,verdict,order_id",
    "created_event, order_id"};
constexpr ledger_view fills_view{
    "fills", fill_columns, "timestamp,symbol,direction,volume,price,strategy,broker,execution_id",
    "event, execution_id, direction"};
constexpr ledger_view positions_view{
    "positions", position_columns,
    "account,strategy,symbol,quantity,average_price,realised,unrealised,fees,mark_price,timestamp",
    "account, strategy, symbol"};

/// Columns whose values are no numbers.
constexpr std::array<std::string_view, 14> text_columns{
    "timestamp", "symbol",  "direction", "status", "strategy",     "order_id", "verdict",
    "updated",   "history", "signal",    "scope",  "execution_id", "account",  "broker"};

bool is_text(std::string_view column) {
  return std::ranges::find(text_columns, column) != text_columns.end();
}

struct found_ledger {
  std::string host;
  fs::path file;
};

/// `STATE_DIR/HOST/ledger/SLOT.sqlite`, in the order of their names.
result<std::vector<found_ledger>> find_ledgers(const fs::path& state_dir) {
  std::vector<found_ledger> out;
  std::error_code error;
  for (auto& host : fs::directory_iterator{state_dir, error})
    for (auto& file : fs::directory_iterator{ledger_path(host.path(), "").parent_path(), error})
      if (file.path().extension() == ".sqlite")
        out.push_back({host.path().filename().string(), file.path()});
  if (out.empty())
    return fail(fmt::format("{}: there is no ledger below it (HOST/ledger/*.sqlite); allowed: the "
                            "--state-dir of a run with execution.ledger.enabled = true",
                            state_dir.string()));
  std::ranges::sort(out, {}, &found_ledger::file);
  return out;
}

std::string quoted_list(std::string_view columns) {
  std::string out;
  for (auto column : split_fields(columns))
    out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", column);
  return out;
}

/// Parameters: symbol, strategy, limit.
std::string query_text(const ledger_view& view, std::string_view columns,
                       const ledger_flags& flags) {
  std::string where = "1";
  if (flags.open) where += " AND is_open";
  if (!flags.symbol.empty()) where += " AND symbol = ?1";
  if (!flags.strategy.empty()) where += " AND strategy = ?2";
  std::string last_first{view.order};
  for (std::size_t at = 0; (at = last_first.find(',', at)) != std::string::npos; at += 6)
    last_first.replace(at, 1, " DESC,");
  auto listed = quoted_list(columns);
  if (flags.limit == 0)
    return fmt::format("SELECT {} FROM {}_readable WHERE {} ORDER BY {}", listed, view.name, where,
                       view.order);
  return fmt::format("SELECT {} FROM (SELECT * FROM {}_readable WHERE {} ORDER BY {} DESC "
                     "LIMIT ?3) ORDER BY {}",
                     listed, view.name, where, last_first, view.order);
}

/// A ledger that stands still while it is read.
class ledger_reader {
public:
  static result<ledger_reader> open(const fs::path& file) {
    auto database =
        sqlite_database::open(file, sqlite_database::access::read, ledger_settings{}.busy_timeout);
    if (!database) return tl::make_unexpected(database.error());
    if (auto checked = check_ledger(*database, file); !checked)
      return tl::make_unexpected(checked.error());
    if (auto begun = database->run("BEGIN"); !begun) return tl::make_unexpected(begun.error());
    return ledger_reader{std::move(*database)};
  }

  /// Calls `visit` with the query at each of its rows.
  template <class Visit>
  result<void> for_each(const ledger_view& view, std::string_view columns,
                        const ledger_flags& flags, Visit visit) {
    auto query = database_.prepare(query_text(view, columns, flags));
    if (!query) return tl::make_unexpected(query.error());
    query->bind(0, std::string_view{flags.symbol}).bind(1, std::string_view{flags.strategy});
    query->bind(2, static_cast<std::int64_t>(flags.limit));
    for (;;) {
      auto row = query->step();
      if (!row) return tl::make_unexpected(row.error());
      if (!*row) return {};
      visit(*query);
    }
  }

  result<std::int64_t> last_event() { return database_.number("SELECT last_event FROM progress"); }

private:
  explicit ledger_reader(sqlite_database database) : database_(std::move(database)) {}

  sqlite_database database_;
};

std::string json_string(std::string_view text) {
  return json_text(nlohmann::json(std::string{text}));
}

/// One object a row, numbers with all their digits.
result<void> print_json(const ledger_view& view, const ledger_flags& flags,
                        const found_ledger& ledger, ledger_reader& reader, bool& is_first) {
  auto columns = split_fields(view.columns);
  return reader.for_each(view, view.columns, flags, [&](const sqlite_statement& row) {
    auto line = fmt::format("{}\n {{\"host\":{},\"slot\":{}", is_first ? "" : ",",
                            json_string(ledger.host), json_string(ledger.file.stem().string()));
    is_first = false;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      auto at = static_cast<int>(i);
      line += fmt::format(",\"{}\":", columns[i]);
      if (row.is_null(at))
        line += "null";
      else
        line += is_text(columns[i]) ? json_string(row.text(at)) : std::string{row.text(at)};
    }
    fmt::print("{}}}", line);
  });
}

/// A table; the rows are asked for twice, since widths come first.
result<void> print_table(const ledger_view& view, const ledger_flags& flags,
                         const found_ledger& ledger, ledger_reader& reader) {
  auto columns = split_fields(view.shown);
  std::vector<std::size_t> widths;
  for (auto column : columns)
    widths.push_back(column.size());
  std::uint64_t rows = 0;
  auto measured = reader.for_each(view, view.shown, flags, [&](const sqlite_statement& row) {
    ++rows;
    for (std::size_t i = 0; i < columns.size(); ++i)
      widths[i] = std::max(widths[i], row.text(static_cast<int>(i)).size());
  });
  if (!measured) return measured;
  auto last = reader.last_event();
  if (!last) return tl::make_unexpected(last.error());
  fmt::print("{}, {}: {} {}, through event {} of its journal\n", ledger.host,
             ledger.file.stem().string(), rows, view.name, *last);
  auto print_line = [&](auto text_at) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i)
      line += is_text(columns[i]) ? fmt::format("  {:<{}}", text_at(i), widths[i])
                                  : fmt::format("  {:>{}}", text_at(i), widths[i]);
    line.resize(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  };
  print_line([&](std::size_t i) { return columns[i]; });
  return reader.for_each(view, view.shown, flags, [&](const sqlite_statement& row) {
    print_line([&](std::size_t i) { return row.text(static_cast<int>(i)); });
  });
}

int show(const ledger_view& view, const ledger_flags& flags) {
  auto complain = [](const fault& why, int code = exit_failure) {
    fmt::print(stderr, "tickmesh: {}\n", why.message);
    return code;
  };
  auto ledgers = find_ledgers(flags.state_dir);
  if (!ledgers) return complain(ledgers.error(), exit_usage);
  bool is_first = true;
  if (flags.json) fmt::print("[");
  for (auto& ledger : *ledgers) {
    auto reader = ledger_reader::open(ledger.file);
    if (!reader) return complain(reader.error());
    auto printed = flags.json ? print_json(view, flags, ledger, *reader, is_first)
                              : print_table(view, flags, ledger, *reader);
    if (!printed) return complain(printed.error());
  }
  if (flags.json) fmt::print("\n]\n");
  return 0;
}

} // namespace

int show_orders(const ledger_flags& flags) {
  return show(orders_view, flags);
}

int show_fills(const ledger_flags& flags) {
  return show(fills_view, flags);
}

int show_positions(const ledger_flags& flags) {
  return show(positions_view, flags);
}

} // namespace tickmesh
