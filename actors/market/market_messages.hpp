// What the actors of a data slot say to each other, inside one process.
//
//   data_slot --produce_round--> feed_handler --round_sent--> data_slot
//                                     |--raw_batch--> symbol_stream --clean_batch--> data_slot
//   data_slot --replay_symbol--> feed_handler        (after a symbol_stream was restarted)
#pragma once

#include "messages/tick.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace tickmesh {

/// Credit for one more round.
struct produce_round {
  std::uint64_t oldest_open_round = 1; ///< earlier rounds are on the links
};

/// A round is on its way to the streams of `symbols`. Sent before the round's batches, so that the
/// data slot knows what to wait for.
struct round_sent {
  std::uint64_t round = 0;      ///< consecutive from 1
  std::set<symbol_id> symbols;  ///< one clean_batch follows for each
  std::uint64_t records = 0;    ///< of this slot's symbols
  std::int64_t lateness_ns = 0; ///< of the first of them against its due time
  timestamp time_mark{};        ///< of the source, behind the round
  bool end = false;             ///< nothing follows
};

/// Records of one symbol as the source has them.
struct raw_batch {
  std::uint64_t round = 0;
  std::int64_t ingest_ns = 0; ///< control clock
  bool history = false;       ///< replayed to rebuild the stream's state: produces no output
  std::vector<tick> ticks;
};

/// What is left of a raw_batch after cleaning.
struct clean_batch {
  std::uint64_t round = 0;
  symbol_id symbol{};
  std::uint32_t accepted = 0;
  std::string run; ///< the accepted ticks as a `runs` field of a TickFrame
  reject_counts rejects{};
  std::string rejected_rows; ///< CSV lines, columns as in rejected_columns
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
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::round_sent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::raw_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::clean_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::replay_symbol)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::stream_handles)
