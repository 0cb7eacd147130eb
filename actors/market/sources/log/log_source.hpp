// A source of logged ticks: what tick logs of an earlier run hold, as it was cleaned and numbered
// then. A run on it gives the results of the run that wrote the logs.
#pragma once

#include "actors/market/feed/feed.hpp"

#include <cstdint>
#include <memory>

namespace tickmesh {

/// Reads what the logs at `settings.ticklog.paths` hold (see find_slot_logs) of the days that are
/// wanted. Ticks are merged by effective time, then by symbol; rejected ticks are left out. What a
/// log gets after this call is not read. Fails where the logs are not parts of one whole: other
/// symbols or sources, or one symbol in two of them. A file that turns out to be damaged while it
/// is read ends the cursor's actor, with the fault as the reason. Each symbol gets its share of
/// `settings.ticklog.ticks_held_max`, but at least 256; beside them a cursor holds the write-ahead
/// files that are not sealed yet.
result<std::shared_ptr<const feed_source>> load_log_source(const source_settings& settings);

} // namespace tickmesh
