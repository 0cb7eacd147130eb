// A whole cluster inside one driven actor system: a coordinator, host agents, their slots, rows and
// epochs in memory. The composition is that of a process, without threads, files and sockets.
#pragma once

#include "actors/calc/slot/calc_slot_actor.hpp"
#include "actors/control/host/host_agent_actor.hpp"
#include "actors/execution/slot/exec_slot_actor.hpp"
#include "actors/market/slot/data_slot_actor.hpp"
#include "actors/market/slot/log_replica_actor.hpp"
#include "actors/market/sources/open_source.hpp"
#include "apps/settings/load_settings.hpp"
#include "runtime/cluster/epoch_keeper_actor.hpp"
#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/slot_surroundings.hpp"
#include "tests/support/temporary_directory.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

/// A host of the cluster and the faults that a test plants in its slots.
struct host_plan {
  std::string id;
  std::set<role> roles;
  std::function<void()> feed_probe{};
  std::function<void(const tick&)> stream_probe{};
  std::function<void(const tick&)> calculator_probe{};
  std::function<void(const sequenced_event&)> risk_probe{};
};

/// Stands for the epoch_keeper: remembers, and writes nothing.
inline caf::behavior memory_epoch_keeper(caf::event_based_actor*,
                                         std::shared_ptr<std::vector<cluster_epoch>> saved) {
  return {
      [saved](const save_epoch& request) -> epoch_saved {
        saved->push_back(request.value);
        return {request.value, {}};
      },
  };
}

/// Starts the actor of a slot as a process does.
inline caf::actor start_planned_slot(caf::event_based_actor* parent, const slot_context& context,
                                     const std::shared_ptr<const settings>& config,
                                     const std::shared_ptr<const feed_source>& source,
                                     const host_plan& plan) {
  std::shared_ptr<const instrument_table> instruments{config, &config->instruments};
  if (context.slot.of == role::data) {
    data_slot_options data;
    data.context = context;
    data.source = source;
    data.instruments = instruments;
    data.cleaning = config->cleaning;
    data.log = config->tick_log;
    data.cluster = config->cluster;
    if (!config->execution.every_tick()) data.mark_interval = config->execution.mark_interval;
    data.speed = config->source.speed;
    data.start_keeper = start_keeper_here;
    data.probe = plan.stream_probe;
    data.feed_probe = plan.feed_probe;
    return parent->spawn(data_slot, std::move(data));
  }
  if (context.slot.of == role::calc) {
    calc_slot_options calc;
    calc.context = context;
    calc.instruments = instruments;
    calc.strategies = config->strategies;
    calc.signals_held_max = config->calc.signals_held_max;
    calc.quarantined_max = config->calc.quarantined_max;
    calc.rows_held_bytes_max = config->calc.rows_held_mib_max << 20;
    calc.probe = plan.calculator_probe;
    return parent->spawn(calc_slot, std::move(calc));
  }
  exec_slot_options exec;
  exec.context = context;
  exec.instruments = instruments;
  exec.settings = config->execution;
  for (auto& s : config->strategies)
    exec.strategies.push_back(s.name);
  exec.start_keeper = start_journal_keeper_here;
  exec.probe = plan.risk_probe;
  return parent->spawn(exec_slot, std::move(exec));
}

/// What every host of a test cluster says of itself.
inline host_join make_test_join(const host_plan& plan, const feed_source& source) {
  host_join out;
  out.host_id = plan.id;
  out.roles = plan.roles;
  out.cluster_name = "tickmesh";
  out.schema_hash = schema_hash();
  out.build_id = "test";
  out.boot_id = "one machine";
  if (plan.roles.contains(role::data)) {
    out.symbols = source.symbols().names();
    out.source_fingerprint = source.fingerprint();
  }
  return out;
}

class embedded_cluster {
public:
  struct member {
    host_plan plan;
    caf::actor agent;
    caf::actor writer;
    std::shared_ptr<written_files> files = std::make_shared<written_files>();
    std::optional<host_outcome> outcome;
    std::map<slot_name, caf::actor> slots;
  };

  /// The first plan is that of the control host. `config.cluster` says how many slots there are.
  embedded_cluster(actor_system_fixture& fixture, settings config,
                   std::shared_ptr<const feed_source> source, const std::vector<host_plan>& plans)
      : fixture_(fixture), config_(std::make_shared<const settings>(std::move(config))),
        source_(std::move(source)) {
    for (auto& plan : plans) {
      auto& added = *members_.emplace_back(std::make_unique<member>());
      added.plan = plan;
    }
    *reachable_ = [this](const endpoint& address) {
      auto number = std::size_t{address.port} - first_port;
      if (number >= members_.size() || members_[number]->outcome) return caf::actor{};
      return members_[number]->agent;
    };
    spawn_coordinator();
    for (std::size_t i = 0; i < members_.size(); ++i)
      spawn_agent(i);
  }

  embedded_cluster(const embedded_cluster&) = delete;
  embedded_cluster& operator=(const embedded_cluster&) = delete;
  ~embedded_cluster() { *reachable_ = nullptr; }

  /// Every host listens: joining begins.
  void start() {
    for (std::size_t i = 0; i < members_.size(); ++i)
      caf::anon_send(members_[i]->agent, begin_join{address_of(i)});
  }

  /// Drives until the cluster and all hosts have ended; false when they don't within `limit`.
  bool run_to_the_end(std::chrono::nanoseconds limit = std::chrono::minutes{10}) {
    return fixture_.run_until([this] { return has_ended(); }, limit);
  }

  bool has_ended() const {
    bool all = outcome.has_value();
    for (auto& m : members_)
      all = all && m->outcome.has_value();
    return all;
  }

  member& at(const std::string& id) {
    for (auto& m : members_)
      if (m->plan.id == id) return *m;
    throw std::out_of_range{id};
  }

  /// The rows of all hosts, sorted.
  std::map<std::string, std::vector<std::string>> rows() const {
    std::map<std::string, std::vector<std::string>> out;
    for (auto name : {"ticks_rejected", "factors", "signals", "orders", "fills", "positions"}) {
      auto& lines = out[name];
      for (auto& m : members_) {
        auto part = m->files->sorted_rows(name);
        lines.insert(lines.end(), part.begin(), part.end());
      }
      std::sort(lines.begin(), lines.end());
    }
    return out;
  }

  /// Keeps all actors of a host from running, as if its process were stopped.
  void freeze(const std::string& id) {
    auto& m = at(id);
    fixture_.freeze(m.agent);
    for (auto& [slot, handle] : m.slots)
      fixture_.freeze(handle);
  }
  void thaw(const std::string& id) {
    auto& m = at(id);
    fixture_.thaw(m.agent);
    for (auto& [slot, handle] : m.slots)
      fixture_.thaw(handle);
  }

  const std::vector<std::unique_ptr<member>>& members() const { return members_; }
  std::optional<host_outcome> outcome; ///< the coordinator's
  std::optional<wire::Status> status;  ///< as of the last heartbeat
  caf::actor coordinator_handle;
  std::shared_ptr<std::vector<cluster_epoch>> saved_epochs =
      std::make_shared<std::vector<cluster_epoch>>();

private:
  static constexpr std::uint16_t first_port = 4001;
  static endpoint address_of(std::size_t member) {
    return {"127.0.0.1", static_cast<std::uint16_t>(first_port + member)};
  }

  void spawn_coordinator() {
    auto& first = *members_.front();
    coordinator_options options;
    options.cluster.settings = config_->cluster;
    options.cluster.fresh_cluster_id = "test cluster";
    options.cluster.schema_hash = schema_hash();
    options.cluster.build_id = "test";
    options.host_id = first.plan.id;
    options.boot_id = "one machine";
    options.clock = fixture_.make_clock();
    options.epochs = fixture_.spawn(memory_epoch_keeper, saved_epochs);
    options.writer = fixture_.spawn(memory_writer, first.files);
    options.on_status = [this](const wire::Status& now) { status = now; };
    options.on_finished = [this](const host_outcome& o) { outcome = o; };
    coordinator_handle = fixture_.spawn(coordinator, std::move(options));
  }

  void spawn_agent(std::size_t index) {
    auto* m = members_[index].get();
    host_agent_options options;
    options.join = make_test_join(m->plan, *source_);
    auto host = std::make_shared<host_settings>(config_->host);
    host->id = m->plan.id;
    host->join = address_of(0);
    host->state_dir = state_.path().string();
    options.host = host;
    options.cluster = config_->cluster;
    if (index == 0) options.coordinator = coordinator_handle;
    options.connect = [reachable =
                           reachable_](caf::event_based_actor*, const endpoint& address,
                                       std::chrono::milliseconds,
                                       const std::function<void(const connect_outcome&)>& done) {
      auto found = *reachable ? (*reachable)(address) : nullptr;
      done({found, "nothing listens there", found == nullptr});
    };
    options.clock = fixture_.make_clock();
    options.epochs = fixture_.spawn(memory_epoch_keeper, saved_epochs);
    options.writer = m->writer = fixture_.spawn(memory_writer, m->files);
    options.start_slot = [this, m](caf::event_based_actor* parent, const slot_context& context) {
      auto handle = start_planned_slot(parent, context, config_, source_, m->plan);
      m->slots[context.slot] = handle;
      return handle;
    };
    options.start_replica = [this](caf::event_based_actor* parent, const slot_context& context) {
      log_replica_options replica;
      replica.context = context;
      replica.source = source_;
      replica.settings = config_->tick_log;
      replica.start_keeper = start_keeper_here;
      return parent->spawn(log_replica, std::move(replica));
    };
    options.memory_share = [] { return 0.25; };
    options.process_document = [](const cluster_view*) { return std::string{"{}\n"}; };
    options.on_finished = [m](const host_outcome& o) { m->outcome = o; };
    m->agent = fixture_.spawn(host_agent, std::move(options));
  }

  /// The agent that listens at an address, of a process that has not ended; actors may ask for
  /// longer than the cluster is there.
  using reach = std::function<caf::actor(const endpoint&)>;
  std::shared_ptr<reach> reachable_ = std::make_shared<reach>();
  temporary_directory state_; ///< outlives the actors that write to it
  actor_system_fixture& fixture_;
  std::shared_ptr<const settings> config_;
  std::shared_ptr<const feed_source> source_;
  std::vector<std::unique_ptr<member>> members_;
};

/// Settings of a cluster that is small and quick, with every kind of strategy.
inline settings small_cluster_settings() {
  auto out = default_settings();
  out.source.sim.symbols = 8;
  out.source.sim.ticks = 4'000;
  out.source.sim.ticks_per_second = 1'000;
  out.source.sim.bad_share.fill(0.005);
  out.host.round_ticks_max = 128;
  out.host.scheduler_threads = 4; // as many rounds at one time
  out.host.link_window_items = 1'024;
  out.strategies[0].width = decimal_scale * 3 / 2;
  auto windowed = out.strategies[0];
  windowed.name = "boll_windowed";
  windowed.mode = strategy_mode::windowed;
  windowed.window = std::chrono::milliseconds{500};
  windowed.step = std::chrono::milliseconds{100};
  windowed.emit = emit_mode::every;
  out.strategies.push_back(windowed);
  out.execution.limits.position_max = quantity{20 * decimal_scale};
  out.execution.order_lifetime = std::chrono::milliseconds{100};
  out.execution.sim.reject_share = 0.02;
  out.execution.sim.lost_ack_share = 0.02;
  out.cluster.failover_timeout = std::chrono::milliseconds{2'000};
  return out;
}

/// Two data, two calc slots and the control host with the exec slot, each on a host of its own.
inline std::vector<host_plan> five_hosts() {
  return {{.id = "control", .roles = {role::control, role::exec}},
          {.id = "calc-a", .roles = {role::calc}},
          {.id = "calc-b", .roles = {role::calc}},
          {.id = "data-a", .roles = {role::data}},
          {.id = "data-b", .roles = {role::data}}};
}

inline settings five_host_settings() {
  auto out = small_cluster_settings();
  out.cluster.data_slots = out.cluster.calc_slots = 2;
  return out;
}

inline std::shared_ptr<const feed_source> small_cluster_source() {
  static const auto out = [] {
    auto config = small_cluster_settings();
    return open_source(config.source, config.instruments).value();
  }();
  return out;
}

} // namespace tickmesh
