#include "apps/operator_client.hpp"

#include "actors/execution/operator_codec.hpp"
#include "apps/fetch_status.hpp"
#include "messages/caf_types.hpp"
#include "runtime/actor_system.hpp"

#include <caf/io/all.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

namespace {

constexpr std::chrono::seconds answer_timeout{10};

result<slot_answer> ask(caf::actor_system& system, const endpoint& host, slot_name slot,
                        const operator_command& command) {
  auto agent = system.middleman().remote_actor(host.address, host.port);
  if (!agent)
    return fail(fmt::format("no host answers at {}:{}: {}", host.address, host.port,
                            describe(agent.error())));
  caf::scoped_actor self{system};
  caf::actor handle;
  std::string problem;
  self->request(*agent, answer_timeout, slot_query{static_cast<std::uint8_t>(slot.of), slot.index})
      .receive([&](const caf::actor& found) { handle = found; },
               [&](const caf::error& why) { problem = describe(why); });
  if (handle == nullptr)
    return fail(fmt::format("the host at {}:{} does not run {}: {}", host.address, host.port,
                            format_slot(slot), problem));
  wire::OperatorRequest request;
  write_operator_command(command, *request.mutable_command());
  slot_answer out{slot, host, {}};
  self->request(handle, answer_timeout, operator_bytes{request.SerializeAsString()})
      .receive(
          [&](const operator_bytes& bytes) {
            wire::OperatorAnswer answer;
            if (answer.ParseFromString(bytes.bytes))
              out.outcome = {answer.is_done(), answer.text()};
            else
              problem = "bytes that are no answer";
          },
          [&](const caf::error& why) { problem = describe(why); });
  if (!problem.empty())
    return fail(fmt::format("{} at {}:{} did not answer, so whether it heard the command is not "
                            "known; ask again: {}",
                            format_slot(slot), host.address, host.port, problem));
  return out;
}

} // namespace

result<std::vector<slot_answer>> command_by_control(caf::actor_system& system,
                                                    const endpoint& control,
                                                    const operator_command& command) {
  auto status = fetch_status(system, control, false);
  if (!status)
    return fail(status.error().message + "; an execution host can be asked straight, with --exec");
  std::vector<slot_answer> out;
  std::string unheard;
  for (auto& slot : status->slots()) {
    if (static_cast<role>(slot.role()) != role::exec) continue;
    auto host = std::ranges::find(status->hosts(), slot.host_id(), &wire::HostStatus::node_id);
    if (host == status->hosts().end())
      return fail(fmt::format("the control host does not know host {}", slot.host_id()));
    auto answer = ask(system, {host->host(), static_cast<std::uint16_t>(host->port())},
                      {role::exec, static_cast<std::uint16_t>(slot.index())}, command);
    // One that does not answer must not keep the command from the others.
    if (!answer) unheard += (unheard.empty() ? "" : "; ") + answer.error().message;
    if (answer) out.push_back(std::move(*answer));
  }
  if (!unheard.empty()) return fail(unheard);
  if (out.empty()) return fail("the cluster has no execution slot yet");
  return out;
}

result<std::vector<slot_answer>> command_at_host(caf::actor_system& system, const endpoint& host,
                                                 const operator_command& command) {
  auto answer = ask(system, host, {role::exec, 0}, command);
  if (!answer) return tl::make_unexpected(answer.error());
  return std::vector{std::move(*answer)};
}

} // namespace tickmesh
