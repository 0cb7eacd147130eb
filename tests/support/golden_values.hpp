// The ticks and the signal that the committed bytes of frames, records and blocks hold.
#pragma once

#include "messages/signal.hpp"
#include "messages/tick.hpp"

#include <cstdint>
#include <vector>

namespace tickmesh {

inline std::vector<tick> golden_ticks() {
  std::vector<tick> out;
  for (std::uint64_t i = 0; i < 3; ++i) {
    tick t;
    t.symbol = symbol_id{7};
    t.number = sequence{41 + i};
    t.kind = static_cast<record_kind>(i);
    t.aggressor = static_cast<side>(i);
    t.source = source_id{static_cast<std::uint16_t>(2 * i)};
    t.position = source_position{1'000 + i * i};
    t.trading_day = 20240103;
    t.event_time = from_ns(1'704'157'200'000'000'000 + static_cast<std::int64_t>(i) * 500'000'000);
    t.effective_time = t.event_time + nanoseconds{i};
    t.last = i == 1 ? no_price : price{1'248'500'000'000 - static_cast<std::int64_t>(i)};
    t.volume = quantity{static_cast<std::int64_t>(3 * i) * decimal_scale};
    t.cumulative_volume = quantity{static_cast<std::int64_t>(900 + 3 * i) * decimal_scale};
    t.turnover = money{(int128{5} << 64) + static_cast<std::int64_t>(i)};
    t.open_interest = quantity{123'456};
    t.bid = i == 2 ? no_price : price{1'248'400'000'000};
    t.bid_volume = quantity{11};
    t.ask = price{1'248'600'000'000};
    t.ask_volume = quantity{static_cast<std::int64_t>(i) - 1};
    out.push_back(t);
  }
  return out;
}

inline signal golden_signal() {
  signal s;
  s.name = {symbol_id{7}, strategy_id{300}, 2,
            epoch{3},     sequence{43},     from_ns(1'704'157'260'000'000'000)};
  s.effective_time = s.name.window_end;
  s.direction = -1;
  s.volume = quantity{250'000'000};
  s.limit = price{1'248'400'000'000};
  s.last = price{1'248'499'999'998};
  s.bid = price{1'248'400'000'000};
  s.ask = no_price;
  s.ingest_ns = 1'704'157'261'000'000'001;
  s.sent_ns = 1'704'157'261'000'100'000;
  return s;
}

} // namespace tickmesh
