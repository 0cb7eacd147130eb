// What a simulated network does to messages: that delay, held bytes, cut wires and paused hosts are
// those of TCP, and that a seed gives the same run again.
#include "messages/caf_types.hpp"

#include "tests/support/simulated_network.hpp"

namespace tickmesh::simulated_faults_test {

namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t port = 4242;

struct arrived {
  std::chrono::nanoseconds at{};
  std::string text;
  friend bool operator==(const arrived&, const arrived&) = default;
};

/// What a host has heard and learnt.
struct host_log {
  std::vector<arrived> heard;
  std::vector<std::string> lost; ///< why others are gone
  caf::actor peer;

  bool is_in_order(std::size_t first = 0) const {
    for (auto& each : heard)
      if (each.text != std::to_string(first++)) return false;
    return true;
  }
};

/// Listens, and watches whoever talks to it.
caf::behavior listening(caf::event_based_actor* self, simulated_network* network,
                        std::shared_ptr<host_log> log) {
  self->set_down_handler(
      [log](caf::down_msg& down) { log->lost.push_back(describe(down.reason)); });
  return {[=](const control_bytes& message) {
    auto who = caf::actor_cast<caf::actor>(self->current_sender());
    if (log->peer != who) self->monitor(who);
    log->peer = who;
    log->heard.push_back({network->now(), message.bytes});
  }};
}

struct say {
  std::string text;
};
struct connect_again {};

} // namespace

} // namespace tickmesh::simulated_faults_test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::simulated_faults_test::say)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::simulated_faults_test::connect_again)

namespace tickmesh::simulated_faults_test {

namespace {

/// Connects when it is told to, and says what it is told to.
caf::behavior talking(caf::event_based_actor* self, std::shared_ptr<host_log> log) {
  auto failed = [log](const caf::error& why) { log->lost.push_back(describe(why)); };
  self->set_down_handler(
      [log](caf::down_msg& down) { log->lost.push_back(describe(down.reason)); });
  return {
      [=](connect_again) {
        self->request(self->system().middleman().actor_handle(), 60s, caf::connect_atom_v,
                      std::string{"server"}, port)
            .then(
                [=](const caf::node_id&, const caf::strong_actor_ptr& peer,
                    const std::set<std::string>&) {
                  log->peer = caf::actor_cast<caf::actor>(peer);
                  self->monitor(log->peer);
                },
                failed);
      },
      [=](const say& what) { self->send(log->peer, control_bytes{what.text}); },
  };
}

/// One host that listens and one that talks to it.
struct two_hosts {
  simulated_network network;
  simulated_node& server = network.add("server");
  simulated_node& client = network.add("client");
  std::shared_ptr<host_log> there = std::make_shared<host_log>();
  std::shared_ptr<host_log> here = std::make_shared<host_log>();
  caf::actor talker;

  explicit two_hosts(std::uint64_t seed = 1) : network(seed) {
    server.publish(server.fixture.spawn(listening, &network, there), port);
    talker = client.fixture.spawn(talking, here);
    connect();
  }

  void connect() {
    here->peer = nullptr;
    caf::anon_send(talker, connect_again{});
    network.run_until([this] { return here->peer != nullptr; }, 1s);
    REQUIRE(here->peer != nullptr);
  }

  void say_numbers(std::size_t first, std::size_t end) {
    for (auto number = first; number < end; ++number)
      caf::anon_send(talker, say{std::to_string(number)});
    network.run();
  }
};

} // namespace

TEST_CASE("bytes are under way for the time that is set, and stay in order") {
  two_hosts hosts;
  hosts.network.set_delay(3ms, 20ms);
  auto begin = hosts.network.now();
  for (std::size_t i = 0; i < 100; ++i) {
    hosts.say_numbers(i, i + 1);
    hosts.network.pass(1ms);
  }
  hosts.network.pass(20ms);
  auto& heard = hosts.there->heard;
  REQUIRE(heard.size() == 100);
  CHECK(hosts.there->is_in_order());
  std::set<std::chrono::nanoseconds> delays;
  for (std::size_t i = 0; i < heard.size(); ++i) {
    auto delay = heard[i].at - begin - i * 1ms;
    CHECK(delay >= 3ms);
    CHECK(delay <= 20ms);
    delays.insert(delay);
  }
  CHECK(delays.size() > 10);
}

TEST_CASE("a seed gives the same run again, and another seed another one") {
  auto run = [](std::uint64_t seed) {
    two_hosts hosts{seed};
    hosts.network.set_delay(0ms, 20ms);
    hosts.say_numbers(0, 50);
    hosts.network.pass(1s);
    return hosts.there->heard;
  };
  auto first = run(7);
  CHECK(first.size() == 50);
  CHECK(run(7) == first);
  CHECK(run(8) != first);
}

TEST_CASE("what is held comes late and whole, unless the hosts give each other up before") {
  two_hosts hosts;
  hosts.say_numbers(0, 10);
  hosts.network.hold(hosts.server, hosts.client);
  hosts.say_numbers(10, 20);
  SUBCASE("shorter than the time-out of connections") {
    hosts.network.pass(4s);
    CHECK(hosts.there->heard.size() == 10);
    hosts.network.release(hosts.server, hosts.client);
    hosts.network.pass(1s);
    CHECK(hosts.there->heard.size() == 20);
    CHECK(hosts.there->is_in_order());
    CHECK(hosts.there->lost.empty());
    CHECK(hosts.here->lost.empty());
  }
  SUBCASE("longer") {
    hosts.network.pass(6s);
    CHECK(hosts.there->lost.size() == 1);
    CHECK(hosts.here->lost.size() == 1);
    hosts.network.release(hosts.server, hosts.client);
    hosts.network.pass(1s);
    CHECK(hosts.there->heard.size() == 10); // nobody is there any more to hear the rest
    hosts.connect();
    hosts.say_numbers(10, 12);
    CHECK(hosts.there->heard.size() == 12);
  }
}

TEST_CASE("a cut wire takes with it what is on it, both ends are told, and a new one can be made") {
  for_each_seed(20, [](std::uint64_t seed) {
    two_hosts hosts{seed};
    hosts.network.set_delay(1ms, 10ms);
    for (std::size_t i = 0; i < 40; ++i) {
      hosts.say_numbers(i, i + 1);
      hosts.network.pass(1ms);
    }
    hosts.network.cut(hosts.server, hosts.client);
    hosts.network.pass(1s);
    auto count = hosts.there->heard.size();
    CHECK(count > 20);
    CHECK(count < 40);
    CHECK(hosts.there->is_in_order());
    CHECK(hosts.there->lost == std::vector<std::string>{"the connection broke"});
    CHECK(hosts.here->lost == std::vector<std::string>{"the connection broke"});
    hosts.connect();
    hosts.say_numbers(count, count + 10);
    hosts.network.pass(1s);
    CHECK(hosts.there->heard.size() == count + 10);
    CHECK(hosts.there->is_in_order());
  });
}

TEST_CASE("a paused host hears later what was said meanwhile, or learns that it was given up") {
  two_hosts hosts;
  hosts.network.pause(hosts.server);
  hosts.say_numbers(0, 10);
  SUBCASE("for a short while") {
    hosts.network.pass(4s);
    CHECK(hosts.there->heard.empty());
    hosts.network.resume(hosts.server);
    hosts.network.pass(1s);
    CHECK(hosts.there->heard.size() == 10);
    CHECK(hosts.here->lost.empty());
    CHECK(hosts.server.fixture.now() == hosts.client.fixture.now());
  }
  SUBCASE("for long") {
    hosts.network.pass(10s);
    CHECK(hosts.here->lost.size() == 1);
    CHECK(hosts.there->lost.empty()); // it has not woken yet
    hosts.network.resume(hosts.server);
    hosts.network.pass(10s);
    hosts.connect();
    hosts.say_numbers(10, 20);
    CHECK(hosts.there->heard.back().text == "19");
  }
}

TEST_CASE("nobody is reached where nobody listens, or where the way is held") {
  two_hosts hosts;
  hosts.network.hold(hosts.server, hosts.client);
  hosts.here->peer = nullptr;
  auto& other = hosts.network.add("other");
  auto log = std::make_shared<host_log>();
  auto talker = other.fixture.spawn(talking, log);
  caf::anon_send(talker, connect_again{});
  hosts.network.pass(1s);
  CHECK(log->peer != nullptr); // the way of others is open
  hosts.network.hold(hosts.server, other);
  auto& late = hosts.network.add("late");
  hosts.network.hold(hosts.server, late);
  auto late_log = std::make_shared<host_log>();
  auto late_talker = late.fixture.spawn(talking, late_log);
  caf::anon_send(late_talker, connect_again{});
  hosts.network.pass(1s);
  CHECK(late_log->lost.size() == 1);
  CHECK(late_log->peer == nullptr);
}

} // namespace tickmesh::simulated_faults_test
