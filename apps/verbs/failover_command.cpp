// `tickmesh failover SLOT`: has a slot go to the host that can take it over.
#include "apps/host/ask_control.hpp"
#include "apps/host/connect_host.hpp"
#include "apps/settings/command_settings.hpp"
#include "apps/verbs/commands.hpp"
#include "messages/slot.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/results/json_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tickmesh {

int fail_over(const failover_flags& flags) {
  auto slot = parse_slot(flags.slot);
  if (!slot || slot->of == role::control)
    return fail_with(
        {fmt::format("SLOT = {}: allowed: a slot that status names, such as calc/0", flags.slot)},
        exit_usage);
  auto control = find_control(flags.control);
  if (!control) return fail_with(control.error(), exit_usage);
  auto network = network_of(flags.control);
  if (!network) return fail_with(network.error(), exit_usage);
  actor_system_config config{*network};
  caf::actor_system system{config};
  wire::ControlMessage question;
  question.mutable_failover_request()->set_role(static_cast<std::uint32_t>(slot->of));
  question.mutable_failover_request()->set_index(slot->index);
  auto answer = ask_control(system, *control, question, wire::ControlMessage::kFailoverAnswer,
                            flags.control.timeout());
  if (!answer) return fail_with(answer.error());
  auto& outcome = answer->failover_answer();
  if (flags.json)
    fmt::print("{}\n", json_text(nlohmann::ordered_json{{"slot", format_slot(*slot)},
                                                        {"done", outcome.is_done()},
                                                        {"text", outcome.text()}}));
  else
    fmt::print("{}{}\n", outcome.is_done() ? "" : "REFUSED: ", outcome.text());
  return outcome.is_done() ? 0 : exit_failure;
}

} // namespace tickmesh
