// A supervisor as in OTP: starts children from specs, in their order, restarts those that crash,
// gives up when that happens too often, and stops its children in reverse order. The owner learns
// each new handle and feeds the child again.
//
//   owner --child_spec--> supervisor --start()--> child
//   owner <--child_started-- supervisor <--down-- child
//   owner <--gave_up-- supervisor                 (and the supervisor ends)
//
// Source: Erlang/OTP, Design Principles, "Supervisor Behaviour".
#pragma once

#include "runtime/actors/restart_intensity.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace tickmesh {

/// Which children are restarted when one crashes.
enum class restart_strategy : std::uint8_t {
  one_for_one,  ///< that one
  one_for_all,  ///< all of them
  rest_for_one, ///< that one and those that were added behind it
};

enum class restart_policy : std::uint8_t {
  permanent, ///< restarted whenever it ends
  transient, ///< restarted unless it has ended in order
  temporary, ///< never restarted, not with others either
};

struct child_spec {
  std::uint64_t key = 0; ///< the owner's name for the child, unique
  std::string name;      ///< for people: `factor_calculator/ru1901`
  restart_policy restart = restart_policy::permanent;
  std::function<caf::actor(caf::event_based_actor*)> start;
  /// Its crash makes the supervisor give up. It is restarted together with others alone.
  bool escalates = false;
  bool is_supervisor = false; ///< its last word names the child of its own that crashed
  std::chrono::milliseconds shutdown{5'000}; ///< for an orderly end; then it is killed
};

/// Waits before restarts. The first one within a period waits for nothing; the second one about
/// `first`, and each one more twice as long, up to `doublings_max` times.
struct restart_backoff {
  std::chrono::milliseconds first{0}; ///< 0: no restart waits

  static constexpr std::uint32_t doublings_max = 3;
};

struct supervisor_options {
  restart_limit limit{};
  restart_strategy strategy = restart_strategy::one_for_one;
  restart_backoff backoff{};
  std::uint64_t seed = 0; ///< of the jitter: half to one and a half times the wait
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

/// What became of a child so far.
struct child_report {
  std::uint64_t key = 0;
  std::string name;
  bool is_running = false;
  std::uint32_t restarts = 0; ///< those with others, too
  std::string last_reason;    ///< of the last restart, or of the end; empty: there was none
};

/// Asks a supervisor for its children, in the order of their start.
struct children_query {};
struct supervised_children {
  restart_strategy strategy = restart_strategy::one_for_one;
  std::vector<child_report> children;
};

struct supervisor_state {
  struct child_entry {
    child_spec spec;
    caf::actor handle{}; ///< null: it does not run
    std::uint32_t restarts = 0;
    std::string last_reason{};
    bool is_due = false;   ///< to be started again
    bool is_asked = false; ///< to end
    bool is_over = false;  ///< not to be started again
  };
  supervisor_options options;
  caf::actor owner;
  std::map<std::size_t, restart_intensity> intensities; ///< by place, or one for all
  std::minstd_rand jitter;
  std::vector<child_entry> children; ///< in the order of their start
  std::map<caf::actor_addr, std::size_t> places;
  std::vector<std::size_t> stopping;     ///< children that are to end, the next one last
  std::optional<std::size_t> group;      ///< those from here on are restarted together
  std::chrono::nanoseconds group_wait{}; ///< when they have ended
  std::uint64_t group_turn = 0;          ///< counts groups
  std::optional<caf::error> end_reason;  ///< it ends when its children have
  const char* name = "supervisor";

  ~supervisor_state(); ///< ends the children that are left
};

caf::behavior supervisor(caf::stateful_actor<supervisor_state>* self, caf::actor owner,
                         supervisor_options options);

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::child_spec)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::child_started)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::supervisor_gave_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::children_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::supervised_children)
