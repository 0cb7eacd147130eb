#include "runtime/cluster/slot_supervision_actor.hpp"

#include <fmt/format.h>
#include <xxhash.h>

namespace tickmesh {

supervisor_options supervision_of(const slot_context& context, restart_strategy strategy) {
  auto& host = *context.host;
  auto name = fmt::format("{} {} {}", host.id, format_slot(context.slot), context.since.value);
  return {.limit = {host.restarts_max, host.restart_period},
          .strategy = strategy,
          .backoff = {host.restart_backoff},
          .seed = XXH3_64bits(name.data(), name.size())};
}

} // namespace tickmesh
