// Records that break no rule of cleaning, for tests to spoil.
#pragma once

#include "messages/tick.hpp"

#include <chrono>
#include <cstdint>

namespace tickmesh {

/// A whole number of units, lots.
inline price units(std::int64_t whole) {
  return price{whole * decimal_scale};
}
inline quantity lots(std::int64_t whole) {
  return quantity{whole * decimal_scale};
}

/// A good snapshot at second `at`.
inline tick snapshot(std::int64_t at, std::int64_t last = 100) {
  tick t;
  t.event_time = timestamp{std::chrono::seconds{at}};
  t.last = units(last);
  t.volume = lots(1);
  t.cumulative_volume = lots(10 + at);
  t.bid = units(last) - price{1};
  t.bid_volume = lots(5);
  t.ask = units(last) + price{1};
  t.ask_volume = lots(5);
  return t;
}

} // namespace tickmesh
