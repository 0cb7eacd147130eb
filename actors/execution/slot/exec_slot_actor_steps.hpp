// The steps of exec_slot, by the file that holds them. For exec_slot alone.
#pragma once

#include "actors/execution/ledger/ledger_sender.hpp"
#include "actors/execution/slot/exec_slot_actor.hpp"
#include "actors/execution/trading/trading_state.hpp"
#include "runtime/actors/supervisor.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace tickmesh {

using exec_slot_actor = caf::stateful_actor<exec_slot_state>;

// exec_slot.cpp
void fail_slot(exec_slot_actor* self, std::string reason);
/// Hands the next events to the risk checker, unless it is still at the last ones.
void pump(exec_slot_actor* self);

// exec_slot_links.cpp
/// Tells a sender where to go on; a deposed one gets no answer.
void greet(exec_slot_actor* self, const link_hello& hello);
/// Takes ticks of a data slot, or signals of a calculation slot.
void take_frame(exec_slot_actor* self, const link_frame& bytes);
/// Fails the slot, and is true, where a mark has come that the journal contradicts.
bool fail_on_contradiction(exec_slot_actor* self);
/// Gives credit back. Precondition: the sequencer has nothing more to give.
void send_acks(exec_slot_actor* self);
/// Sends the acknowledgements that have waited long enough.
void send_pending_acks(exec_slot_actor* self);

// exec_slot_gateways.cpp
/// Of brokers in this process; those outside have nothing to do while a journal is replayed.
placed_venue_maker replay_venues(const exec_slot_state& state);
/// Puts the brokers outside, of the configuration that holds, behind gateways.
void connect_gateways(exec_slot_state& state);
/// Starts the gateways, and puts what their brokers may have into doubt.
void start_gateways(exec_slot_actor* self);
/// False when it is no gateway.
bool take_gateway_started(exec_slot_actor* self, const child_started& started);
void take_gateway_news(exec_slot_actor* self, gateway_news& news);
/// Gives the gateways what the venues have for them.
void hand_over(exec_slot_actor* self);
/// The sequencer has numbered events.
void follow_clock(exec_slot_actor* self);
void look_at_clock(exec_slot_actor* self);
/// What the gateways' venues have not passed on, into the slot's report: `gateway/ctp/news_lost`.
void report_gateways(exec_slot_state& state);

// exec_slot_operator.cpp
/// An OperatorRequest: is answered when the command and what follows from it are durable.
caf::typed_response_promise<operator_bytes> take_operator_request(exec_slot_actor* self,
                                                                  const operator_bytes& request);
/// Puts a command that nobody waits for into the log.
void post_command(exec_slot_state& state, operator_command command);
/// Halts by itself.
void halt_trading(exec_slot_state& state, std::string who, std::string reason);
/// Has the trading state kept for the next run, behind which operators are told what became of
/// their commands. These have taken effect.
void answer_operators(exec_slot_actor* self, exec_slot_state::held_answer& held);
void take_notice_kept(exec_slot_actor* self, const trading_notice_kept& kept);

// exec_slot_journal.cpp
/// Opens the journal and goes on where it ends: leaves sequencer and guard there, and returns the
/// trading state. What is configured from now on is posted where it differs from what held.
result<std::shared_ptr<trading_state>> recover(exec_slot_state& state);
/// What says, beside the journal, whether a log that begins anew begins halted.
std::filesystem::path halt_file_path(const exec_slot_state& state);
/// How snapshots are made while the slot runs; null: none is. With a source that can begin anew,
/// none is worth its file.
snapshot_keeper_starter snapshots_of(const exec_slot_state& state);
/// How the ledger is kept of what the journal has.
ledger_start ledger_of(const exec_slot_state& state);
/// Writes what a batch led to into the journal, and goes on when that is durable.
void take_answer(exec_slot_actor* self, trading_answer& answer);
void take_durable(exec_slot_actor* self, const journal_durable& durable);

} // namespace tickmesh
