// Factor values and signals: what calculation tells the results and execution.
#pragma once

#include "messages/tick.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tickmesh {

/// Index of a strategy in the configuration, the same on every host.
using strategy_id = named_number<struct strategy_id_tag, std::uint16_t>;

/// The name of a signal; two signals with one name are the same signal.
struct signal_name {
  symbol_id symbol{};
  strategy_id strategy{};
  std::uint32_t configuration_version = 1;
  epoch data_epoch = first_data_epoch;
  sequence last_tick{};   ///< number of the last tick used
  timestamp window_end{}; ///< 0 for a reactive signal

  friend auto operator<=>(const signal_name&, const signal_name&) = default;
};

/// An intent to trade, before risk. Direction +1 buys, -1 sells; 0 is never sent.
struct signal {
  signal_name name{};
  timestamp effective_time{}; ///< of the last tick used, or the window's end
  std::int8_t direction = 0;
  quantity volume{};
  price limit = no_price; ///< the strategy's price: the opposite best quote, else the last
  price last = no_price;  ///< the symbol's last price
  price bid = no_price;   ///< its book at the time
  price ask = no_price;
  std::int64_t ingest_ns = 0; ///< control-clock ns at which the feed released the tick; 0 unknown
  std::int64_t sent_ns = 0;   ///< control-clock ns at which calculation sent the signal

  friend bool operator==(const signal&, const signal&) = default;
};

/// `strategy/symbol/configuration version/data epoch/sequence/window end in ns`.
void append_signal_name(std::string& out, const signal_name& name, std::string_view strategy,
                        std::string_view symbol);
std::string format_signal_name(const signal_name& name, const std::string& strategy,
                               const std::string& symbol);

} // namespace tickmesh
