#include "apps/host/ask_control.hpp"

#include "actors/control/wire/control_codec.hpp"
#include "apps/host/connect_host.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace tickmesh {

result<wire::ControlMessage> ask_control(caf::actor_system& system, const endpoint& control,
                                         const wire::ControlMessage& question,
                                         wire::ControlMessage::BodyCase answer,
                                         std::chrono::milliseconds timeout) {
  caf::scoped_actor self{system};
  auto host = connect_host(self, control, "control host", timeout);
  if (!host) return tl::make_unexpected(host.error());
  auto coordinator = find_slot(self, *host, {role::control, 0}, timeout);
  if (!coordinator)
    return fail(fmt::format("the host at {}:{} is no control host: {}; give the address of the "
                            "host that runs with --role control",
                            control.address, control.port, coordinator.error().message));
  self->send(*coordinator, to_bytes(question));
  std::optional<wire::ControlMessage> out;
  self->receive(
      [&](const control_bytes& bytes) {
        if (auto read = from_bytes(bytes); read && read->body_case() == answer)
          out = std::move(*read);
      },
      caf::after(timeout) >> [] {});
  if (!out)
    return fail(fmt::format("the control host at {}:{} did not answer within {}", control.address,
                            control.port, format_seconds_of(timeout)));
  return std::move(*out);
}

} // namespace tickmesh
