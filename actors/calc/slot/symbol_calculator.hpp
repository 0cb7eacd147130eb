// All strategies of one symbol: ticks in, factor rows and signals out. A pure function of the
// numbered ticks and of the windows' ends: how the ticks are sliced changes nothing.
#pragma once

#include "actors/calc/bands/bollinger.hpp"
#include "actors/calc/bands/price_history.hpp"
#include "actors/calc/calc_settings.hpp"
#include "actors/calc/slot/calculation_rows.hpp"
#include "messages/instrument.hpp"
#include "messages/result.hpp"
#include "messages/signal.hpp"
#include "messages/symbol_digest.hpp"
#include "messages/tick_run.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tickmesh {

/// What a slice of ticks led to.
struct calculation_output {
  std::vector<factor_row> rows; ///< one for each factor, where they are wanted
  std::uint64_t factors = 0;
  std::uint64_t unpriced = 0;    ///< ticks without the price that the instrument's strategies take
  std::uint64_t quarantined = 0; ///< ticks that were not calculated, see guarded_calculator
  std::vector<signal> signals;
  std::vector<symbol_digest> digests; ///< see next_digested_tick

  /// Empties it; its memory is used again.
  void clear() {
    rows.clear();
    factors = unpriced = quarantined = 0;
    signals.clear();
    digests.clear();
  }
};

/// What all symbols have of a strategy in common.
struct shared_strategy {
  strategy_settings settings;
  bollinger bands;
};

/// The configured strategies, shared by all calculators: what a symbol keeps of each stays small.
using strategy_list = std::shared_ptr<const std::vector<shared_strategy>>;
strategy_list share_strategies(const std::vector<strategy_settings>& settings);

class symbol_calculator {
public:
  /// `strategies` is the whole configured list; those whose patterns fit `symbol` run here.
  symbol_calculator(symbol_id id, std::string symbol, price_source price_from,
                    strategy_list strategies, bool write_rows);

  /// Takes a run of the symbol that follows the last one. Windows that end at or before a tick are
  /// closed first. Fails on a malformed run; then the calculator can't be used any more.
  result<void> add_run(const tick_run_view& run, calculation_output& out);

  /// Closes the windows that end at or before `mark`: no tick before `mark` follows.
  void advance(timestamp mark, calculation_output& out);

  /// Number of the first tick that was taken; 0: none was.
  sequence first_tick() const { return first_tick_; }

private:
  struct strategy_state {
    const shared_strategy* shared;
    timestamp closed_until{}; ///< the last window end that was considered
    strategy_id id;
    std::int8_t last_signal = 0; ///< what the next emission is compared with

    const strategy_settings& settings() const { return shared->settings; }
    const bollinger& bands() const { return shared->bands; }
  };

  /// The run that is being taken in.
  struct run_progress {
    const tick_run_view& run;
    const std::int64_t* kinds = nullptr;   ///< null: all are snapshots
    std::optional<column_places> places{}; ///< once a single value was asked for
    std::size_t book_rows = 0;             ///< rows that the book has seen
    bool valid = true;
    bool reads_columns = false; ///< so many values are needed that whole columns are cheaper
    std::array<bool, tick_column_count> is_read{};
  };

  static std::int64_t read_value(run_progress& progress, tick_column column, std::size_t row);

  bool read_points(const tick_run_view& run, const std::int64_t* kinds);
  bool read_times(const tick_run_view& run);
  void take_points(run_progress& progress, std::size_t begin, std::size_t end,
                   calculation_output& out);
  void decide_reactive(std::size_t count, calculation_output& out);
  void emit_reactive(run_progress& progress, std::size_t first_point, std::size_t count,
                     calculation_output& out);
  void update_book(run_progress& progress, std::size_t rows);
  void go_to_point(run_progress& progress, std::size_t point);
  static timestamp read_time(run_progress& progress, std::size_t point);
  void close_all_windows(timestamp now, std::int64_t ingest_ns, calculation_output& out);
  void close_windows(strategy_state& s, timestamp now, std::int64_t ingest_ns,
                     calculation_output& out);
  void add_signal(const strategy_state& s, std::int8_t direction, timestamp at,
                  timestamp window_end, std::int64_t ingest_ns, calculation_output& out);
  void add_row(const strategy_state& s, const bollinger_value& v, timestamp at,
               timestamp window_end, calculation_output& out) const;
  void digest_signal(const signal& s);
  void add_digest(sequence last, epoch data_epoch, calculation_output& out) const;

  symbol_id id_;
  std::string symbol_;
  price_source price_from_;
  bool write_rows_;
  strategy_list strategies_;
  std::vector<strategy_state> reactive_;
  std::vector<strategy_state> windowed_;
  price_history history_;
  std::vector<timestamp> times_; ///< of the last prices, for the longest window of time
  std::uint32_t times_length_ = 0;
  timestamp next_close_ = from_ns(INT64_MIN); ///< no window ends before

  // The symbol's book and its last price point.
  price last_trade_ = no_price;
  price bid_ = no_price;
  price ask_ = no_price;
  price point_ = no_price; ///< the last price that entered the windows
  timestamp point_time_{}; ///< its effective time, where there are windows of time
  sequence last_tick_{};   ///< number of the tick that brought it
  epoch data_epoch_ = first_data_epoch;

  sequence first_tick_{};            ///< that was taken; 0: none
  std::uint64_t signals_digest_ = 0; ///< of all signals so far
};

} // namespace tickmesh
