#include "actors/control/wire/cluster_document.hpp"

#include "actors/control/wire/view_codec.hpp"
#include "messages/utf8.hpp"
#include "runtime/results/json_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace tickmesh {

using json = nlohmann::ordered_json;

wire::Status make_status(const cluster_state& cluster, const status_inputs& inputs) {
  wire::Status out;
  out.set_cluster_name(inputs.cluster_name);
  out.set_phase(std::string{to_string(cluster.phase())});
  out.set_reason(replace_non_utf8(cluster.reason()));
  out.set_trading("PAPER");
  out.set_data_replication(inputs.data_replication);
  out.set_configuration_hash(inputs.configuration_hash);
  out.set_schema_hash(inputs.schema_hash);
  if (auto& view = cluster.view()) {
    out.set_cluster_id(view->cluster_id);
    out.set_epoch(view->number.value);
    auto waiting = cluster.waiting_slots();
    for (auto& assignment : view->slots) {
      auto* slot = out.add_slots();
      *slot = to_wire(assignment);
      if (auto waits = waiting.find(assignment.slot); waits != waiting.end())
        slot->set_waits(replace_non_utf8(waits->second));
    }
    if (inputs.with_symbols)
      out.mutable_symbols()->Assign(view->symbols.begin(), view->symbols.end());
  }
  std::map<std::string, std::uint64_t> totals;
  for (auto& row : cluster.registry()) {
    auto* host = out.add_hosts();
    host->set_node_id(row.node_id);
    host->set_node_type(row.node_type);
    host->set_host(row.host);
    host->set_port(row.port);
    host->set_status(std::string{to_string(row.status)});
    if (row.last_heartbeat)
      host->set_last_heartbeat_ns(inputs.wall_now_ns - (inputs.now - *row.last_heartbeat).count());
    if (row.load_score) host->set_load_score(*row.load_score);
    if (row.response_time) host->set_response_time_ns(row.response_time->count());
    for (auto slot : row.slots)
      host->add_slots(format_slot(slot));
    for (auto slot : row.replicas)
      host->add_replicas(format_slot(slot));
    host->set_failure(replace_non_utf8(row.failure));
    for (auto& failure : row.slot_failures)
      host->add_slot_failures(replace_non_utf8(failure));
    host->set_certificate_ends_ns(row.certificate_ends_ns);
    bool shared = !row.boot_id.empty() && row.boot_id == inputs.control_boot_id;
    host->set_shared_clock(shared);
    if (!shared && row.clock_offset) host->set_clock_offset_ns(row.clock_offset->count());
    // Whoever has taken a failed host's slots over counts from where their logs begin.
    bool is_counted_elsewhere = row.status == host_status::failed && row.slots.empty();
    for (auto& [name, count] : row.counters)
      if (!is_counted_elsewhere) totals[name] += count;
  }
  for (auto& [name, count] : totals) {
    auto* entry = out.add_counts();
    entry->set_name(name);
    entry->set_count(count);
  }
  for (auto& [host_id, execution_totals] : inputs.execution)
    *out.mutable_execution() = execution_totals;
  return out;
}

namespace {

json counts_to_json(const google::protobuf::RepeatedPtrField<wire::NamedCount>& counts) {
  json out = json::object();
  for (auto& entry : counts)
    out[entry.name()] = entry.count();
  return out;
}

/// A number that was measured, or null.
template <class T>
json measured(T value) {
  return value == T{} ? json{} : json(value);
}

json host_to_json(const wire::HostStatus& host) {
  return {{"node_id", host.node_id()},
          {"node_type", host.node_type()},
          {"host", host.host()},
          {"port", host.port()},
          {"status", host.status()},
          {"slots", std::vector<std::string>(host.slots().begin(), host.slots().end())},
          {"replicas", std::vector<std::string>(host.replicas().begin(), host.replicas().end())},
          {"failure", host.failure()},
          {"slot_failures",
           std::vector<std::string>(host.slot_failures().begin(), host.slot_failures().end())},
          {"last_heartbeat_ns", measured(host.last_heartbeat_ns())},
          {"load_score", measured(host.load_score())},
          {"response_time_ns", measured(host.response_time_ns())},
          {"certificate_ends_ns", measured(host.certificate_ends_ns())},
          {"shared_clock", host.shared_clock()},
          {"clock_offset_ns", host.clock_offset_ns()}};
}

json slot_to_json(const wire::Status& status, const wire::SlotAssignment& slot) {
  slot_name name{static_cast<role>(slot.role()), static_cast<std::uint16_t>(slot.index())};
  json out{{"slot", format_slot(name)}, {"host_id", slot.host_id()}, {"since_epoch", slot.since()}};
  if (!slot.waits().empty()) out["waits_for_operator"] = slot.waits();
  if (name.of == role::exec) return out;
  out["replicas"] = json::array();
  for (auto& replica : slot.replicas())
    out["replicas"].push_back({{"host_id", replica.host_id()}, {"in_sync", replica.in_sync()}});
  if (name.of != role::data) return out;
  out["copies_in_sync"] = copies_in_sync(slot);
  out["single_copy"] = is_single_copy(status, slot);
  return out;
}

} // namespace

std::optional<std::string> known_since(const wire::BrokerSession& session) {
  if (session.since_ns() == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
  return format_timestamp(from_ns(session.since_ns()));
}

namespace {

json sessions_to_json(const wire::ExecutionTotals& execution) {
  json out = json::array();
  for (auto& session : execution.sessions()) {
    json entry{{"broker", session.broker()},
               {"step", nullptr},
               {"since", nullptr},
               {"trading_day", nullptr},
               {"text", session.text()}};
    if (!session.step().empty()) {
      entry["step"] = session.step();
      if (auto since = known_since(session)) entry["since"] = *since;
    }
    if (session.trading_day() > 0) entry["trading_day"] = session.trading_day();
    out.push_back(std::move(entry));
  }
  return out;
}

} // namespace

int copies_in_sync(const wire::SlotAssignment& slot) {
  return 1 + static_cast<int>(std::ranges::count_if(
                 slot.replicas(), [](const wire::Replica& r) { return r.in_sync(); }));
}

bool is_single_copy(const wire::Status& status, const wire::SlotAssignment& slot) {
  return static_cast<role>(slot.role()) == role::data && status.data_replication() > 1 &&
         copies_in_sync(slot) == 1;
}

std::string cluster_document(const wire::Status& status) {
  json slots = json::array();
  for (auto& slot : status.slots())
    slots.push_back(slot_to_json(status, slot));
  json hosts = json::array();
  for (auto& host : status.hosts())
    hosts.push_back(host_to_json(host));
  auto& execution = status.execution();
  json document{{"cluster_name", status.cluster_name()},
                {"cluster_id", status.cluster_id()},
                {"trading", status.trading()},
                {"phase", status.phase()},
                {"epoch", status.epoch()},
                {"reason", status.reason()},
                {"data_replication", status.data_replication()},
                {"hosts", hosts},
                {"slots", slots},
                {"counts", counts_to_json(status.counts())},
                {"execution",
                 {{"trading_state", execution.trading_state()},
                  {"trading_set_by", execution.trading_set_by()},
                  {"trading_reason", execution.trading_reason()},
                  {"not_reconciled", std::vector<std::string>(execution.not_reconciled().begin(),
                                                              execution.not_reconciled().end())},
                  {"broker_sessions", sessions_to_json(execution)},
                  {"orders_by_verdict", counts_to_json(execution.orders_by_verdict())},
                  {"orders_by_status", counts_to_json(execution.orders_by_status())},
                  {"fills", execution.fills()},
                  {"open_positions", execution.open_positions()},
                  {"realised", execution.realised()},
                  {"unrealised", execution.unrealised()},
                  {"fees", execution.fees()},
                  {"waiting_for", execution.waiting_for()}}}};
  return json_text(document, 2) + "\n";
}

} // namespace tickmesh
