// An account's profit over time, a row for each full second at whose end it was another. Used by
// trading_state.
#pragma once

#include "actors/execution/positions/position_book.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace tickmesh {

/// The account as it stands behind all events before `time`. Sums of position_book: above those of
/// position_row by less than 1e-8 a row, but for the last row of a log, which is exact.
struct profit_row {
  timestamp time{};
  money realised{}; ///< by average cost, before fees
  money unrealised{};
  money fees{};

  money total() const { return realised + unrealised - fees; }
  friend bool operator==(const profit_row&, const profit_row&) = default;

  template <class Archive>
  void persist(Archive& archive) {
    archive(time, realised, unrealised, fees);
  }
};

class profit_curve {
public:
  /// False when note() has nothing to do at an event of this time.
  bool is_due(timestamp t) const { return t >= next_; }

  /// Looks at the book before an event of time `t` changes it. Times never fall.
  void note(timestamp t, const position_book& book) {
    if (next_ != timestamp::min()) // before the first event there is no second to say
      add({next_, book.realised_pnl(), book.unrealised_pnl(), book.fees()});
    // Before 1970 there are no events but those of a start.
    if (t >= timestamp{}) next_ = std::chrono::floor<std::chrono::seconds>(t) + interval;
  }

  /// The rows since the last call.
  std::vector<profit_row> take() { return std::exchange(rows_, {}); }

  /// take() at the end of the log, with what the positions are worth there. Its time is behind that
  /// of the last row, which may be of the same second.
  std::vector<profit_row> finish(timestamp t, const position_book& book) {
    auto sums = book.account_totals({});
    add({std::max(t, last_.time + nanoseconds{1}), sums.realised, sums.unrealised, sums.fees});
    return take();
  }

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    archive(next_, last_, rows_);
  }

private:
  static constexpr std::chrono::seconds interval{1};

  void add(const profit_row& row) {
    auto now = row;
    now.time = last_.time;
    if (now == last_) return;
    last_ = row;
    rows_.push_back(row);
  }

  timestamp next_ = timestamp::min(); ///< the next full second, once there was an event
  profit_row last_;                   ///< the last row
  std::vector<profit_row> rows_;
};

} // namespace tickmesh
