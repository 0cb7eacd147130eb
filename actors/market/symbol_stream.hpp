// The actor of one symbol's ticks on their owner: cleans, numbers and encodes them.
#pragma once

#include "actors/market/market_messages.hpp"
#include "actors/market/market_settings.hpp"
#include "actors/market/tick_cleaner.hpp"

#include <caf/all.hpp>

#include <functional>
#include <string>

namespace tickmesh {

inline constexpr std::string_view rejected_columns =
    "timestamp,symbol,reason,source,position,kind,last,volume,bid,bid_volume,ask,ask_volume";

struct symbol_stream_options {
  symbol_id symbol{};
  std::string symbol_name;
  bool known = true; ///< there is an instrument entry
  cleaning_settings cleaning{};
  std::vector<std::string> source_names;
  bool write_rows = true;
  std::function<void(const tick&)> probe; ///< tests: called before each tick; may throw
};

struct symbol_stream_state {
  const char* name = "symbol_stream";
};

caf::behavior symbol_stream(caf::stateful_actor<symbol_stream_state>* self, caf::actor slot,
                            symbol_stream_options options);

} // namespace tickmesh
