// Rows for people: how a host is shown, and cluster_state's view of its hosts in that form.
#include "actors/control/cluster/registry.hpp"

#include "actors/control/cluster/cluster_state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace tickmesh {

std::optional<double> load_score(const host_measurement& measurement) {
  if (measurement.memory_share < 0) return std::nullopt;
  auto queued_share = std::min(1.0, static_cast<double>(measurement.queued_ticks) / 10'000.0);
  return 0.4 * measurement.memory_share + 0.6 * queued_share;
}

std::string format_roles(const std::set<role>& roles, std::string_view separator) {
  std::vector<std::string_view> names;
  for (auto r : roles)
    names.push_back(to_string(r));
  return fmt::format("{}", fmt::join(names, separator));
}

std::string format_seconds(nanoseconds t) {
  return format_decimal(static_cast<int128>(t.count()) / 1'000'000 * decimal_scale / 1000) + " s";
}

std::optional<endpoint> cluster_state::address_of(const std::string& host_id) const {
  auto i = hosts_.find(host_id);
  if (i == hosts_.end()) return std::nullopt;
  return i->second.request.address;
}

std::optional<std::uint64_t> cluster_state::incarnation_of(const std::string& host_id) const {
  auto i = hosts_.find(host_id);
  if (i == hosts_.end()) return std::nullopt;
  return i->second.request.incarnation;
}

std::vector<slot_name> cluster_state::slots_of(const std::string& host_id) const {
  std::vector<slot_name> out;
  for (auto& [slot, entry] : slots_)
    if (entry.host_id == host_id) out.push_back(slot);
  return out;
}

host_status cluster_state::status_of(const std::string& host_id, const host_entry& host) const {
  if (host.failed) return host_status::failed;
  if (!host.stopped && host.silence > options_.settings.failover_timeout / 2)
    return host_status::suspect;
  if (phase_ >= cluster_phase::draining) return host_status::draining;
  if (!view_) return host_status::joining;
  auto slots = slots_of(host_id);
  if (slots.empty() && !host.seats.contains(role::control)) return host_status::standby;
  auto is_ready = [this](slot_name s) { return slots_.at(s).ready; };
  return std::ranges::all_of(slots, is_ready) ? host_status::active : host_status::joining;
}

std::vector<registry_row> cluster_state::registry() const {
  std::vector<registry_row> out;
  for (auto& [id, host] : hosts_) {
    registry_row row;
    row.node_id = id;
    row.node_type = format_roles(host.request.roles, "+");
    row.host = host.request.address.address;
    row.port = host.request.address.port;
    row.status = status_of(id, host);
    row.failure = host.failure;
    row.boot_id = host.request.boot_id;
    row.slots = slots_of(id);
    for (auto& [slot, entry] : slots_) {
      if (entry.replicas.contains(id)) row.replicas.push_back(slot);
      for (auto* failures : {&entry.unfit, &entry.faults})
        if (auto failed = failures->find(id); failed != failures->end())
          row.slot_failures.push_back(format_slot(slot) + ": " + failed->second);
    }
    row.last_heartbeat = host.last_heartbeat;
    if (auto& m = host.measurement) {
      row.load_score = load_score(*m);
      row.response_time = m->response_time;
      row.clock_offset = m->clock_offset;
      row.certificate_ends_ns = m->certificate_ends_ns;
      row.counters = m->counters;
    }
    out.push_back(std::move(row));
  }
  return out;
}

} // namespace tickmesh
