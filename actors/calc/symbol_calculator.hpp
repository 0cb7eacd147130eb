// All strategies of one symbol: ticks in, factor rows and signals out. A pure function of the
// numbered ticks and of the windows' ends: how the ticks are sliced changes nothing.
#pragma once

#include "actors/calc/bollinger.hpp"
#include "actors/calc/calc_settings.hpp"
#include "messages/instrument.hpp"
#include "messages/signal.hpp"
#include "messages/tick.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tickmesh {

/// What a slice of ticks led to.
struct calculation_output {
  std::string factor_rows; ///< CSV lines, columns as in factor_columns
  std::uint64_t factors = 0;
  std::vector<signal> signals;
};

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

class symbol_calculator {
public:
  /// `strategies` is the whole configured list; those whose patterns fit `symbol` run here.
  symbol_calculator(symbol_id id, std::string symbol, price_source price_from,
                    const std::vector<strategy_settings>& strategies, bool write_rows);

  /// Takes consecutively numbered ticks. Windows that end at or before a tick are closed first.
  void add_ticks(std::span<const tick> ticks, epoch data_epoch, std::int64_t ingest_ns,
                 calculation_output& out);

  /// Closes the windows that end at or before `mark`: no tick before `mark` follows.
  void advance(timestamp mark, calculation_output& out);

private:
  struct strategy_state {
    strategy_id id;
    const strategy_settings* settings;
    bollinger bands;
    std::int8_t last_signal = 0; ///< what the next emission is compared with
    timestamp closed_until{};    ///< the last window end that was considered
  };

  void close_windows(strategy_state& s, timestamp now, std::int64_t ingest_ns,
                     calculation_output& out);
  void emit(strategy_state& s, timestamp at, timestamp window_end, std::int64_t ingest_ns,
            calculation_output& out);
  void append_factor_row(const strategy_state& s, const bollinger_value& v, timestamp at,
                         timestamp window_end, calculation_output& out) const;

  symbol_id id_;
  std::string symbol_;
  price_source price_from_;
  bool write_rows_;
  std::vector<strategy_settings> settings_;
  std::vector<strategy_state> strategies_;

  // The symbol's book and its last price point.
  price last_trade_ = no_price;
  price bid_ = no_price;
  price ask_ = no_price;
  price point_ = no_price; ///< the last price that entered the windows
  timestamp point_time_{}; ///< its effective time
  sequence last_tick_{};   ///< number of the tick that brought it
  epoch data_epoch_ = first_data_epoch;
};

} // namespace tickmesh
