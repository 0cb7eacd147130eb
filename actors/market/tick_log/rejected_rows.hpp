// Rejected ticks as rows of ticks_rejected.csv: in results and in exports.
#pragma once

#include "actors/market/tick_log/log_description.hpp"
#include "actors/market/tick_log/tick_log_reader.hpp"

#include <string>
#include <string_view>

namespace tickmesh {

inline constexpr std::string_view rejected_columns =
    "timestamp,symbol,reason,source,position,kind,last,volume,bid,bid_volume,ask,ask_volume";

/// Name of a kind of record in CSV files.
std::string_view record_kind_name(record_kind kind);

/// Appends a row with its line end; `names` are those of the log.
void append_rejected_row(std::string& out, const rejected_tick& rejected,
                         const log_description& names);

} // namespace tickmesh
