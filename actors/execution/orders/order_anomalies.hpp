// What happens to orders that a sound venue and a sound network do not do. Counted by
// order_manager, shown by whoever shows counts.
#pragma once

#include "messages/enumerators.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tickmesh {

enum class order_anomaly : std::uint8_t {
  illegal_transition,  ///< refused, not applied
  fill_after_end,      ///< applied: late fill, or beyond the order's volume
  duplicate_report,    ///< execution id seen before: not applied
  malformed_report,    ///< a fill without number, price or volume: not applied
  unknown_order,       ///< a report for an order never sent: not applied
  cumulative_mismatch, ///< the venue's filled quantity is not ours
  id_collision,        ///< another signal hashed to a used order id: refused
  queries_exhausted,   ///< an order left InDoubt after status_queries_max
  cancels_exhausted,   ///< an order left open after cancel_requests_max
  stale_report,        ///< of a broker that has not taken the order, or of an older replace
  missing_fills,       ///< a report told of fills that had not come yet
  open_after_end,      ///< the venue says that what had ended is open: in doubt again
};
/// By name, in the order of the enumeration.
inline constexpr std::array<std::string_view, 12> order_anomaly_names{
    "ILLEGAL_TRANSITION", "FILL_AFTER_END",      "DUPLICATE_REPORT", "MALFORMED_REPORT",
    "UNKNOWN_ORDER",      "CUMULATIVE_MISMATCH", "ID_COLLISION",     "QUERIES_EXHAUSTED",
    "CANCELS_EXHAUSTED",  "STALE_REPORT",        "MISSING_FILLS",    "OPEN_AFTER_END"};
static_assert(order_anomaly_names.size() == enumerator_count<order_anomaly>, "each has a name");

/// How often each has happened. All of them are 0 on a good day.
class order_anomalies {
public:
  void count(order_anomaly what) { ++counts_[static_cast<std::size_t>(what)]; }
  std::uint64_t of(order_anomaly what) const { return counts_[static_cast<std::size_t>(what)]; }
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (auto n : counts_)
      sum += n;
    return sum;
  }
  friend bool operator==(const order_anomalies&, const order_anomalies&) = default;

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    archive(counts_);
  }

private:
  std::array<std::uint64_t, order_anomaly_names.size()> counts_{};
};

} // namespace tickmesh
