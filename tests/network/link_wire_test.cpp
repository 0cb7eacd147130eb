// What slots and hosts send each other, between two nodes: through CAF's serialisation, in order,
// whole, to a handle that was asked for with a slot_query.
#include "messages/caf_types.hpp"
#include "runtime/cluster/slot_protocol.hpp"

#include "tests/support/simulated_network.hpp"
#include "tests/support/slot_surroundings.hpp"
#include "tests/support/small_market.hpp"

namespace tickmesh::link_wire_test {

namespace {

constexpr std::uint16_t port = 4242;
constexpr slot_name data0{role::data, 0}, calc3{role::calc, 3};

/// Stands for the host agent of the server: answers slot_query, sends control_bytes back doubled.
caf::behavior published_agent(caf::event_based_actor* self, caf::actor slot) {
  return {
      [slot](const slot_query& query) -> caf::result<caf::actor> {
        if (slot_name{static_cast<role>(query.role), query.index} != calc3)
          return caf::make_error(caf::sec::invalid_argument);
        return slot;
      },
      [self](const control_bytes& message) {
        self->send(caf::actor_cast<caf::actor>(self->current_sender()),
                   control_bytes{message.bytes + message.bytes});
      },
  };
}

/// What the client has learnt.
struct client_log {
  caf::actor agent, slot;
  std::vector<std::string> control;
  std::vector<std::string> failures;
};

struct find_slot {
  slot_name slot{};
};
struct send_control {
  std::string bytes;
};

} // namespace

} // namespace tickmesh::link_wire_test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::link_wire_test::find_slot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::link_wire_test::send_control)

namespace tickmesh::link_wire_test {

namespace {

/// Connects as a host agent does: by the middleman, without blocking.
caf::behavior client_agent(caf::event_based_actor* self, std::shared_ptr<client_log> log) {
  auto failed = [log](const caf::error& why) { log->failures.push_back(describe(why)); };
  self->request(self->system().middleman().actor_handle(), std::chrono::seconds{5},
                caf::connect_atom_v, std::string{"server"}, port)
      .then(
          [log](const caf::node_id&, const caf::strong_actor_ptr& agent,
                const std::set<std::string>&) { log->agent = caf::actor_cast<caf::actor>(agent); },
          failed);
  return {
      [self, log, failed](const find_slot& find) {
        self->request(log->agent, std::chrono::seconds{5},
                      slot_query{static_cast<std::uint8_t>(find.slot.of), find.slot.index})
            .then([log](const caf::actor& slot) { log->slot = slot; }, failed);
      },
      [self, log](const send_control& message) {
        self->send(log->agent, control_bytes{message.bytes});
      },
      [log](const control_bytes& message) { log->control.push_back(message.bytes); },
  };
}

/// Two nodes: a published agent with a slot on one, an agent and a feeder on the other.
struct two_nodes {
  simulated_network network;
  simulated_node& server = network.add("server");
  simulated_node& client = network.add("client");
  std::shared_ptr<received_frames> received = std::make_shared<received_frames>();
  std::shared_ptr<received_acks> acks = std::make_shared<received_acks>();
  std::shared_ptr<client_log> log = std::make_shared<client_log>();
  caf::actor slot, agent, feeder, asking;

  explicit two_nodes(std::uint64_t seed) : network(seed) {
    slot = server.fixture.spawn(link_sink, calc3, received, true);
    agent = server.fixture.spawn(published_agent, slot);
    server.publish(agent, port);
    feeder = client.fixture.spawn(link_feeder, acks, std::make_shared<received_resumes>());
    asking = client.fixture.spawn(client_agent, log);
    network.run();
    REQUIRE(log->failures.empty());
    REQUIRE(log->agent != nullptr);
  }

  void find(slot_name name) {
    caf::anon_send(asking, find_slot{name});
    network.run();
  }

  void feed(std::vector<link_frame> frames) {
    caf::anon_send(feeder, send_frames{log->slot, std::move(frames)});
    network.run();
  }
};

bool same(const link_frame& a, const link_frame& b) {
  return std::tie(a.from_role, a.from_index, a.epoch, a.hello, a.after, a.number, a.items,
                  a.payload) == std::tie(b.from_role, b.from_index, b.epoch, b.hello, b.after,
                                         b.number, b.items, b.payload);
}

std::string random_bytes(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::string out(size, '\0');
  for (auto& c : out)
    c = static_cast<char>(random() & 0xff);
  return out;
}

} // namespace

TEST_CASE("frames cross the wire in order and whole, and their acknowledgements come back") {
  for_each_seed(10, [](std::uint64_t seed) {
    two_nodes nodes{seed};
    nodes.find(calc3);
    REQUIRE(nodes.log->slot != nullptr);
    CHECK(nodes.log->slot.node() == nodes.server.fixture.system().node());
    std::mt19937_64 random{seed};
    auto frames = slice_ticks(data0, make_small_market(5, 3'000, seed), random);
    REQUIRE(frames.size() >= 100);
    nodes.feed(frames);
    REQUIRE(nodes.received->frames.size() == frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i)
      REQUIRE(same(nodes.received->frames[i], frames[i]));
    CHECK(check_promises(nodes.received->frames) >= 50);
    REQUIRE(nodes.acks->size() == frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      auto& ack = (*nodes.acks)[i];
      REQUIRE(ack.number == i + 1);
      CHECK(ack.epoch == small_market_epoch.value);
      CHECK(ack.from_role == static_cast<std::uint8_t>(role::calc));
      CHECK(ack.from_index == 3);
    }
  });
}

TEST_CASE("a payload of nearly 1 MiB, every byte value in it, arrives intact") {
  two_nodes nodes{1};
  nodes.find(calc3);
  std::vector<link_frame> frames;
  for (std::size_t size : {0U, 1U, 255U, 65'536U, (1U << 20) - 64U})
    frames.push_back(make_frame(data0, frames.size() + 1, size, random_bytes(size, size + 1)));
  nodes.feed(frames);
  REQUIRE(nodes.received->frames.size() == frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    CAPTURE(i);
    CHECK(same(nodes.received->frames[i], frames[i]));
  }
}

TEST_CASE("the largest and smallest values of every field survive the wire") {
  two_nodes nodes{1};
  nodes.find(calc3);
  link_frame largest{0xff,
                     0xffff,
                     ~std::uint64_t{0},
                     ~std::uint64_t{0},
                     ~std::uint64_t{0},
                     ~std::uint64_t{0},
                     ~std::uint32_t{0},
                     "x"};
  link_frame smallest{};
  nodes.feed({largest, smallest});
  REQUIRE(nodes.received->frames.size() == 2);
  CHECK(same(nodes.received->frames[0], largest));
  CHECK(same(nodes.received->frames[1], smallest));
}

TEST_CASE("control messages go there and back, in order") {
  two_nodes nodes{2};
  std::vector<std::string> sent;
  for (std::size_t i = 0; i < 40; ++i) {
    sent.push_back(random_bytes(i * 97, i));
    caf::anon_send(nodes.asking, send_control{sent.back()});
  }
  nodes.network.run();
  REQUIRE(nodes.log->control.size() == sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i)
    CHECK(nodes.log->control[i] == sent[i] + sent[i]);
}

TEST_CASE("a query for a slot that the host does not have is answered by an error") {
  two_nodes nodes{1};
  nodes.find(data0);
  CHECK(nodes.log->slot == nullptr);
  CHECK(nodes.log->failures.size() == 1);
}

} // namespace tickmesh::link_wire_test
