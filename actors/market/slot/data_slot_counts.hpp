// What a data slot counts, and under which names.
#pragma once

#include "actors/market/cleaning/silence_monitor.hpp"
#include "messages/tick_run.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace tickmesh {

inline constexpr const char* ticks_in_count = "ticks_in";
inline constexpr const char* ticks_accepted_count = "ticks_accepted";
/// Of a paced source: from when a record was due until it was read.
inline constexpr const char* source_lateness_delay = "source_lateness";
/// Rejected ticks of days that the log has dropped: they are counted, and have no row.
inline constexpr const char* rejected_dropped_count = "rejected_rows_dropped";
/// CPU time of a load generator, in ns.
inline constexpr const char* generator_cpu_count = "generator_cpu_ns";
/// Symbols that are mute at present, and how often one became so; where silence is watched.
inline constexpr const char* symbols_silent_count = "symbols_silent";
inline constexpr const char* silence_alarms_count = "silence_alarms";
/// Before the names of a source's own counts, see feed.
inline constexpr const char* source_count_prefix = "source/";

using named_counts = std::map<std::string, std::uint64_t>;

/// Sets the counts of what the log holds.
void count_totals(const slot_totals& totals, const silence_monitor& silence, named_counts& counts);

/// Sets the count of rejected ticks that the log has no rows of any more, where there are any.
void count_dropped(const slot_totals& totals, std::uint64_t rejected_rows, named_counts& counts);

} // namespace tickmesh
