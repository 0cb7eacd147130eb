// What a process says of itself at its end: one of the entries of run.json.
#pragma once

#include "actors/market/feed/feed.hpp"
#include "apps/settings/settings.hpp"
#include "runtime/actors/host_clock.hpp"
#include "runtime/cluster/cluster_view.hpp"
#include "runtime/net/network_traffic.hpp"

#include <cstdint>
#include <string>

namespace tickmesh {

/// JSON. `source` is null where the process has none, `view` where it never saw one.
std::string process_document(const settings& config, const feed_source* source,
                             const host_clock& clock, std::int64_t started_ns,
                             const cluster_view* view, const network_traffic& traffic);

} // namespace tickmesh
