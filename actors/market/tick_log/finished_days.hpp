// Which trading days of a data slot are over, so that their files can be sealed. Plain class behind
// data_slot and log_replica, which tell it of each record that they log.
#pragma once

#include "messages/exchange_clock.hpp"
#include "messages/numbers.hpp"
#include "messages/tick_run.hpp"
#include "messages/timestamp.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace tickmesh {

/// A day is over when every symbol that was heard of has accepted ticks of a later one, and at the
/// latest when the time mark is so far behind it that no stamp can belong to it any more (see
/// trading_day_rule). Nothing depends on it but when files are sealed: a record of a day that is
/// over begins a new file of it.
class finished_days {
public:
  explicit finished_days(std::size_t symbols) : day_of_(symbols) {}

  /// The symbol has accepted ticks of this day. Symbols that are not known do not count.
  void note(symbol_id symbol, std::int32_t trading_day) {
    if (symbol.value >= day_of_.size()) return;
    auto& day = day_of_[symbol.value];
    if (trading_day <= day) return; // it never goes back
    if (auto left = symbols_on_.find(day); left != symbols_on_.end() && --left->second == 0)
      symbols_on_.erase(left);
    day = trading_day;
    if (trading_day >= before_) ++symbols_on_[trading_day];
    if (!symbols_on_.empty()) raise(symbols_on_.begin()->first);
  }

  /// Nothing with an earlier event time follows. The end of a stream says nothing of days.
  void advance(timestamp time_mark) {
    if (time_mark < next_date_ || time_mark == end_of_time) return;
    auto date = std::chrono::floor<std::chrono::days>(time_mark);
    next_date_ = date + std::chrono::days{1};
    raise(utc_date(date - days_behind));
  }

  /// A logged record: what the two above take of it.
  void note_record(const tick_frame_view& record, std::int32_t trading_day) {
    for (auto& run : record.runs)
      note(run.symbol, trading_day);
    advance(record.time_mark);
  }

  /// Days below this one are over; 0: none is. Never falls.
  std::int32_t before() const { return before_; }

  /// The same, once after each change.
  std::optional<std::int32_t> take_news() {
    if (told_ == before_) return std::nullopt;
    return told_ = before_;
  }

private:
  /// A trading day may be that much behind the UTC date, where clocks are behind UTC.
  static constexpr std::chrono::days days_behind{1};

  void raise(std::int32_t day) {
    if (day <= before_) return;
    before_ = day;
    symbols_on_.erase(symbols_on_.begin(), symbols_on_.lower_bound(day));
  }

  std::vector<std::int32_t> day_of_;               ///< of the newest tick; 0: not heard of
  std::map<std::int32_t, std::size_t> symbols_on_; ///< how many, of days that are not over
  timestamp next_date_{};
  std::int32_t before_ = 0;
  std::int32_t told_ = 0;
};

} // namespace tickmesh
