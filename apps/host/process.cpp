#include "apps/host/process.hpp"

#include "actors/calc/slot/calc_slot_actor.hpp"
#include "actors/control/host/host_agent_actor.hpp"
#include "actors/execution/gateways/sim_gateway_actor.hpp"
#include "actors/execution/slot/exec_slot_actor.hpp"
#include "actors/execution/trading/trading_csv.hpp"
#include "actors/market/feed/feed.hpp"
#include "actors/market/slot/data_slot_actor.hpp"
#include "actors/market/slot/log_keeper_actor.hpp"
#include "actors/market/slot/log_replica_actor.hpp"
#include "actors/market/sources/open_source.hpp"
#include "actors/market/tick_log/rejected_rows.hpp"
#include "apps/host/certificate_warning.hpp"
#include "apps/host/control_address.hpp"
#include "apps/host/process_document.hpp"
#include "apps/host/progress_bar.hpp"
#include "apps/host/running_system.hpp"
#include "apps/host/stop_signals.hpp"
#include "apps/settings/configuration_hash.hpp"
#include "apps/settings/load_settings.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/cluster/epoch_keeper_actor.hpp"
#include "runtime/net/reactor.hpp"
#include "runtime/net/tls_credentials.hpp"
#include "runtime/results/row_writer_actor.hpp"
#include "runtime/telemetry/log.hpp"
#include "runtime/telemetry/machine.hpp"

#include <caf/io/all.hpp>
#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <optional>

namespace tickmesh {

namespace {

/// What a process needs before its first actor.
struct process_parts {
  std::shared_ptr<const settings> config;
  std::set<role> roles;
  std::shared_ptr<const feed_source> source;    ///< data role only
  std::shared_ptr<row_files> files;             ///< null when results are off
  std::shared_ptr<tls_credentials> credentials; ///< null when connections are plain
  std::shared_ptr<epoch_store> seen;
  std::shared_ptr<epoch_store> coordinator_store; ///< control role only
  std::string fresh_cluster_id;
};

/// Of the host's row files. Positions, which are few, are written even where no other rows are: the
/// summary's profit is theirs.
std::map<std::string, std::string> part_headers(const std::set<role>& roles, bool has_rows) {
  std::map<std::string, std::string> out;
  if (roles.contains(role::exec)) out["positions"] = position_columns;
  if (!has_rows) return out;
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

result<std::shared_ptr<epoch_store>> open_store(const settings& config, const char* name) {
  auto directory = std::filesystem::path{config.host.state_dir} / config.host.id / name;
  auto store = epoch_store::open(directory);
  if (!store) return tl::unexpected(store.error());
  return std::make_shared<epoch_store>(std::move(*store));
}

result<process_parts> prepare(const process_options& options) {
  process_parts parts;
  parts.config = std::make_shared<const settings>(options.config);
  auto& config = *parts.config;
  parts.roles = config.host.roles;
  if (!config.network.certificates.empty()) {
    auto credentials = tls_credentials::open(config.network.certificates);
    if (!credentials) return tl::unexpected(credentials.error());
    parts.credentials = std::move(*credentials);
  }
  if (parts.roles.contains(role::data)) {
    std::optional<progress_bar> bar; // from the first rows on: most sources are there at once
    file_source_options files;
    files.spool_directory = std::filesystem::path{config.host.state_dir} / config.host.id;
    files.on_rows = [&bar](std::uint64_t rows) {
      if (!bar) bar.emplace("reading", "rows");
      bar->show(rows);
    };
    auto source = open_source(config.source, config.instruments, {parts.credentials, files});
    if (!source) return tl::unexpected(source.error());
    parts.source = *source;
  }
  auto seen = open_store(config, "host");
  if (!seen) return tl::unexpected(seen.error());
  parts.seen = *seen;
  if (parts.roles.contains(role::control)) {
    auto store = open_store(config, "coordinator");
    if (!store) return tl::unexpected(store.error());
    parts.coordinator_store = *store;
    auto id = make_cluster_id();
    if (!id) return tl::unexpected(id.error());
    parts.fresh_cluster_id = *id;
  }
  if (config.results.enabled) {
    std::error_code ignored;
    std::filesystem::remove_all(parts_directory(config.host), ignored);
    auto files = row_files::create(parts_directory(config.host),
                                   part_headers(parts.roles, config.results.rows));
    if (!files) return tl::unexpected(files.error());
    parts.files = std::move(*files);
  }
  return parts;
}

host_join describe_host(const process_parts& parts) {
  auto& config = *parts.config;
  host_join join;
  join.host_id = config.host.id;
  join.roles = parts.roles;
  join.cluster_name = config.cluster.name;
  join.schema_hash = schema_hash();
  join.build_id = build_id();
  join.configuration_hash = configuration_hash(config);
  join.boot_id = boot_id();
  join.seen = parts.seen->current();
  if (parts.source != nullptr) {
    join.symbols = parts.source->symbols().names();
    join.source_fingerprint = parts.source->fingerprint();
  }
  return join;
}

std::vector<std::string> strategy_names(const settings& config) {
  std::vector<std::string> out;
  for (auto& s : config.strategies)
    out.push_back(s.name);
  return out;
}

/// The actor that runs a slot of each role.
caf::actor start_slot(const process_parts& parts, const gateway_starter& start_gateway,
                      caf::event_based_actor* parent, const slot_context& context) {
  auto& config = *parts.config;
  std::shared_ptr<const instrument_table> instruments{parts.config, &config.instruments};
  if (context.slot.of == role::data) {
    data_slot_options data;
    data.context = context;
    data.source = parts.source;
    data.instruments = instruments;
    data.cleaning = config.cleaning;
    data.log = config.tick_log;
    data.cluster = config.cluster;
    if (!config.execution.every_tick()) data.mark_interval = config.execution.mark_interval;
    data.speed = config.source.speed;
    data.silence_alarm = config.source.silence_alarm;
    data.log_interval = config.source.log_interval;
    data.write_rows = config.results.writes_rows();
    return parent->spawn(data_slot, std::move(data));
  }
  if (context.slot.of == role::calc) {
    calc_slot_options calc;
    calc.context = context;
    calc.instruments = instruments;
    calc.strategies = config.strategies;
    calc.signals_held_max = config.calc.signals_held_max;
    calc.rows_held_bytes_max = config.calc.rows_held_mib_max << 20;
    calc.write_rows = config.results.writes_rows();
    return parent->spawn(calc_slot, std::move(calc));
  }
  exec_slot_options exec;
  exec.context = context;
  exec.instruments = instruments;
  exec.settings = config.execution;
  exec.request_timeout = config.cluster.request_timeout;
  exec.strategies = strategy_names(config);
  exec.configuration_hash = configuration_hash(config);
  exec.source_is_repeatable = config.source.kind != source_kind::socket;
  exec.write_rows = config.results.writes_rows();
  if (config.execution.ledger.enabled) exec.start_ledger = start_detached_ledger_keeper;
  exec.start_gateway = start_gateway;
  return parent->spawn(exec_slot, std::move(exec));
}

/// The simulated brokers that live outside of the event log, where this host may execute.
std::map<std::string, paper_broker_actor> spawn_paper_brokers(caf::actor_system& system,
                                                              const process_parts& parts) {
  std::map<std::string, paper_broker_actor> out;
  auto& execution = parts.config->execution;
  if (!parts.roles.contains(role::exec)) return out;
  for (auto& broker : execution.all_brokers())
    if (execution.is_external(broker)) out[broker.name] = spawn_paper_broker(system, broker);
  return out;
}

/// The actor that keeps a copy of another host's data slot.
caf::actor start_replica(const process_parts& parts, caf::event_based_actor* parent,
                         const slot_context& context) {
  log_replica_options replica;
  replica.context = context;
  replica.source = parts.source;
  replica.settings = parts.config->tick_log;
  return parent->spawn(log_replica, std::move(replica));
}

caf::actor spawn_coordinator(caf::actor_system& system, const process_options& options,
                             const process_parts& parts, const host_join& join,
                             const std::shared_ptr<host_clock>& clock, const caf::actor& writer,
                             std::function<void(const host_outcome&)> on_finished) {
  coordinator_options given;
  given.cluster.settings = parts.config->cluster;
  given.cluster.stored = parts.coordinator_store->current();
  given.cluster.fresh_cluster_id = parts.fresh_cluster_id;
  given.cluster.recover = options.recover;
  given.cluster.schema_hash = join.schema_hash;
  given.cluster.build_id = join.build_id;
  given.cluster.configuration_hash = join.configuration_hash;
  given.host_id = join.host_id;
  given.boot_id = join.boot_id;
  given.clock = clock;
  given.epochs = system.spawn<caf::detached>(epoch_keeper, parts.coordinator_store);
  given.writer = writer;
  given.is_named = [&system](const caf::node_id& node, const std::string& host_id) {
    return !system.has_middleman() || reactor_of(system).is_named(node, host_id);
  };
  given.on_finished = std::move(on_finished);
  given.on_status = options.on_status;
  return system.spawn<caf::detached>(coordinator, std::move(given));
}

/// Waits for how something ends; the first word counts.
class awaited_outcome {
public:
  void set(const host_outcome& outcome) {
    if (!is_set_.exchange(true)) promise_.set_value(outcome);
  }
  host_outcome wait() { return promise_.get_future().get(); }

private:
  std::atomic<bool> is_set_{false};
  std::promise<host_outcome> promise_;
};

/// An actor that crashes can't say how it ended: its crash is the outcome then.
void end_with(const caf::actor& actor, std::string name, std::shared_ptr<awaited_outcome> done) {
  actor->attach_functor([name = std::move(name), done = std::move(done)](const caf::error& why) {
    if (why) done->set({1, fmt::format("{} ended: {}", name, describe(why))});
  });
}

/// Publishes the agent where the configuration says; the address that it got.
result<endpoint> listen(caf::actor_system& system, const caf::actor& agent,
                        const host_settings& host, bool is_control) {
  auto port =
      system.middleman().publish(agent, host.listen.port, host.listen.address.c_str(), true);
  if (!port)
    return fail(
        fmt::format("cannot listen on {}:{} (host.listen, --listen): {}; is the port taken?",
                    host.listen.address, host.listen.port, describe(port.error())));
  endpoint address{host.listen.address, *port};
  if (!host.announce_file.empty()) {
    auto text = fmt::format("{}:{}\n", address.address, address.port);
    if (auto written = write_text_file(host.announce_file, text); !written)
      return tl::unexpected(written.error());
  }
  if (is_control)
    if (auto written = announce_control(host.state_dir, address); !written)
      return tl::unexpected(written.error());
  return address;
}

/// What somebody who looks after hosts should know of the way between them.
void warn_of_network(const settings& config, const tls_credentials* credentials) {
  using days = std::chrono::duration<std::int64_t, std::ratio<86'400>>;
  if (credentials == nullptr) {
    if (!is_loopback(config.host.listen))
      log_warning("connections are plain (--insecure-network): whoever reaches {}:{} can stop or "
                  "take over this host",
                  config.host.listen.address, config.host.listen.port);
    return;
  }
  auto left = std::chrono::floor<days>(credentials->expires() - std::chrono::system_clock::now());
  log_at(left < certificate_warned_before ? log_level::warn : log_level::info,
         "TLS with the certificate in {}, which ends in {} days", config.network.certificates,
         left.count());
}

} // namespace

std::string parts_directory(const host_settings& host) {
  return host.results_dir + "/parts/" + host.id;
}

result<host_outcome> run_process(const process_options& options) {
  stop_signals signals; // before any thread is started: they inherit the blocked signals
  auto prepared = prepare(options);
  if (!prepared) return tl::unexpected(prepared.error());
  if (options.on_prepared) options.on_prepared();
  auto parts = std::make_shared<const process_parts>(std::move(*prepared));
  auto& config = *parts->config;

  actor_system_options system_options;
  system_options.scheduler = config.host.scheduler;
  system_options.scheduler_threads = config.host.scheduler_threads;
  system_options.network = !options.embedded;
  system_options.network_timeout = config.cluster.failover_timeout;
  system_options.limits = config.network;
  system_options.credentials = parts->credentials;
  auto running = std::make_unique<running_system>(system_options);
  auto& system = running->system;
  if (auto verified = verify(system, system_options); !verified)
    return tl::unexpected(verified.error());

  auto clock = host_clock::system();
  auto started_ns = clock->local_ns();
  auto writer = system.spawn<caf::detached>(row_writer, parts->files);
  auto join = describe_host(*parts);
  bool coordinates = parts->roles.contains(role::control);
  auto host_done = std::make_shared<awaited_outcome>();
  auto cluster_done = std::make_shared<awaited_outcome>();

  host_agent_options agent_options;
  agent_options.join = join;
  agent_options.host = std::shared_ptr<const host_settings>{parts->config, &config.host};
  agent_options.cluster = config.cluster;
  if (coordinates)
    agent_options.coordinator =
        spawn_coordinator(system, options, *parts, join, clock, writer,
                          [cluster_done](const host_outcome& o) { cluster_done->set(o); });
  agent_options.clock = clock;
  agent_options.epochs = system.spawn<caf::detached>(epoch_keeper, parts->seen);
  agent_options.writer = writer;
  auto paper_brokers = spawn_paper_brokers(system, *parts);
  agent_options.start_slot = [parts, start_gateway = make_sim_gateways(paper_brokers)](
                                 caf::event_based_actor* parent, const slot_context& context) {
    return start_slot(*parts, start_gateway, parent, context);
  };
  agent_options.start_replica = [parts](caf::event_based_actor* parent,
                                        const slot_context& context) {
    return start_replica(*parts, parent, context);
  };
  agent_options.memory_share = memory_share;
  if (parts->credentials != nullptr)
    agent_options.certificate_ends_ns = [credentials = parts->credentials] {
      return std::chrono::nanoseconds{credentials->expires().time_since_epoch()}.count();
    };
  agent_options.process_document = [parts, clock, started_ns, &system](const cluster_view* view) {
    network_traffic none;
    return process_document(*parts->config, parts->source.get(), *clock, started_ns, view,
                            system.has_middleman() ? reactor_of(system).traffic() : none);
  };
  agent_options.on_finished = [host_done](const host_outcome& o) { host_done->set(o); };
  auto epochs = agent_options.epochs;
  auto coordinator_handle = agent_options.coordinator;
  auto agent = system.spawn<caf::detached>(host_agent, std::move(agent_options));
  end_with(agent, "host_agent", host_done);
  if (coordinates) end_with(coordinator_handle, "coordinator", cluster_done);

  auto end_actors = [&] {
    for (auto& actor : {agent, coordinator_handle, epochs, writer})
      if (actor != nullptr) caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    for (auto& [name, broker] : paper_brokers)
      caf::anon_send_exit(broker, caf::exit_reason::user_shutdown);
  };
  endpoint address;
  if (!options.embedded) {
    auto listening = listen(system, agent, config.host, coordinates);
    if (!listening) {
      end_actors();
      return tl::unexpected(listening.error());
    }
    address = *listening;
    log_info("{} listens on {}:{} (PAPER)", config.host.id, address.address, address.port);
    warn_of_network(config, parts->credentials.get());
  }
  signals.start([agent](const std::string& name) { caf::anon_send(agent, stop_signal{name}); });
  caf::anon_send(agent, begin_join{address});

  auto outcome = host_done->wait();
  if (coordinates) outcome = cluster_done->wait();
  signals.stop();
  if (coordinates && !options.embedded) withdraw_control(config.host.state_dir, address);
  end_actors();
  agent = coordinator_handle = epochs = writer = nullptr;
  end_system(std::move(running));
  return outcome;
}

} // namespace tickmesh
