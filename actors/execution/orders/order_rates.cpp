#include "actors/execution/orders/order_rates.hpp"

#include <algorithm>
#include <chrono>

namespace tickmesh {

namespace {

constexpr std::size_t ring_at_first = 16;

programme_counts highest_of(const programme_counts& a, const programme_counts& b) {
  return {std::max(a.peak_per_second, b.peak_per_second),
          std::max(a.seconds_above, b.seconds_above), std::max(a.orders, b.orders),
          std::max(a.cancels, b.cancels)};
}

} // namespace

void rate_window::add(timestamp t) {
  count(t);
  if (size_ == times_max) {
    ++first_;
    --size_;
  }
  if (size_ == ring_.size()) {
    std::vector<timestamp> larger(std::max(ring_at_first, 2 * ring_.size()));
    for (std::size_t i = 0; i < size_; ++i)
      larger[i] = ring_[(first_ + i) & (ring_.size() - 1)];
    ring_ = std::move(larger);
    first_ = 0;
  }
  ring_[(first_ + size_) & (ring_.size() - 1)] = t;
  ++size_;
}

std::uint64_t rate_window::count(timestamp t) {
  auto gone = t - std::chrono::seconds{1};
  while (size_ > 0 && ring_[first_ & (ring_.size() - 1)] <= gone) {
    ++first_;
    --size_;
  }
  return size_;
}

void order_rates::add_order(timestamp t, std::int32_t trading_day) {
  turn_to(trading_day);
  orders_.add(t);
  ++orders_today_;
}

void order_rates::add_cancel(timestamp t, std::int32_t trading_day) {
  turn_to(trading_day);
  cancels_.add(t);
  ++cancels_today_;
}

rate_usage order_rates::usage(timestamp t, std::int32_t trading_day) {
  turn_to(trading_day);
  return {orders_.count(t), cancels_.count(t), orders_today_, cancels_today_};
}

/// The second goes on over the end of a day, the day's totals do not.
void order_rates::turn_to(std::int32_t trading_day) {
  if (trading_day == day_) return;
  day_ = trading_day;
  orders_today_ = cancels_today_ = 0;
}

programme_counts programme_counter::highest() const {
  return highest_of(earlier_, today_);
}

void programme_counter::add(timestamp t, std::int32_t trading_day, bool is_order) {
  if (trading_day != day_) {
    earlier_ = highest();
    today_ = {};
    day_ = trading_day;
    in_second_ = 0;
    window_ = {};
  }
  ++(is_order ? today_.orders : today_.cancels);
  window_.add(t);
  today_.peak_per_second = std::max(today_.peak_per_second, window_.count(t));
  auto second = std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
  if (second != second_) in_second_ = 0;
  second_ = second;
  if (++in_second_ == rate_reported_ + std::uint64_t{1}) ++today_.seconds_above;
}

} // namespace tickmesh
