#include "actors/market/slot/data_slot_counts.hpp"

#include <numeric>

namespace tickmesh {

void count_totals(const slot_totals& totals, const silence_monitor& silence, named_counts& counts) {
  counts[ticks_in_count] = totals.records_in;
  counts[ticks_accepted_count] = totals.accepted;
  for (std::size_t i = 0; i < reject_reason_count; ++i)
    if (totals.rejected[i] > 0)
      counts["rejected/" + std::string{reject_reason_names[i]}] = totals.rejected[i];
  if (!silence.is_on()) return;
  counts[symbols_silent_count] = silence.silent_now();
  counts[silence_alarms_count] = silence.alarms();
}

void count_dropped(const slot_totals& totals, std::uint64_t rejected_rows, named_counts& counts) {
  auto all = std::accumulate(totals.rejected.begin(), totals.rejected.end(), std::uint64_t{0});
  if (all > rejected_rows) counts[rejected_dropped_count] = all - rejected_rows;
}

} // namespace tickmesh
