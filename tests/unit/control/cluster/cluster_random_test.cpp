// Promises of the coordinator's state machine under seeded random orders of inputs, among them
// failures, repeated and misplaced ones.
#include "actors/control/cluster/cluster_state.hpp"
#include "tests/support/cluster_hosts.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <functional>
#include <optional>
#include <random>
#include <set>

namespace tickmesh::cluster_random_test {

namespace {

using std::chrono::milliseconds;

/// A cluster whose hosts do what they are told, late and in any order, while the seed's share of
/// all inputs is chosen without regard to sense.
class random_run {
public:
  random_run(std::uint64_t seed, const cluster_epoch& stored) : random_(seed) {
    options_ = test_options(static_cast<std::uint16_t>(1 + pick(2)));
    options_.settings.calc_slots = static_cast<std::uint16_t>(1 + pick(3));
    options_.stored = stored;
    constexpr std::array<std::size_t, 3> noise{0, 2, 30};
    noise_percent_ = noise[seed % noise.size()];
    for (std::uint16_t i = 0; i < options_.settings.data_slots; ++i)
      add_host("d", {role::data}, i);
    for (std::uint16_t i = 0; i < options_.settings.calc_slots; ++i)
      add_host("c", {role::calc}, i);
    add_host("e", {role::exec}, 0);
    for (auto& h : hosts_)
      todo_.push_back([this, h] { join(h); });
    state_.emplace(options_);
  }

  void run() {
    constexpr int steps_max = 5'000; // far beyond all time-outs together
    for (int step = 0; step < steps_max && !finished; ++step) {
      culprit_.clear();
      if (pick(100) < noise_percent_)
        noise();
      else if (!todo_.empty() && pick(2) == 0)
        take_todo();
      else
        pass_time();
      if (step == steps_max / 2) obey(state_->stop_requested("the test is over", false));
    }
  }

  // What happened:
  texts log;
  std::optional<effect::cluster_finished> finished;
  std::set<epoch> views;
  cluster_epoch persisted; ///< the last that was made durable
  bool started = false;
  bool survived = false; ///< the failure of a host
  bool moved = false;    ///< a slot that could not go on, or its replica
  bool found = false;    ///< a host that was out of reach
  std::string first_failure;
  std::string first_culprit; ///< the host whose input led to it, if one did
  texts faults;              ///< broken promises

private:
  std::size_t pick(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

  void add_host(const std::string& letter, std::set<role> roles, std::uint16_t index) {
    hosts_.push_back(make_join(fmt::format("{}{}", letter, index), std::move(roles), 1 + pick(3)));
  }

  void take_todo() {
    auto i = todo_.begin() + static_cast<std::ptrdiff_t>(pick(todo_.size()));
    auto action = std::move(*i);
    todo_.erase(i);
    action();
  }

  void pass_time() {
    now_ += milliseconds{100 + pick(400)};
    for (auto& h : hosts_)
      if (!mute_.contains(h.host_id)) state_->pong(h.host_id, {});
    obey(state_->advance(now_));
  }

  void noise() {
    auto& id = hosts_[pick(hosts_.size())].host_id;
    slot_name slot{static_cast<role>(pick(3)), static_cast<std::uint16_t>(pick(3))};
    switch (pick(18)) {
    case 0: blame(id), obey(state_->connection_lost(id)); break;
    case 1: blame(id), obey(state_->host_failed(id, "noise")); break;
    case 2: blame(id), obey(state_->host_stopped(id)); break;
    case 3: mute_.insert(id); break;
    case 4: mute_.erase(id); break;
    case 5: ready_.insert(slot), obey(state_->slot_ready(claim(*state_, slot))); break;
    case 6: obey(state_->slot_finished(claim(*state_, slot))); break;
    case 7: obey(state_->epoch_persisted(epoch{pick(4)})); break;
    case 8: join(hosts_[pick(hosts_.size())]); break;
    case 9: obey(state_->stop_requested("an operator's wish", false)); break;
    case 10: obey(state_->join(make_join("surplus", {role::calc, role::exec}))); break;
    case 11: // a host that never does what it was told
      if (!todo_.empty()) todo_.erase(todo_.begin());
      break;
    case 12:
      obey(state_->replica_state({slot, id, epoch{pick(4)}}, {hosts_[pick(hosts_.size())].host_id,
                                                              pick(2) == 0, epoch{pick(4)}}));
      break;
    case 13: obey(state_->connection_broken(id)); break;
    case 14: obey(state_->connection_restored(id)); break;
    case 15: fail_slot(slot); break;
    case 16:
      slot = {role::data, static_cast<std::uint16_t>(pick(2))};
      if (auto* s = state_->view() ? state_->view()->find(slot) : nullptr;
          s && !s->replicas.empty())
        fail_replica(slot, s->replicas[0].host_id);
      else
        fail_replica(slot, id);
      break;
    case 17: // another process takes the id
      for (auto& h : hosts_)
        if (h.host_id == id) {
          ++h.incarnation;
          blame(id), join(h);
        }
      break;
    }
  }

  /// A process that joins, and not one that only has not heard the answer, may have been mended.
  void join(const host_join& request) {
    auto& id = request.host_id;
    bool is_known = status(*state_, id) != "no row" && status(*state_, id) != "FAILED" &&
                    joined_[id] == request.incarnation;
    auto effects = state_->join(request);
    for (auto& e : effects)
      if (std::holds_alternative<effect::accept_join>(e) && !is_known) {
        std::erase_if(unfit_, [&](auto& place) { return place.second == id; });
        joined_[id] = request.incarnation;
      }
    obey(effects);
  }

  void fail_slot(slot_name slot) {
    auto owner = claim(*state_, slot);
    if (pick(4) == 0) owner.since = epoch{pick(4)};
    blame(owner.host_id);
    auto effects = state_->slot_failed(owner, "noise");
    if (!effects.empty()) unfit_.insert({slot, owner.host_id});
    obey(effects);
  }

  void fail_replica(slot_name slot, const std::string& id) {
    auto effects = state_->replica_failed(replica_claim(*state_, slot, id), "noise");
    if (!effects.empty()) unfit_.insert({slot, id});
    obey(effects);
  }

  /// While the hosts stop, a failure has no effect of its own that could be told from others.
  void blame(const std::string& id) {
    if (state_->phase() < cluster_phase::stopping) culprit_ = id;
  }

  void obey(const cluster_effects& effects) {
    for (auto& e : effects)
      if (auto given_up = std::get_if<effect::host_given_up>(&e))
        given_up_.insert(given_up->host_id);
    for (auto& e : effects) {
      log.push_back(std::visit(effect_text{}, e));
      if (finished && !std::holds_alternative<effect::refuse_join>(e))
        faults.push_back("after the end: " + log.back());
      std::visit([this](auto& kind) { on(kind); }, e);
    }
  }

  void on(const effect::accept_join&) {}
  void on(const effect::reattach_host& e) {
    found = true;
    if (status(*state_, e.host_id) == "FAILED") faults.push_back("a failed host was taken back");
  }
  void on(const effect::send_view&) {
    if (!state_->view()) faults.push_back("a view was sent before there was one");
  }
  void on(const effect::slot_given_up&) { moved = true; }
  void on(const effect::slot_moved&) { moved = true; }
  void on(const effect::refuse_join&) {}
  void on(const effect::answer_failover&) {}
  void on(const effect::stop_feeds&) {}
  void on(const effect::host_given_up&) { survived = true; }
  void on(const effect::persist_epoch& e) {
    todo_.push_back([this, e] {
      persisted = e.value;
      obey(state_->epoch_persisted(e.value.number));
    });
  }
  void on(const effect::publish_view& e) {
    if (e.view.number != persisted.number) faults.push_back("a view before its epoch was durable");
    if (!views.insert(e.view.number).second) faults.push_back("two views of one epoch");
    for (auto& s : e.view.slots) {
      slots_.insert(s.slot);
      if (unfit_.contains({s.slot, s.host_id})) faults.push_back("a slot is where it failed");
      for (auto& r : s.replicas)
        if (unfit_.contains({s.slot, r.host_id})) faults.push_back("a replica is where it failed");
      slot_claim owner{s.slot, s.host_id, s.since};
      for (auto& r : s.replicas)
        if (!r.in_sync)
          todo_.push_back([this, owner, r] {
            obey(state_->replica_state(owner, {r.host_id, true, r.since}));
          });
      if (s.since != e.view.number) continue;
      ready_.erase(s.slot);
      todo_.push_back([this, owner] {
        if (claim(*state_, owner.slot).since == owner.since) ready_.insert(owner.slot);
        obey(state_->slot_ready(owner));
      });
    }
  }
  void on(const effect::start_feeds& e) {
    if (e.slot) {
      todo_.push_back([this, slot = *e.slot] { finish(slot); });
      return;
    }
    if (started) faults.push_back("feeds were started twice");
    if (!first_failure.empty()) faults.push_back("feeds were started after a failure");
    started = true;
    for (auto slot : slots_) {
      if (!ready_.contains(slot)) faults.push_back("feeds were started before all were ready");
      todo_.push_back([this, slot] { finish(slot); });
    }
  }
  void finish(slot_name slot) { obey(state_->slot_finished(claim(*state_, slot))); }
  void on(const effect::stop_host& e) {
    bool ends_all = state_->phase() > cluster_phase::forming && !given_up_.contains(e.host_id);
    // A host may be told why it was given up itself, at that time or when it is found again.
    auto own = fmt::format("host {} failed: {}", e.host_id, row_of(*state_, e.host_id).failure);
    if (e.failed && ends_all && (e.reason != own || own == state_->reason())) fail(e.reason);
    todo_.push_back([this, e] { obey(state_->host_stopped(e.host_id)); });
  }
  void on(const effect::cluster_finished& e) {
    if (e.exit_code != 0) fail(e.reason);
    finished = e;
  }

  void fail(const std::string& reason) {
    if (!first_failure.empty()) return;
    first_failure = reason;
    first_culprit = culprit_;
  }

  std::mt19937_64 random_;
  cluster_state_options options_;
  std::optional<cluster_state> state_;
  std::vector<host_join> hosts_;
  std::vector<std::function<void()>> todo_;
  std::set<std::string> mute_;
  std::set<slot_name> slots_;
  std::set<slot_name> ready_;
  std::set<std::string> given_up_;                    ///< hosts without which the cluster went on
  std::set<std::pair<slot_name, std::string>> unfit_; ///< where a slot, or its replica, failed
  std::map<std::string, std::uint64_t> joined_;       ///< the last process of each host
  std::size_t noise_percent_ = 0;
  std::string culprit_;
  nanoseconds now_{};
};

} // namespace

TEST_CASE("no order of inputs breaks a promise of the coordinator") {
  constexpr std::uint64_t runs = 6'000;
  std::map<std::string, int> seen; // so that a run that proves nothing is noticed
  cluster_epoch stored;            // survives from run to run, as a store does
  for (std::uint64_t seed = 0; seed < runs; ++seed) {
    CAPTURE(seed);
    random_run run{seed, stored};
    run.run();
    CHECK(run.faults == texts{});
    REQUIRE(run.finished);
    CHECK(run.finished->exit_code == (run.first_failure.empty() ? 0 : 1));
    CHECK_FALSE(run.finished->reason.empty());
    if (!run.first_failure.empty()) CHECK(run.finished->reason == run.first_failure);
    CAPTURE(run.finished->reason);
    if (!run.first_culprit.empty())
      CHECK(run.finished->reason.starts_with("host " + run.first_culprit + " failed: "));
    for (auto number : run.views)
      CHECK(number > stored.number);
    if (run.persisted.number > stored.number) stored = run.persisted;
    ++seen[run.finished->exit_code == 0 ? "orderly" : "failed"];
    if (run.started) ++seen["started"];
    if (run.survived) ++seen["survived"];
    if (run.moved) ++seen["moved"];
    if (run.found) ++seen["found"];
    if (!run.first_culprit.empty()) ++seen["culprit"];
    if (run.finished->reason.find("silent") != std::string::npos) ++seen["silent"];
    if (run.finished->reason.find("waited") != std::string::npos) ++seen["waited"];
  }
  for (std::string word : {"orderly", "failed", "started", "culprit", "silent", "waited",
                           "survived", "moved", "found"}) {
    CAPTURE(word);
    CHECK(seen[word] >= 20);
  }
}

TEST_CASE("the same inputs give the same effects") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    random_run first{seed, {}}, second{seed, {}};
    first.run();
    second.run();
    CHECK(first.log == second.log);
  }
}

} // namespace tickmesh::cluster_random_test
