// The sections [cluster], [host] and [network].
#include "apps/settings/declarations.hpp"
#include "apps/settings/load_settings.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::pair<std::string_view, publish_rule> publish_rules[] = {
    {"replicated", publish_rule::replicated}, {"local", publish_rule::local}};
constexpr std::pair<std::string_view, scheduler_kind> scheduler_kinds[] = {
    {"reactor", scheduler_kind::reactor}, {"caf", scheduler_kind::caf}};
constexpr std::pair<std::string_view, two_fault_rule> two_fault_rules[] = {
    {"hold", two_fault_rule::hold}, {"local", two_fault_rule::local}};

result<void> take_roles(const std::vector<std::string>& names, std::set<role>& out) {
  out.clear();
  for (auto& name : names) {
    auto i = std::ranges::find(role_names, name);
    if (i == role_names.end())
      return fail(fmt::format("\"{}\" is no role; allowed: data, calc, exec, control", name));
    out.insert(static_cast<role>(i - role_names.begin()));
  }
  return {};
}

setting::parsed_list roles_setting(std::set<role>& out) {
  std::vector<std::string> names;
  for (auto of : out)
    names.emplace_back(role_names[static_cast<std::size_t>(of)]);
  return {std::move(names), [&out](auto& texts) { return take_roles(texts, out); }};
}

/// An address; `Out` is an endpoint, or one that may be missing.
template <class Out>
setting::parsed endpoint_setting(const endpoint* now, Out& out) {
  return {now != nullptr ? fmt::format("{}:{}", now->address, now->port) : std::string{},
          [&out](const std::string& text) -> result<void> {
            auto parsed = parse_endpoint(text);
            if (!parsed) return tl::make_unexpected(parsed.error());
            out = *parsed;
            return {};
          }};
}

void check_name(toml_section& section, std::string_view key, const std::string& name) {
  if (!is_plain_name(name))
    section.reject(key, "is no name; allowed: 1 to 64 letters, digits, `_`, `-`, `.`, the first of "
                        "them a letter or digit");
}

} // namespace

void declare(cluster_settings& s, setting_visitor& v) {
  v.text("name", s.name);
  v.whole("data_slots", s.data_slots, 1, 64);
  v.whole("calc_slots", s.calc_slots, 1, 64);
  v.whole("exec_slots", s.exec_slots, 0, 1000);
  v.whole("data_replication", s.data_replication, 1, 64);
  v.whole("calc_replication", s.calc_replication, 1, 2);
  v.choice("publish_after", s.publish_after, publish_rules);
  v.choice("on_two_faults", s.on_two_faults, two_fault_rules);
  v.duration("replica_ack_timeout_ms", s.replica_ack_timeout, milliseconds{10},
             milliseconds{60'000});
  v.duration("health_check_interval_ms", s.health_check_interval, milliseconds{10},
             milliseconds{60'000});
  v.duration("failover_timeout_ms", s.failover_timeout, milliseconds{40}, hours{1});
  v.duration("calc_failover_timeout_ms", s.calc_failover_timeout, milliseconds{40}, hours{1});
  v.duration("join_timeout_ms", s.join_timeout, milliseconds{100}, hours{24});
  v.duration("drain_timeout_ms", s.drain_timeout, milliseconds{100}, hours{24});
  v.duration("retry_interval_ms", s.retry_interval, milliseconds{10}, milliseconds{60'000});
  v.duration("request_timeout_ms", s.request_timeout, milliseconds{100}, milliseconds{600'000});
  v.duration("goodbye_timeout_ms", s.goodbye_timeout, milliseconds{0}, milliseconds{60'000});
  v.whole("waiting_queries_max", s.waiting_queries_max, 64, 65'536);
  v.flag("auto_failover", s.auto_failover);
  v.whole("max_retry_attempts", s.max_retry_attempts, 0, 100);
  v.duration("retry_period_ms", s.retry_period, milliseconds{100}, hours{1});
}

void check_cluster(toml_section section, const cluster_settings& out) {
  check_name(section, "name", out.name);
  if (out.exec_slots != 1)
    section.reject("exec_slots", "several exec slots are not built yet; allowed: 1");
  // Fewer probes than four in the time-out would make one late answer a failure.
  if (out.failover_timeout < 4 * out.health_check_interval)
    section.reject("failover_timeout_ms",
                   fmt::format("{} ms is too short for a health_check_interval_ms of {}; allowed: "
                               "at least four times that",
                               out.failover_timeout.count(), out.health_check_interval.count()));
  if (out.calc_failover_timeout > out.failover_timeout)
    section.reject("calc_failover_timeout_ms",
                   fmt::format("{} ms; allowed: at most failover_timeout_ms ({}), after which the "
                               "whole host has failed",
                               out.calc_failover_timeout.count(), out.failover_timeout.count()));
  section.refuse("load_balance_strategy", "is not built yet; remove the key");
  section.refuse("cluster_store", "only the file store is built yet; remove the key");
}

void declare(host_settings& s, setting_visitor& v) {
  v.text("id", s.id);
  v.parsed_list("roles", &s.roles, roles_setting(s.roles));
  v.parsed("listen", &s.listen, endpoint_setting(&s.listen, s.listen));
  v.parsed("join", &s.join, endpoint_setting(s.join ? &*s.join : nullptr, s.join));
  v.flag("standby", s.standby);
  v.flag("insecure_network", s.insecure_network);
  v.text("announce_file", s.announce_file);
  v.text("state_dir", s.state_dir);
  v.text("results_dir", s.results_dir);
  v.choice("scheduler", s.scheduler, scheduler_kinds);
  v.whole("scheduler_threads", s.scheduler_threads, 1, 64);
  v.whole("link_window_items", s.link_window_items, 256, 16'777'216);
  v.duration("link_silence_ms", s.link_silence, milliseconds{50}, milliseconds{60'000});
  // A larger round makes a message that holds up heartbeats.
  v.whole("round_ticks_max", s.round_ticks_max, 1, 16'384);
  v.whole("rounds_in_flight_max", s.rounds_in_flight_max, 1, 64);
  v.whole("replay_buffer_mib", s.replay_buffer_mib, 1, 65'536);
  v.whole("restarts_max", s.restarts_max, 0, 1000);
  v.duration("restart_period_ms", s.restart_period, milliseconds{100}, hours{24});
  v.duration("restart_backoff_ms", s.restart_backoff, milliseconds{0}, milliseconds{60'000});
}

void declare(network_settings& s, setting_visitor& v) {
  v.flag("other_users", s.other_users);
  v.text("certificates", s.certificates);
  // What senders keep to, with their headers, has to pass.
  v.whole("message_kib_max", s.message_kib_max, 1'280, 1'048'576);
  v.whole("connections_max", s.connections_max, 1, 65'536);
  v.whole("handshakes_max", s.handshakes_max, 1, 65'536);
  v.whole("unsent_mib_max", s.unsent_mib_max, 1, 65'536);
  v.duration("log_interval_ms", s.log_interval, milliseconds{0}, hours{1});
  v.duration("handshake_timeout_ms", s.handshake_timeout, milliseconds{10}, hours{1});
  v.duration("connect_timeout_ms", s.connect_timeout, milliseconds{10}, hours{1});
  v.duration("close_timeout_ms", s.close_timeout, milliseconds{10}, milliseconds{60'000});
}

void check_host(toml_section section, const host_settings& out, const network_settings& network) {
  check_name(section, "id", out.id);
  if (out.join && out.join->port == 0)
    section.reject("join", "has no port to join; allowed: 1 to 65535");
  if (!is_loopback(out.listen) && network.certificates.empty() && !out.insecure_network)
    section.reject("listen",
                   "is open to the network, and connections are plain: whoever reaches the cluster "
                   "port can stop or take over this process; allowed: a loopback address, "
                   "network.certificates for TLS (scripts/certificates.sh), or insecure_network = "
                   "true (--insecure-network) behind a firewall that admits cluster hosts only");
  if (!out.roles.empty() && !out.roles.contains(role::control) && !out.join)
    section.reject("join", "is missing, and a host without the role control needs it; allowed: the "
                           "control host's address, as in 127.0.0.1:8848");
  for (auto [key, value] :
       {std::pair{"state_dir", &out.state_dir}, {"results_dir", &out.results_dir}})
    if (value->empty()) section.reject(key, "is empty; allowed: a directory");
  // A link has to hold several rounds, or the time mark that frees it may never get through.
  if (out.link_window_items < 4 * out.round_ticks_max)
    section.reject(
        "link_window_items",
        fmt::format("{} is too small for a round_ticks_max of {}; allowed: at least four "
                    "times that",
                    out.link_window_items, out.round_ticks_max));
  if (out.standby && !out.roles.contains(role::data) && !out.roles.contains(role::calc))
    section.reject("standby",
                   "needs a role that can be taken over; allowed: with the roles data or "
                   "calc");
}

} // namespace tickmesh
