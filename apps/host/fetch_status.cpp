#include "apps/host/fetch_status.hpp"

#include "actors/control/wire/control_codec.hpp"
#include "apps/host/connect_host.hpp"

#include <fmt/format.h>

namespace tickmesh {

result<wire::Status> fetch_status(caf::actor_system& system, const endpoint& control,
                                  const status_wishes& wishes) {
  caf::scoped_actor self{system};
  auto host = connect_host(self, control, "control host", wishes.timeout);
  if (!host) return tl::make_unexpected(host.error());
  auto coordinator = find_slot(self, *host, {role::control, 0}, wishes.timeout);
  if (!coordinator)
    return fail(fmt::format("the host at {}:{} is no control host: {}; give the address of the "
                            "host that runs with --role control",
                            control.address, control.port, coordinator.error().message));
  wire::ControlMessage query;
  query.mutable_status_query()->set_with_symbols(wishes.with_symbols);
  query.mutable_status_query()->set_fresh(wishes.fresh);
  self->send(*coordinator, to_bytes(query));
  std::optional<wire::Status> status;
  self->receive(
      [&](const control_bytes& bytes) {
        if (auto answer = from_bytes(bytes); answer && answer->has_status())
          status = answer->status();
      },
      caf::after(wishes.timeout) >> [] {});
  if (!status)
    return fail(fmt::format("the control host at {}:{} did not answer within {}", control.address,
                            control.port, format_seconds_of(wishes.timeout)));
  return *status;
}

} // namespace tickmesh
