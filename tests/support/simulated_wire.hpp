// Nodes that talk through CAF's serialisation and its BASP protocol, over a wire in memory.
#pragma once

#include "tests/support/actor_system_fixture.hpp"

#include <caf/io/all.hpp>
#include <caf/io/network/test_multiplexer.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace tickmesh {

/// A node of a simulated network. Like any fixture, it is declared before its actors' handles; and
/// nodes that are connected are ended together (see wire::end).
class simulated_node {
public:
  explicit simulated_node(std::uint64_t seed = 0)
      : fixture(seed, true), middleman(fixture.system().middleman()),
        multiplexer(dynamic_cast<caf::io::network::test_multiplexer&>(
            fixture.system().middleman().backend())) {
    settle();
  }

  /// One step of anything that is ready on this node, in the order that the wire needs.
  bool step() {
    return fixture.step() || multiplexer.try_exec_runnable() || multiplexer.read_data() ||
           multiplexer.try_accept_connection();
  }

  void settle() {
    while (step()) {
    }
  }

  /// Publishes the actor under a port whose doorman was prepared by simulated_wire::listen.
  std::uint16_t publish(const caf::actor& whom, std::uint16_t port) {
    fixture.scheduler().inline_next_enqueue();
    auto published = middleman.publish(whom, port);
    REQUIRE(published.engaged());
    return *published;
  }

  actor_system_fixture fixture;
  caf::io::middleman& middleman;
  caf::io::network::test_multiplexer& multiplexer;
};

/// The wire between two nodes: `server` listens on `port`, `client` connects to it.
class simulated_wire {
public:
  simulated_wire(simulated_node& server, simulated_node& client, std::uint16_t port)
      : server_(server), client_(client) {
    server.multiplexer.provide_acceptor(port, caf::io::accept_handle::from_int(1));
    server.multiplexer.prepare_connection(
        caf::io::accept_handle::from_int(1), caf::io::connection_handle::from_int(2),
        client.multiplexer, "server", port, caf::io::connection_handle::from_int(3));
  }

  /// Runs both nodes until neither has anything to do.
  void settle() {
    bool moved = true;
    for (std::uint64_t steps = 0; moved; ++steps) {
      moved = server_.step();
      moved = client_.step() || moved;
      REQUIRE(steps < 10'000'000);
    }
  }

private:
  simulated_node& server_;
  simulated_node& client_;
};

} // namespace tickmesh
