#include "actors/control/wire/control_codec.hpp"

#include <algorithm>
#include <limits>

namespace tickmesh {

namespace {

constexpr std::uint32_t number_max = std::numeric_limits<std::uint16_t>::max();

/// Of slots in views, and of what is said about one.
template <class Message>
bool names_slot(const Message& slot) {
  return slot.role() < role_names.size() && slot.index() <= number_max;
}

template <class Slots>
bool name_slots(const Slots& slots) {
  return std::ranges::all_of(slots, [](auto& slot) { return names_slot(slot); });
}

template <class Hosts>
bool have_ports(const Hosts& hosts) {
  return std::ranges::all_of(hosts, [](auto& host) { return host.port() <= number_max; });
}

/// What Protobuf has read is what the types here can hold.
bool is_sound(const wire::ControlMessage& message) {
  using body = wire::ControlMessage;
  switch (message.body_case()) {
  case body::kJoin: return message.join().port() <= number_max;
  case body::kView: return name_slots(message.view().slots()) && have_ports(message.view().hosts());
  case body::kStatus: return name_slots(message.status().slots());
  case body::kSlotReady: return names_slot(message.slot_ready());
  case body::kSlotFinished: return names_slot(message.slot_finished());
  case body::kStartFeeds: return names_slot(message.start_feeds().slot());
  case body::kStopFeeds: return names_slot(message.stop_feeds().slot());
  case body::kReplicaState: return names_slot(message.replica_state().slot());
  case body::kSlotFailed: return names_slot(message.slot_failed().slot());
  case body::kFailoverRequest: return names_slot(message.failover_request());
  default: return true;
  }
}

} // namespace

control_bytes to_bytes(const wire::ControlMessage& message) {
  return {message.SerializeAsString()};
}

std::optional<wire::ControlMessage> from_bytes(const control_bytes& bytes) {
  wire::ControlMessage message;
  if (!message.ParseFromString(bytes.bytes) || !is_sound(message)) return std::nullopt;
  return message;
}

wire::Join to_wire(const host_join& join) {
  wire::Join out;
  out.set_host_id(join.host_id);
  for (auto r : join.roles)
    out.add_roles(static_cast<std::uint32_t>(r));
  out.set_address(join.address.address);
  out.set_port(join.address.port);
  out.set_cluster_name(join.cluster_name);
  out.set_schema_hash(join.schema_hash);
  out.set_build_id(join.build_id);
  out.set_configuration_hash(join.configuration_hash);
  out.set_boot_id(join.boot_id);
  out.set_seen_cluster_id(join.seen.cluster_id);
  out.set_seen_epoch(join.seen.number.value);
  for (auto& symbol : join.symbols)
    out.add_symbols(symbol);
  out.set_source_fingerprint(join.source_fingerprint);
  out.set_incarnation(join.incarnation);
  out.set_is_standby(join.is_standby);
  return out;
}

host_join from_wire(const wire::Join& join) {
  host_join out;
  out.host_id = join.host_id();
  for (auto r : join.roles())
    if (r < role_names.size()) out.roles.insert(static_cast<role>(r));
  out.address = {join.address(), static_cast<std::uint16_t>(join.port())};
  out.cluster_name = join.cluster_name();
  out.schema_hash = join.schema_hash();
  out.build_id = join.build_id();
  out.configuration_hash = join.configuration_hash();
  out.boot_id = join.boot_id();
  out.seen = {join.seen_cluster_id(), epoch{join.seen_epoch()}};
  out.symbols.assign(join.symbols().begin(), join.symbols().end());
  out.source_fingerprint = join.source_fingerprint();
  out.incarnation = join.incarnation();
  out.is_standby = join.is_standby();
  return out;
}

wire::View to_wire(const addressed_view& view) {
  wire::View out;
  out.set_cluster_id(view.view.cluster_id);
  out.set_epoch(view.view.number.value);
  out.set_formed_epoch(view.view.formed.value);
  out.set_configuration_version(view.view.configuration_version);
  for (auto& assignment : view.view.slots)
    *out.add_slots() = to_wire(assignment);
  for (auto& [host_id, address] : view.addresses) {
    auto* host = out.add_hosts();
    host->set_host_id(host_id);
    host->set_address(address.address);
    host->set_port(address.port);
  }
  for (auto& symbol : view.view.symbols)
    out.add_symbols(symbol);
  return out;
}

addressed_view from_wire(const wire::View& view) {
  addressed_view out;
  out.view.cluster_id = view.cluster_id();
  out.view.number = epoch{view.epoch()};
  out.view.formed = epoch{view.formed_epoch()};
  out.view.configuration_version = view.configuration_version();
  for (auto& slot : view.slots()) {
    slot_name name{static_cast<role>(slot.role()), static_cast<std::uint16_t>(slot.index())};
    auto& assignment =
        out.view.slots.emplace_back(slot_assignment{name, slot.host_id(), epoch{slot.since()}});
    for (auto& replica : slot.replicas())
      assignment.replicas.push_back(from_wire(replica));
  }
  for (auto& host : view.hosts())
    out.addresses[host.host_id()] = {host.address(), static_cast<std::uint16_t>(host.port())};
  out.view.symbols.assign(view.symbols().begin(), view.symbols().end());
  return out;
}

std::int64_t earlier_moment(std::int64_t a, std::int64_t b) {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

wire::SlotEvent to_slot_event(slot_name slot, epoch since) {
  wire::SlotEvent out;
  out.set_role(static_cast<std::uint32_t>(slot.of));
  out.set_index(slot.index);
  out.set_epoch(since.value);
  return out;
}

slot_name from_slot_event(const wire::SlotEvent& event) {
  return {static_cast<role>(event.role()), static_cast<std::uint16_t>(event.index())};
}

} // namespace tickmesh
