// The one interface of brokers outside the execution slot: what the slot and a broker's gateway say
// to each other, inside one process. A gateway keeps the session with its broker, and is restarted
// by its supervisor when it crashes.
//
//   exec_slot --open_session--> gateway --gateway_news{session_up}--> exec_slot
//   exec_slot --gateway_work--> gateway --gateway_news--> exec_slot
//
// Grammar, of one number of session: open_session, then any gateway_work on the one side; any
// gateway_news on the other, which is one of the steps of a session (broker_news: commands count as
// sent from SESSION_UP to SESSION_DOWN), reports, snapshots, answers to probes, and executions with
// EXECUTIONS_TOLD behind them. Each gateway_work is counted in `works_taken` of some later
// gateway_news, soon: it is the credit for more. What comes under another number of session is old,
// and dropped.
//
// A gateway owes its slot the truth about what has not happened: it answers an order that has
// certainly not left for the broker by a report `rejected`, NOT_TAKEN, and an order that may
// have left by what the broker says, or not at all. It never sends an order again.
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "actors/execution/events/venue_command.hpp"
#include "actors/execution/gateways/gateway_venue.hpp"
#include "runtime/actors/typed_interface.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace tickmesh {

/// From now on the gateway works for the sender, and keeps its session up by itself. Comes again
/// when the slot has lost count: then as if it were new.
struct open_session {
  std::uint64_t session = 0;         ///< the slot's number for it; never falls
  bool cancel_on_disconnect = false; ///< the broker is to cancel open orders when the session ends
};

/// Orders, cancels, replaces, queries, probes and requests for snapshots, in their order; marks of
/// the market for a broker that works orders by them.
struct gateway_work {
  std::uint64_t session = 0;
  std::vector<venue_command> commands;
  std::vector<market_mark> marks;
};

struct gateway_news {
  broker_id broker{};
  std::uint64_t session = 0;
  std::uint32_t works_taken = 0; ///< of gateway_work, since the gateway_news before
  std::vector<venue_news> news;
};

/// The gateway of a broker.
using broker_gateway_actor = caf::typed_actor<
    // The sender, a gateway_owner_actor, wants a session.
    takes<open_session>,
    // What the broker is to do, in a session.
    takes<gateway_work>>;

/// An execution slot, as its gateways see it. The slot itself is not typed: it takes messages of
/// links, operators and its host, too.
using gateway_owner_actor = caf::typed_actor<
    // What the broker says, in a session.
    takes<gateway_news>>;

struct gateway_options {
  broker_id broker{};
  broker_settings settings;
};

/// How a slot's supervisor starts the gateway of a broker.
using gateway_starter = std::function<broker_gateway_actor(caf::event_based_actor* parent,
                                                           const gateway_options& options)>;

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::open_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::gateway_work)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::gateway_news)
