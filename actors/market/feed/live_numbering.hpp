// Follows the numbers on one connection to a live source: which day they belong to, and whether
// each follows on. Plain class behind sender_session.
#pragma once

#include "actors/market/feed/live_position.hpp"
#include "messages/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace tickmesh {

/// A trading day that is further ahead of the calendar than this opens no numbering: one wrong
/// date must not lock out the senders of all days before it. The longest closures are shorter.
inline constexpr std::chrono::days trading_day_lead_max{15};

/// True for a date up to trading_day_lead_max behind `today`; both yyyymmdd.
bool is_near_day(std::int32_t trading_day, std::int32_t today);

class live_numbering {
public:
  /// `logged`: behind it everything is new; what comes up to it are repeats.
  explicit live_numbering(const live_position& logged) : at_(logged) {}

  /// The sender says whose day's numbers follow. A later day begins again with 1. Fails on a day
  /// before the logged one.
  result<void> begin_day(std::int32_t day);

  /// Where a record stands. `trading_day` is the record's own, 0 where it is not known: if the
  /// sender tells of no days, the first record of a connection that begins again under a later one
  /// opens that day, and numbers that go on take the later day with them. Fails on a number that
  /// does not follow on.
  result<source_position> take(std::uint64_t number, std::int32_t trading_day);

  /// Where the last one of numbers that the sender has lost stands; fails as take does.
  result<source_position> take_gap(std::uint64_t first, std::uint64_t last);

  /// The day at present; 0 while nothing is known of it.
  std::int32_t day() const { return at_.day; }

  /// True when the sender has told of its day.
  bool is_declared() const { return is_declared_; }

private:
  result<void> check_follows(std::uint64_t number) const;

  live_position at_;        ///< the day at present, and the highest number that was had on it
  std::uint64_t last_ = 0;  ///< on this connection and day; 0: none
  bool had_record_ = false; ///< on this connection
  bool is_declared_ = false;
};

} // namespace tickmesh
