// A data slot: owns the streams of its symbols, hands out rounds, writes what they make of it to
// the tick log, has it replicated, and sends what is accepted down the links to every calculation
// slot (its own symbols) and every execution slot (marks, or all ticks).
//
//   feed_handler -> symbol_stream (one per symbol) -> data_slot -> tick log, replicas -> links
#pragma once

#include "actors/market/market_settings.hpp"
#include "actors/market/slot/data_protocol.hpp"
#include "actors/market/slot/data_slot_counts.hpp"
#include "actors/market/slot/downstream_links.hpp"
#include "actors/market/slot/feed_progress.hpp"
#include "actors/market/slot/log_keeper_actor.hpp"
#include "actors/market/slot/record_writer.hpp"
#include "actors/market/slot/round_queue.hpp"
#include "actors/market/slot/slot_alarms.hpp"
#include "actors/market/slot/slot_children.hpp"
#include "actors/market/slot/slot_end.hpp"
#include "actors/market/slot/slot_subscriptions.hpp"
#include "actors/market/slot/source_release.hpp"
#include "actors/market/slot/stream_plan.hpp"
#include "actors/market/subscription/tick_subscription_actor.hpp"
#include "messages/caf_types.hpp"
#include "messages/instrument.hpp"
#include "runtime/actors/awake_clock.hpp"
#include "runtime/cluster/slot_protocol.hpp"
#include "runtime/links/suspect_links.hpp"
#include "runtime/log/replica_links.hpp"

#include <caf/all.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace tickmesh {

struct data_slot_options {
  slot_context context;
  std::shared_ptr<const feed_source> source;
  std::shared_ptr<const instrument_table> instruments;
  cleaning_settings cleaning{};
  tick_log_settings log{};
  cluster_settings cluster{};
  nanoseconds mark_interval{}; ///< of the marks for execution; 0: it is sent every tick
  double speed = 0;
  nanoseconds silence_alarm{};                              ///< see silence_monitor
  nanoseconds log_interval{source_settings{}.log_interval}; ///< see log_burst
  bool write_rows = true;
  keeper_starter start_keeper = start_detached_keeper;
  subscription_starter start_subscription = start_detached_subscription;
  std::function<void(const tick&)> probe; ///< tests: see symbol_stream_options
  std::function<void()> feed_probe;       ///< tests: see feed_handler_options
};

/// What a data slot needs to send to a replica of its log.
struct log_replica_peer {
  caf::actor handle;
  record_cursor cursor{};
};

struct data_slot_state {
  data_slot_options options;
  std::shared_ptr<tick_log> log;
  caf::actor keeper;
  caf::error end_reason; ///< set when it ends, behind its keeper
  symbol_owners owners;
  epoch data_epoch = first_data_epoch; ///< of a live source's ticks
  record_number earlier_records{};     ///< of a live source's earlier runs
  caf::actor supervisor;
  slot_children<caf::actor> children;
  std::optional<feed_progress> feed;
  std::optional<round_queue<std::shared_ptr<market_round>>> rounds;
  std::optional<record_writer> records;
  std::optional<slot_alarms> alarms;
  sync_notice<record_number> notice;
  std::map<link_end, caf::actor> receivers; ///< at the other ends of `links`
  std::map<slot_name, epoch> shadows; ///< of these, the replicas: since which view each is one
  std::optional<downstream_links> links;
  suspect_links suspects{{}};
  bool is_wired = false; ///< the slots downstream are known
  std::optional<replica_links<record_number, log_replica_peer>> replicas;
  source_release release;
  slot_subscriptions<caf::actor> subscriptions;
  std::optional<slot_end> end;
  bool started = false;     ///< the feed may run
  bool is_stopping = false; ///< the feed is to end
  bool ready = false;       ///< as the host agent has been told
  slot_report report;
  std::optional<awake_clock> replica_time, link_time; ///< by which these are judged
  const char* name = "data_slot";
};

using data_slot_actor = caf::stateful_actor<data_slot_state>;

caf::behavior data_slot(data_slot_actor* self, data_slot_options options);

} // namespace tickmesh
