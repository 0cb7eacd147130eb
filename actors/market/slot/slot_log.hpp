// Opens the tick log of a data slot on this host, for its owner or for a replica.
#pragma once

#include "actors/market/feed/feed.hpp"
#include "actors/market/market_settings.hpp"
#include "actors/market/tick_log/log_description.hpp"
#include "actors/market/tick_log/tick_log.hpp"
#include "runtime/cluster/slot_protocol.hpp" // allowed: what a slot is given

#include <filesystem>
#include <memory>

namespace tickmesh {

/// Where the log of a slot lies on a host: STATE_DIR/HOST/ticks/data-0.
std::filesystem::path slot_log_directory(const host_settings& host, slot_name slot);

/// Opens the log. Ticks of an earlier run of the cluster are dropped when their source can be read
/// again, as this run does; the ticks of a live source are kept and gone on with. Fails where a
/// run with a repeatable source would drop a live source's ticks, where a live source has other
/// symbols than the log or finds a repeatable one's, and as tick_log::open does.
result<std::shared_ptr<tick_log>> open_slot_log(const slot_context& context,
                                                const feed_source& source,
                                                const tick_log_settings& settings);

/// What a run's results are made of is not dropped while it runs: of a source that can be read
/// again, all days are kept.
tick_log_settings settings_for(const feed_source& source, tick_log_settings settings);

/// The data epoch of a slot's log that is open. Numbers of a live source's ticks never come again:
/// a log that begins anew, because the one before it was lost, begins under a newer epoch.
result<epoch> read_data_epoch(const slot_context& context);

/// Notes the data epoch that the owner of a replica's log has.
result<void> keep_data_epoch(const slot_context& context, epoch data_epoch);

/// Drops all records of a log that is open, and lets it begin behind `after`.
result<std::shared_ptr<tick_log>> start_slot_log_anew(std::shared_ptr<tick_log> log,
                                                      const slot_context& context,
                                                      const feed_source& source,
                                                      const tick_log_settings& settings,
                                                      record_number after, epoch writer);

} // namespace tickmesh
