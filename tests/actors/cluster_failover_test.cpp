// Host agents and the coordinator while hosts fail and come back, with slots and replicas that only
// note what they are told.
#include "actors/control/host/host_agent_actor.hpp"
#include "runtime/cluster/epoch_keeper_actor.hpp"
#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/slot_surroundings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tickmesh::cluster_failover_test {

namespace {

using std::chrono::seconds;
using texts = std::vector<std::string>;

constexpr slot_name data0{role::data, 0}, data1{role::data, 1};

/// What the slots and replicas of one host have been told, in order.
struct diary {
  std::string host_id;
  texts lines;
  std::set<std::string> alive; ///< `data/0`, `replica of data/0`
  std::map<slot_name, caf::actor> slots, replicas;
  std::size_t views = 0;

  bool has(const std::string& line) const { return std::ranges::find(lines, line) != lines.end(); }
};

/// A slot that is ready when it has its peers, says that each replica is in sync, and has finished
/// when its feeds are stopped; other slots when they are asked to by `slot_finished`.
caf::behavior fake_slot(caf::event_based_actor* self, slot_context context,
                        std::shared_ptr<diary> notes, bool is_replica) {
  auto name = (is_replica ? "replica of " : "") + format_slot(context.slot);
  notes->lines.push_back(fmt::format("{} since {}", name, context.since.value));
  notes->alive.insert(name);
  self->attach_functor([notes, name](const caf::error&) {
    notes->lines.push_back(name + " ended");
    notes->alive.erase(name);
  });
  auto vouch = [self, context, is_replica](const cluster_view& view) {
    for (auto& r : view.find(context.slot)->replicas)
      if (!is_replica && !r.in_sync)
        self->send(context.agent, replica_state_changed{context.slot, r.host_id, true, r.since});
  };
  vouch(*context.view);
  return {
      [self, context, notes, name, is_replica](const link_peers& peers) {
        notes->lines.push_back(fmt::format("{} has {} peers", name, peers.peers.size()));
        if (is_replica)
          notes->replicas[context.slot] = peers.peers.at(context.slot);
        else
          self->send(context.agent, slot_ready{context.slot});
      },
      [notes, vouch](const view_changed& changed) {
        ++notes->views;
        vouch(*changed.view);
      },
      [notes, name](start_feeds) { notes->lines.push_back(name + " feeds"); },
      [self, context](stop_feeds) {
        self->send(context.agent, slot_finished{context.slot, {}});
      },
      [self, context](const slot_finished& wanted) { self->send(context.agent, wanted); },
      [context](counters_query) {
        return slot_counters{context.slot, {}, 0, {}};
      },
  };
}

caf::behavior forgetful_epoch_keeper(caf::event_based_actor*) {
  return {[](const save_epoch& request) -> epoch_saved { return {request.value, {}}; }};
}

class fake_cluster {
public:
  struct member {
    caf::actor agent;
    std::shared_ptr<diary> notes = std::make_shared<diary>();
    std::optional<host_outcome> outcome;
    endpoint address;
  };

  explicit fake_cluster(std::uint64_t seed) : fixture(seed) {
    coordinator_options options;
    options.cluster.settings.name = "test";
    options.cluster.settings.data_slots = 2;
    options.cluster.fresh_cluster_id = "fresh";
    options.host_id = "control";
    options.clock = fixture.make_clock();
    options.epochs = fixture.spawn(forgetful_epoch_keeper);
    options.writer = fixture.spawn(memory_writer, std::make_shared<written_files>());
    options.on_status = [this](const wire::Status& now) { status = now; };
    options.on_finished = [this](const host_outcome& o) { outcome = o; };
    coordinator_handle = fixture.spawn(coordinator, std::move(options));
    add("control", {role::control, role::calc, role::exec});
    add("data-a", {role::data});
    add("data-b", {role::data});
  }

  void add(const std::string& id, std::set<role> roles) {
    auto& m = members[id] = std::make_shared<member>();
    m->notes->host_id = id;
    m->address = {"127.0.0.1", ++last_port};
    host_agent_options options;
    options.join.host_id = id;
    options.join.roles = std::move(roles);
    options.join.cluster_name = "test";
    auto host = std::make_shared<host_settings>();
    host->join = endpoint{"127.0.0.1", first_port};
    options.host = host;
    if (id == "control") options.coordinator = coordinator_handle;
    options.connect = [this](caf::event_based_actor*, const endpoint& address,
                             std::chrono::milliseconds,
                             const std::function<void(const connect_outcome&)>& done) {
      for (auto& [other_id, other] : members)
        if (other->address == address && !other->outcome) return done({other->agent, "", false});
      done({nullptr, "nothing listens there", true});
    };
    options.clock = fixture.make_clock();
    options.epochs = fixture.spawn(forgetful_epoch_keeper);
    options.writer = fixture.spawn(memory_writer, std::make_shared<written_files>());
    options.start_slot = [m](caf::event_based_actor* parent, const slot_context& context) {
      return m->notes->slots[context.slot] = parent->spawn(fake_slot, context, m->notes, false);
    };
    options.start_replica = [m](caf::event_based_actor* parent, const slot_context& context) {
      return parent->spawn(fake_slot, context, m->notes, true);
    };
    options.memory_share = [] { return 0.5; };
    options.process_document = [](const cluster_view*) { return std::string{"{}\n"}; };
    options.on_finished = [m](const host_outcome& o) { m->outcome = o; };
    m->agent = fixture.spawn(host_agent, std::move(options));
    caf::anon_send(m->agent, begin_join{m->address});
  }

  /// The host's process ends without a word.
  void kill(const std::string& id) {
    auto& m = *members.at(id);
    for (auto& [slot, handle] : m.notes->slots)
      caf::anon_send_exit(handle, caf::exit_reason::kill);
    m.outcome = host_outcome{1, "killed"};
    caf::anon_send_exit(m.agent, caf::exit_reason::kill);
  }

  diary& notes(const std::string& id) { return *members.at(id)->notes; }

  /// Replicas in sync on the host by the last status; all of them without one.
  int replicas_in_sync(const std::string& id) const {
    int count = 0;
    if (status && status->phase() == "RUNNING")
      for (auto& slot : status->slots())
        for (auto& replica : slot.replicas())
          if (replica.in_sync() && (id.empty() || replica.host_id() == id)) ++count;
    return count;
  }
  bool wait_for_sync(const std::string& id = {}) {
    return fixture.run_until([&] { return replicas_in_sync(id) == 2; }, seconds{10});
  }
  bool wait_for(const std::string& id, const std::string& line) {
    return fixture.run_until([&] { return notes(id).has(line); }, seconds{20});
  }

  /// An orderly stop; true when all ended well.
  bool stop() {
    caf::anon_send(members.at("control")->agent, stop_signal{"SIGTERM"});
    fixture.run();
    for (auto& [slot, handle] : notes("control").slots)
      caf::anon_send(handle, slot_finished{slot, {}});
    if (!fixture.run_until([this] { return outcome.has_value(); }, seconds{20})) return false;
    fixture.run();
    return outcome->exit_code == 0 && members.at("control")->outcome->exit_code == 0;
  }

  actor_system_fixture fixture;
  caf::actor coordinator_handle;
  std::map<std::string, std::shared_ptr<member>> members;
  std::optional<wire::Status> status;
  std::optional<host_outcome> outcome;
  static constexpr std::uint16_t first_port = 5001;
  std::uint16_t last_port = first_port - 1;
};

} // namespace

TEST_CASE("each data host runs its slot and a replica of the other's, which knows the owner") {
  for_each_seed(20, [](std::uint64_t seed) {
    fake_cluster cluster{seed};
    REQUIRE(cluster.wait_for_sync());
    CHECK(cluster.notes("data-a").alive == std::set<std::string>{"data/0", "replica of data/1"});
    CHECK(cluster.notes("data-b").alive == std::set<std::string>{"data/1", "replica of data/0"});
    REQUIRE(cluster.wait_for("data-b", "replica of data/0 has 1 peers"));
    CHECK(cluster.notes("data-b").replicas[data0] == cluster.notes("data-a").slots[data0]);
    CHECK(cluster.notes("data-a").has("data/0 has 2 peers"));
    CHECK(cluster.notes("control").views >= 1); // calc and exec slots hear of views, too
    CHECK(cluster.stop());
    CHECK(cluster.members.at("data-a")->outcome->exit_code == 0);
  });
}

TEST_CASE("a slot starts on the replica's host only when the replica there has ended") {
  for_each_seed(30, [](std::uint64_t seed) {
    fake_cluster cluster{seed};
    REQUIRE(cluster.wait_for_sync());
    cluster.kill("data-a");
    REQUIRE(cluster.wait_for("data-b", "data/0 feeds"));
    auto& notes = cluster.notes("data-b");
    CHECK(notes.alive == std::set<std::string>{"data/0", "data/1"});
    auto at = [&](const std::string& part) {
      return std::ranges::find_if(notes.lines, [&](auto& l) { return l.starts_with(part); });
    };
    CHECK(at("replica of data/0 ended") < at("data/0 since "));
    CHECK(at("data/0 since ") < notes.lines.end());
    CHECK(std::ranges::count(notes.lines, "data/1 feeds") == 1);
    CHECK(std::ranges::count(notes.lines, "data/0 feeds") == 1);
    cluster.fixture.pass(seconds{1});
    CHECK(cluster.status->phase() == "RUNNING");
    CHECK(cluster.stop());
  });
}

TEST_CASE("a host that comes back keeps replicas, and takes over when the other fails") {
  for_each_seed(20, [](std::uint64_t seed) {
    for (std::string id : {"data-a", "data-c"}) {
      CAPTURE(id);
      fake_cluster cluster{seed};
      REQUIRE(cluster.wait_for_sync());
      cluster.kill("data-a");
      REQUIRE(cluster.wait_for("data-b", "data/0 feeds"));
      cluster.add(id, {role::data});
      REQUIRE(cluster.wait_for_sync(id));
      REQUIRE(cluster.wait_for(id, "replica of data/0 has 1 peers"));
      CHECK(cluster.notes(id).replicas[data0] == cluster.notes("data-b").slots[data0]);
      cluster.kill("data-b");
      REQUIRE(cluster.wait_for(id, "data/0 feeds"));
      REQUIRE(cluster.wait_for(id, "data/1 feeds"));
      CHECK(cluster.notes(id).alive == std::set<std::string>{"data/0", "data/1"});
      CHECK(cluster.stop());
      CHECK(cluster.members.at(id)->outcome->exit_code == 0);
    }
  });
}

TEST_CASE("an owner that was only frozen ends its slots, and cannot speak for them any more") {
  for_each_seed(20, [](std::uint64_t seed) {
    fake_cluster cluster{seed};
    REQUIRE(cluster.wait_for_sync());
    auto& frozen = *cluster.members.at("data-a");
    cluster.fixture.freeze(frozen.agent);
    REQUIRE(cluster.wait_for("data-b", "data/0 feeds"));
    caf::anon_send(frozen.agent, slot_finished{data0, {}});
    cluster.fixture.thaw(frozen.agent);
    REQUIRE(cluster.fixture.run_until([&] { return frozen.outcome.has_value(); }, seconds{10}));
    CHECK(frozen.outcome->exit_code == 1);
    CHECK(frozen.notes->alive.empty());
    CHECK(cluster.status->phase() == "RUNNING");
    CHECK(cluster.stop());
  });
}

TEST_CASE("a slot or a replica that fails costs neither its host nor what else runs there") {
  for (auto which : {data0, data1}) // data-a runs the one, and keeps a replica of the other
    for_each_seed(10, [which](std::uint64_t seed) {
      CAPTURE(format_slot(which));
      fake_cluster cluster{seed};
      REQUIRE(cluster.wait_for_sync());
      caf::anon_send(cluster.members.at("data-a")->agent, slot_failed{which, "disk full"});
      auto gone = which == data0 ? "data/0 ended" : "replica of data/1 ended";
      REQUIRE(cluster.wait_for("data-a", gone));
      if (which == data0) REQUIRE(cluster.wait_for("data-b", "data/0 feeds"));
      cluster.fixture.pass(seconds{2});
      CHECK_FALSE(cluster.members.at("data-a")->outcome.has_value());
      auto left = which == data0 ? "replica of data/1" : "data/0";
      CHECK(cluster.notes("data-a").alive == std::set<std::string>{left}); // and is not begun again
      auto& hosts = cluster.status->hosts();
      auto host = std::ranges::find(hosts, "data-a", [](auto& h) { return h.node_id(); });
      REQUIRE(host != hosts.end());
      CHECK(host->status() == (which == data0 ? "STANDBY" : "ACTIVE"));
      REQUIRE(host->slot_failures_size() == 1);
      CHECK(host->slot_failures(0) == format_slot(which) + ": disk full");
      CHECK(cluster.stop());
    });
}

} // namespace tickmesh::cluster_failover_test
