#include "actors/execution/ledger/ledger_schema.hpp"

#include <fmt/format.h>

#include <string_view>

namespace tickmesh {

namespace {

/// Keyed by the events of the log, whose numbers rise: rows are appended, not strewn over the file
/// as by order ids, which are hashes.
constexpr std::string_view tables = R"(
CREATE TABLE progress (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  schema_version INTEGER NOT NULL,
  run_identity TEXT NOT NULL,       -- of the journal
  last_event INTEGER NOT NULL,      -- everything up to this event of the journal is here
  account TEXT NOT NULL
) STRICT;
CREATE TABLE orders (
  created_event INTEGER NOT NULL,
  order_id TEXT NOT NULL,
  updated_event INTEGER NOT NULL,
  created_ns INTEGER NOT NULL,
  updated_ns INTEGER NOT NULL,
  symbol TEXT NOT NULL,
  strategy TEXT NOT NULL,
  side TEXT NOT NULL,
  price_e8 INTEGER,                 -- NULL: at market
  volume_e8 INTEGER NOT NULL,
  filled_e8 INTEGER NOT NULL,
  average_price_e8 INTEGER,         -- of the fills, rounded towards zero; NULL without fills
  status TEXT NOT NULL,
  is_open INTEGER NOT NULL,         -- 1: may still be filled
  verdict TEXT NOT NULL,            -- of the risk check
  usage_e8 ANY NOT NULL,            -- of the rule that refused; of the position rule when approved
  limit_e8 ANY NOT NULL,
  scope TEXT NOT NULL,              -- of the limit that refused; empty when none did
  signal TEXT NOT NULL,
  signal_sequence INTEGER NOT NULL, -- last tick that the signal used
  history TEXT NOT NULL,            -- statuses, oldest first
  PRIMARY KEY (created_event, order_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX open_orders ON orders (created_event) WHERE is_open;
CREATE TABLE fills (
  event INTEGER NOT NULL,           -- at which it was booked
  execution_id TEXT NOT NULL,
  order_id TEXT NOT NULL,
  time_ns INTEGER NOT NULL,
  symbol TEXT NOT NULL,
  strategy TEXT NOT NULL,
  side TEXT NOT NULL,
  price_e8 INTEGER NOT NULL,
  volume_e8 INTEGER NOT NULL,
  signal TEXT NOT NULL,
  signal_sequence INTEGER NOT NULL,
  broker TEXT NOT NULL,             -- who reported it
  PRIMARY KEY (event, execution_id, side) -- a correction is two: one taken back, one booked
) STRICT, WITHOUT ROWID;
CREATE TABLE positions (
  account TEXT NOT NULL,
  strategy TEXT NOT NULL,
  symbol TEXT NOT NULL,
  updated_event INTEGER NOT NULL,   -- last fill, or the log's end: the row is as of then
  updated_ns INTEGER NOT NULL,      -- last fill, or the mark that set the price
  quantity_e8 INTEGER NOT NULL,     -- below 0 when short
  average_price_e8 INTEGER,         -- NULL when flat
  realised_e8 ANY NOT NULL,         -- by average cost, before fees
  unrealised_e8 ANY NOT NULL,
  mark_price_e8 INTEGER,
  long_today_e8 INTEGER,            -- these four: NULL where the position model is net
  long_yesterday_e8 INTEGER,
  short_today_e8 INTEGER,
  short_yesterday_e8 INTEGER,
  fees_e8 ANY NOT NULL,
  realised_net_e8 ANY NOT NULL,     -- realised less fees
  price_fifo_e8 INTEGER,            -- by lots, first in, first out
  realised_fifo_e8 ANY NOT NULL,
  unrealised_fifo_e8 ANY NOT NULL,
  PRIMARY KEY (account, strategy, symbol)
) STRICT, WITHOUT ROWID;
)";

/// `column_e8 AS name` as a decimal, exact.
std::string decimal(std::string_view column, std::string_view name) {
  return fmt::format(
      "CASE typeof({0}) WHEN 'null' THEN NULL "
      "WHEN 'text' THEN rtrim(rtrim(substr({0}, 1, length({0}) - 8) || '.' || substr({0}, -8), "
      "'0'), '.') "
      "ELSE rtrim(rtrim(iif({0} < 0, '-', '') || "
      "printf('%d.%08d', abs({0} / 100000000), abs({0} % 100000000)), '0'), '.') END AS \"{1}\"",
      column, name);
}

std::string decimal(std::string_view name) {
  return decimal(fmt::format("{}_e8", name), name);
}

/// `column AS name` as a time.
std::string time(std::string_view column, std::string_view name) {
  return fmt::format("strftime('%Y-%m-%dT%H:%M:%S', {0} / 1000000000, 'unixepoch') || "
                     "printf('.%09dZ', {0} % 1000000000) AS {1}",
                     column, name);
}

std::string orders_view() {
  return fmt::format(
      "CREATE VIEW orders_readable AS SELECT {}, symbol, side AS direction, {}, {}, status, "
      "strategy, signal_sequence AS sequence, order_id, verdict, {}, {}, {}, {}, {}, history, "
      "updated_event AS event, signal, scope, is_open, created_event FROM orders;\n",
      time("created_ns", "timestamp"), decimal("price"), decimal("volume"), decimal("usage"),
      decimal("limit"), decimal("filled"), decimal("average_price"), time("updated_ns", "updated"));
}

std::string fills_view() {
  return fmt::format("CREATE VIEW fills_readable AS SELECT {}, symbol, side AS direction, {}, {}, "
                     "order_id, execution_id, strategy, signal_sequence AS sequence, event, "
                     "signal, broker FROM fills;\n",
                     time("time_ns", "timestamp"), decimal("price"), decimal("volume"));
}

std::string positions_view() {
  return fmt::format("CREATE VIEW positions_readable AS SELECT {}, symbol, strategy, {}, {}, {}, "
                     "{}, {}, account, {}, {}, {}, {}, {}, {}, {}, {}, {}, "
                     "quantity_e8 <> 0 AS is_open, updated_event AS event FROM positions;\n",
                     time("updated_ns", "timestamp"), decimal("quantity"), decimal("average_price"),
                     decimal("realised"), decimal("unrealised"), decimal("mark_price"),
                     decimal("long_today"), decimal("long_yesterday"), decimal("short_today"),
                     decimal("short_yesterday"), decimal("fees"), decimal("realised_net"),
                     decimal("price_fifo"), decimal("realised_fifo"), decimal("unrealised_fifo"));
}

} // namespace

std::string ledger_schema() {
  return fmt::format("{}{}{}{}PRAGMA application_id = {};\nPRAGMA user_version = {};\n", tables,
                     orders_view(), fills_view(), positions_view(), ledger_application,
                     ledger_schema_version);
}

} // namespace tickmesh
