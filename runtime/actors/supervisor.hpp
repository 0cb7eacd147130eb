// A supervisor: starts children from specs, restarts one that crashed (one_for_one) and gives up
// when that happens too often. The owner learns each new handle and feeds the child again.
//
//   owner --child_spec--> supervisor --start()--> child
//   owner <--child_started-- supervisor <--down-- child
//   owner <--gave_up-- supervisor                 (and the supervisor ends)
#pragma once

#include "runtime/actors/restart_intensity.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace tickmesh {

enum class restart_policy : std::uint8_t {
  permanent, ///< restarted whenever it ends other than by an orderly shutdown
  temporary, ///< never restarted: its crash makes the supervisor give up
};

struct child_spec {
  std::uint64_t key = 0; ///< the owner's name for the child, unique
  std::string name;      ///< for people: `factor_calculator/ru1901`
  restart_policy restart = restart_policy::permanent;
  std::function<caf::actor(caf::event_based_actor*)> start;
};

/// The child `key` runs as `handle`; `restarts` is 0 at the first start.
struct child_started {
  std::uint64_t key = 0;
  caf::actor handle;
  std::uint32_t restarts = 0;
};

/// A child crashed too often; the reason names it and its last error.
struct supervisor_gave_up {
  std::string reason;
};

struct supervisor_state {
  struct child_entry {
    child_spec spec;
    caf::actor handle;
    std::uint32_t restarts = 0;
  };
  std::map<std::uint64_t, child_entry> children;
  std::map<caf::actor_addr, std::uint64_t> keys;
  const char* name = "supervisor";

  ~supervisor_state(); ///< ends the children
};

caf::behavior supervisor(caf::stateful_actor<supervisor_state>* self, caf::actor owner,
                         restart_limit limit);

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::child_spec)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::child_started)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::supervisor_gave_up)
