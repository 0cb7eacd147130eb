// How many orders and cancels were sent: in the last second, on the trading day, and the counts
// that the rules for programme trading ask for. Used by risk_facts_book. Time is the event log's.
#pragma once

#include "actors/execution/risk/limits/risk_rules.hpp"

#include <cstdint>
#include <vector>

namespace tickmesh {

/// Counts exactly what happened in (t - 1 s, t]. It keeps the times of that second, at most
/// `orders_per_second_limit` + 1 of them: beyond, the oldest goes and the count stays there, which
/// is above any limit that can be set. So memory is bounded and no verdict depends on the bound.
class rate_window {
public:
  static constexpr std::size_t times_max = std::size_t{orders_per_second_limit} + 1;

  /// Precondition for both: `t` never falls.
  void add(timestamp t);
  std::uint64_t count(timestamp t);

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    auto& [ring, first, size] = *this;
    std::vector<timestamp> times;
    for (std::size_t i = 0; i < size; ++i)
      times.push_back(ring[(first + i) & (ring.size() - 1)]);
    archive(times);
    if (!Archive::is_reader) return;
    *this = {};
    for (auto t : times)
      add(t);
  }

private:
  std::vector<timestamp> ring_; // a power of two of places, which grows
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

/// Of one account, strategy or symbol.
class order_rates {
public:
  void add_order(timestamp t, std::int32_t trading_day);
  void add_cancel(timestamp t, std::int32_t trading_day);
  rate_usage usage(timestamp t, std::int32_t trading_day);

  template <class Archive>
  void persist(Archive& archive) {
    auto& [orders, cancels, orders_today, cancels_today, day] = *this;
    archive(orders, cancels, orders_today, cancels_today, day);
  }

private:
  void turn_to(std::int32_t trading_day);

  rate_window orders_;
  rate_window cancels_;
  std::uint64_t orders_today_ = 0;
  std::uint64_t cancels_today_ = 0;
  std::int32_t day_ = 0;
};

/// How many of something there were on the trading day.
class daily_count {
public:
  void add(std::int32_t trading_day) {
    count_ = of(trading_day) + 1;
    day_ = trading_day;
  }
  std::uint64_t of(std::int32_t trading_day) const { return trading_day == day_ ? count_ : 0; }

  template <class Archive>
  void persist(Archive& archive) {
    auto& [count, day] = *this;
    archive(count, day);
  }

private:
  std::uint64_t count_ = 0;
  std::int32_t day_ = 0;
};

/// Counts of an account that rules for programme trading ask for (China's futures exchanges, from
/// 2025: reports by orders and cancels in a second and on a day).
struct programme_counts {
  std::uint64_t peak_per_second = 0; ///< most orders and cancels in any (t - 1 s, t]
  std::uint64_t seconds_above = 0;   ///< whole UTC seconds with more than the reported rate
  std::uint64_t orders = 0;
  std::uint64_t cancels = 0;
  friend bool operator==(const programme_counts&, const programme_counts&) = default;
};

class programme_counter {
public:
  /// A second counts as one above when it has more than `rate_reported` orders and cancels.
  explicit programme_counter(std::uint32_t rate_reported) : rate_reported_(rate_reported) {}

  void add_order(timestamp t, std::int32_t trading_day) { add(t, trading_day, true); }
  void add_cancel(timestamp t, std::int32_t trading_day) { add(t, trading_day, false); }

  void change_rate_reported(std::uint32_t rate) { rate_reported_ = rate; }

  /// Of the trading day at hand.
  const programme_counts& today() const { return today_; }
  /// The highest value of each count on any day.
  programme_counts highest() const;

  template <class Archive>
  void persist(Archive& archive) {
    auto& [rate_reported, window, second, in_second, day, today, earlier] = *this;
    archive(rate_reported, window, second, in_second, day, today, earlier);
  }

private:
  void add(timestamp t, std::int32_t trading_day, bool is_order);

  std::uint32_t rate_reported_;
  rate_window window_;
  std::int64_t second_ = 0;
  std::uint64_t in_second_ = 0;
  std::int32_t day_ = 0;
  programme_counts today_;
  programme_counts earlier_; // highest of the days before
};

} // namespace tickmesh
