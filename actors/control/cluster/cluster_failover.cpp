// The part of cluster_state that keeps copies of data slots on several hosts, and hands the slots
// of a failed host over to others. Every change is a view with an epoch of its own.
#include "actors/control/cluster/cluster_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace tickmesh {

/// The slot that is claimed rightly: null while nothing runs, and for an owner that is deposed.
cluster_state::slot_entry* cluster_state::find_claimed(const slot_claim& claim) {
  auto i = slots_.find(claim.slot);
  if (!view_ || !can_hand_over() || i == slots_.end()) return nullptr;
  auto& entry = i->second;
  bool owns = entry.host_id == claim.host_id && entry.since == claim.since && entry.waits.empty();
  return owns && entry.since.value != 0 ? &entry : nullptr;
}

bool cluster_state::can_hand_over() const {
  return phase_ == cluster_phase::starting || phase_ == cluster_phase::running ||
         phase_ == cluster_phase::draining;
}

cluster_effects cluster_state::replica_state(const slot_claim& claim,
                                             const replica_assignment& said) {
  cluster_effects out;
  auto entry = find_claimed(claim);
  if (!entry) return out;
  auto found = entry->replicas.find(said.host_id);
  if (found == entry->replicas.end()) return out;
  auto& replica = found->second;
  bool is_heard = replica.since.value != 0 && replica.since == said.since;
  if (!is_heard || replica.in_sync == said.in_sync) return out;
  replica.in_sync = said.in_sync;
  change_view(out);
  return out;
}

cluster_effects cluster_state::host_failed(const std::string& host_id, const std::string& reason) {
  cluster_effects out;
  if (!find_alive(host_id)) return out;
  // Unlike a lost host, it is there to tell why; waiting for a better one would hide the reason.
  if (phase_ == cluster_phase::forming) {
    auto& host = hosts_.at(host_id);
    host.failed = true;
    host.failure = reason;
    fail_cluster(fmt::format("host {} failed: {}", host_id, reason), out);
    finish_when_stopped(out);
  } else {
    give_up(host_id, reason, false, out);
  }
  return out;
}

/// Why hosts may have taken this control host for lost, if they may: they count from its last ping.
std::optional<std::string> cluster_state::own_fault() const {
  auto& s = options_.settings;
  auto pause = pauses_.recent();
  if (!pause || *pause + 2 * s.health_check_interval < s.failover_timeout) return std::nullopt;
  return fmt::format("the control host itself was held up for {}, and hosts take it for lost after "
                     "{} (cluster.failover_timeout_ms)",
                     format_seconds(*pause), format_seconds(s.failover_timeout));
}

/// Takes a host for dead. While the cluster forms its seats are free again; later its slots go to
/// the hosts that can take them over, or all stops.
void cluster_state::give_up(const std::string& host_id, const std::string& why, bool disconnected,
                            cluster_effects& out) {
  auto& host = hosts_.at(host_id);
  auto text = fmt::format("host {} failed: {}", host_id, why);
  host.failed = true;
  host.failure = why;
  host.disconnected = host.disconnected || disconnected;
  if (phase_ == cluster_phase::forming) {
    if (!host.disconnected) out.push_back(effect::stop_host{host_id, text, true});
    return;
  }
  if (auto fault = own_fault()) {
    // The others have left, too, or are about to: nobody is there to take over.
    fail_cluster(fmt::format("{}; host {} was the first to be missed: {}", *fault, host_id, why),
                 out);
  } else if (auto lacking = reason_to_stop_without(host_id)) {
    fail_cluster(can_hand_over() ? fmt::format("{}; {}", text, *lacking) : text, out);
  } else if (can_hand_over()) {
    if (!host.disconnected) out.push_back(effect::stop_host{host_id, text, true});
    out.push_back(effect::host_given_up{host_id, text});
    hand_over(host_id, out);
  }
  finish_when_stopped(out);
}

/// Who can take the slot over now.
std::optional<std::string> cluster_state::successor_of(slot_name slot,
                                                       const slot_entry& entry) const {
  if (slot.of == role::data) return replica_host_of(entry);
  if (slot.of == role::calc) {
    auto replica = replica_host_of(entry);
    return replica ? replica : adopter_of(slot, entry);
  }
  return std::nullopt;
}

/// The first host that is alive, has been seen in sync, and so holds every accepted tick.
std::optional<std::string> cluster_state::replica_host_of(const slot_entry& entry) const {
  for (auto& [id, replica] : entry.replicas)
    if (replica.may_take_over && hosts_.at(id).is_alive()) return id;
  return std::nullopt;
}

/// A host that offers the slot's role and can begin it anew: one that was heard lately before one
/// that is suspect or out of reach, then one whose replica is behind and has calculated the most,
/// then the one with the fewest slots, as a standby is, and of these the one with the least load.
std::optional<std::string> cluster_state::adopter_of(slot_name slot,
                                                     const slot_entry& entry) const {
  std::optional<std::tuple<bool, bool, std::size_t, double, std::string>> best;
  for (auto& [id, host] : hosts_) {
    bool is_able = host.is_alive() && host.request.roles.contains(slot.of);
    if (!is_able || id == entry.host_id || entry.unfit.contains(id)) continue;
    auto load = host.measurement ? load_score(*host.measurement) : std::nullopt;
    bool is_doubtful = host.disconnected || host.silence > options_.settings.failover_timeout / 2;
    bool begins_anew = !entry.replicas.contains(id);
    std::tuple rank{is_doubtful, begins_anew, slots_of(id).size(), load.value_or(0), id};
    if (!best || rank < *best) best = rank;
  }
  if (!best) return std::nullopt;
  return std::get<std::string>(*best);
}

/// False where that was tried too often lately: for a slot that ends its hosts one after the other,
/// or one whose replicas all come to another state.
bool cluster_state::may_repeat(const std::vector<nanoseconds>& before) const {
  auto& s = options_.settings;
  auto recent = std::ranges::count_if(
      before, [&](nanoseconds then) { return now_ - then <= s.retry_period; });
  return static_cast<std::uint64_t>(recent) < s.max_retry_attempts;
}

void cluster_state::note_repeated(std::vector<nanoseconds>& before) const {
  std::erase_if(before,
                [this](nanoseconds then) { return now_ - then > options_.settings.retry_period; });
  before.push_back(now_);
}

/// `data/0 has no replica in sync`, or what else nobody can do in place of this host.
std::optional<std::string> cluster_state::reason_to_stop_without(const std::string& host_id) const {
  if (hosts_.at(host_id).seats.contains(role::control)) return "it is the control host";
  for (auto& [slot, entry] : slots_)
    if (entry.host_id == host_id || !entry.waits.empty())
      if (auto lacking = lacks_successor(slot, entry)) return lacking;
  return std::nullopt;
}

std::optional<std::string> cluster_state::lacks_successor(slot_name slot,
                                                          const slot_entry& entry) const {
  if (can_hand_over() && successor_of(slot, entry)) return std::nullopt;
  return format_slot(slot) +
         (slot.of == role::data ? " has no replica in sync" : " has no standby");
}

/// Why a slot whose host is gone is left to the operator; empty where it is not.
std::string cluster_state::reason_to_wait(const slot_entry& entry) const {
  auto& s = options_.settings;
  if (!s.auto_failover) return "cluster.auto_failover is false";
  if (may_repeat(entry.handed_over)) return {};
  return fmt::format("it was handed over {} times within {} (cluster.max_retry_attempts, "
                     "cluster.retry_period_ms)",
                     s.max_retry_attempts, format_seconds(s.retry_period));
}

/// Why an operator can't have the slot moved now.
std::optional<std::string> cluster_state::reason_to_stay(slot_name slot,
                                                         const slot_entry& entry) const {
  if (!can_hand_over())
    return fmt::format("the cluster is {}; slots are moved when it is RUNNING", to_string(phase_));
  if (auto lacking = lacks_successor(slot, entry)) return lacking;
  if (!entry.waits.empty()) return std::nullopt;
  if (!replica_host_of(entry))
    return fmt::format("{} runs on host {}, and no replica of it is in sync; start a standby "
                       "(--standby) and wait until status shows its replica in sync, or stop the "
                       "host",
                       format_slot(slot), entry.host_id);
  // The replica may lack what the owner accepts until the view has reached it.
  if (slot.of == role::data && options_.settings.publish_after == publish_rule::local)
    return fmt::format(
        "{} runs on host {}, and with cluster.publish_after = \"local\" its replica may "
        "lack the last ticks; stop the host",
        format_slot(slot), entry.host_id);
  return std::nullopt;
}

cluster_effects cluster_state::failover_requested(slot_name slot) {
  auto found = slots_.find(slot);
  if (found == slots_.end() || !view_)
    return {effect::answer_failover{false, "there is no slot " + format_slot(slot)}};
  auto& entry = found->second;
  if (auto why = reason_to_stay(slot, entry)) return {effect::answer_failover{false, *why}};
  auto from = entry.host_id;
  give_to_successor(slot, entry);
  cluster_effects out{
      effect::answer_failover{true, fmt::format("{} goes from host {} to host {}",
                                                format_slot(slot), from, entry.host_id)}};
  fill_replicas();
  change_view(out);
  renew_deadline();
  return out;
}

std::map<slot_name, std::string> cluster_state::waiting_slots() const {
  std::map<slot_name, std::string> out;
  for (auto& [slot, entry] : slots_)
    if (!entry.waits.empty()) out[slot] = entry.waits;
  return out;
}

/// Gives the slots of a failed host to their successors. They begin again there, even those that
/// had finished: what the host had to report of them is gone.
void cluster_state::hand_over(const std::string& host_id, cluster_effects& out) {
  bool changed = false;
  for (auto& [slot, entry] : slots_) {
    if (entry.replicas.erase(host_id) > 0) changed = true;
    if (entry.host_id != host_id) continue;
    move_slot(slot, entry, out);
    changed = true;
  }
  if (fill_replicas()) changed = true;
  if (!changed) return;
  change_view(out);
  renew_deadline();
}

/// The slot's host can't go on with it. Precondition: it has a successor.
void cluster_state::move_slot(slot_name slot, slot_entry& entry, cluster_effects& out) {
  entry.waits = reason_to_wait(entry);
  if (entry.waits.empty()) return give_to_successor(slot, entry);
  entry.ready = entry.finished = false;
  out.push_back(
      effect::slot_given_up{fmt::format("{} waits for `tickmesh failover {}`: {}",
                                        format_slot(slot), format_slot(slot), entry.waits)});
}

/// Precondition: it has one.
void cluster_state::give_to_successor(slot_name slot, slot_entry& entry) {
  entry.waits.clear();
  entry.host_id = *successor_of(slot, entry);
  note_repeated(entry.handed_over);
  entry.since = epoch{};
  entry.ready = entry.finished = false;
  entry.replicas.erase(entry.host_id);
}

/// A slot begins again: what is waited for takes longer.
void cluster_state::renew_deadline() {
  if (phase_ == cluster_phase::starting) deadline_ = now_ + options_.settings.join_timeout;
  if (phase_ == cluster_phase::draining) deadline_ = now_ + options_.settings.drain_timeout;
}

cluster_effects cluster_state::slot_failed(const slot_claim& claim, const std::string& reason) {
  cluster_effects out;
  auto* entry = find_claimed(claim);
  if (!entry || !find_alive(claim.host_id)) return out;
  auto text = fmt::format("host {} failed: {}: {}", claim.host_id, format_slot(claim.slot), reason);
  entry->unfit[claim.host_id] = reason;
  if (auto lacking = lacks_successor(claim.slot, *entry)) {
    fail_cluster(fmt::format("{}; {}", text, *lacking), out);
    finish_when_stopped(out);
    return out;
  }
  out.push_back(effect::slot_given_up{
      fmt::format("{} failed on host {}: {}", format_slot(claim.slot), claim.host_id, reason)});
  move_slot(claim.slot, *entry, out);
  fill_replicas();
  change_view(out);
  renew_deadline();
  return out;
}

cluster_effects cluster_state::replica_failed(const slot_claim& replica, const std::string& reason,
                                              bool begins_again) {
  cluster_effects out;
  auto& host_id = replica.host_id;
  auto found = slots_.find(replica.slot);
  if (!view_ || !can_hand_over() || found == slots_.end() || !find_alive(host_id)) return out;
  auto& entry = found->second;
  auto kept = entry.replicas.find(host_id);
  if (kept == entry.replicas.end() || kept->second.since != replica.since) return out;
  entry.replicas.erase(kept);
  bool stays_fit = begins_again && may_repeat(entry.begun_again);
  (stays_fit ? entry.faults : entry.unfit)[host_id] = reason;
  if (stays_fit)
    note_repeated(entry.begun_again);
  else
    entry.faults.erase(host_id);
  out.push_back(effect::slot_given_up{fmt::format("the replica of {} failed on host {}{}: {}",
                                                  format_slot(replica.slot), host_id,
                                                  stays_fit ? " and begins again" : "", reason)});
  fill_replicas();
  change_view(out);
  return out;
}

/// Gives slots that have too few copies a replica: a data slot on the hosts that follow its owner
/// in the ring of data hosts, a calculation slot on the standbys that have the least to do. Tells
/// whether it did. A cluster that drains begins no copy.
bool cluster_state::fill_replicas() {
  if (phase_ == cluster_phase::draining) return false;
  bool added = false;
  for (auto& [slot, entry] : slots_) {
    std::size_t wanted = 1;
    if (slot.of == role::data) wanted = options_.settings.data_replication;
    if (slot.of == role::calc) wanted = options_.settings.calc_replication;
    auto hosts = slot.of == role::calc ? idle_standbys() : players(slot.of);
    if (slot.of == role::data)
      std::ranges::rotate(hosts, std::ranges::upper_bound(hosts, entry.host_id));
    for (auto& id : hosts) {
      if (entry.replicas.size() + 1 >= wanted) break;
      if (id == entry.host_id || entry.unfit.contains(id)) continue;
      if (entry.replicas.try_emplace(id).second) added = true;
    }
  }
  return added;
}

/// The hosts that play the role calc and own no slot, those with the fewest replicas first:
/// standbys, and those whose slots have moved.
std::vector<std::string> cluster_state::idle_standbys() const {
  auto out = players(role::calc);
  std::erase_if(out, [this](auto& id) { return !slots_of(id).empty(); });
  auto copies = [this](const std::string& id) {
    return std::ranges::count_if(slots_,
                                 [&](auto& slot) { return slot.second.replicas.contains(id); });
  };
  std::ranges::stable_sort(out, {}, copies);
  return out;
}

std::vector<std::string> cluster_state::data_owners() const {
  std::vector<std::string> out;
  for (auto& [slot, entry] : slots_)
    if (slot.of == role::data) out.push_back(entry.host_id);
  return out;
}

/// Asks for an epoch for a new view, unless one is on its way: the view shows what holds then.
void cluster_state::change_view(cluster_effects& out) {
  if (pending_) return;
  pending_ = {view_->cluster_id, view_->number + epoch{1}, data_owners()};
  pending_deadline_ = now_ + options_.settings.join_timeout;
  out.push_back(effect::persist_epoch{*pending_});
}

cluster_effects cluster_state::epoch_persisted(epoch number) {
  if (!pending_ || pending_->number != number) return {};
  // A slot that has moved meanwhile moves with this view: it is stored before anybody obeys it.
  if (auto owners = data_owners(); owners != pending_->data_owners) {
    pending_->data_owners = std::move(owners);
    return {effect::persist_epoch{*pending_}};
  }
  cluster_view view;
  view.cluster_id = pending_->cluster_id;
  view.number = number;
  view.formed = view_ ? view_->formed : number;
  view.configuration_version = options_.configuration_version;
  for (auto& [slot, entry] : slots_) {
    if (entry.since.value == 0) entry.since = number;
    auto& assignment = view.slots.emplace_back(slot_assignment{slot, entry.host_id, entry.since});
    for (auto& [id, replica] : entry.replicas) {
      if (replica.since.value == 0) replica.since = number;
      replica.may_take_over = replica.in_sync;
      assignment.replicas.push_back({id, replica.in_sync, replica.since});
    }
  }
  if (view_)
    view.symbols = view_->symbols;
  else if (auto data = seated(role::data); !data.empty())
    view.symbols = hosts_.at(data.front()).request.symbols;
  pending_.reset();
  view_ = view;
  return {effect::publish_view{std::move(view)}};
}

} // namespace tickmesh
