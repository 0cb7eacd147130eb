#include "apps/host/host_composition.hpp"

#include "actors/calc/slot/calc_slot_actor.hpp"
#include "actors/execution/gateways/sim_gateway_actor.hpp"
#include "actors/execution/slot/exec_slot_actor.hpp"
#include "actors/execution/trading/trading_csv.hpp"
#include "actors/market/slot/data_slot_actor.hpp"
#include "actors/market/slot/log_keeper_actor.hpp"
#include "actors/market/slot/log_replica_actor.hpp"
#include "actors/market/tick_log/rejected_rows.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/cluster/epoch_keeper_actor.hpp"
#include "runtime/results/row_writer_actor.hpp"
#include "runtime/telemetry/machine.hpp"

#include <utility>
#include <vector>

namespace tickmesh {

namespace {

using parts_ptr = std::shared_ptr<const host_parts>;

std::vector<std::string> strategy_names(const settings& config) {
  std::vector<std::string> out;
  for (auto& s : config.strategies)
    out.push_back(s.name);
  return out;
}

std::shared_ptr<const instrument_table> instruments_of(const host_parts& parts) {
  return {parts.config, &parts.config->instruments};
}

data_slot_options data_options(const host_parts& parts, const slot_context& context,
                               bool has_threads) {
  auto& config = *parts.config;
  data_slot_options out;
  out.context = context;
  out.source = parts.source;
  out.instruments = instruments_of(parts);
  out.cleaning = config.cleaning;
  out.log = config.tick_log;
  out.cluster = config.cluster;
  if (!config.execution.every_tick()) out.mark_interval = config.execution.mark_interval;
  out.speed = config.source.speed;
  out.silence_alarm = config.source.silence_alarm;
  out.log_interval = config.source.log_interval;
  out.write_rows = config.results.writes_rows();
  if (!has_threads) out.start_keeper = start_keeper_here;
  return out;
}

calc_slot_options calc_options(const host_parts& parts, const slot_context& context) {
  auto& config = *parts.config;
  calc_slot_options out;
  out.context = context;
  out.instruments = instruments_of(parts);
  out.strategies = config.strategies;
  out.signals_held_max = config.calc.signals_held_max;
  out.quarantined_max = config.calc.quarantined_max;
  out.rows_held_bytes_max = config.calc.rows_held_mib_max << 20;
  out.write_rows = config.results.writes_rows();
  return out;
}

exec_slot_options exec_options(const host_parts& parts, const slot_context& context,
                               bool has_threads) {
  auto& config = *parts.config;
  exec_slot_options out;
  out.context = context;
  out.instruments = instruments_of(parts);
  out.settings = config.execution;
  out.request_timeout = config.cluster.request_timeout;
  out.strategies = strategy_names(config);
  out.configuration_hash = parts.configuration_hash;
  out.source_is_repeatable = config.source.kind != source_kind::socket;
  out.write_rows = config.results.writes_rows();
  if (config.execution.ledger.enabled) out.start_ledger = start_detached_ledger_keeper;
  if (!has_threads) {
    out.start_keeper = start_journal_keeper_here;
    out.start_snapshots = start_snapshot_keeper_here;
  }
  return out;
}

/// The actor that runs a slot of each role.
caf::actor start_slot(const host_parts& parts, const gateway_starter& start_gateway,
                      bool has_threads, caf::event_based_actor* parent,
                      const slot_context& context) {
  if (context.slot.of == role::data)
    return parent->spawn(data_slot, data_options(parts, context, has_threads));
  if (context.slot.of == role::calc) return parent->spawn(calc_slot, calc_options(parts, context));
  auto exec = exec_options(parts, context, has_threads);
  exec.start_gateway = start_gateway;
  return parent->spawn(exec_slot, std::move(exec));
}

/// The actor that keeps a copy of another host's slot.
caf::actor start_replica(const host_parts& parts, bool has_threads, caf::event_based_actor* parent,
                         const slot_context& context) {
  if (context.slot.of == role::calc) {
    auto calc = calc_options(parts, context);
    calc.is_replica = true;
    return parent->spawn(calc_slot, std::move(calc));
  }
  log_replica_options replica;
  replica.context = context;
  replica.source = parts.source;
  replica.settings = parts.config->tick_log;
  if (!has_threads) replica.start_keeper = start_keeper_here;
  return parent->spawn(log_replica, std::move(replica));
}

/// The simulated brokers that live outside of the event log, where this host may execute.
std::map<std::string, paper_broker_actor> spawn_paper_brokers(caf::actor_system& system,
                                                              const settings& config) {
  std::map<std::string, paper_broker_actor> out;
  if (!config.host.roles.contains(role::exec)) return out;
  for (auto& broker : config.execution.all_brokers())
    if (config.execution.is_external(broker)) out[broker.name] = spawn_paper_broker(system, broker);
  return out;
}

/// On a thread of its own, where there are any.
template <class... Parameters>
caf::actor spawn_apart(const host_surroundings& given, Parameters&&... parameters) {
  if (given.has_threads)
    return given.system.spawn<caf::detached>(std::forward<Parameters>(parameters)...);
  return given.system.spawn(std::forward<Parameters>(parameters)...);
}

caf::actor spawn_coordinator(const host_parts& parts, const host_surroundings& given,
                             const host_join& join, const caf::actor& writer) {
  coordinator_options out;
  out.cluster.settings = parts.config->cluster;
  out.cluster.stored = parts.coordinator_store->current();
  out.cluster.fresh_cluster_id = parts.fresh_cluster_id;
  out.cluster.keeps_data_owners = parts.config->source.kind == source_kind::socket;
  out.cluster.recover = given.recover;
  out.cluster.schema_hash = join.schema_hash;
  out.cluster.build_id = join.build_id;
  out.cluster.configuration_hash = join.configuration_hash;
  out.host_id = join.host_id;
  out.boot_id = join.boot_id;
  out.clock = given.clock;
  out.epochs = spawn_apart(given, epoch_keeper, parts.coordinator_store);
  out.writer = writer;
  out.is_named = given.is_named;
  out.on_finished = given.on_cluster_finished;
  out.on_status = given.on_status;
  return spawn_apart(given, coordinator, std::move(out));
}

} // namespace

std::map<std::string, std::string> part_headers(const settings& config) {
  std::map<std::string, std::string> out;
  auto& roles = config.host.roles;
  if (roles.contains(role::exec)) out["positions"] = position_columns;
  if (!config.results.rows) return out;
  if (roles.contains(role::data)) out["ticks_rejected"] = rejected_columns;
  if (roles.contains(role::calc)) {
    out["factors"] = factor_columns;
    out["signals"] = signal_columns;
  }
  if (roles.contains(role::exec)) {
    out["orders"] = order_columns;
    out["fills"] = fill_columns;
    out["pnl"] = profit_columns;
    out["bars"] = bar_columns;
  }
  return out;
}

host_join describe_host(const host_parts& parts) {
  auto& config = *parts.config;
  host_join join;
  join.host_id = config.host.id;
  join.roles = config.host.roles;
  join.cluster_name = config.cluster.name;
  join.schema_hash = schema_hash();
  join.build_id = build_id();
  join.configuration_hash = parts.configuration_hash;
  join.boot_id = boot_id();
  join.incarnation = parts.incarnation;
  join.is_standby = config.host.standby;
  join.seen = parts.seen->current();
  if (parts.source != nullptr) {
    join.symbols = parts.source->symbols().names();
    join.source_fingerprint = parts.source->fingerprint();
  }
  return join;
}

void composed_host::end() {
  for (auto* actor : {&agent, &coordinator, &epochs, &writer}) {
    if (*actor != nullptr) caf::anon_send_exit(*actor, caf::exit_reason::user_shutdown);
    *actor = nullptr;
  }
  for (auto& [name, broker] : paper_brokers)
    caf::anon_send_exit(broker, caf::exit_reason::user_shutdown);
  paper_brokers.clear();
}

composed_host compose_host(const std::shared_ptr<const host_parts>& parts,
                           const host_surroundings& given) {
  auto& config = *parts->config;
  auto join = describe_host(*parts);
  composed_host out;
  out.writer = spawn_apart(given, row_writer, parts->rows);
  out.epochs = spawn_apart(given, epoch_keeper, parts->seen);
  out.paper_brokers = spawn_paper_brokers(given.system, config);
  host_agent_options agent;
  agent.join = join;
  agent.host = std::shared_ptr<const host_settings>{parts->config, &config.host};
  agent.cluster = config.cluster;
  if (config.host.roles.contains(role::control))
    agent.coordinator = out.coordinator = spawn_coordinator(*parts, given, join, out.writer);
  agent.clock = given.clock;
  agent.epochs = out.epochs;
  agent.writer = out.writer;
  agent.files = given.files;
  agent.is_named = given.is_named;
  agent.start_slot = [parts, start_gateway = make_sim_gateways(out.paper_brokers),
                      has_threads = given.has_threads](caf::event_based_actor* parent,
                                                       const slot_context& context) {
    return start_slot(*parts, start_gateway, has_threads, parent, context);
  };
  agent.start_replica = [parts, has_threads = given.has_threads](caf::event_based_actor* parent,
                                                                 const slot_context& context) {
    return start_replica(*parts, has_threads, parent, context);
  };
  agent.memory_share = given.memory_share;
  agent.certificate_ends_ns = given.certificate_ends_ns;
  agent.process_document = given.process_document;
  agent.on_finished = given.on_host_finished;
  out.agent = spawn_apart(given, host_agent, std::move(agent));
  return out;
}

} // namespace tickmesh
