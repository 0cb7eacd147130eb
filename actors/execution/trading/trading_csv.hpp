// Orders, fills and positions as lines of the result files.
#pragma once

#include "actors/execution/positions/position_book.hpp"
#include "actors/execution/trading/price_bars.hpp"
#include "actors/execution/trading/profit_curve.hpp"
#include "actors/execution/trading/trading_rows.hpp"
#include "actors/execution/trading/trading_state.hpp"

#include <string>
#include <string_view>

namespace tickmesh {

/// One line per checked signal, as it stands at the end; `usage` and `limit` are those of the rule
/// that refused (of the position rule when approved);
/// `scope` says whose limit refused: `global`, `strategy boll`, `symbol ru####`.
inline constexpr std::string_view order_columns =
    "timestamp,symbol,direction,price,volume,status,strategy,sequence,order_id,verdict,usage,limit,"
    "filled,average_price,updated,history,event,signal,scope";
inline constexpr std::string_view fill_columns =
    "timestamp,symbol,direction,price,volume,order_id,execution_id,strategy,sequence,event,signal,"
    "broker";
/// `timestamp` is the last fill, or the mark that last set `mark_price`; money in the account's
/// currency. `realised` and `unrealised` are by average cost and before fees, the columns that end
/// in `_fifo` by lots and before fees, `realised_net` is `realised` less `fees`. The four
/// quantities by day are empty where the instrument's position_model is net.
inline constexpr std::string_view position_columns =
    "timestamp,symbol,strategy,quantity,average_price,realised,unrealised,mark_price,account,"
    "long_today,long_yesterday,short_today,short_yesterday,fees,realised_net,price_fifo,"
    "realised_fifo,unrealised_fifo";

/// See profit_row; `total` is realised and unrealised less fees.
inline constexpr std::string_view profit_columns =
    "timestamp,account,realised,unrealised,fees,total";
/// See price_bar; `timestamp` is the bar's begin.
inline constexpr std::string_view bar_columns = "timestamp,symbol,interval_ms,open,high,low,close";

void append_row(std::string& out, const order_row& row, const trading_universe& universe);
void append_row(std::string& out, const fill_row& row, const trading_universe& universe);
void append_row(std::string& out, const position_row& row, const trading_universe& universe);
void append_row(std::string& out, const profit_row& row, const trading_universe& universe);
void append_row(std::string& out, const price_bar& row, const trading_universe& universe);

} // namespace tickmesh
