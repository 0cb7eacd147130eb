#include "apps/host/fetch_status.hpp"

#include "apps/host/ask_control.hpp"

namespace tickmesh {

result<wire::Status> fetch_status(caf::actor_system& system, const endpoint& control,
                                  const status_wishes& wishes) {
  wire::ControlMessage query;
  query.mutable_status_query()->set_with_symbols(wishes.with_symbols);
  query.mutable_status_query()->set_fresh(wishes.fresh);
  return ask_control(system, control, query, wire::ControlMessage::kStatus, wishes.timeout)
      .map([](const wire::ControlMessage& answer) { return answer.status(); });
}

} // namespace tickmesh
