// The part of cluster_state that decides who may join, and which slots hosts get at the start.
#include "actors/control/cluster/cluster_state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace tickmesh {

namespace {

constexpr std::array<role, 3> slot_roles{role::data, role::calc, role::exec};
constexpr std::size_t refused_shown_max = 8;

} // namespace

std::uint16_t cluster_state::slots_wanted(role r) const {
  switch (r) {
  case role::data: return options_.settings.data_slots;
  case role::calc: return options_.settings.calc_slots;
  case role::exec: return options_.settings.exec_slots;
  case role::control: break;
  }
  return 1;
}

/// The hosts that play this role, by id: those with a slot, and standbys.
std::vector<std::string> cluster_state::players(role r) const {
  std::vector<std::string> out;
  for (auto& [id, host] : hosts_)
    if (host.is_alive() && host.seats.contains(r)) out.push_back(id);
  return out;
}

/// The hosts that take a seat of this role when the cluster is formed, by id.
std::vector<std::string> cluster_state::seated(role r) const {
  auto out = players(r);
  std::erase_if(out, [&](auto& id) { return r != role::control && hosts_.at(id).is_standby; });
  return out;
}

/// A host that joins now gets no slot, and may be given one later.
bool cluster_state::takes_standbys() const {
  return phase_ == cluster_phase::starting || phase_ == cluster_phase::running;
}

/// Whether it would get no slot at first. Slots are dealt when the cluster is formed.
bool cluster_state::is_standby(const host_join& request) const {
  return request.is_standby || phase_ != cluster_phase::forming;
}

/// The roles that a host would play.
std::set<role> cluster_state::free_seats(const host_join& request) const {
  std::set<role> out;
  for (auto r : request.roles) {
    bool can_take_over = r == role::data || r == role::calc;
    bool is_free = seated(r).size() < slots_wanted(r);
    if (is_standby(request) && r != role::control ? can_take_over : is_free) out.insert(r);
  }
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
  auto own = view_ ? cluster_epoch{view_->cluster_id, view_->number} : options_.stored;
  if (auto seen = check_seen_epoch(own, request.seen, id, options_.recover); !seen)
    return seen.error().message;
  return std::nullopt;
}

std::optional<std::string> cluster_state::reason_to_refuse(const host_join& request,
                                                           const std::set<role>& seats) const {
  auto& id = request.host_id;
  if (!request.is_named)
    return fmt::format("host {} shows a certificate that does not have that name; give it the "
                       "certificate of its host.id",
                       id);
  if (auto* known = find_alive(id); known != nullptr && !known->disconnected)
    return fmt::format(
        "a host with the id {} has joined from {}:{} and is alive; give each host an "
        "id of its own",
        id, known->request.address.address, known->request.address.port);
  if (auto text = mismatch(request)) return text;
  bool late = phase_ != cluster_phase::forming;
  if (late && !takes_standbys())
    return fmt::format("host {} comes too late: the cluster is {}; start it when the cluster is "
                       "FORMING, or with the roles data or calc when it is STARTING or RUNNING",
                       id, to_string(phase_));
  // It would take the view of before for its own.
  for (auto& [slot, why] : waiting_slots())
    if (slots_.at(slot).host_id == id)
      return fmt::format("{} has run on host {}, and waits for an operator: {}; say `tickmesh "
                         "failover {}` first",
                         format_slot(slot), id, why, format_slot(slot));
  auto number = view_ ? view_->number : pending_ ? pending_->number : options_.stored.number;
  if (late && request.seen.number > number)
    return fmt::format("host {} has seen epoch {}, and the running cluster is at epoch {}; give "
                       "the host an empty state_dir",
                       id, request.seen.number.value, number.value);
  if (late && seats.empty())
    return fmt::format("host {} ({}) comes too late: the cluster is {}, where only a host with the "
                       "roles data or calc may join",
                       id, format_roles(request.roles, ", "), to_string(phase_));
  if (seats.empty() && request.is_standby)
    return fmt::format(
        "host {} ({}) can't be a standby; allowed: hosts with the roles data or calc", id,
        format_roles(request.roles, ", "));
  if (seats.empty())
    return fmt::format("host {} ({}) is one too many: every slot of its roles has a host; start it "
                       "as a standby (--standby)",
                       id, format_roles(request.roles, ", "));
  if (seats.contains(role::data)) return source_mismatch(request);
  return std::nullopt;
}

/// What sets the ticks of a data host apart from those of the others.
std::optional<std::string> cluster_state::source_mismatch(const host_join& request) const {
  auto& id = request.host_id;
  for (auto& other_id : players(role::data)) {
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
  cluster_effects out;
  if (auto* known = find_alive(request.host_id)) {
    bool is_same = request.incarnation != 0 && known->request.incarnation == request.incarnation;
    if (is_same && request.is_named) {
      // It has not heard the answer.
      known->disconnected = false;
      out.push_back(effect::accept_join{request.host_id});
      tell_again(request.host_id, out);
      form_when_complete(out);
      return out;
    }
    if (!reason_to_refuse(request, free_seats(request)))
      give_up(request.host_id, "another process has joined under its id", true, out);
  }
  auto seats = free_seats(request);
  if (auto why = reason_to_refuse(request, seats)) {
    if (refused_.size() < refused_shown_max || refused_.contains(request.host_id))
      refused_[request.host_id] = *why;
    out.push_back(effect::refuse_join{request.host_id, *why});
    return out;
  }
  host_entry host;
  host.request = request;
  if (view_) host.joined_after = view_->number;
  host.seats = std::move(seats);
  host.is_standby = is_standby(request);
  hosts_.insert_or_assign(request.host_id, std::move(host));
  refused_.erase(request.host_id);
  for (auto& [slot, entry] : slots_) {
    entry.unfit.erase(request.host_id); // it may have been mended
    entry.faults.erase(request.host_id);
  }
  out.push_back(effect::accept_join{request.host_id});
  if (takes_standbys()) {
    fill_replicas();
    change_view(out);
    return out;
  }
  form_when_complete(out);
  return out;
}

/// Where every slot has a host, and all can be reached: assigns them, and asks for the epoch that
/// the view will bear.
void cluster_state::form_when_complete(cluster_effects& out) {
  auto full = [this](role r) { return seated(r).size() == slots_wanted(r); };
  auto is_away = [](auto& host) { return host.second.is_alive() && host.second.disconnected; };
  if (phase_ != cluster_phase::forming || std::ranges::any_of(hosts_, is_away) ||
      !std::ranges::all_of(slot_roles, full))
    return;
  std::vector<cluster_epoch> seen;
  for (auto r : slot_roles) {
    std::uint16_t index = 0;
    for (auto& id : dealt_hosts(r)) {
      slot_name slot{r, index++};
      slots_[slot].host_id = id;
    }
  }
  for (auto& [id, host] : hosts_)
    if (host.is_alive()) seen.push_back(host.request.seen);
  fill_replicas();
  pending_ = next_epoch(options_.stored, seen, options_.fresh_cluster_id);
  pending_->data_owners = data_owners();
  phase_ = cluster_phase::starting;
  deadline_ = pending_deadline_ = now_ + options_.settings.join_timeout;
  out.push_back(effect::persist_epoch{*pending_});
}

/// Who takes the slots of a role, by their index. The host that owned a data slot last has the
/// newest copy of its log: of a live source that copy is all there is of some ticks.
std::vector<std::string> cluster_state::dealt_hosts(role r) const {
  auto hosts = seated(r);
  auto& former = options_.stored.data_owners;
  if (r != role::data || !options_.keeps_data_owners || former.size() != hosts.size()) return hosts;
  std::vector<std::string> out(hosts.size());
  auto others = hosts;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (std::ranges::find(hosts, former[i]) == hosts.end()) continue;
    out[i] = former[i];
    std::erase(others, former[i]);
  }
  for (auto next = others.begin(); auto& id : out)
    if (id.empty()) id = *next++;
  return out;
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

} // namespace tickmesh
