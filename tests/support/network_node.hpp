// An actor system on real sockets of this machine, as a host has it, and an actor to talk to.
#pragma once

#include "messages/caf_types.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/cluster/slot_protocol.hpp"
#include "runtime/net/reactor.hpp"
#include "runtime/telemetry/log.hpp"
#include "tests/support/child_process.hpp"

#include <caf/all.hpp>
#include <caf/io/all.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

/// Sends back what it is sent.
inline caf::behavior echo_actor(caf::event_based_actor* self) {
  set_fault_handlers(self);
  self->set_default_handler(caf::drop);
  return {[](control_bytes& message) { return std::move(message); }};
}

class network_node {
public:
  explicit network_node(const actor_system_options& options = {})
      : config_(options), system_(config_) {
    set_log_level(log_level::off);
  }
  network_node(const network_node&) = delete;
  network_node& operator=(const network_node&) = delete;
  ~network_node() {
    for (auto& actor : spawned_)
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }

  caf::actor_system& system() { return system_; }
  const network_traffic& traffic() { return reactor_of(system_).traffic(); }

  template <class... Parameters>
  caf::actor spawn(Parameters&&... parameters) {
    return spawned_.emplace_back(system_.spawn(std::forward<Parameters>(parameters)...));
  }

  /// The port of this machine on which the actor is published.
  std::uint16_t publish(const caf::actor& whom) {
    auto port = system_.middleman().publish(whom, 0, "127.0.0.1");
    REQUIRE(port.engaged());
    return *port;
  }

  caf::expected<caf::actor> try_connect(std::uint16_t port) {
    return system_.middleman().remote_actor("127.0.0.1", port);
  }
  caf::actor connect(std::uint16_t port) {
    auto found = try_connect(port);
    REQUIRE_MESSAGE(found.engaged(), describe(found.error()));
    return *found;
  }

  /// What `whom` answers; nothing where it does not.
  std::optional<std::string> ask(const caf::actor& whom, std::string bytes) {
    caf::scoped_actor self{system_};
    std::optional<std::string> out;
    self->request(whom, patience, control_bytes{std::move(bytes)})
        .receive([&](control_bytes& answer) { out = std::move(answer.bytes); },
                 [](const caf::error&) {});
    return out;
  }

private:
  actor_system_config config_;
  caf::actor_system system_;
  std::vector<caf::actor> spawned_;
};

} // namespace tickmesh
