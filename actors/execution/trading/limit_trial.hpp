// What other limits would have made of the orders of a journal. Fed by a replay; a pure function of
// the calls.
#pragma once

#include "actors/execution/events/batch_decisions.hpp"
#include "actors/execution/trading/trading_state.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

/// An order that the other limits would have judged otherwise.
struct changed_verdict {
  order_request order;
  timestamp time{}; ///< event time of the signal
  std::uint64_t event = 0;
  risk_result before; ///< as it was judged
  risk_result after;  ///< by the other limits
  std::string scope_before{};
  std::string scope_after{}; ///< format_scope of the limit that refuses; empty: none does

  bool was_approved() const { return before.outcome == verdict::approved; }
  bool would_be_approved() const { return after.outcome == verdict::approved; }
};

/// Of one trading day.
struct trial_day {
  using counts = std::array<std::uint64_t, verdict_names.size()>;
  std::uint64_t orders = 0;       ///< of signals, that were judged
  std::uint64_t by_operators = 0; ///< orders and new forms that operators asked for: left out
  counts before{};
  counts after{};
  std::vector<changed_verdict> changes{}; ///< in order; also those that another rule would refuse
};

/// Judges each signal's order by what was known of the account when it came: positions, rates and
/// profit are those that really were, whatever the other limits would have let pass before.
class limit_trial {
public:
  /// `limits` begins with the global scope. The state is that of the replay, and outlives this.
  limit_trial(trading_state& trading, std::vector<limit_scope> limits, std::string_view account);

  /// An event is about to be applied.
  void before(const sequenced_event& event);
  /// It has been, and this was decided.
  void after(const sequenced_event& event, const batch_decisions& decided);

  /// By trading day, yyyymmdd; of the last mark before the order, 0 where there was none.
  const std::map<std::int32_t, trial_day>& days() const { return days_; }

private:
  trading_state& trading_;
  limit_table limits_;
  std::optional<risk_result> judged_; ///< the signal that is about to be applied
  std::map<std::int32_t, trial_day> days_;
};

} // namespace tickmesh
