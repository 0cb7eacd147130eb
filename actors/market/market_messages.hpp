// What the actors of a data slot say to each other, inside one process.
//
//   data_slot --produce_round, rounds_logged--> feed_handler --round_sent--> data_slot
//                                     |--raw_batch--> symbol_stream --clean_batch--> data_slot
//   data_slot --replay_symbol--> feed_handler        (after a symbol_stream was restarted)
//   data_slot --source_counts_query--> feed_handler --source_counts--> data_slot
#pragma once

#include "actors/market/clean_batch.hpp"
#include "actors/market/feed.hpp"
#include "messages/tick.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tickmesh {

/// Credit for one more round.
struct produce_round {
  std::uint64_t oldest_open_round = 1; ///< earlier rounds are in the tick log
};

/// A live source may forget its records up to these positions.
struct rounds_logged {
  resume_points accepted;
};

/// A round is on its way to the streams. Sent before the round's batches, so that the data slot
/// knows what to wait for: one clean_batch for each part.
struct round_sent {
  std::uint64_t round = 0;           ///< consecutive from 1
  std::vector<symbol_id> symbols;    ///< of the parts, in their order
  std::uint64_t records = 0;         ///< of this slot's symbols
  std::int32_t trading_day = 0;      ///< of all of them
  std::int64_t lateness_ns = 0;      ///< of the first of them against its due time
  timestamp time_mark{};             ///< of the source, behind the round
  resume_points read_up_to{};        ///< of a live source
  std::int64_t generator_cpu_ns = 0; ///< so far, see feed
  bool history = false;              ///< logged before: has no output
  bool end = false;                  ///< nothing follows
};

/// Asks the feed handler for the source's counts; it tells them before its last round, too.
struct source_counts_query {};
struct source_counts {
  std::map<std::string, std::uint64_t> by_name; ///< see feed
};

/// Records of one symbol as the source has them.
struct raw_batch {
  std::uint64_t round = 0;
  std::uint32_t part = 0;
  std::int64_t ingest_ns = 0; ///< control clock, when the round's first record was due
  bool history = false;       ///< replayed to rebuild the stream's state: produces no output
  std::vector<tick> ticks;
};

/// Sends all records of `symbol` since the source's start to its new stream.
struct replay_symbol {
  symbol_id symbol{};
  caf::actor stream;
  std::uint64_t oldest_open_round = 0; ///< earlier rounds are history
};

/// The streams of a data slot by symbol, sent to the feed handler before the first round.
struct stream_handles {
  std::vector<caf::actor> by_symbol; ///< null where another slot owns the symbol
};

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::produce_round)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::rounds_logged)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::round_sent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::source_counts_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::source_counts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::raw_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::clean_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::replay_symbol)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::stream_handles)
