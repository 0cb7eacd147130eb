// The counts of a data slot.
#include "actors/market/slot/data_slot_counts.hpp"

#include <doctest/doctest.h>

namespace tickmesh::data_slot_counts_test {

TEST_CASE("counts are of what the log holds; reasons without a tick have none") {
  slot_totals totals;
  totals.records_in = 12;
  totals.accepted = 9;
  totals.rejected[static_cast<std::size_t>(reject_reason::late)] = 3;
  silence_monitor off{1, {}}, on{1, nanoseconds{1}};
  on.watch(symbol_id{0}, nullptr);
  named_counts counts;
  count_totals(totals, off, counts);
  CHECK(counts == named_counts{{"ticks_in", 12}, {"ticks_accepted", 9}, {"rejected/LATE", 3}});
  on.judge(timestamp{nanoseconds{1}});
  on.judge(timestamp{nanoseconds{9}});
  count_totals(totals, on, counts);
  CHECK(counts.at(symbols_silent_count) == 1);
  CHECK(counts.at(silence_alarms_count) == 1);
}

TEST_CASE("rejected ticks without a row are counted where there are any") {
  slot_totals totals;
  totals.rejected[0] = 4;
  totals.rejected[3] = 2;
  named_counts counts;
  count_dropped(totals, 6, counts);
  CHECK(counts.empty());
  count_dropped(totals, 1, counts);
  CHECK(counts == named_counts{{"rejected_rows_dropped", 5}});
}

} // namespace tickmesh::data_slot_counts_test
