#include "runtime/actors/supervisor.hpp"

#include "runtime/actors/actor_system.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

namespace tickmesh {

namespace {

using supervisor_actor = caf::stateful_actor<supervisor_state>;

void start_child(supervisor_actor* self, const caf::actor& owner,
                 supervisor_state::child_entry& child) {
  child.handle = child.spec.start(self);
  self->monitor(child.handle);
  self->state.keys[child.handle.address()] = child.spec.key;
  self->send(owner, child_started{child.spec.key, child.handle, child.restarts});
}

} // namespace

supervisor_state::~supervisor_state() {
  for (auto& [key, child] : children)
    caf::anon_send_exit(child.handle, caf::exit_reason::user_shutdown);
}

caf::behavior supervisor(supervisor_actor* self, caf::actor owner, restart_limit limit) {
  set_fault_handlers(self);
  auto intensity = std::make_shared<restart_intensity>(limit);
  self->set_down_handler([self, owner, intensity](const caf::down_msg& down) {
    auto key = self->state.keys.find(down.source);
    if (key == self->state.keys.end()) return;
    auto& child = self->state.children.at(key->second);
    self->state.keys.erase(key);
    if (down.reason == caf::exit_reason::user_shutdown || !down.reason) return;
    auto why = describe(down.reason);
    auto& bounds = intensity->limit();
    if (child.spec.restart == restart_policy::permanent && intensity->allow(self->clock().now())) {
      ++child.restarts;
      log_warning("{} crashed ({}); restart {} ", child.spec.name, why, child.restarts);
      start_child(self, owner, child);
      return;
    }
    auto reason =
        child.spec.restart == restart_policy::temporary
            ? fmt::format("{} crashed: {}", child.spec.name, why)
            : fmt::format("{} crashed once more after {} restarts within {} ms: {}",
                          child.spec.name, bounds.restarts_max, bounds.period.count(), why);
    self->send(owner, supervisor_gave_up{reason});
    self->quit(make_failure(reason));
  });
  return {
      // Adds a child and starts it.
      [self, owner](const child_spec& spec) {
        auto& child = self->state.children[spec.key];
        child.spec = spec;
        start_child(self, owner, child);
      },
  };
}

} // namespace tickmesh
