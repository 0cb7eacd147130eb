// The load generator: ticks for load tests, which cost next to nothing to make and whose cost is
// measured apart.
#pragma once

#include "actors/market/feed/feed.hpp"

#include <memory>

namespace tickmesh {

/// Snapshots of LOAD00001, LOAD00002, ...: a pure function of the settings. Each symbol's price is
/// a bounded random walk in whole units. Ticks of one symbol come in runs, symbol after symbol; a
/// time mark stands before each turn of all symbols. Fails on a setting of 0 and on more than
/// 99999 symbols; the fault names the key.
result<std::shared_ptr<const feed_source>>
make_load_source(const load_generator_settings& settings);

} // namespace tickmesh
