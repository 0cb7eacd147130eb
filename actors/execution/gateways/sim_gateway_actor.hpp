// Brokers of kind sim outside of the event log. The broker itself lives as long as its process and
// keeps its orders while execution slots come and go; a slot's gateway is the session with it.
//
//   exec_slot --open_session, gateway_work--> sim_gateway --attach_session, gateway_work--> broker
//   exec_slot <------------------------------gateway_news---------------------------------- broker
//
// One session at a time: a new one ends the one before.
#pragma once

#include "actors/execution/gateways/broker_gateway_protocol.hpp"
#include "actors/execution/gateways/paper_broker_protocol.hpp"

#include <map>
#include <string>

namespace tickmesh {

paper_broker_actor spawn_paper_broker(caf::actor_system& system, const broker_settings& settings);

/// Starts gateways to these brokers, by name: their ids are those of a slot's journal.
gateway_starter make_sim_gateways(std::map<std::string, paper_broker_actor> brokers);

} // namespace tickmesh
