#include "tests/simulation/cluster/simulated_host.hpp"

#include "actors/market/slot/data_slot_actor.hpp"
#include "apps/host/process.hpp"
#include "runtime/log/directories.hpp"
#include "runtime/log/log_file.hpp"
#include "tests/simulation/cluster/queue_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace tickmesh {

namespace {

std::shared_ptr<const settings> host_settings_of(const cluster_plan& plan, std::size_t number) {
  auto out = plan_settings(plan);
  out.host.id = plan.hosts[number].id;
  out.host.roles = plan.hosts[number].roles;
  out.host.standby = plan.hosts[number].is_standby;
  out.host.state_dir = "state";
  out.host.results_dir = "results";
  if (number != 0) out.host.join = endpoint{plan.hosts[0].id, simulated_host::control_port};
  return std::make_shared<const settings>(std::move(out));
}

} // namespace

simulated_host::simulated_host(simulated_network& network, const cluster_plan& plan,
                               std::size_t number, std::shared_ptr<const feed_source> source,
                               live_sender* sender)
    : network_(network), plan_(plan.hosts[number]), number_(number), is_control_(number == 0),
      keeps_port_(plan.keeps_ports), config_(host_settings_of(plan, number)),
      source_(std::move(source)), sender_(sender), clock_error_(plan_.clock_error) {}

simulated_host::~simulated_host() {
  if (is_alive()) kill(last_breath::silent);
}

result<host_parts> simulated_host::prepare(std::uint64_t incarnation) {
  host_parts out;
  auto& config = *config_;
  out.config = config_;
  out.incarnation = incarnation;
  if (plan_.roles.contains(role::data))
    out.source = sender_ != nullptr ? sender_->begin_life(number_) : source_;
  auto open = [&](const char* name) -> result<std::shared_ptr<epoch_store>> {
    auto directory = std::filesystem::path{config.host.state_dir} / config.host.id / name;
    auto store = epoch_store::open(directory, *files_);
    if (!store) return tl::make_unexpected(store.error());
    return std::make_shared<epoch_store>(std::move(*store));
  };
  auto seen = open("host");
  if (!seen) return tl::make_unexpected(seen.error());
  out.seen = *seen;
  if (is_control_) {
    auto store = open("coordinator");
    if (!store) return tl::make_unexpected(store.error());
    out.coordinator_store = *store;
    out.fresh_cluster_id = "simulated-cluster";
  }
  auto directory = parts_directory(config.host);
  if (auto removed = remove_tree(*files_, directory); !removed)
    return tl::make_unexpected(removed.error());
  auto rows = row_files::create(directory, part_headers(config), *files_);
  if (!rows) return tl::make_unexpected(rows.error());
  out.rows = std::move(*rows);
  return out;
}

result<void> simulated_host::start(std::uint64_t incarnation) {
  files_ = std::make_unique<disk_session>(disk_, incarnation);
  files_->on_call = [this](disk_call what, const std::filesystem::path&) { on_disk_call(what); };
  calls_left_ = 0;
  is_slow_ = false;
  random_.seed(incarnation);
  status_.reset();
  auto prepared = prepare(incarnation);
  if (!prepared) {
    outcome_ = {1, prepared.error().message};
    return tl::make_unexpected(prepared.error());
  }
  host_done_.reset();
  cluster_done_.reset();
  outcome_.reset();
  node_ = &network_.add(plan_.id);
  auto* node = node_;
  auto right = to_ns(config_->source.sim.start) +
               (network_.now() - node->fixture.now()).count(); // the market's clock
  host_surroundings given{.system = node->fixture.system(),
                          .clock = std::make_shared<host_clock>([this, node, right] {
                            return right + (node->fixture.now() + clock_error_).count();
                          })};
  given.files = files_.get();
  given.has_threads = false;
  given.memory_share = [] { return 0.25; };
  given.process_document = [](const cluster_view*) { return std::string{"{}\n"}; };
  given.on_status = [this](const wire::Status& now) { status_ = now; };
  given.on_host_finished = [this](const host_outcome& o) { host_done_ = o; };
  given.on_cluster_finished = [this](const host_outcome& o) {
    last_view_ = coordinating().cluster->view();
    cluster_done_ = o;
  };
  host_ = compose_host(std::make_shared<const host_parts>(std::move(*prepared)), given);
  // A process that comes back gets another port of the system, or has one of its own; the control
  // host's is configured.
  auto port = static_cast<std::uint16_t>(is_control_ ? control_port : control_port + ++lives_);
  if (keeps_port_ && !is_control_) port = control_port + 1;
  node->publish(host_.agent, port);
  caf::anon_send(host_.agent, begin_join{{plan_.id, port}});
  return {};
}

void simulated_host::kill(last_breath breath) {
  if (sender_ != nullptr) sender_->end_life(number_);
  files_->end();
  waiting_.clear();
  host_.end();
  network_.kill(*std::exchange(node_, nullptr), breath);
}

void simulated_host::lose_power(std::mt19937_64& random) {
  if (is_alive()) kill(last_breath::silent);
  disk_.lose_power(random);
}

void simulated_host::kill_at_call(std::uint64_t n) {
  calls_left_ = n;
}

void simulated_host::on_disk_call(disk_call what) {
  if (calls_left_ > 0 && --calls_left_ == 0) {
    if (node_ != nullptr && !node_->is_paused)
      network_.pause(*node_); // nobody hears of it any more
    return files_->end();
  }
  bool is_sync = what == disk_call::fdatasync || what == disk_call::fsync;
  if (!is_slow_ || !is_sync || node_ == nullptr) return;
  auto* who = node_->fixture.running();
  if (who == nullptr) return;
  node_->fixture.freeze(who);
  auto takes = std::chrono::milliseconds{5 + random_() % 496};
  waiting_.emplace(network_.now() + takes, who);
}

void simulated_host::wake_waiting() {
  while (!waiting_.empty() && waiting_.begin()->first <= network_.now()) {
    auto* who = waiting_.extract(waiting_.begin()).mapped();
    bool waits_on = std::ranges::any_of(waiting_, [who](auto& e) { return e.second == who; });
    if (!waits_on) node_->fixture.thaw(who);
  }
}

const host_agent_state* simulated_host::agent_state() const {
  if (!is_alive() || host_done_) return nullptr;
  auto* actor = caf::actor_cast<caf::abstract_actor*>(host_.agent);
  return &static_cast<caf::stateful_actor<host_agent_state>*>(actor)->state;
}

std::map<slot_name, epoch> simulated_host::owned() const {
  std::map<slot_name, epoch> out;
  if (auto* agent = agent_state())
    for (auto& [slot, running] : agent->slots.slots())
      out[slot] = running.since;
  return out;
}

std::optional<std::string> simulated_host::long_queue() const {
  auto* agent = agent_state();
  return agent == nullptr ? std::nullopt : find_long_queue(*agent, *config_);
}

std::vector<std::string> simulated_host::describe_slots() const {
  std::vector<std::string> out;
  auto* agent = agent_state();
  if (agent == nullptr) return out;
  for (auto& [slot, running] : agent->slots.slots()) {
    auto text = format_slot(slot) + " at " + id();
    for (auto peer : running.peers_missing)
      text += ", looks for " + format_slot(peer);
    if (slot.of == role::data) {
      auto* actor = caf::actor_cast<caf::abstract_actor*>(running.handle);
      auto& state = static_cast<data_slot_actor*>(actor)->state;
      if (state.replicas && state.records && state.links)
        text += fmt::format(", records {}, accepted {}, acknowledged {}{}{}",
                            state.log->last_record().value, state.replicas->accepted().value,
                            state.links->acknowledged_by_all(state.log->last_record()).value,
                            state.links->are_open() ? "" : ", not all links open",
                            state.records->is_ended() ? ", ended"
                            : state.started           ? ""
                            : state.ready             ? ", ready and not started"
                                                      : ", not ready");
      state.links->visit([&](const link_end& to, const link_sender& link) {
        text += fmt::format("; {}: sent {}, done {}, {} items", format_slot(to.slot),
                            link.last_number(), link.acknowledged_number(), link.in_flight_items());
      });
    }
    out.push_back(std::move(text));
  }
  return out;
}

const cluster_state* simulated_host::cluster() const {
  if (host_.coordinator == nullptr || cluster_done_) return nullptr;
  return coordinating().cluster.get();
}

const coordinator_state& simulated_host::coordinating() const {
  auto* actor = caf::actor_cast<caf::abstract_actor*>(host_.coordinator);
  return static_cast<coordinator_actor*>(actor)->state;
}

bool simulated_host::end_when_done() {
  if (!is_alive() || !host_done_ || (is_control_ && !cluster_done_)) return false;
  outcome_ = is_control_ ? *cluster_done_ : *host_done_;
  kill(last_breath::finished);
  return true;
}

std::filesystem::path simulated_host::state_of(const std::string& what) const {
  return std::filesystem::path{config_->host.state_dir} / id() / what;
}

std::vector<std::string> simulated_host::strategies() const {
  std::vector<std::string> out;
  for (auto& each : config_->strategies)
    out.push_back(each.name);
  return out;
}

std::map<std::string, std::vector<std::string>> simulated_host::rows(const cluster_view& last) {
  std::map<std::string, std::vector<std::string>> out;
  disk_session reader{disk_};
  auto directory = parts_directory(config_->host);
  std::vector<std::string> names;
  if (reader.list(directory, names) != 0) return out;
  // By kind and slot, the newest file: an ownership before may have left one, too.
  std::map<std::pair<std::string, std::string>, std::pair<std::uint64_t, std::string>> newest;
  for (auto& name : names) {
    auto dot = name.find('.'), next = name.find('.', dot + 1), end = name.rfind(".csv");
    if (next == std::string::npos || end == std::string::npos || end <= next) continue;
    auto& file = newest[{name.substr(0, dot), name.substr(dot + 1, next - dot - 1)}];
    file = std::max(file, {std::stoull(name.substr(next + 1, end - next - 1)), name});
  }
  for (auto& assignment : last.slots) {
    if (assignment.host_id != id()) continue;
    auto slot = fmt::format("{}-{}", to_string(assignment.slot.of), assignment.slot.index);
    for (auto& [key, file] : newest) {
      if (key.second != slot) continue;
      auto text = read_file(reader, directory + "/" + file.second);
      if (!text) continue;
      std::istringstream lines{*text};
      std::string line;
      std::getline(lines, line); // the header
      while (std::getline(lines, line))
        out[key.first].push_back(line);
    }
  }
  return out;
}

} // namespace tickmesh
