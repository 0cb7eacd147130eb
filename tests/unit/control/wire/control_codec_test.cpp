// Messages of the control plane that name what can't be are refused as a whole.
#include "actors/control/wire/control_codec.hpp"

#include <doctest/doctest.h>

namespace tickmesh::control_codec_test {

namespace {

bool is_read(const wire::ControlMessage& message) {
  return from_bytes({message.SerializeAsString()}).has_value();
}

} // namespace

TEST_CASE("a message that names a slot of an unknown role is no message") {
  auto check = [](auto slot_of) {
    wire::ControlMessage message;
    auto& slot = slot_of(message);
    slot.set_role(3);
    slot.set_index(65'535);
    CHECK(is_read(message));
    slot.set_role(4);
    CHECK_FALSE(is_read(message));
    slot.set_role(256); // 0 of eight bits
    CHECK_FALSE(is_read(message));
    slot.set_role(3);
    slot.set_index(65'536);
    CHECK_FALSE(is_read(message));
  };
  check([](auto& m) -> auto& { return *m.mutable_view()->add_slots(); });
  check([](auto& m) -> auto& { return *m.mutable_status()->add_slots(); });
  check([](auto& m) -> auto& { return *m.mutable_slot_ready(); });
  check([](auto& m) -> auto& { return *m.mutable_slot_finished(); });
  check([](auto& m) -> auto& { return *m.mutable_start_feeds()->mutable_slot(); });
  check([](auto& m) -> auto& { return *m.mutable_stop_feeds()->mutable_slot(); });
  check([](auto& m) -> auto& { return *m.mutable_replica_state()->mutable_slot(); });
  check([](auto& m) -> auto& { return *m.mutable_slot_failed()->mutable_slot(); });
}

TEST_CASE("a message that names a port beyond 65535 is no message") {
  for (std::uint32_t port : {0U, 65'535U, 65'536U, UINT32_MAX}) {
    CAPTURE(port);
    wire::ControlMessage join, view;
    join.mutable_join()->set_port(port);
    view.mutable_view()->add_hosts(); // the fault need not be in the first one
    view.mutable_view()->add_hosts()->set_port(port);
    CHECK(is_read(join) == (port <= 65'535));
    CHECK(is_read(view) == (port <= 65'535));
  }
}

TEST_CASE("a request to join arrives as it was sent") {
  host_join join;
  join.host_id = "data-1";
  join.roles = {role::data, role::exec};
  join.address = {"192.0.2.7", 65'535};
  join.cluster_name = "prod";
  join.schema_hash = 1;
  join.build_id = "b1";
  join.configuration_hash = 2;
  join.boot_id = "boot";
  join.seen = {"home", epoch{7}};
  join.symbols = {"ru1901", "AP101"};
  join.source_fingerprint = 3;
  for (std::uint64_t incarnation : {std::uint64_t{0}, std::uint64_t{5}, UINT64_MAX}) {
    join.incarnation = incarnation;
    auto read = from_wire(to_wire(join));
    CHECK(read.host_id == join.host_id);
    CHECK(read.roles == join.roles);
    CHECK(read.address == join.address);
    CHECK(read.cluster_name == join.cluster_name);
    CHECK(read.schema_hash == 1);
    CHECK(read.build_id == "b1");
    CHECK(read.configuration_hash == 2);
    CHECK(read.boot_id == "boot");
    CHECK(read.seen.cluster_id == "home");
    CHECK(read.seen.number == epoch{7});
    CHECK(read.symbols == join.symbols);
    CHECK(read.source_fingerprint == 3);
    CHECK(read.incarnation == incarnation);
    CHECK(read.is_named); // is no word of the host's
  }
}

TEST_CASE("a view arrives with the addresses of its hosts, of slots and of replicas") {
  addressed_view sent;
  sent.view.cluster_id = "home";
  sent.view.number = epoch{9};
  sent.view.formed = epoch{4};
  sent.view.configuration_version = 3;
  sent.view.slots = {{{role::data, 1}, "a", epoch{5}, {{"b", true, epoch{6}}}},
                     {{role::calc, 0}, "a", epoch{4}, {}}};
  sent.view.symbols = {"ru1901"};
  sent.addresses = {{"a", {"192.0.2.1", 1}}, {"b", {"192.0.2.2", 65'535}}};
  wire::ControlMessage message;
  *message.mutable_view() = to_wire(sent);
  auto parsed = from_bytes(to_bytes(message));
  REQUIRE(parsed.has_value());
  auto read = from_wire(parsed->view());
  CHECK(read.addresses == sent.addresses);
  CHECK(read.view.cluster_id == "home");
  CHECK(read.view.number == epoch{9});
  CHECK(read.view.formed == epoch{4});
  CHECK(read.view.configuration_version == 3);
  CHECK(read.view.symbols == sent.view.symbols);
  REQUIRE(read.view.slots.size() == 2);
  CHECK(read.view.slots[0].slot == slot_name{role::data, 1});
  CHECK(read.view.slots[0].host_id == "a");
  CHECK(read.view.slots[0].since == epoch{5});
  CHECK(read.view.slots[0].replicas == sent.view.slots[0].replicas);
  CHECK(read.view.slots[1].slot == slot_name{role::calc, 0});
}

TEST_CASE("what is said of a slot names its owner's epoch") {
  auto event = to_slot_event({role::exec, 65'535}, epoch{7});
  CHECK(event.epoch() == 7);
  CHECK(from_slot_event(event) == slot_name{role::exec, 65'535});
}

TEST_CASE("bytes that are no message are none") {
  CHECK_FALSE(from_bytes({"\xff"}).has_value());
  CHECK(from_bytes({""}).has_value());
}

} // namespace tickmesh::control_codec_test
