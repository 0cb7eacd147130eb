// How a host agent stops: its slots and replicas in reverse start order, then its files, then
// itself.
#include "actors/control/host/host_agent_actor_steps.hpp"
#include "actors/control/wire/slot_document.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/results/row_writer_actor.hpp"

#include <utility>

namespace tickmesh {

namespace {

constexpr std::chrono::seconds goodbye_timeout{2};

/// Says good-bye, and waits until that was heard: a process that ends at once loses what it sent.
void finish(agent_actor* self) {
  if (!self->state.joined || self->state.control_lost) return end(self);
  wire::ControlMessage message;
  message.mutable_host_stopped();
  send_to_control(self, message);
  self->delayed_send(self, goodbye_timeout, goodbye_overdue{});
}

void close_files(agent_actor* self) {
  auto& state = self->state;
  self->send(state.options.writer,
             write_document{"process.json", state.options.process_document(state.view.get())});
  self->request(state.options.writer, state.options.drain_timeout, close_rows{})
      .then(
          [self](const rows_closed& closed) {
            if (!closed.failure.empty() && self->state.outcome.exit_code == 0)
              self->state.outcome = {1, closed.failure};
            finish(self);
          },
          [self](const caf::error& why) {
            if (self->state.outcome.exit_code == 0)
              self->state.outcome = {1, "the results could not be closed: " + describe(why)};
            finish(self);
          });
}

} // namespace

void end(agent_actor* self) {
  auto& state = self->state;
  if (std::exchange(state.ended, true)) return;
  state.options.on_finished(state.outcome);
  self->quit();
}

void stop_next_slot(agent_actor* self) {
  auto& state = self->state;
  if (state.stop_order.empty()) return close_files(self);
  self->send_exit(state.stop_order.back(), caf::exit_reason::user_shutdown);
}

void begin_stop(agent_actor* self, host_outcome outcome) {
  auto& state = self->state;
  if (state.stopping) return;
  state.stopping = true;
  state.outcome = std::move(outcome);
  for (auto& [slot, report] : state.reports)
    self->send(state.options.writer,
               write_document{slot_document_name(slot), slot_document(slot, report)});
  self->delayed_send(self, state.options.drain_timeout, stop_overdue{});
  stop_next_slot(self);
}

} // namespace tickmesh
