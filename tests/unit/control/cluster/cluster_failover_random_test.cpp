// A model of data hosts with tick logs under seeded random crashes, returns, lagging replicas and
// delayed messages, broken connections, slots and replicas that can't go on: no accepted tick is
// lost, and no single failure stops the cluster.
#include "actors/control/cluster/cluster_state.hpp"
#include "tests/support/cluster_hosts.hpp"
#include "tests/unit/control/cluster/failover_hosts.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <set>

namespace tickmesh::cluster_failover_random_test {

namespace {

using std::chrono::milliseconds;

class failover_run : data_hosts {
public:
  explicit failover_run(std::uint64_t seed) : data_hosts(seed) {
    slots_ = static_cast<std::uint16_t>(2 + pick(3));
    options_ = test_options(slots_);
    options_.settings.data_replication = static_cast<std::uint16_t>(2 + pick(2));
    options_.settings.max_retry_attempts = 1'000; // hosts fail as they please here
    state_.emplace(options_);
    for (int i = 1; i <= slots_; ++i)
      join(fmt::format("d{}", i));
    obey(state_->join(make_join("c", {role::calc})));
    obey(state_->join(make_join("e", {role::exec, role::control})));
  }

  void run() {
    constexpr int steps_max = 20'000;
    for (int step = 0; step < steps_max && !finished; ++step) {
      switch (pick(12)) {
      case 0: pass_time(); break;
      case 1: accept_ticks(); break;
      case 2: copy_log(); break;
      case 3: say_in_sync(); break;
      case 4:
        may_end_ = step > steps_max / 20;
        end_slot();
        break;
      case 5:
        if (pick(10) == 0) crash();
        break;
      case 6:
        if (pick(4) == 0) come_back();
        break;
      case 7:
        if (pick(20) == 0) say_behind();
        break;
      case 8:
        if (pick(10) == 0) break_connection();
        if (pick(30) == 0) move_slot();
        break;
      case 9:
        if (pick(3) == 0) restore_connection();
        if (pick(100) == 0) fail_slot();
        if (pick(100) == 0) fail_replica();
        break;
      default: deliver(); break;
      }
      if (step == stop_at_) obey(state_->stop_requested("asked to", false));
    }
  }

  std::optional<effect::cluster_finished> finished;
  texts faults; ///< broken promises
  std::map<std::string, int> seen;

private:
  void join(const std::string& id) {
    auto& host = hosts_[id];
    if (host) dead_.push_back(std::move(host));
    host = std::make_unique<data_host>();
    auto request = make_join(id, {role::data});
    if (last_view_) request.seen = {"fresh", epoch{1}};
    std::erase_if(unfit_, [&id](auto& place) { return place.second == id; });
    obey(state_->join(request));
  }

  void pass_time() {
    now_ += milliseconds{10};
    for (auto& [id, host] : hosts_)
      if (host->runs && host->connected) state_->pong(id, {});
    state_->pong("c", {});
    state_->pong("e", {});
    obey(state_->advance(now_));
    if (pending_ && pick(2) == 0) {
      auto number = *std::exchange(pending_, std::nullopt);
      obey(state_->epoch_persisted(number));
    }
  }

  void deliver() {
    auto& host = any_host();
    auto& queue = pick(2) == 0 ? host.to_host : host.to_control;
    if (queue.empty() || (&queue == &host.to_host && !host.runs)) return;
    if (!host.connected && host.runs) return;
    auto message = std::move(queue.front());
    queue.pop_front();
    message();
  }

  void say(data_host& host, const slot_assignment& owned, const replica_assignment& replica) {
    if (!host.connected) return;
    if (!replica.in_sync) ++host.words_behind;
    host.to_control.push_back([this, owned, replica, h = &host] {
      if (!replica.in_sync) --h->words_behind;
      obey(state_->replica_state({owned.slot, owned.host_id, owned.since}, replica));
    });
  }
  void say_in_sync() {
    auto& host = any_host();
    auto owned = owned_by(host);
    if (!owned) return;
    for (auto& r : owned->replicas) {
      auto& replica = *hosts_.at(r.host_id);
      bool equal = replica.logged[owned->slot] == host.logged[owned->slot];
      if (r.in_sync || !equal || !is_replica(replica, *owned, r)) continue;
      if (std::exchange(host.said[owned->slot][r.host_id], r.since) != r.since)
        say(host, *owned, {r.host_id, true, r.since});
    }
  }
  void say_behind() {
    auto& host = any_host();
    auto owned = owned_by(host);
    if (!owned) return;
    for (auto& r : owned->replicas)
      if (r.in_sync) say(host, *owned, {r.host_id, false, r.since});
  }

  /// Some slot whose feeds run has nothing left.
  void end_slot() {
    auto& host = any_host();
    auto owned = owned_by(host);
    bool stops = state_->phase() == cluster_phase::draining;
    if (!owned || !fed_.contains({owned->slot, owned->since})) return;
    if (!stops && (!may_end_ || pick(50) != 0)) return;
    slot_claim owner{owned->slot, owned->host_id, owned->since};
    ending_.insert(id_of(host));
    host.ended.insert({owned->slot, owned->since});
    say_finished(host, owner);
    for (auto slot : {calc0, exec0})
      if (stops) obey(state_->slot_finished(claim(*state_, slot)));
  }

  void say_finished(data_host& host, const slot_claim& owner) {
    if (!host.connected) return;
    host.to_control.push_back([this, owner] {
      if (claim(*state_, owner.slot).since == owner.since) ended_.insert({owner.slot, owner.since});
      obey(state_->slot_finished(owner));
    });
  }
  void say_ready(data_host& host, const slot_claim& owner) {
    if (!host.connected) return;
    host.to_control.push_back([this, owner] { obey(state_->slot_ready(owner)); });
  }

  // -- what fails, one at a time -----------------------------------------------------------------

  bool can_fail(const data_host& host) const {
    for (auto& [id, h] : hosts_)
      if (!h->runs && !h->known_dead) return false;
    return host.runs && host.words_behind == 0 && last_view_ && !pending_ &&
           state_->phase() < cluster_phase::stopping;
  }
  bool has_successor(const slot_assignment& s) const {
    return std::ranges::any_of(s.replicas,
                               [this](auto& r) { return r.in_sync && hosts_.at(r.host_id)->runs; });
  }

  /// One host at a time, and only where its slots have a replica in sync by the view that is out.
  void crash() {
    auto& host = any_host();
    if (!can_fail(host)) return;
    auto id = id_of(host);
    for (auto& s : last_view_->slots)
      if (s.host_id == id && !has_successor(s)) return;
    host.runs = false;
    ++seen[std::string{to_string(state_->phase())}];
    auto lose = [this, id, h = &host] {
      h->known_dead = true;
      obey(state_->connection_lost(id));
    };
    // A host whose slots have all ended must not be missed only when the others have stopped.
    if (!ending_.contains(id)) return host.to_control.push_back(lose);
    host.to_control.clear();
    lose();
  }

  void come_back() {
    auto& host = any_host();
    if (host.runs || !host.known_dead || state_->phase() != cluster_phase::running) return;
    ++seen["came back"];
    join(id_of(host));
  }

  void break_connection() {
    auto& host = any_host();
    if (!last_view_ || !host.connected || !host.runs) return;
    ++seen["broke"];
    host.break_connection();
    obey(state_->connection_broken(id_of(host)));
  }

  /// The host is found. It says again what may have been missed of it.
  void restore_connection() {
    auto& host = any_host();
    if (host.connected || !host.runs) return;
    host.connected = true;
    auto id = id_of(host);
    obey(state_->connection_restored(id));
    for (auto& [slot, since] : host.ready)
      say_ready(host, {slot, id, since});
    for (auto& [slot, since] : host.ended)
      say_finished(host, {slot, id, since});
    for (auto& s : host.view ? host.view->slots : std::vector<slot_assignment>{})
      if (s.host_id == id && !host.failed.contains({s.slot, s.since}))
        for (auto& [replica, since] : host.said[s.slot])
          say(host, s, {replica, true, since});
  }

  /// Its log can't be written any more, say.
  void fail_slot() {
    auto& host = any_host();
    auto owned = owned_by(host);
    if (!owned || !host.connected || !can_fail(host)) return;
    auto* present = last_view_->find(owned->slot);
    if (present->since != owned->since || !has_successor(*present)) return;
    auto id = id_of(host);
    ++seen["slot failed"];
    host.failed.insert({owned->slot, owned->since});
    host.logged[owned->slot] = 0;
    unfit_.insert({owned->slot, id});
    obey(state_->slot_failed({owned->slot, id, owned->since}, "disk full"));
  }

  /// An operator wants the slot elsewhere.
  void move_slot() {
    auto& host = any_host();
    if (auto owned = owned_by(host); owned && can_fail(host))
      obey(state_->failover_requested(owned->slot));
  }

  void fail_replica() {
    auto& host = any_host();
    if (!host.connected || !host.view || !can_fail(host)) return;
    auto id = id_of(host);
    for (auto& s : last_view_->slots)
      for (auto& r : s.replicas) {
        if (r.host_id != id || !is_replica(host, s, r)) continue;
        ++seen["replica failed"];
        host.replicas_failed.insert({s.slot, r.since});
        host.logged[s.slot] = 0;
        unfit_.insert({s.slot, id});
        obey(state_->replica_failed({s.slot, id, r.since}, "disk full"));
        return;
      }
  }

  // -- what the coordinator does -----------------------------------------------------------------

  void obey(const cluster_effects& effects) {
    for (auto& e : effects)
      std::visit([this](auto& kind) { on(kind); }, e);
    reattached_.clear();
  }
  void on(const effect::accept_join&) {}
  void on(const effect::refuse_join& e) { faults.push_back("refused: " + e.message); }
  void on(const effect::persist_epoch& e) { pending_ = e.value.number; }
  void on(const effect::host_given_up&) { ++seen["survived"]; }
  void on(const effect::slot_given_up&) {}
  void on(const effect::slot_moved&) {}
  void on(const effect::answer_failover& e) { ++seen[e.is_done ? "moved" : "not moved"]; }
  void on(const effect::stop_feeds&) {}
  void on(const effect::reattach_host& e) { reattached_ = e.host_id; }
  void on(const effect::send_view& e) { send_view(e.host_id, *state_->view()); }
  void on(const effect::start_feeds& e) {
    for (auto& s : last_view_->slots)
      if (!e.slot || *e.slot == s.slot)
        if (!fed_.insert({s.slot, s.since}).second && s.host_id != reattached_)
          faults.push_back("feeds were started twice");
  }
  void on(const effect::stop_host& e) {
    if (e.failed) {
      finished = effect::cluster_finished{1, e.reason};
      return;
    }
    for (auto& s : last_view_->slots)
      if (!ended_.contains({s.slot, s.since}) && s.slot.of == role::data)
        faults.push_back("hosts were stopped before " + format_slot(s.slot) + " had ended");
    auto i = hosts_.find(e.host_id);
    if (i == hosts_.end())
      obey(state_->host_stopped(e.host_id));
    else if (i->second->runs && i->second->connected)
      i->second->to_host.push_back([this, id = e.host_id] { obey(state_->host_stopped(id)); });
  }
  void on(const effect::cluster_finished& e) { finished = e; }

  void on(const effect::publish_view& e) {
    check(e.view);
    last_view_ = e.view;
    for (auto& s : e.view.slots)
      if (s.slot.of != role::data && s.since == e.view.number)
        obey(state_->slot_ready({s.slot, s.host_id, s.since}));
    for (auto& [id, host] : hosts_)
      send_view(id, e.view);
  }
  void send_view(const std::string& id, const cluster_view& view) {
    auto* host = hosts_.at(id).get();
    if (host->connected) host->to_host.push_back([this, host, id, view] { take(*host, id, view); });
  }

  void take(data_host& host, const std::string& id, const cluster_view& view) {
    for (auto& s : view.slots) {
      auto former = host.view ? host.view->find(s.slot) : nullptr;
      if (s.host_id != id || (former && former->since == s.since)) continue;
      host.said.erase(s.slot);
      host.ready.insert({s.slot, s.since});
      say_ready(host, {s.slot, id, s.since});
    }
    host.view = view;
    for (auto& s : view.slots) { // what the view shows needs no word of the owner's any more
      auto said = host.said.find(s.slot);
      if (said == host.said.end()) continue;
      std::erase_if(said->second, [&s](auto& word) { // or means a process that is gone
        return std::ranges::none_of(s.replicas, [&](auto& r) {
          return r.host_id == word.first && r.since == word.second && !r.in_sync;
        });
      });
    }
  }

  void check(const cluster_view& view) {
    if (last_view_ && view.number <= last_view_->number) faults.push_back("an epoch went back");
    for (auto& s : view.slots) {
      auto name = format_slot(s.slot) + fmt::format(" in epoch {}: ", view.number.value);
      std::set<std::string> holders{s.host_id};
      for (auto& r : s.replicas)
        if (!holders.insert(r.host_id).second) faults.push_back(name + "two copies on one host");
      if (holders.size() > options_.settings.data_replication)
        faults.push_back(name + "too many copies");
      for (auto& id : holders)
        if (hosts_.contains(id) && hosts_.at(id)->known_dead)
          faults.push_back(name + id + " is dead");
      for (auto& id : holders)
        if (unfit_.contains({s.slot, id})) faults.push_back(name + "it has failed on " + id);
      auto former = last_view_ ? last_view_->find(s.slot) : nullptr;
      bool is_new = !former || former->host_id != s.host_id;
      if (s.since != (is_new ? view.number : former->since)) faults.push_back(name + "wrong since");
      if (!former || !is_new) continue;
      ++seen["handed over"];
      bool in_sync = std::ranges::any_of(
          former->replicas, [&](auto& r) { return r.host_id == s.host_id && r.in_sync; });
      if (!in_sync) faults.push_back(name + "the new owner was not in sync");
      if (hosts_.at(s.host_id)->logged[s.slot] < accepted_[s.slot])
        faults.push_back(name + "accepted ticks are lost");
      if (accepted_[s.slot] > 0) ++seen["ticks kept"];
    }
  }

  std::uint16_t slots_ = 0;
  cluster_state_options options_;
  std::optional<cluster_state> state_;
  std::optional<epoch> pending_;
  std::optional<cluster_view> last_view_;
  std::set<std::pair<slot_name, epoch>> fed_, ended_; ///< by owner
  std::set<std::string> ending_; ///< hosts that have said that a slot has ended
  std::string reattached_;       ///< is told again what may have been missed
  bool may_end_ = false;
  int stop_at_ = 10'000;
  nanoseconds now_{};
};

} // namespace

TEST_CASE("no accepted tick is lost, and no slot has two owners, while one host at a time fails") {
  constexpr std::uint64_t runs = 400;
  std::map<std::string, int> seen; // so that runs that prove nothing are noticed
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    CAPTURE(seed);
    failover_run run{seed};
    run.run();
    CHECK(run.faults == texts{});
    REQUIRE(run.finished);
    CHECK_MESSAGE(run.finished->exit_code == 0, run.finished->reason);
    for (auto& [name, count] : run.seen)
      seen[name] += count;
  }
  for (auto* name : {"STARTING", "RUNNING", "DRAINING", "survived", "handed over", "ticks kept",
                     "came back", "broke", "slot failed", "replica failed", "moved"})
    CHECK_MESSAGE(seen[name] >= 20, name);
}

} // namespace tickmesh::cluster_failover_random_test
