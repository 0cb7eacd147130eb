// The sections [cluster] and [host].
#include "apps/settings/load_settings.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::string_view no_standby = "standby hosts are not built yet; remove the key";

constexpr std::pair<std::string_view, publish_rule> publish_rules[] = {
    {"replicated", publish_rule::replicated}, {"local", publish_rule::local}};
constexpr std::pair<std::string_view, two_fault_rule> two_fault_rules[] = {
    {"hold", two_fault_rule::hold}, {"local", two_fault_rule::local}};

void load_roles(toml_section& section, std::set<role>& out) {
  std::vector<std::string> names;
  if (!section.read("roles", names)) return;
  if (section.has("roles")) out.clear();
  for (auto& name : names) {
    auto i = std::ranges::find(role_names, name);
    if (i == role_names.end())
      section.reject("roles",
                     fmt::format("\"{}\" is no role; allowed: data, calc, exec, control", name));
    else
      out.insert(static_cast<role>(i - role_names.begin()));
  }
}

/// Reads an address; true when there is one and it is valid.
bool read_endpoint(toml_section& section, std::string_view key, endpoint& out) {
  std::string text;
  if (!section.read(key, text) || !section.has(key)) return false;
  auto parsed = parse_endpoint(text);
  if (!parsed) {
    section.reject(key, parsed.error().message);
    return false;
  }
  out = *parsed;
  return true;
}

void read_name(toml_section& section, std::string_view key, std::string& out) {
  if (section.read(key, out) && !is_plain_name(out))
    section.reject(key, "is no name; allowed: 1 to 64 letters, digits, `_`, `-`, `.`, the first of "
                        "them a letter or digit");
}

} // namespace

void load_cluster(toml_section section, cluster_settings& out) {
  read_name(section, "name", out.name);
  section.read("data_slots", out.data_slots, 1, 64);
  section.read("calc_slots", out.calc_slots, 1, 64);
  std::uint16_t exec_slots = out.exec_slots;
  if (section.read("exec_slots", exec_slots, 0, 1000) && exec_slots != 1)
    section.reject("exec_slots", "several exec slots are not built yet; allowed: 1");
  section.read("data_replication", out.data_replication, 1, 64);
  section.read_choice("publish_after", out.publish_after, publish_rules);
  section.read_choice("on_two_faults", out.on_two_faults, two_fault_rules);
  section.read_duration("replica_ack_timeout_ms", out.replica_ack_timeout, milliseconds{10},
                        milliseconds{60'000});
  section.read_duration("health_check_interval_ms", out.health_check_interval, milliseconds{10},
                        milliseconds{60'000});
  section.read_duration("failover_timeout_ms", out.failover_timeout, milliseconds{40}, hours{1});
  // Fewer probes than four in the time-out would make one late answer a failure.
  if (out.failover_timeout < 4 * out.health_check_interval)
    section.reject("failover_timeout_ms",
                   fmt::format("{} ms is too short for a health_check_interval_ms of {}; allowed: "
                               "at least four times that",
                               out.failover_timeout.count(), out.health_check_interval.count()));
  section.read_duration("join_timeout_ms", out.join_timeout, milliseconds{100}, hours{24});
  section.read_duration("drain_timeout_ms", out.drain_timeout, milliseconds{100}, hours{24});
  for (auto key : {"standby", "auto_failover", "max_retry_attempts", "load_balance_strategy"})
    section.refuse(key, no_standby);
  section.refuse("cluster_store", "only the file store is built yet; remove the key");
}

void load_host(toml_section section, host_settings& out) {
  read_name(section, "id", out.id);
  load_roles(section, out.roles);
  read_endpoint(section, "listen", out.listen);
  endpoint join;
  if (read_endpoint(section, "join", join)) {
    if (join.port == 0) section.reject("join", "has no port to join; allowed: 1 to 65535");
    out.join = join;
  }
  section.read("insecure_network", out.insecure_network);
  if (!is_loopback(out.listen) && !out.insecure_network)
    section.reject("listen",
                   "is open to the network, and TLS is not built yet: whoever reaches the cluster "
                   "port can stop or take over this process; allowed: a loopback address, or "
                   "insecure_network = true (--insecure-network) behind a firewall that admits "
                   "cluster hosts only");
  if (!out.roles.empty() && !out.roles.contains(role::control) && !out.join)
    section.reject("join", "is missing, and a host without the role control needs it; allowed: the "
                           "control host's address, as in 127.0.0.1:8848");
  section.read("announce_file", out.announce_file);
  section.read("state_dir", out.state_dir);
  section.read("results_dir", out.results_dir);
  for (auto [key, value] :
       {std::pair{"state_dir", &out.state_dir}, {"results_dir", &out.results_dir}})
    if (value->empty()) section.reject(key, "is empty; allowed: a directory");
  section.read("scheduler_threads", out.scheduler_threads, 1, 64);
  section.read("link_window_items", out.link_window_items, 256, 16'777'216);
  // A larger round makes a message that holds up heartbeats.
  section.read("round_ticks_max", out.round_ticks_max, 1, 16'384);
  // A link has to hold several rounds, or the time mark that frees it may never get through.
  if (out.link_window_items < 4 * out.round_ticks_max)
    section.reject(
        "link_window_items",
        fmt::format("{} is too small for a round_ticks_max of {}; allowed: at least four "
                    "times that",
                    out.link_window_items, out.round_ticks_max));
  section.read("replay_buffer_mib", out.replay_buffer_mib, 1, 65'536);
  section.read("restarts_max", out.restarts_max, 0, 1000);
  section.read_duration("restart_period_ms", out.restart_period, milliseconds{100}, hours{24});
  section.refuse("standby", no_standby);
}

} // namespace tickmesh
