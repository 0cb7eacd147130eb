// How a process sets up CAF: scheduler, network heartbeats, registered messages, crash reasons.
// With messages/caf_types.hpp, the only place that knows which CAF release it is.
#pragma once

#include "messages/caf_types.hpp"
#include "messages/result.hpp"
#include "runtime/actors/prefetch.hpp"
#include "runtime/net/network_settings.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace tickmesh {

class tls_credentials;

struct actor_system_options {
  scheduler_kind scheduler = scheduler_kind::reactor;
  std::uint32_t scheduler_threads = 1;              ///< of a reactor, its own included
  bool network = true;                              ///< the reactor comes with it in any case
  std::chrono::milliseconds network_heartbeat{250}; ///< of CAF connections
  std::chrono::milliseconds network_timeout{5000};  ///< a silent connection is closed
  network_settings limits{};
  std::shared_ptr<tls_credentials> credentials{}; ///< null where connections are plain
};

/// The configuration of one actor system. CAF only prints mistyped options, so `verify` reads the
/// settings back after the start.
class actor_system_config : public caf::actor_system_config {
public:
  explicit actor_system_config(const actor_system_options& options);
};

/// CAF's own network in place of the reactor's, to compare with.
void load_caf_network(caf::actor_system_config& config);

/// Fails, naming the setting, when a started system does not run as `options` say.
result<void> verify(const caf::actor_system& system, const actor_system_options& options);

/// For who sends to many actors in turn: fetches those behind the one at hand into the caches.
/// `Actor` is the actors' class.
template <class Actor>
void prefetch_actor(const caf::actor& handle) {
  // CAF keeps an actor behind its control block, which takes a cache line.
  auto* control = reinterpret_cast<const char*>(handle.operator->()) - CAF_CACHE_LINE_SIZE;
  prefetch(control, CAF_CACHE_LINE_SIZE + sizeof(Actor));
}
/// How many actors ahead are fetched.
inline constexpr std::size_t actors_prefetched = 4;

/// The time of an actor's own clock since any fixed point: unlike a wall clock it never jumps.
std::chrono::nanoseconds steady_now(caf::local_actor* self);

/// For every actor: an exception in a handler becomes its exit reason, with its text; and it lives
/// on when another one, which is ending, answers a message by an error.
void set_fault_handlers(caf::scheduled_actor* self);

/// What an exit reason says: the text that came with it, or words for what CAF means. Fits behind
/// "host a: ".
std::string describe(const caf::error& reason);

/// An error that ends an actor for a reason that a person has to read.
caf::error make_failure(std::string reason);

} // namespace tickmesh
