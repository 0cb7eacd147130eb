// What the benchmarks of execution trade: 500 symbols, 20 strategies, every rule on, and the frames
// in which data and calculation slots send that.
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "actors/execution/events/trading_universe.hpp"
#include "messages/caf_types.hpp"
#include "messages/instrument.hpp"
#include "messages/signal.hpp"
#include "messages/slot.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace tickmesh {

inline constexpr std::uint32_t load_symbols = 500;
inline constexpr std::uint16_t load_strategies = 20;
/// Effective time from one order to the next.
inline constexpr std::chrono::microseconds load_step{200};

/// A whole number of lots, or of currency units.
constexpr quantity lots(std::uint64_t n) {
  return quantity{static_cast<std::int64_t>(n) * decimal_scale};
}

std::vector<std::string> load_symbol_names();
std::vector<std::string> load_strategy_names();
instrument_table load_instruments();

/// Every rule is on and approves: the limit of each is out of reach.
risk_limits every_rule();
/// The same for the symbols and for each strategy.
std::vector<limit_scope> every_scope();

/// Ticks of all symbols in turn, one at each step, and a signal at each. A signal is priced at the
/// opposite best quote; a symbol is bought for a while, then sold.
class trading_load {
public:
  static constexpr slot_name data{role::data, 0};
  static constexpr slot_name calc{role::calc, 0};
  static constexpr epoch since{1}; ///< of both slots

  /// The next ticks, as the data slot sends them; at most load_symbols.
  link_frame next_ticks(std::uint32_t count);
  /// Signals at the next of the ticks that were given, as the calculation slot sends them.
  /// Precondition: that many ticks have no signal yet.
  link_frame next_signals(std::uint32_t count, std::int64_t sent_ns);
  /// The last frame of both links.
  link_frame end_of_ticks();
  link_frame end_of_signals();

private:
  struct link {
    slot_name from;
    std::uint64_t number = 0;
  };
  static timestamp time_of(std::uint64_t step);
  static std::int64_t level_of(std::uint64_t step);
  signal signal_at(std::uint64_t step, std::int64_t sent_ns);
  static link_frame pack(link& on, std::uint32_t items, std::string payload);

  link ticks_{data};
  link signals_{calc};
  std::uint64_t ticks_given_ = 0;
  std::uint64_t signals_given_ = 0;
  std::mt19937_64 random_{1};
};

} // namespace tickmesh
