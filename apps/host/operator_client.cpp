#include "apps/host/operator_client.hpp"

#include "actors/execution/events/operator_codec.hpp"
#include "apps/host/connect_host.hpp"
#include "apps/host/fetch_status.hpp"
#include "messages/caf_types.hpp"
#include "runtime/actors/actor_system.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

namespace {

std::string format_place(const execution_place& place) {
  return fmt::format("{} at {}:{}", format_slot(place.slot), place.host.address, place.host.port);
}

/// `otherwise` says what is not known where no answer came.
result<wire::OperatorAnswer> ask(caf::actor_system& system, const execution_place& place,
                                 const wire::OperatorRequest& request, std::string_view otherwise,
                                 answer_timeout timeout) {
  caf::scoped_actor self{system};
  auto host = connect_host(self, place.host, "host", timeout);
  if (!host) return tl::make_unexpected(host.error());
  auto slot = find_slot(self, *host, place.slot, timeout);
  if (!slot)
    return fail(fmt::format("the host at {}:{} does not run {}: {}; tickmesh status shows who does",
                            place.host.address, place.host.port, format_slot(place.slot),
                            slot.error().message));
  wire::OperatorAnswer answer;
  std::string problem;
  self->request(*slot, 2 * timeout, operator_bytes{request.SerializeAsString()})
      .receive(
          [&](const operator_bytes& bytes) {
            if (!answer.ParseFromString(bytes.bytes)) problem = "it sent bytes that are no answer";
          },
          [&](const caf::error& why) { problem = describe(why); });
  if (!problem.empty())
    return fail(fmt::format("{} did not answer{}: {}", format_place(place), otherwise, problem));
  return answer;
}

} // namespace

result<std::vector<execution_place>>
find_execution(caf::actor_system& system, const endpoint& control, answer_timeout timeout) {
  auto status = fetch_status(system, control, {.timeout = timeout});
  if (!status)
    return fail(status.error().message + "; an execution host can be asked straight, with --exec");
  std::vector<execution_place> out;
  for (auto& slot : status->slots()) {
    if (static_cast<role>(slot.role()) != role::exec) continue;
    auto host = std::ranges::find(status->hosts(), slot.host_id(), &wire::HostStatus::node_id);
    if (host == status->hosts().end())
      return fail(fmt::format("the control host does not know host {}", slot.host_id()));
    out.push_back({{role::exec, static_cast<std::uint16_t>(slot.index())},
                   {host->host(), static_cast<std::uint16_t>(host->port())}});
  }
  if (out.empty())
    return fail(fmt::format("the cluster has no execution slot yet: it is {}; wait until it is "
                            "RUNNING",
                            status->phase()));
  return out;
}

result<operator_outcome> tell_execution(caf::actor_system& system, const execution_place& place,
                                        const operator_command& command, answer_timeout timeout) {
  wire::OperatorRequest request;
  write_operator_command(command, *request.mutable_command());
  auto answer = ask(system, place, request,
                    ", so whether it heard the command is not known; ask again, or look at "
                    "tickmesh status",
                    timeout);
  if (!answer) return tl::make_unexpected(answer.error());
  return operator_outcome{answer->is_done(), answer->text()};
}

result<limits_in_force> ask_limits(caf::actor_system& system, const execution_place& place,
                                   answer_timeout timeout) {
  wire::OperatorRequest request;
  request.set_limits_query(true);
  auto answer =
      ask(system, place, request, ", so what limits hold is not known; ask again", timeout);
  if (!answer) return tl::make_unexpected(answer.error());
  if (!answer->has_limits())
    return fail(fmt::format("{} did not tell its limits: {}", format_place(place),
                            answer->text().empty() ? "it is of an older version" : answer->text()));
  return read_limits_in_force(answer->limits());
}

} // namespace tickmesh
