// The text of calculation's result rows.
#pragma once

#include "messages/numbers.hpp"
#include "messages/signal.hpp"
#include "messages/timestamp.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tickmesh {

/// `factor_value` is percent b, empty in a flat window; `signal` is the state after the tick.
inline constexpr std::string_view factor_columns =
    "timestamp,symbol,factor_type,factor_value,signal,strategy,data_epoch,sequence,window_end,"
    "price,lower,middle,upper";

inline constexpr std::string_view signal_columns =
    "timestamp,symbol,strategy,direction,price,volume,sequence,data_epoch,window_end,last,bid,ask,"
    "name";

/// A CSV line of signals.csv.
void append_signal_row(std::string& out, const signal& s, const std::string& symbol,
                       const std::string& strategy);

/// Values of a row; absent ones are empty. A double is the shortest text that reads back as it.
void append_double(std::string& out, double value);
void append_price(std::string& out, price p);
void append_number(std::string& out, std::uint64_t value);
void append_window_end(std::string& out, timestamp window_end);

} // namespace tickmesh
