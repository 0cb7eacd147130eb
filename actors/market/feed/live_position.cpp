#include "actors/market/feed/live_position.hpp"

#include "messages/exchange_clock.hpp"

#include <cassert>

namespace tickmesh {

namespace {

constexpr int number_bits = 48;

} // namespace

source_position to_source_position(const live_position& position) {
  assert(position.number <= live_number_max && position.day <= live_day_max);
  auto days = position.day == 0 ? 0 : day_of(position.day).time_since_epoch().count();
  return source_position{static_cast<std::uint64_t>(days) << number_bits | position.number};
}

live_position to_live_position(source_position position) {
  auto days = static_cast<int>(position.value >> number_bits);
  auto day = days == 0 ? 0 : utc_date(std::chrono::sys_days{std::chrono::days{days}});
  return {day, position.value & live_number_max};
}

} // namespace tickmesh
