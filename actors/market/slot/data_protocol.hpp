// What the actors of a data slot say to each other, inside one process.
//
//   data_slot --begin_feed, produce_round, rounds_logged--> feed_handler --round_sent--> data_slot
//                             |--raw_batch--> symbol_stream --round_cleaned--> data_slot
//   data_slot --replay_symbol--> feed_handler --stream_rebuilt--> data_slot
//                                                (after a symbol_stream was restarted)
//   data_slot --raw_batch--> symbol_stream       (once more, after a feed_handler was restarted)
//   data_slot --source_counts_query--> feed_handler --source_counts--> data_slot
#pragma once

#include "actors/market/feed/market_round.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tickmesh {

/// Credit for one more round.
struct produce_round {
  std::uint64_t oldest_open_round = 1; ///< earlier ones are in the tick log, and used by nobody
};

/// A live source may forget its records up to these positions.
struct rounds_logged {
  source_positions accepted;
};

/// A round is on its way to the streams. Sent before the round's batches.
struct round_sent {
  std::shared_ptr<market_round> round;
};

/// All parts of a round are there.
struct round_cleaned {};

/// Asks the feed handler for the source's counts; it tells them before its last round, too.
struct source_counts_query {};
struct source_counts {
  std::map<std::string, std::uint64_t> by_name; ///< see feed
};

/// A symbol's records of a round. A stream that has done the part takes no notice of it.
struct raw_batch {
  std::shared_ptr<market_round> round;
  std::uint32_t part = 0;
};

/// The same, read again for a stream that was restarted.
struct reread_batch {
  std::shared_ptr<market_round> round; ///< null: its part was done before, there is no output
  std::uint32_t part = 0;
  std::vector<tick> ticks;
  bool is_first = false; ///< what the stream has been sent before is void
};

/// Sends all records of `symbol` since the source's start to its new stream.
struct replay_symbol {
  symbol_id symbol{};
  caf::actor stream;
};

/// The stream has been sent them.
struct stream_rebuilt {
  symbol_id symbol{};
  caf::actor stream;
};

/// Where a feed handler begins; its first message.
struct begin_feed {
  std::vector<caf::actor> streams; ///< by symbol; null where another slot owns it
  logged_before logged{};
  read_before read{};                                ///< by the one that it takes the place of
  std::vector<std::shared_ptr<market_round>> open{}; ///< rounds of that one, oldest first
  bool is_stopping = false;                          ///< as by stop_feeds
};

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::produce_round)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::rounds_logged)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::round_sent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::source_counts_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::source_counts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::raw_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::round_cleaned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::reread_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::replay_symbol)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::stream_rebuilt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::begin_feed)
