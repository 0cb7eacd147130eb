#include "tests/simulation/cluster/cluster_checks.hpp"

#include "actors/market/sources/open_source.hpp"
#include "tests/simulation/cluster/simulated_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tickmesh {

namespace {

/// How long a slot may take to get a second copy, where nothing is in the way.
constexpr std::chrono::seconds copy_patience{3};

/// How long after a fault its owner may still tell that a copy is behind.
constexpr std::chrono::milliseconds copy_doubt{600};

/// So many steps of time pass between two looks at everything.
constexpr std::uint64_t looks_to_one = 40;

} // namespace

void cluster_checks::lost(std::size_t host, const cluster_state* cluster, nanoseconds now) {
  auto& id = plan_.hosts[host].id;
  lost_.insert(id);
  // A copy that has just been out of reach may be about to be told behind.
  bool may_be_behind = now < disturbed_until_ + copy_doubt;
  disturbed_until_ = std::max(disturbed_until_, nanoseconds{1});
  if (cluster == nullptr || cluster->phase() == cluster_phase::stopping) may_lack_rows_ = true;
  auto& roles = plan_.hosts[host].roles;
  bool can_be_replaced = !roles.contains(role::exec) && !roles.contains(role::control);
  if (plan_.severity == plan_severity::disaster || !can_be_replaced || cluster == nullptr ||
      !cluster->view() || cluster->phase() == cluster_phase::starting ||
      cluster->phase() == cluster_phase::stopping) {
    may_end_ = true;
    return;
  }
  for (auto& slot : cluster->view()->slots) {
    bool has_owner = !lost_.contains(slot.host_id);
    bool has_successor = std::ranges::any_of(slot.replicas, [&](auto& replica) {
      return replica.in_sync && !lost_.contains(replica.host_id) && !may_be_behind;
    });
    if (slot.slot.of == role::calc)
      has_successor = std::ranges::any_of(plan_.hosts, [&](auto& other) {
        return other.roles.contains(role::calc) && !lost_.contains(other.id);
      });
    if (!has_owner && !has_successor) may_end_ = true;
  }
}

void cluster_checks::start_again() {
  lost_.clear();
  may_lack_rows_ = false;
  single_since_.clear();
  disturbed_until_ = {};
}

std::optional<std::string> cluster_checks::look(const cluster_state& cluster,
                                                const std::vector<const simulated_host*>& hosts,
                                                nanoseconds now) {
  // A host that is missed only when all are told to stop can't be taken over from.
  if (cluster.phase() == cluster_phase::stopping)
    for (auto& row : cluster.registry())
      if (lost_.contains(row.node_id) && row.status != host_status::failed) may_end_ = true;
  if (has_told_ || ++looks_ % looks_to_one != 0) return std::nullopt;
  auto out = find_two_owners(hosts);
  if (!out) out = find_single_copy(cluster, now);
  for (auto* host : hosts)
    if (!out) out = host->long_queue();
  has_told_ = out.has_value();
  return out;
}

std::optional<std::string>
cluster_checks::find_two_owners(const std::vector<const simulated_host*>& hosts) {
  std::map<std::pair<slot_name, epoch>, std::string> owners;
  for (auto* host : hosts)
    for (auto& [slot, since] : host->owned()) {
      auto [other, is_first] = owners.try_emplace({slot, since}, host->id());
      if (!is_first)
        return fmt::format("{} and {} both own {} since epoch {}", other->second, host->id(),
                           format_slot(slot), since.value);
    }
  return std::nullopt;
}

std::optional<std::string> cluster_checks::find_single_copy(const cluster_state& cluster,
                                                            nanoseconds now) {
  auto& view = *cluster.view();
  std::set<std::string> data_hosts;
  for (auto& row : cluster.registry())
    if (row.status == host_status::active || row.status == host_status::standby)
      if (row.node_type.find("data") != std::string::npos) data_hosts.insert(row.node_id);
  bool is_quiet = now > disturbed_until_ && cluster.phase() == cluster_phase::running &&
                  lost_.empty() && data_hosts.size() > 1;
  for (auto& slot : view.slots) {
    if (slot.slot.of != role::data) continue;
    bool has_copy = std::ranges::any_of(slot.replicas, &replica_assignment::in_sync);
    if (!is_quiet || has_copy)
      single_since_.erase(slot.slot);
    else if (now - single_since_.try_emplace(slot.slot, now).first->second > copy_patience)
      return format_slot(slot.slot) + " stays a single copy";
  }
  return std::nullopt;
}

std::shared_ptr<const feed_source> market_source(std::uint64_t market) {
  static std::map<std::uint64_t, std::shared_ptr<const feed_source>> all;
  auto& out = all[market];
  if (out == nullptr) {
    auto config = plan_settings(quiet_plan(market));
    out = open_source(config.source, config.instruments).value();
  }
  return out;
}

const result_lines& market_rows(std::uint64_t market, bool is_live) {
  static std::map<std::pair<std::uint64_t, bool>, result_lines> all;
  std::pair key{market, is_live};
  auto found = all.find(key);
  if (found == all.end())
    found = all.emplace(key, run_plan(quiet_plan(market, is_live)).rows).first;
  return found->second;
}

std::vector<std::string> compare_rows(const result_lines& got, const result_lines& expected,
                                      bool is_whole) {
  std::vector<std::string> out;
  // What is open when a cluster ends early looks different.
  constexpr std::array made_once{"factors", "signals", "fills"};
  constexpr std::array all{"factors", "signals", "fills", "orders", "positions", "pnl", "bars"};
  static const std::vector<std::string> none;
  auto of = [&](const result_lines& rows, const char* name) -> const std::vector<std::string>& {
    auto found = rows.find(name);
    return found == rows.end() ? none : found->second;
  };
  for (auto name : made_once)
    if (!std::ranges::includes(of(expected, name), of(got, name)))
      out.push_back(fmt::format("{}: rows that the run without faults does not have", name));
  for (auto name : all)
    if (is_whole && of(got, name) != of(expected, name))
      out.push_back(fmt::format("{}: {} rows, {} without faults", name, of(got, name).size(),
                                of(expected, name).size()));
  return out;
}

std::string describe(const cluster_state& cluster) {
  auto& view = *cluster.view();
  auto out = fmt::format("epoch {} {}:", view.number.value, to_string(cluster.phase()));
  for (auto& slot : view.slots) {
    out += fmt::format(" {}@{}", format_slot(slot.slot), slot.host_id);
    for (auto& replica : slot.replicas)
      out += (replica.in_sync ? "+" : "?") + replica.host_id;
  }
  return out;
}

} // namespace tickmesh
