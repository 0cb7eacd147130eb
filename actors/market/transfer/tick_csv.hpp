// A tick as a line of CSV of our own format, as source.kind = "file" reads it: for exports and
// subscriptions.
#pragma once

#include "messages/tick.hpp"

#include <string>
#include <string_view>

namespace tickmesh {

inline constexpr std::string_view tick_columns =
    "timestamp,symbol,kind,last,volume,bid,bid_volume,ask,ask_volume,turnover,open_interest,"
    "trading_day,aggressor,trade_id";

/// Appends a row without its line break. Cumulative volumes are left out.
void append_tick_row(std::string& out, const tick& t, std::string_view symbol);

} // namespace tickmesh
