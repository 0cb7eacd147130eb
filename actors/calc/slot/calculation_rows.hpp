// Calculation's result rows: values of strategies and signals, and their text.
#pragma once

#include "messages/numbers.hpp"
#include "messages/signal.hpp"
#include "messages/timestamp.hpp"

#include <cstdint>
#include <optional>
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

/// What a strategy's bands were at a tick, or at the end of a window.
struct factor_row {
  timestamp effective_time{};
  symbol_id symbol{};
  strategy_id strategy{};
  std::int8_t signal = 0; ///< the state then: -1, 0, 1
  epoch data_epoch{};     ///< of the last tick, as its number
  sequence last_tick{};
  timestamp window_end{}; ///< 1970-01-01: at a tick
  price last = no_price;  ///< that entered the bands
  std::optional<double> percent_b;
  double lower = 0;
  double middle = 0;
  double upper = 0;
  friend bool operator==(const factor_row&, const factor_row&) = default;
};

/// A CSV line of factors.csv.
void append_factor_row(std::string& out, const factor_row& row, std::string_view symbol,
                       std::string_view strategy);

/// A CSV line of signals.csv.
void append_signal_row(std::string& out, const signal& s, const std::string& symbol,
                       const std::string& strategy);

/// A double as the shortest text that reads back as it.
void append_double(std::string& out, double value);

} // namespace tickmesh
