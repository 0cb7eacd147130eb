#include "actors/execution/gateways/sim_gateway_actor.hpp"

#include "actors/execution/gateways/paper_broker.hpp"
#include "runtime/actors/actor_system.hpp"

#include <algorithm>
#include <utility>

namespace tickmesh {

namespace {

/// Something is due at the broker.
struct broker_due {};

} // namespace

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::broker_due)

namespace tickmesh {

namespace {

struct paper_broker_state {
  std::unique_ptr<paper_broker> broker;
  timestamp started{}; ///< by the wall clock, which is read once: from then on the actor's clock
  caf::actor_clock::time_point started_at;
  std::optional<attach_session> session;
  caf::actor_addr gateway;
  timestamp look_at = end_of_time; ///< broker_due is on its way for this time
  const char* name = "paper_broker";
};
using working_broker_actor = paper_broker_actor::extend<takes<broker_due>>;
using working_broker = working_broker_actor::stateful_base<paper_broker_state>;

timestamp time_of(working_broker* self) {
  auto elapsed = self->clock().now() - self->state.started_at;
  return self->state.started + std::chrono::duration_cast<nanoseconds>(elapsed);
}

void tell(working_broker* self, std::uint32_t works_taken) {
  auto& state = self->state;
  auto now = time_of(self);
  auto news = state.broker->take_news(now);
  if (state.session && (works_taken > 0 || !news.empty()))
    self->send(state.session->slot,
               gateway_news{state.session->broker, state.session->opened.session, works_taken,
                            std::move(news)});
  auto next = state.broker->next_time().value_or(end_of_time);
  if (next >= state.look_at) return;
  state.look_at = next;
  self->delayed_send(self, next - now, broker_due{});
}

void end_session(working_broker* self) {
  auto& state = self->state;
  if (!state.session) return;
  if (state.session->opened.cancel_on_disconnect) state.broker->cancel_open(time_of(self));
  state.session.reset();
  state.gateway = {};
  tell(self, 0);
}

working_broker_actor::behavior_type run_paper_broker(working_broker* self,
                                                     const broker_settings& settings) {
  set_fault_handlers(self);
  auto& state = self->state;
  state.broker = std::make_unique<paper_broker>(settings.sim);
  state.started = std::chrono::time_point_cast<nanoseconds>(std::chrono::system_clock::now());
  state.started_at = self->clock().now();
  self->set_down_handler([self](const caf::down_msg& down) {
    if (down.source == self->state.gateway) end_session(self);
  });
  return {
      [self](const attach_session& session) {
        end_session(self);
        self->state.session = session;
        self->state.gateway = caf::actor_cast<caf::actor_addr>(self->current_sender());
        self->monitor(self->state.gateway);
        self->send(session.slot, gateway_news{session.broker,
                                              session.opened.session,
                                              0,
                                              {broker_event{.news = broker_news::session_up}}});
      },
      [self](const gateway_work& work) {
        auto& session = self->state.session;
        if (!session || work.session != session->opened.session ||
            self->state.gateway != caf::actor_cast<caf::actor_addr>(self->current_sender()))
          return;
        auto now = time_of(self);
        for (auto& mark : work.marks)
          self->state.broker->take_mark(mark, now);
        for (auto& command : work.commands)
          self->state.broker->take(command, now);
        tell(self, 1);
      },
      [self](broker_due) {
        self->state.look_at = end_of_time;
        tell(self, 0);
      },
  };
}

broker_gateway_actor::behavior_type sim_gateway(broker_gateway_actor::pointer self,
                                                const paper_broker_actor& broker, broker_id id) {
  set_fault_handlers(self);
  return {
      [self, broker, id](const open_session& open) {
        auto slot = caf::actor_cast<gateway_owner_actor>(self->current_sender());
        self->send(broker, attach_session{id, open, slot});
      },
      [self, broker](gateway_work& work) { self->send(broker, std::move(work)); },
  };
}

} // namespace

paper_broker_actor spawn_paper_broker(caf::actor_system& system, const broker_settings& settings) {
  return system.spawn(run_paper_broker, settings);
}

gateway_starter make_sim_gateways(std::map<std::string, paper_broker_actor> brokers) {
  return [brokers = std::move(brokers)](caf::event_based_actor* parent,
                                        const gateway_options& options) {
    return parent->spawn(sim_gateway, brokers.at(options.settings.name), options.broker);
  };
}

} // namespace tickmesh
