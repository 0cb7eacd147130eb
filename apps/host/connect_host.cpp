#include "apps/host/connect_host.hpp"

#include "messages/caf_types.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/net/tls_credentials.hpp"

#include <caf/io/all.hpp>
#include <fmt/format.h>

#include <set>

namespace tickmesh {

namespace {

/// Whether nothing was heard: CAF hangs up after about as long as this waits.
bool is_silence(const caf::error& why) {
  return why == caf::sec::request_timeout || why == caf::sec::connection_timeout ||
         why == caf::sec::socket_disconnected;
}

} // namespace

std::string format_seconds_of(std::chrono::milliseconds time) {
  return fmt::format("{} s", static_cast<double>(time.count()) / 1000);
}

result<actor_system_options> network_of(const control_flags& flags) {
  actor_system_options out;
  if (flags.certificates.empty()) return out;
  auto opened = tls_credentials::open(flags.certificates);
  if (!opened) return tl::unexpected(opened.error());
  out.credentials = std::move(*opened);
  return out;
}

result<caf::actor> connect_host(caf::scoped_actor& self, const endpoint& address,
                                std::string_view what, std::chrono::milliseconds timeout) {
  caf::actor host;
  std::string problem;
  // remote_actor would wait for ever for a peer that accepts and says nothing.
  self->request(self->home_system().middleman().actor_handle(), timeout, caf::connect_atom_v,
                address.address, address.port)
      .receive(
          [&](const caf::node_id&, const caf::strong_actor_ptr& found,
              const std::set<std::string>&) {
            host = caf::actor_cast<caf::actor>(found);
            if (host == nullptr) problem = "what listens there is no host of tickmesh";
          },
          [&](const caf::error& why) {
            problem = is_silence(why)
                          ? fmt::format("what listens there has not said within {} that it is a "
                                        "host of tickmesh",
                                        format_seconds_of(timeout))
                          : describe(why);
          });
  if (host == nullptr)
    return fail(fmt::format("no {} answers at {}:{}: {}; is the cluster running, and is this the "
                            "address that the {} says it listens on?",
                            what, address.address, address.port, problem, what));
  return host;
}

result<caf::actor> find_slot(caf::scoped_actor& self, const caf::actor& host, slot_name slot,
                             std::chrono::milliseconds timeout) {
  caf::actor handle;
  std::string problem;
  self->request(host, timeout, slot_query{static_cast<std::uint8_t>(slot.of), slot.index, 0})
      .receive([&](const caf::actor& found) { handle = found; },
               [&](const caf::error& why) { problem = describe(why); });
  if (handle == nullptr) return fail(problem);
  return handle;
}

} // namespace tickmesh
