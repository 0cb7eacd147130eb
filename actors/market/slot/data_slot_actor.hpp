// A data slot: owns the streams of its symbols, hands out rounds, writes what they make of it to
// the tick log, has it replicated, and sends what is accepted down the links to every calculation
// slot (its own symbols) and every execution slot (marks, or all ticks).
//
//   feed_handler -> symbol_stream (one per symbol) -> data_slot -> tick log, replicas -> links
#pragma once

#include "actors/market/cleaning/silence_monitor.hpp"
#include "actors/market/market_settings.hpp"
#include "actors/market/slot/acceptance.hpp"
#include "actors/market/slot/data_protocol.hpp"
#include "actors/market/slot/log_keeper_actor.hpp"
#include "actors/market/slot/record_builder.hpp"
#include "actors/market/subscription/tick_subscription_actor.hpp"
#include "actors/market/tick_log/finished_days.hpp"
#include "actors/market/tick_log/recent_records.hpp"
#include "messages/caf_types.hpp"
#include "messages/instrument.hpp"
#include "messages/tick_run.hpp"
#include "runtime/cluster/slot_protocol.hpp"
#include "runtime/links/link.hpp"
#include "runtime/telemetry/log_burst.hpp"

#include <caf/all.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace tickmesh {

struct data_slot_options {
  slot_context context;
  std::shared_ptr<const feed_source> source;
  std::shared_ptr<const instrument_table> instruments;
  cleaning_settings cleaning{};
  tick_log_rules log{};
  cluster_settings cluster{};
  nanoseconds mark_interval{}; ///< of the marks for execution; 0: it is sent every tick
  double speed = 0;
  nanoseconds silence_alarm{}; ///< see silence_monitor
  bool write_rows = true;
  keeper_starter start_keeper = start_detached_keeper;
  subscription_starter start_subscription = start_detached_subscription;
  std::function<void(const tick&)> probe; ///< tests: see symbol_stream_options
};

struct data_slot_state {
  /// The slot downstream at the other end of a link.
  struct downstream {
    caf::actor receiver;
    link_sender link;
    record_cursor cursor{};
    record_number position{}; ///< the last record that was looked at for this link
    timestamp time_mark{};    ///< the last one sent
    std::uint64_t items_since_mark = 0;
    bool active = false; ///< the receiver has said where to go on
  };
  struct replica {
    caf::actor handle;
    epoch since{}; ///< number of the view that made it one
    record_cursor cursor{};
    record_number sent{};
    record_number acknowledged{};
    std::deque<std::pair<record_number, std::size_t>> in_flight; ///< last record and bytes
    std::size_t in_flight_bytes = 0;
    bool agreed = false;          ///< its log ends where this slot said: records may follow
    bool in_sync = false;         ///< as this slot has said
    std::int64_t progress_ns = 0; ///< when it last acknowledged something, or had nothing to do
  };

  data_slot_options options;
  std::shared_ptr<tick_log> log;
  epoch data_epoch = first_data_epoch; ///< of a live source's ticks
  record_number earlier_records{};     ///< of a live source's earlier runs
  caf::actor keeper;
  sync_notice<record_number> notice;
  caf::error end_reason; ///< set when it ends, behind its keeper
  std::unique_ptr<record_builder> builder;
  std::unique_ptr<recent_records> recent;
  std::unique_ptr<acceptance> accepted;
  std::unique_ptr<finished_days> days;
  std::unique_ptr<silence_monitor> silence;
  log_burst silence_log;
  log_burst late_log;
  std::map<timestamp, std::set<std::string>> calendar_ends; ///< names by the end of their dates
  std::vector<slot_name> owner_by_symbol;                   ///< calc slot of each symbol
  std::vector<bool> own;                                    ///< by symbol: this slot owns it
  std::vector<caf::actor> streams; ///< by symbol; null where another owns it, or not yet
  std::size_t streams_missing = 0; ///< not started yet
  caf::actor supervisor;
  caf::actor feed;
  std::deque<std::shared_ptr<market_round>> rounds; ///< between the feed and the log
  std::uint64_t first_round = 1;                    ///< number of rounds.front()
  std::uint32_t rounds_granted = 0;                 ///< not yet answered by round_sent
  std::map<slot_name, downstream> links;
  std::map<std::string, replica> replicas; ///< by host, those that said hello
  /// What replicas said of which the view doesn't know yet, by host.
  std::map<std::string, std::pair<caf::actor, replica_hello>> early_hellos;
  std::deque<std::pair<record_number, source_positions>> unaccepted; ///< of a live source
  slot_subscriptions subscriptions;
  tick_frame_view view; ///< of the record at hand; its memory is used again
  bool replica_timer_set = false;
  bool started = false; ///< the feed may run
  bool ready = false;   ///< as the host agent has been told
  bool end_logged = false;
  bool rejected_asked = false;
  bool rejected_written = false;
  std::uint64_t rejected_rows = 0; ///< that were written
  bool finished = false;
  slot_report report;
  const char* name = "data_slot";
};

caf::behavior data_slot(caf::stateful_actor<data_slot_state>* self, data_slot_options options);

/// Names of the counts in a data slot's report.
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

} // namespace tickmesh
