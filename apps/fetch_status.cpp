#include "apps/fetch_status.hpp"

#include "actors/control/control_codec.hpp"
#include "runtime/actor_system.hpp"

#include <caf/io/all.hpp>
#include <fmt/format.h>

namespace tickmesh {

namespace {

constexpr std::chrono::seconds answer_timeout{5};

} // namespace

result<wire::Status> fetch_status(caf::actor_system& system, const endpoint& control,
                                  bool with_symbols) {
  auto agent = system.middleman().remote_actor(control.address, control.port);
  if (!agent)
    return fail(fmt::format("no control host answers at {}:{}: {}", control.address, control.port,
                            describe(agent.error())));
  caf::scoped_actor self{system};
  caf::actor coordinator;
  std::string problem;
  self->request(*agent, answer_timeout, slot_query{static_cast<std::uint8_t>(role::control), 0})
      .receive([&](const caf::actor& found) { coordinator = found; },
               [&](const caf::error& why) { problem = describe(why); });
  if (coordinator == nullptr)
    return fail(fmt::format("the host at {}:{} is no control host: {}", control.address,
                            control.port, problem));
  wire::ControlMessage query;
  query.mutable_status_query()->set_with_symbols(with_symbols);
  self->send(coordinator, to_bytes(query));
  std::optional<wire::Status> status;
  self->receive(
      [&](const control_bytes& bytes) {
        if (auto answer = from_bytes(bytes); answer && answer->has_status())
          status = answer->status();
      },
      caf::after(answer_timeout) >> [] {});
  if (!status)
    return fail(fmt::format("the control host at {}:{} did not answer within {} s", control.address,
                            control.port, answer_timeout.count()));
  return *status;
}

} // namespace tickmesh
