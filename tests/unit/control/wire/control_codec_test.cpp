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
}

TEST_CASE("a message that names a port beyond 65535 is no message") {
  for (std::uint32_t port : {0U, 65'535U, 65'536U, UINT32_MAX}) {
    CAPTURE(port);
    wire::ControlMessage join, view;
    join.mutable_join()->set_port(port);
    view.mutable_view()->add_slots()->set_port(port);
    CHECK(is_read(join) == (port <= 65'535));
    CHECK(is_read(view) == (port <= 65'535));
  }
}

TEST_CASE("bytes that are no message are none") {
  CHECK_FALSE(from_bytes({"\xff"}).has_value());
  CHECK(from_bytes({""}).has_value());
}

} // namespace tickmesh::control_codec_test
