#include "apps/host/process.hpp"

#include "actors/market/sources/open_source.hpp"
#include "apps/host/certificate_warning.hpp"
#include "apps/host/control_address.hpp"
#include "apps/host/host_composition.hpp"
#include "apps/host/process_document.hpp"
#include "apps/host/progress_bar.hpp"
#include "apps/host/running_system.hpp"
#include "apps/host/stop_signals.hpp"
#include "apps/settings/configuration_hash.hpp"
#include "apps/settings/load_settings.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/net/reactor.hpp"
#include "runtime/net/tls_credentials.hpp"
#include "runtime/telemetry/log.hpp"
#include "runtime/telemetry/machine.hpp"

#include <caf/io/all.hpp>
#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <optional>
#include <random>

namespace tickmesh {

namespace {

result<std::shared_ptr<epoch_store>> open_store(const settings& config, const char* name) {
  auto directory = std::filesystem::path{config.host.state_dir} / config.host.id / name;
  auto store = epoch_store::open(directory);
  if (!store) return tl::unexpected(store.error());
  return std::make_shared<epoch_store>(std::move(*store));
}

using credentials_ptr = std::shared_ptr<tls_credentials>; ///< null when connections are plain

result<credentials_ptr> open_credentials(const settings& config) {
  if (config.network.certificates.empty()) return credentials_ptr{};
  return tls_credentials::open(config.network.certificates);
}

result<host_parts> prepare(const process_options& options, const credentials_ptr& credentials) {
  host_parts parts;
  parts.config = std::make_shared<const settings>(options.config);
  auto& config = *parts.config;
  auto& roles = config.host.roles;
  parts.configuration_hash = configuration_hash(config);
  if (roles.contains(role::data)) {
    std::optional<progress_bar> bar; // from the first rows on: most sources are there at once
    file_source_options files;
    files.spool_directory = std::filesystem::path{config.host.state_dir} / config.host.id;
    files.on_rows = [&bar](std::uint64_t rows) {
      if (!bar) bar.emplace("reading", "rows");
      bar->show(rows);
    };
    auto source = open_source(config.source, config.instruments, {credentials, files});
    if (!source) return tl::unexpected(source.error());
    parts.source = *source;
  }
  parts.incarnation = std::random_device{}() | std::uint64_t{std::random_device{}()} << 32;
  auto seen = open_store(config, "host");
  if (!seen) return tl::unexpected(seen.error());
  parts.seen = *seen;
  if (roles.contains(role::control)) {
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
    auto rows = row_files::create(parts_directory(config.host), part_headers(config));
    if (!rows) return tl::unexpected(rows.error());
    parts.rows = std::move(*rows);
  }
  return parts;
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
  auto credentials = open_credentials(options.config);
  if (!credentials) return tl::unexpected(credentials.error());
  auto prepared = prepare(options, *credentials);
  if (!prepared) return tl::unexpected(prepared.error());
  if (options.on_prepared) options.on_prepared();
  auto parts = std::make_shared<const host_parts>(std::move(*prepared));
  auto& config = *parts->config;

  actor_system_options system_options;
  system_options.scheduler = config.host.scheduler;
  system_options.scheduler_threads = config.host.scheduler_threads;
  system_options.network = !options.embedded;
  system_options.network_timeout = config.cluster.failover_timeout;
  system_options.limits = config.network;
  system_options.credentials = *credentials;
  auto running = std::make_unique<running_system>(system_options);
  auto& system = running->system;
  if (auto verified = verify(system, system_options); !verified)
    return tl::unexpected(verified.error());

  auto host_done = std::make_shared<awaited_outcome>();
  auto cluster_done = std::make_shared<awaited_outcome>();
  host_surroundings surroundings{.system = system, .clock = host_clock::system()};
  auto started_ns = surroundings.clock->local_ns();
  surroundings.recover = options.recover;
  surroundings.memory_share = memory_share;
  surroundings.is_named = [&system](const caf::node_id& node, const std::string& host_id) {
    return !system.has_middleman() || reactor_of(system).is_named(node, host_id);
  };
  if (*credentials != nullptr)
    surroundings.certificate_ends_ns = [credentials = *credentials] {
      return std::chrono::nanoseconds{credentials->expires().time_since_epoch()}.count();
    };
  surroundings.process_document = [parts, clock = surroundings.clock, started_ns,
                                   &system](const cluster_view* view) {
    network_traffic none;
    return process_document(*parts->config, parts->source.get(), *clock, started_ns, view,
                            system.has_middleman() ? reactor_of(system).traffic() : none);
  };
  surroundings.on_status = options.on_status;
  surroundings.on_host_finished = [host_done](const host_outcome& o) { host_done->set(o); };
  surroundings.on_cluster_finished = [cluster_done](const host_outcome& o) {
    cluster_done->set(o);
  };
  auto host = compose_host(parts, surroundings);
  bool coordinates = host.coordinates();
  end_with(host.agent, "host_agent", host_done);
  if (coordinates) end_with(host.coordinator, "coordinator", cluster_done);

  endpoint address;
  if (!options.embedded) {
    auto listening = listen(system, host.agent, config.host, coordinates);
    if (!listening) {
      host.end();
      return tl::unexpected(listening.error());
    }
    address = *listening;
    log_info("{} listens on {}:{} (PAPER)", config.host.id, address.address, address.port);
    warn_of_network(config, credentials->get());
  }
  signals.start(
      [agent = host.agent](const std::string& name) { caf::anon_send(agent, stop_signal{name}); });
  caf::anon_send(host.agent, begin_join{address});

  auto outcome = host_done->wait();
  if (coordinates) outcome = cluster_done->wait();
  signals.stop();
  if (coordinates && !options.embedded) withdraw_control(config.host.state_dir, address);
  host.end();
  end_system(std::move(running));
  return outcome;
}

} // namespace tickmesh
