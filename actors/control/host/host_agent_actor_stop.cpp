#include "actors/control/host/host_agent_actor_stop.hpp"

#include "actors/control/wire/slot_document.hpp"
#include "messages/utf8.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/results/row_writer_actor.hpp"

#include <fmt/format.h>

#include <utility>

namespace tickmesh {

void send_to_control(agent_actor* self, const wire::ControlMessage& message) {
  if (self->state.coordinator != nullptr) self->send(self->state.coordinator, to_bytes(message));
}

void send_goodbye(agent_actor* self) {
  wire::ControlMessage message;
  message.mutable_host_stopped();
  send_to_control(self, message);
}

void repeat_goodbye(agent_actor* self) {
  auto& state = self->state;
  if (!state.stop.is_saying_goodbye() || state.stop.is_over()) return;
  send_goodbye(self); // one may be lost with what CAF knew of the connection
  self->delayed_send(self, state.options.cluster.retry_interval, goodbye_again{});
}

void end(agent_actor* self) {
  auto& state = self->state;
  if (!state.stop.end()) return;
  state.options.on_finished(state.stop.outcome());
  // That of the control host keeps the connections until its process ends.
  if (state.options.coordinator == nullptr) self->quit();
}

namespace {

/// Says good-bye, and waits until that was heard: a process that ends at once loses what it sent.
void say_goodbye(agent_actor* self) {
  auto& state = self->state;
  if (!state.joined || state.coordinator == nullptr) return end(self);
  state.stop.files_are_closed();
  repeat_goodbye(self);
  self->delayed_send(self, state.options.cluster.goodbye_timeout, goodbye_overdue{});
}

void close_files(agent_actor* self) {
  auto& options = self->state.options;
  auto document = options.process_document(self->state.slots.view().get());
  self->send(options.writer, write_document{"process.json", std::move(document)});
  auto done = [self](const std::string& failure) {
    if (!failure.empty()) self->state.stop.fail(failure);
    say_goodbye(self);
  };
  self->request(options.writer, options.cluster.drain_timeout, close_rows{})
      .then([done](const rows_closed& closed) { done(closed.failure); },
            [done](const caf::error& why) {
              done("the results could not be closed: " + describe(why));
            });
}

} // namespace

void stop_next_slot(agent_actor* self) {
  auto* next = self->state.stop.next();
  if (next == nullptr) return close_files(self);
  self->send_exit(*next, caf::exit_reason::user_shutdown);
}

void begin_stop(agent_actor* self, host_outcome outcome) {
  auto& state = self->state;
  if (!state.stop.begin(std::move(outcome))) return;
  for (auto& [slot, report] : state.counts.reports())
    self->send(state.options.writer,
               write_document{slot_document_name(slot), slot_document(slot, report)});
  self->delayed_send(self, state.options.cluster.drain_timeout, stop_overdue{});
  stop_next_slot(self);
}

void request_stop(agent_actor* self, const std::string& signal_name) {
  auto& state = self->state;
  if (!state.joined) return begin_stop(self, {1, signal_name + " before the cluster was joined"});
  state.stop_wish = signal_name;
  if (state.control_lost)
    return; // it is told when it is reached again, or this host ends without it
  wire::ControlMessage message;
  message.mutable_stop_request()->set_reason(
      fmt::format("{} at {}", signal_name, state.options.join.host_id));
  send_to_control(self, message);
}

void send_host_failed(agent_actor* self, const std::string& reason) {
  wire::ControlMessage message;
  message.mutable_host_failed()->set_reason(replace_non_utf8(reason));
  send_to_control(self, message);
}

void fail_host(agent_actor* self, const std::string& reason) {
  if (self->state.stop.is_stopping()) return;
  self->state.host_failure = reason;
  send_host_failed(self, reason);
  begin_stop(self, {1, reason});
}

} // namespace tickmesh
