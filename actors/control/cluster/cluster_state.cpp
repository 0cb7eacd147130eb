#include "actors/control/cluster/cluster_state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace tickmesh {

cluster_state::cluster_state(cluster_state_options options)
    : options_(std::move(options)), now_(options_.now),
      pauses_(options_.settings.failover_timeout / 2, options_.now),
      deadline_(options_.now + options_.settings.join_timeout) {}

cluster_effects cluster_state::slot_ready(const slot_claim& claim) {
  auto entry = find_claimed(claim);
  if (!entry || std::exchange(entry->ready, true)) return {};
  if (phase_ != cluster_phase::starting) {
    if (claim.slot.of != role::data) return {};
    cluster_effects out{effect::start_feeds{claim.slot}};
    if (phase_ == cluster_phase::draining) out.push_back(effect::stop_feeds{reason_, claim.slot});
    return out;
  }
  auto is_ready = [](const auto& s) { return s.second.ready; };
  if (!std::ranges::all_of(slots_, is_ready)) return {};
  phase_ = cluster_phase::running;
  return {effect::start_feeds{}};
}

cluster_effects cluster_state::slot_finished(const slot_claim& claim) {
  auto entry = find_claimed(claim);
  if (!entry || phase_ == cluster_phase::starting) return {};
  entry->finished = true;
  auto is_finished = [](const auto& s) { return s.second.finished; };
  auto has_ended = [](const auto& s) { return s.first.of != role::data || s.second.finished; };
  if (phase_ == cluster_phase::running && std::ranges::all_of(slots_, has_ended))
    begin_draining("the source has ended");
  cluster_effects out;
  if (std::ranges::all_of(slots_, is_finished)) stop_hosts(out);
  return out;
}

void cluster_state::begin_draining(const std::string& reason) {
  phase_ = cluster_phase::draining;
  reason_ = reason;
  deadline_ = now_ + options_.settings.drain_timeout;
}

cluster_effects cluster_state::stop_requested(const std::string& reason, bool failed) {
  cluster_effects out;
  if (failed) {
    fail_cluster(reason, out);
  } else if (phase_ == cluster_phase::forming || phase_ == cluster_phase::starting) {
    reason_ = reason;
    stop_hosts(out);
  } else if (phase_ == cluster_phase::running) {
    begin_draining(reason);
    out.push_back(effect::stop_feeds{reason, std::nullopt});
  }
  return out;
}

void cluster_state::pong(const std::string& host_id, const host_measurement& measurement) {
  auto host = find_alive(host_id);
  if (!host) return;
  host->silence = nanoseconds{0};
  host->probe_silence.reset();
  host->last_heartbeat = now_;
  host->measurement = measurement;
}

void cluster_state::counted(const std::string& host_id,
                            std::map<std::string, std::uint64_t> counters) {
  auto host = find_alive(host_id);
  if (!host) return;
  if (!host->measurement) host->measurement.emplace();
  host->measurement->counters = std::move(counters);
}

cluster_effects cluster_state::host_stopped(const std::string& host_id) {
  cluster_effects out;
  auto host = find_alive(host_id);
  if (host && phase_ == cluster_phase::stopping) {
    host->stopped = true;
    finish_when_stopped(out);
  } else if (host) {
    give_up(host_id, "it stopped without having been asked to", true, out);
  }
  return out;
}

void cluster_state::fail_cluster(const std::string& reason, cluster_effects& out) {
  if (phase_ == cluster_phase::stopped) return;
  if (!failed_) reason_ = reason;
  failed_ = true;
  if (phase_ != cluster_phase::stopping) stop_hosts(out);
}

/// Tells every host to stop: the flow's first hosts first, the control host last.
void cluster_state::stop_hosts(cluster_effects& out) {
  phase_ = cluster_phase::stopping;
  deadline_ = now_ + options_.settings.drain_timeout;
  pending_.reset();
  std::vector<std::pair<role, std::string>> order;
  for (auto& [id, host] : hosts_)
    if (!host.disconnected || host.is_alive()) order.emplace_back(*host.seats.rbegin(), id);
  std::ranges::sort(order);
  for (auto& [last_role, id] : order)
    out.push_back(effect::stop_host{id, reason_, failed_});
  finish_when_stopped(out);
}

void cluster_state::finish_when_stopped(cluster_effects& out) {
  auto is_alive = [](const auto& h) { return h.second.is_alive(); };
  if (phase_ != cluster_phase::stopping || std::ranges::any_of(hosts_, is_alive)) return;
  phase_ = cluster_phase::stopped;
  out.push_back(effect::cluster_finished{failed_ ? 1 : 0, reason_});
}

cluster_effects cluster_state::advance(nanoseconds now) {
  auto gap = pauses_.advance(now);
  // Nobody was asked while this process stood still.
  auto probed = std::min<nanoseconds>(std::max(now - now_, nanoseconds{}), 2 * probe_interval());
  now_ = std::max(now_, now);
  for (auto& [id, host] : hosts_)
    if (host.probe_silence) *host.probe_silence += probed;
  cluster_effects out;
  std::vector<std::string> silent;
  for (auto& [id, host] : hosts_) {
    if (!host.is_alive()) continue;
    host.silence += gap;
    if (host.silence > options_.settings.failover_timeout) silent.push_back(id);
  }
  // None of them is to take over from another.
  for (auto& id : silent)
    hosts_.at(id).failed = true;
  for (auto& id : silent)
    give_up(id,
            fmt::format("it was silent for {}, longer than cluster.failover_timeout_ms allows ({})",
                        format_seconds(hosts_.at(id).silence),
                        format_seconds(options_.settings.failover_timeout)),
            false, out);
  move_from_silent_hosts(out);
  check_deadline(out);
  return out;
}

void cluster_state::check_deadline(cluster_effects& out) {
  auto& s = options_.settings;
  if (pending_ && now_ >= pending_deadline_)
    return fail_cluster(
        fmt::format("waited {} for the new epoch to be stored", format_seconds(s.join_timeout)),
        out);
  if (now_ < deadline_) return;
  switch (phase_) {
  case cluster_phase::forming: fail_cluster(describe_missing_hosts(), out); break;
  case cluster_phase::starting:
    fail_cluster(fmt::format("waited {} for {} to get ready", format_seconds(s.join_timeout),
                             describe_slots(&slot_entry::ready)),
                 out);
    break;
  case cluster_phase::draining:
    fail_cluster(fmt::format("waited {} for {} to finish, after {}",
                             format_seconds(s.drain_timeout), describe_slots(&slot_entry::finished),
                             reason_),
                 out);
    break;
  case cluster_phase::stopping: {
    std::vector<std::string> late;
    for (auto& [id, host] : hosts_)
      if (host.is_alive()) late.push_back(id);
    fail_cluster(fmt::format("waited {} for {} to stop, after {}", format_seconds(s.drain_timeout),
                             fmt::join(late, ", "), reason_),
                 out);
    for (auto& id : late)
      hosts_.at(id).failed = true;
    finish_when_stopped(out);
    break;
  }
  case cluster_phase::running:
  case cluster_phase::stopped: break;
  }
}

/// `calc/0 on host b, ...`: the slots that lack a mark.
std::string cluster_state::describe_slots(bool slot_entry::*done) const {
  std::vector<std::string> out;
  for (auto& [slot, entry] : slots_)
    if (!(entry.*done))
      out.push_back(fmt::format("{} on host {}{}", format_slot(slot), entry.host_id,
                                entry.waits.empty() ? "" : " (it waits for an operator)"));
  return fmt::format("{}", fmt::join(out, ", "));
}

cluster_state::host_entry* cluster_state::find_alive(const std::string& host_id) {
  auto i = hosts_.find(host_id);
  return i != hosts_.end() && i->second.is_alive() ? &i->second : nullptr;
}

const cluster_state::host_entry* cluster_state::find_alive(const std::string& host_id) const {
  auto i = hosts_.find(host_id);
  return i != hosts_.end() && i->second.is_alive() ? &i->second : nullptr;
}

} // namespace tickmesh
