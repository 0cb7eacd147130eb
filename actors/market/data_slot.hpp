// A data slot: owns the streams of its symbols, hands out rounds, and sends what they accept down
// the links to every calculation slot (its own symbols) and every execution slot (all symbols).
//
//   feed_handler -> symbol_stream (one per symbol) -> data_slot -> links
#pragma once

#include "actors/market/feed.hpp"
#include "actors/market/market_messages.hpp"
#include "actors/market/market_settings.hpp"
#include "messages/instrument.hpp"
#include "runtime/completion_window.hpp"
#include "runtime/link.hpp"
#include "runtime/slot_protocol.hpp"

#include <caf/all.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

struct data_slot_options {
  slot_context context;
  std::shared_ptr<const feed_source> source;
  std::shared_ptr<const instrument_table> instruments;
  cleaning_settings cleaning{};
  double speed = 0;
  bool write_rows = true;
  std::function<void(const tick&)> probe; ///< tests: see symbol_stream_options
};

struct data_slot_state {
  /// What the streams made of one round.
  struct round {
    std::map<symbol_id, clean_batch> batches;
    timestamp time_mark{};
    bool end = false;
  };
  struct downstream {
    caf::actor receiver;
    link_sender link;
    timestamp time_mark{}; ///< the last one sent
    std::uint64_t items_since_mark = 0;
  };

  data_slot_options options;
  std::vector<slot_name> owner_by_symbol; ///< calc slot of each symbol
  std::vector<caf::actor> streams;        ///< by symbol; null where another slot owns it
  std::size_t streams_missing = 0;        ///< not started yet
  caf::actor supervisor;
  caf::actor feed;
  completion_window<round> rounds;
  std::uint32_t rounds_granted = 0; ///< not yet answered by round_sent
  std::map<slot_name, downstream> links;
  bool end_sent = false;
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

} // namespace tickmesh
