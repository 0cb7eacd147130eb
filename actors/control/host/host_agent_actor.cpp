#include "actors/control/host/host_agent_actor.hpp"

#include "actors/control/host/host_agent_actor_reach.hpp"
#include "actors/control/host/host_agent_actor_reports.hpp"
#include "actors/control/host/host_agent_actor_slots.hpp"
#include "actors/control/host/host_agent_actor_stop.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/cluster/epoch_keeper_actor.hpp"
#include "runtime/telemetry/log.hpp"

#include <memory>
#include <set>
#include <utility>

namespace {

/// Time to see whether the control host is still there.
struct watch_dog {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(watch_dog)

namespace tickmesh {

namespace {

void accept_join(agent_actor* self, const wire::JoinAccepted& accepted) {
  auto& state = self->state;
  std::chrono::milliseconds timeout{accepted.failover_timeout_ms()};
  bool is_first = !std::exchange(state.joined, true);
  state.control.begin(accepted.control_host_id(), timeout, steady_now(self));
  state.directory.control_host_is(accepted.control_host_id());
  state.shared_clock =
      !accepted.boot_id().empty() && accepted.boot_id() == state.options.join.boot_id;
  if (is_first && !std::exchange(state.is_watching, true))
    self->delayed_send(self, timeout / 4, watch_dog{});
  log_info("joined the cluster of {}", accepted.control_host_id());
}

/// A view is obeyed when its epoch is stored. Of those that come meanwhile the newest is next.
void store_next_view(agent_actor* self) {
  auto& state = self->state;
  if (state.stored_view || !state.next_view) return;
  state.stored_view = std::exchange(state.next_view, std::nullopt);
  auto& view = state.stored_view->view;
  self->request(state.options.epochs, state.options.cluster.request_timeout,
                save_epoch{{view.cluster_id, view.number}})
      .then(
          [self](const epoch_saved& saved) {
            if (!saved.failure.empty()) return fail_host(self, saved.failure);
            auto published = std::exchange(self->state.stored_view, std::nullopt);
            apply_view(self, *published);
            store_next_view(self);
          },
          [self](const caf::error& why) {
            fail_host(self, "the epoch could not be stored: " + describe(why));
          });
}

void take_view(agent_actor* self, const wire::View& message) {
  auto& state = self->state;
  auto published = from_wire(message);
  auto is_newer = [&](auto& than) { return !than || published.view.number > than->view.number; };
  if (!is_newer(state.next_view) || !is_newer(state.stored_view)) return;
  state.next_view = std::move(published);
  store_next_view(self);
}

void watch_control(agent_actor* self) {
  auto& state = self->state;
  if (state.stop.is_stopping()) return;
  if (auto why = state.control.judge(steady_now(self))) return begin_stop(self, {1, *why});
  self->delayed_send(self, state.control.timeout() / 4, watch_dog{});
}

/// A slot or replica has ended unasked.
template <class IsIt>
void give_up_ended(agent_actor* self, IsIt is_it, const std::string& reason) {
  auto& slots = self->state.slots;
  for (bool is_replica : {false, true})
    for (auto& [slot, running] : is_replica ? slots.replicas() : slots.slots())
      if (is_it(running.handle)) {
        auto name = slot; // the slot is gone then
        give_up_slot(self, name, is_replica, "it ended: " + reason);
        slots.remove_ending(is_it);
        return;
      }
}

void take_down(agent_actor* self, const caf::down_msg& down) {
  using ended = host_stop<caf::actor>::ended;
  auto& state = self->state;
  auto is_source = [&](const caf::actor& a) { return a.address() == down.source; };
  auto what = state.stop.remove(is_source);
  if (what == ended::awaited) return stop_next_slot(self);
  if (what == ended::early) {
    if (state.stop.is_stopping()) return;
    if (!state.slots.remove_ending(is_source))
      give_up_ended(self, is_source, describe(down.reason));
    for (auto& search : state.slots.lose_peer(is_source))
      search_later(self, search);
    return start_missing(self);
  }
  if (state.coordinator != nullptr && is_source(state.coordinator)) return lose_control(self);
  // Whether a host is gone is the coordinator's to say; here the way to it is looked for again.
  if (auto host_id = state.directory.lost(is_source)) return lose_host(self, *host_id);
  if (state.stop.is_stopping()) return;
  if (is_source(state.options.writer)) return fail_host(self, describe(down.reason));
  for (auto& search : state.slots.lose_peer(is_source))
    search_later(self, search);
}

/// To the data slot that the message names, if it is still this host's, else to all.
template <class Command>
void forward_to_data_slots(agent_actor* self, const auto& message) {
  for (auto& [slot, running] : self->state.slots.slots()) {
    if (slot.of != role::data) continue;
    bool is_meant = !message.has_slot() || (from_slot_event(message.slot()) == slot &&
                                            message.slot().epoch() == running.since.value);
    if (is_meant) self->send(running.handle, Command{});
  }
}

/// What only a host that takes part obeys.
bool needs_membership(const wire::ControlMessage& message) {
  return message.has_view() || message.has_start_feeds() || message.has_stop_feeds();
}

void take_control_message(agent_actor* self, const wire::ControlMessage& message) {
  if (!self->state.joined && needs_membership(message)) return;
  switch (message.body_case()) {
  case wire::ControlMessage::kJoinAccepted: return accept_join(self, message.join_accepted());
  case wire::ControlMessage::kJoinRefused:
    return begin_stop(
        self, {1, "the control host refused this host: " + message.join_refused().reason()});
  case wire::ControlMessage::kReattached: return be_reattached(self, message.reattached());
  case wire::ControlMessage::kView: return take_view(self, message.view());
  case wire::ControlMessage::kStartFeeds:
    return forward_to_data_slots<start_feeds>(self, message.start_feeds());
  case wire::ControlMessage::kStopFeeds:
    return forward_to_data_slots<stop_feeds>(self, message.stop_feeds());
  case wire::ControlMessage::kPing: hear_control(self); return answer_ping(self, message.ping());
  case wire::ControlMessage::kCountsQuery:
    return answer_counts_query(self, message.counts_query().number());
  case wire::ControlMessage::kHostStopped: return end(self);
  case wire::ControlMessage::kStopHost:
    return begin_stop(self, {message.stop_host().failed() ? 1 : 0, message.stop_host().reason()});
  default: return;
  }
}

} // namespace

caf::behavior host_agent(agent_actor* self, host_agent_options options) {
  set_fault_handlers(self);
  auto& state = self->state;
  state.options = std::move(options);
  state.coordinator = state.options.coordinator;
  state.slots.begin(state.options.join.host_id, state.options.start_replica != nullptr);
  state.directory.begin(state.options.join.host_id);
  if (state.coordinator != nullptr) state.directory.control_host_is(state.options.join.host_id);
  self->set_down_handler([self](const caf::down_msg& down) { take_down(self, down); });
  // One that is ended from outside takes what it runs with it.
  self->set_exit_handler([self](const caf::exit_msg& exit) {
    for (auto& handle : self->state.stop.running())
      self->send_exit(handle, exit.reason);
    self->quit(exit.reason);
  });
  self->monitor(state.options.writer);
  if (state.coordinator != nullptr) self->monitor(state.coordinator);
  return {
      // The process listens.
      [self](const begin_join& begin) {
        auto& own = self->state;
        own.options.join.address = begin.address;
        own.attempts.begin(own.options.cluster.join_timeout, steady_now(self));
        try_to_join(self);
      },
      // From the coordinator.
      [self](const control_bytes& bytes) {
        if (auto message = from_bytes(bytes)) take_control_message(self, *message);
      },
      // Another host wants to send to one of this host's slots.
      [self](const slot_query& query) { return answer_slot_query(self, query); },
      [self](const host_hello& hello) { return greet_host(self, hello); },
      [self](const look_again& look) {
        self->state.directory.end_attempt(look.host_id);
        look_for_host_yourself(self, look.host_id); // what was begun goes on
      },
      [self](const look_yourself& look) { look_for_host_yourself(self, look.host_id); },
      [self](probe_control_now) { probe_control(self); },
      // The coordinator, on the control host: whom to keep connected.
      [self](const host_joined& host) { keep_host(self, host); },
      [self](const host_left& host) { self->state.directory.left(host.host_id); },
      [self](retry_join) { try_to_join(self); },
      [self](const peer_search& search) { find_peer(self, search); },
      [self](watch_dog) { watch_control(self); },
      [self](stop_overdue) {
        self->state.stop.fail("an orderly stop took too long");
        end(self);
      },
      [self](goodbye_overdue) { end(self); },
      [self](goodbye_again) { repeat_goodbye(self); },
      [self](const stop_signal& signal) { request_stop(self, signal.name); },
      // From this host's slots.
      [self](const slot_ready& ready) { report_ready(self, ready.slot); },
      [self](const slot_finished& finished) { report_finished(self, finished); },
      [self](const replica_state_changed& replica) { report_replica(self, replica); },
      [self](const peer_silent& silent) { find_silent_peer(self, silent); },
      [self](const slot_failed& failed) { take_slot_failed(self, failed); },
  };
}

} // namespace tickmesh
