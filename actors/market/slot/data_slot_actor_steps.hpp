// The steps of data_slot, by the file that holds them. For data_slot alone.
#pragma once

#include "actors/market/slot/data_slot_actor.hpp"
#include "messages/caf_types.hpp"
#include "runtime/actors/supervisor.hpp"

#include <caf/all.hpp>

#include <string>

namespace tickmesh {

using data_slot_actor = caf::stateful_actor<data_slot_state>;

// data_slot.cpp
void fail_slot(data_slot_actor* self, std::string reason);
/// Hands out credit for rounds.
void grant_rounds(data_slot_actor* self);
/// Tells the host agent, once, that the slot can work.
void report_ready_when_set_up(data_slot_actor* self);
void finish_when_done(data_slot_actor* self);

// data_slot_rounds.cpp
/// Opens the log and starts the children, which go on where it ends.
void start_children(data_slot_actor* self);
void child_is_running(data_slot_actor* self, const child_started& started);
void take_round(data_slot_actor* self, const round_sent& sent);
/// Makes records of complete rounds, in order, and passes on what they lead to.
void log_complete_rounds(data_slot_actor* self);
/// The keeper is ready for news.
void keeper_answered(data_slot_actor* self);
/// Tells a live source what it may forget.
void release_source(data_slot_actor* self);

// data_slot_links.cpp
void add_links(data_slot_actor* self, const link_peers& peers);
void resume_link(data_slot_actor* self, const link_resume& resume);
void take_ack(data_slot_actor* self, const link_ack& ack);
/// Sends what is accepted, as far as each link has credit.
void send_accepted(data_slot_actor* self);
bool links_are_done(const data_slot_state& state);
/// Receivers and replicas have everything up to this record.
record_number needed_after(const data_slot_state& state);

// data_slot_replicas.cpp
void greet_replica(data_slot_actor* self, const caf::actor& from, const replica_hello& hello);
void take_replica_ack(data_slot_actor* self, const replica_ack& ack);
/// Sends the replicas what they lack, as far as their window goes.
void replicate(data_slot_actor* self);
/// Looks for replicas that no longer answer.
void check_replicas(data_slot_actor* self);
void apply_view(data_slot_actor* self, std::shared_ptr<const cluster_view> next);
bool replicas_are_in_sync(const data_slot_state& state);

// data_slot_subscriptions.cpp
void open_subscription(data_slot_actor* self, const subscribe_ticks& request);
void want_records(data_slot_actor* self, const records_wanted& wanted);
/// Tells the subscriptions that wait for it what has been accepted.
void tell_subscriptions(data_slot_actor* self);
void take_subscription_down(data_slot_actor* self, const caf::down_msg& down);
/// True when every subscription has ended, or has been waited for.
bool subscriptions_are_done(data_slot_actor* self);

/// Time to look for replicas that no longer answer.
struct check_replicas_now {};
/// Subscribers have been waited for long enough.
struct subscriptions_overdue {};

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::check_replicas_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::subscriptions_overdue)
