// The actor that reads a data slot's source, at the pace of the source and of the credit it gets.
#pragma once

#include "actors/market/feed/feed_reader.hpp"
#include "actors/market/slot/data_protocol.hpp"
#include "runtime/actors/host_clock.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace tickmesh {

struct feed_handler_options {
  std::shared_ptr<const feed_source> source;
  std::vector<bool> own; ///< by symbol
  double speed = 0;
  std::uint32_t round_ticks_max = 0;
  std::shared_ptr<host_clock> clock;
  std::function<void()> probe; ///< tests: called before each message of a round; may throw
};

struct feed_handler_state {
  feed_handler_options options;
  std::unique_ptr<feed_reader> reader;            ///< once it has begun
  std::vector<caf::actor> streams;                ///< by symbol
  std::deque<std::shared_ptr<market_round>> open; ///< not yet in the log
  std::uint64_t first_open = 1;                   ///< number of the first of them
  std::vector<std::shared_ptr<market_round>> spare;
  std::uint64_t first_own =
      1;                    ///< earlier rounds are of the feed before, whose parts may come twice
  std::uint32_t credit = 0; ///< rounds that may be sent
  bool is_paced = false;    ///< records fall due at their times
  bool timer_set = false;
  const char* name = "feed_handler";
};

/// `slot` is the data slot that hands out credit and is told of every round.
caf::behavior feed_handler(caf::stateful_actor<feed_handler_state>* self, caf::actor slot,
                           feed_handler_options options);

} // namespace tickmesh
