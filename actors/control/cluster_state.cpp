#include "actors/control/cluster_state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace tickmesh {

namespace {

constexpr std::array<role, 3> slot_roles{role::data, role::calc, role::exec};
constexpr std::size_t refused_shown_max = 8;

std::string format_seconds(nanoseconds t) {
  return format_decimal(static_cast<int128>(t.count()) / 1'000'000 * decimal_scale / 1000) + " s";
}

} // namespace

cluster_state::cluster_state(cluster_state_options options)
    : options_(std::move(options)), now_(options_.now),
      deadline_(options_.now + options_.settings.join_timeout) {}

std::uint16_t cluster_state::slots_wanted(role r) const {
  switch (r) {
  case role::data: return options_.settings.data_slots;
  case role::calc: return options_.settings.calc_slots;
  case role::exec: return options_.settings.exec_slots;
  case role::control: break;
  }
  return 1;
}

/// The hosts that take a seat of this role, by id.
std::vector<std::string> cluster_state::seated(role r) const {
  std::vector<std::string> out;
  for (auto& [id, host] : hosts_)
    if (host.is_alive() && host.seats.contains(r)) out.push_back(id);
  return out;
}

std::set<role> cluster_state::free_seats(const std::set<role>& offered) const {
  std::set<role> out;
  for (auto r : offered)
    if (seated(r).size() < slots_wanted(r)) out.insert(r);
  return out;
}

/// What sets the host apart from the coordinator or from an earlier data host.
std::optional<std::string> cluster_state::mismatch(const host_join& request) const {
  auto& id = request.host_id;
  if (request.cluster_name != options_.settings.name)
    return fmt::format("host {} wants to join the cluster {}, but this is the cluster {}; correct "
                       "its cluster.name or the address that it joins",
                       id, request.cluster_name, options_.settings.name);
  if (request.schema_hash != options_.schema_hash)
    return fmt::format("host {} speaks message schema {:016x}, the coordinator {:016x}; run the "
                       "same release on all hosts",
                       id, request.schema_hash, options_.schema_hash);
  if (request.build_id != options_.build_id)
    return fmt::format("host {} runs build {}, the coordinator {}; run the same program on all "
                       "hosts",
                       id, request.build_id, options_.build_id);
  if (request.configuration_hash != options_.configuration_hash)
    return fmt::format("host {} has other settings than the coordinator (cleaning, strategies, "
                       "execution or instruments; hashes {:016x} and {:016x}); start all hosts "
                       "with the same configuration file",
                       id, request.configuration_hash, options_.configuration_hash);
  if (auto seen = check_seen_epoch(options_.stored, request.seen, id, options_.recover); !seen)
    return seen.error().message;
  return std::nullopt;
}

std::optional<std::string> cluster_state::reason_to_refuse(const host_join& request,
                                                           const std::set<role>& seats) const {
  auto& id = request.host_id;
  if (auto known = hosts_.find(id); known != hosts_.end() && known->second.is_alive())
    return fmt::format(
        "a host with the id {} has joined from {}:{} and is alive; give each host an "
        "id of its own",
        id, known->second.request.address.address, known->second.request.address.port);
  if (auto text = mismatch(request)) return text;
  if (phase_ != cluster_phase::forming)
    return fmt::format("host {} comes too late: the cluster is {}, and standbys are not built yet",
                       id, to_string(phase_));
  if (seats.empty())
    return fmt::format("host {} ({}) is one too many: every slot of its roles has a host, and "
                       "standbys are not built yet",
                       id, format_roles(request.roles, ", "));
  if (!seats.contains(role::data)) return std::nullopt;
  for (auto& other_id : seated(role::data)) {
    auto& other = hosts_.at(other_id).request;
    if (other.symbols != request.symbols)
      return fmt::format("the sources of hosts {} and {} differ: {} and {} symbols, or in another "
                         "order; give both the same source and instruments",
                         other_id, id, other.symbols.size(), request.symbols.size());
    if (other.source_fingerprint != request.source_fingerprint)
      return fmt::format("the sources of hosts {} and {} differ: fingerprints {:016x} and {:016x}; "
                         "give both the same source",
                         other_id, id, other.source_fingerprint, request.source_fingerprint);
  }
  return std::nullopt;
}

cluster_effects cluster_state::join(const host_join& request) {
  auto seats = free_seats(request.roles);
  if (auto why = reason_to_refuse(request, seats)) {
    if (refused_.size() < refused_shown_max || refused_.contains(request.host_id))
      refused_[request.host_id] = *why;
    return {effect::refuse_join{request.host_id, *why}};
  }
  host_entry host;
  host.request = request;
  host.seats = std::move(seats);
  hosts_.insert_or_assign(request.host_id, std::move(host));
  refused_.erase(request.host_id);
  cluster_effects out{effect::accept_join{request.host_id}};
  auto full = [this](role r) { return seated(r).size() == slots_wanted(r); };
  if (std::ranges::all_of(slot_roles, full)) form(out);
  return out;
}

/// Every slot has a host: assigns them, and asks for the epoch that the view will bear.
void cluster_state::form(cluster_effects& out) {
  std::vector<cluster_epoch> seen;
  for (auto r : slot_roles) {
    std::uint16_t index = 0;
    for (auto& id : seated(r)) {
      slot_name slot{r, index++};
      slots_[slot].host_id = id;
      hosts_.at(id).slots.push_back(slot);
    }
  }
  for (auto& [id, host] : hosts_)
    if (host.is_alive()) seen.push_back(host.request.seen);
  pending_ = next_epoch(options_.stored, seen, options_.fresh_cluster_id);
  phase_ = cluster_phase::starting;
  deadline_ = now_ + options_.settings.join_timeout;
  out.push_back(effect::persist_epoch{*pending_});
}

cluster_effects cluster_state::epoch_persisted(epoch number) {
  if (phase_ != cluster_phase::starting || !pending_ || pending_->number != number) return {};
  cluster_view view;
  view.cluster_id = pending_->cluster_id;
  view.number = pending_->number;
  view.configuration_version = options_.configuration_version;
  for (auto& [slot, entry] : slots_)
    view.slots.push_back({slot, entry.host_id, view.number, {}});
  if (auto data = seated(role::data); !data.empty())
    view.symbols = hosts_.at(data.front()).request.symbols;
  pending_.reset();
  view_ = view;
  return {effect::publish_view{std::move(view)}};
}

cluster_effects cluster_state::slot_ready(slot_name slot) {
  auto i = slots_.find(slot);
  if (phase_ != cluster_phase::starting || !view_ || i == slots_.end()) return {};
  i->second.ready = true;
  auto is_ready = [](const auto& s) { return s.second.ready; };
  if (!std::ranges::all_of(slots_, is_ready)) return {};
  phase_ = cluster_phase::running;
  return {effect::start_feeds{}};
}

cluster_effects cluster_state::slot_finished(slot_name slot) {
  auto i = slots_.find(slot);
  bool can_finish = phase_ == cluster_phase::running || phase_ == cluster_phase::draining;
  if (!can_finish || i == slots_.end()) return {};
  i->second.finished = true;
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
    out.push_back(effect::stop_feeds{reason});
  }
  return out;
}

void cluster_state::pong(const std::string& host_id, const host_measurement& measurement) {
  auto host = find_alive(host_id);
  if (!host) return;
  host->silence = nanoseconds{0};
  host->last_heartbeat = now_;
  host->measurement = measurement;
}

cluster_effects cluster_state::connection_lost(const std::string& host_id) {
  cluster_effects out;
  if (find_alive(host_id))
    give_up(host_id, "its connection broke", true, out);
  else if (auto i = hosts_.find(host_id); i != hosts_.end())
    i->second.disconnected = true;
  return out;
}

cluster_effects cluster_state::host_failed(const std::string& host_id, const std::string& reason) {
  cluster_effects out;
  if (!find_alive(host_id)) return out;
  // Unlike a lost host, it is there to tell why; waiting for a better one would hide the reason.
  hosts_.at(host_id).failed = true;
  fail_cluster(fmt::format("host {} failed: {}", host_id, reason), out);
  finish_when_stopped(out);
  return out;
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

/// Takes a host for dead. While the cluster forms its seats are free again; later all stops.
void cluster_state::give_up(const std::string& host_id, const std::string& why, bool disconnected,
                            cluster_effects& out) {
  auto& host = hosts_.at(host_id);
  auto text = fmt::format("host {} failed: {}", host_id, why);
  host.failed = true;
  host.disconnected = disconnected;
  if (phase_ == cluster_phase::forming) {
    if (!disconnected) out.push_back(effect::stop_host{host_id, text, true});
    return;
  }
  fail_cluster(text, out);
  finish_when_stopped(out);
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
    if (!host.disconnected) order.emplace_back(*host.seats.rbegin(), id);
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
  auto gap =
      std::clamp<nanoseconds>(now - now_, nanoseconds{0}, options_.settings.failover_timeout / 2);
  now_ = std::max(now_, now);
  cluster_effects out;
  std::vector<std::string> silent;
  for (auto& [id, host] : hosts_) {
    if (!host.is_alive()) continue;
    host.silence += gap;
    if (host.silence > options_.settings.failover_timeout) silent.push_back(id);
  }
  for (auto& id : silent)
    give_up(id,
            fmt::format("it was silent for {}, longer than cluster.failover_timeout_ms allows ({})",
                        format_seconds(hosts_.at(id).silence),
                        format_seconds(options_.settings.failover_timeout)),
            false, out);
  check_deadline(out);
  return out;
}

void cluster_state::check_deadline(cluster_effects& out) {
  if (now_ < deadline_) return;
  auto& s = options_.settings;
  switch (phase_) {
  case cluster_phase::forming: fail_cluster(describe_missing_hosts(), out); break;
  case cluster_phase::starting:
    fail_cluster(view_
                     ? fmt::format("waited {} for {} to get ready", format_seconds(s.join_timeout),
                                   describe_slots(&slot_entry::ready))
                     : fmt::format("waited {} for the new epoch to be stored",
                                   format_seconds(s.join_timeout)),
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

/// `waited 30 s for calc/1; joined: data-1 (data), ...; refused: ...`
std::string cluster_state::describe_missing_hosts() const {
  std::vector<std::string> missing, joined;
  for (auto r : slot_roles)
    for (auto i = seated(r).size(); i < slots_wanted(r); ++i)
      missing.push_back(format_slot({r, static_cast<std::uint16_t>(i)}));
  for (auto& [id, host] : hosts_)
    joined.push_back(fmt::format("{} ({}{})", id, format_roles(host.seats, ", "),
                                 host.failed ? ", failed" : ""));
  auto out = fmt::format("waited {} for {}; joined: {}",
                         format_seconds(options_.settings.join_timeout), fmt::join(missing, ", "),
                         joined.empty() ? "none" : fmt::format("{}", fmt::join(joined, ", ")));
  for (auto& [id, why] : refused_)
    out += fmt::format("; refused: {}", why);
  return out;
}

/// `calc/0 on host b, ...`: the slots that lack a mark.
std::string cluster_state::describe_slots(bool slot_entry::*done) const {
  std::vector<std::string> out;
  for (auto& [slot, entry] : slots_)
    if (!(entry.*done))
      out.push_back(fmt::format("{} on host {}", format_slot(slot), entry.host_id));
  return fmt::format("{}", fmt::join(out, ", "));
}

cluster_state::host_entry* cluster_state::find_alive(const std::string& host_id) {
  auto i = hosts_.find(host_id);
  return i != hosts_.end() && i->second.is_alive() ? &i->second : nullptr;
}

} // namespace tickmesh
