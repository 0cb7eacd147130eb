#include "runtime/cluster/host_connector_actor.hpp"

#include "runtime/actors/actor_system.hpp"
#include "runtime/net/connect_failure.hpp"

#include <caf/io/all.hpp>

#include <set>
#include <utility>

namespace tickmesh {

namespace {

/// CAF may hand out the host that it has connected to before, although that connection is gone.
/// What is sent to it then vanishes.
bool has_ended(caf::actor_control_block& host) {
  return host.get()->getf(caf::abstract_actor::is_cleaned_up_flag);
}

} // namespace

void connect_by_network(caf::event_based_actor* self, const endpoint& address,
                        std::chrono::milliseconds timeout,
                        std::function<void(const connect_outcome&)> done) {
  if (!self->system().has_middleman()) return done({nullptr, "there is no network", false});
  self->request(self->system().middleman().actor_handle(), timeout, caf::connect_atom_v,
                address.address, address.port)
      .then(
          [done](const caf::node_id&, const caf::strong_actor_ptr& host,
                 const std::set<std::string>&) {
            if (host != nullptr && has_ended(*host))
              return done({nullptr, "the connection broke", false});
            done({caf::actor_cast<caf::actor>(host), "no host answers there", false});
          },
          [done](const caf::error& why) {
            done({nullptr, describe(why), is_refused(why)});
          });
}

} // namespace tickmesh
