// What hosts say to each other and keep of it: today's encoders write the committed bytes, and
// today's decoders read them.
#include "actors/control/wire/control_codec.hpp"
#include "runtime/cluster/epoch_store.hpp"
#include "runtime/results/row_files.hpp"
#include "tests/support/golden_bytes.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

namespace tickmesh::cluster_bytes_test {

namespace {

/// What the committed bytes of a message say; `now` is what is sent today.
wire::ControlMessage golden_message(const std::string& name, const wire::ControlMessage& now) {
  auto read = from_bytes({golden_bytes("control_" + name + ".hex", to_bytes(now).bytes)});
  REQUIRE(read.has_value());
  return *read;
}

host_join golden_join() {
  return {.host_id = "data-1",
          .roles = {role::data, role::calc},
          .address = {"192.0.2.1", 8849},
          .cluster_name = "local",
          .schema_hash = 0x0102030405060708,
          .build_id = "one",
          .configuration_hash = 0x1112131415161718,
          .boot_id = "boot",
          .seen = {"00ff", epoch{4}},
          .symbols = {"ru1901", "rb1901"},
          .source_fingerprint = 9,
          .incarnation = 7};
}

addressed_view golden_view() {
  addressed_view out{{.cluster_id = "00ff",
                      .number = epoch{6},
                      .formed = epoch{5},
                      .configuration_version = 2,
                      .slots = {{{role::data, 1}, "data-1", epoch{5}, {{"data-2", true, epoch{6}}}},
                                {{role::exec, 0}, "exec-1", epoch{5}}},
                      .symbols = {"ru1901", "rb1901"}},
                     {}};
  out.addresses["data-1"] = {"192.0.2.1", 8849};
  out.addresses["exec-1"] = {"192.0.2.2", 65'535};
  return out;
}

void fill(wire::ExecutionTotals& out) {
  auto count = [](auto& to, const char* name, std::uint64_t value) {
    to.set_name(name);
    to.set_count(value);
  };
  count(*out.add_orders_by_verdict(), "APPROVED", 7);
  count(*out.add_orders_by_status(), "Filled", 5);
  out.set_fills(6);
  out.set_open_positions(2);
  out.set_realised("12.5");
  out.set_unrealised("-1");
  out.set_waiting_for("calc/0");
  out.set_fees("0.25");
  out.set_trading_state("HALTED");
  out.set_trading_set_by("desk@host");
  out.set_trading_reason("drill");
  out.add_not_reconciled("ctp: 3 positions differ");
  out.set_marks_frozen(1);
  auto& session = *out.add_sessions();
  session.set_broker("ctp");
  session.set_step("LOGGED_IN");
  session.set_since_ns(1'704'157'200'000'000'000);
  session.set_trading_day(20240103);
  session.set_text("ok");
}

} // namespace

TEST_CASE("a host's request to join is its golden bytes") {
  wire::ControlMessage now;
  *now.mutable_join() = to_wire(golden_join());
  auto read = golden_message("join", now);
  REQUIRE(read.has_join());
  auto join = from_wire(read.join()), expected = golden_join();
  CHECK(join.host_id == expected.host_id);
  CHECK(join.roles == expected.roles);
  CHECK(join.address == expected.address);
  CHECK(join.cluster_name == expected.cluster_name);
  CHECK(join.schema_hash == expected.schema_hash);
  CHECK(join.build_id == expected.build_id);
  CHECK(join.configuration_hash == expected.configuration_hash);
  CHECK(join.boot_id == expected.boot_id);
  CHECK(join.seen == expected.seen);
  CHECK(join.symbols == expected.symbols);
  CHECK(join.source_fingerprint == expected.source_fingerprint);
  CHECK(join.incarnation == expected.incarnation);
}

TEST_CASE("a view is its golden bytes") {
  wire::ControlMessage now;
  *now.mutable_view() = to_wire(golden_view());
  auto read = golden_message("view", now);
  REQUIRE(read.has_view());
  auto view = from_wire(read.view());
  CHECK(view.view == golden_view().view);
  CHECK(view.addresses == golden_view().addresses);
}

TEST_CASE("what is said of a slot and of a replica is its golden bytes") {
  wire::ControlMessage now;
  *now.mutable_slot_ready() = to_slot_event({role::exec, 3}, epoch{5});
  auto ready = golden_message("slot_ready", now);
  CHECK((from_slot_event(ready.slot_ready()) == slot_name{role::exec, 3}));
  CHECK(ready.slot_ready().epoch() == 5);

  auto& state = *now.mutable_replica_state();
  *state.mutable_slot() = to_slot_event({role::data, 1}, epoch{5});
  *state.mutable_replica() = to_wire(golden_view().view.slots[0].replicas[0]);
  auto replica = golden_message("replica_state", now);
  CHECK(from_wire(replica.replica_state().replica()) == golden_view().view.slots[0].replicas[0]);
}

TEST_CASE("a heartbeat and its answer are their golden bytes") {
  wire::ControlMessage now;
  now.mutable_ping()->set_number(3);
  now.mutable_ping()->set_control_time_ns(1'704'157'200'000'000'000);
  now.mutable_ping()->set_clock_offset_ns(-17);
  CHECK(golden_message("ping", now).ping().clock_offset_ns() == -17);
  auto& pong = *now.mutable_pong();
  pong.set_number(3);
  pong.set_control_time_ns(1'704'157'200'000'000'000);
  pong.set_host_time_ns(1'704'157'200'000'000'001);
  pong.set_memory_share(0.5);
  pong.set_queued_ticks(4);
  pong.add_counts()->set_name("ticks");
  fill(*pong.mutable_execution());
  auto read = golden_message("pong", now);
  CHECK(read.pong().memory_share() == 0.5);
  CHECK(read.pong().execution().fees() == "0.25");
  CHECK(read.pong().execution().sessions(0).trading_day() == 20240103);
}

TEST_CASE("a status is its golden bytes") {
  wire::ControlMessage now;
  auto& status = *now.mutable_status();
  status.set_cluster_name("local");
  status.set_cluster_id("00ff");
  status.set_phase("RUNNING");
  status.set_epoch(6);
  auto& host = *status.add_hosts();
  host.set_node_id("data-1");
  host.set_status("ACTIVE");
  host.set_port(8849);
  host.set_load_score(0.25);
  host.set_shared_clock(true);
  host.add_slots("data/1");
  host.set_failure("\xff");
  *status.mutable_slots() = to_wire(golden_view()).slots();
  fill(*status.mutable_execution());
  status.set_data_replication(2);
  status.set_finished_ns(-1);
  auto read = golden_message("status", now);
  CHECK(read.status().hosts(0).failure() == "\xff");
  CHECK(read.status().slots(0).replicas(0).in_sync());
  CHECK(read.status().execution().fills() == 6);
  CHECK(read.status().finished_ns() == -1);
}

TEST_CASE("the store of an epoch is its golden bytes") {
  temporary_directory home;
  auto path = (home.path() / "epoch").string();
  cluster_epoch value{"00ff", epoch{17}};
  {
    auto store = epoch_store::open(home.path());
    REQUIRE(store.has_value());
    REQUIRE(store->save(value).has_value());
  }
  auto now = read_text_file(path);
  REQUIRE(now.has_value());
  REQUIRE(write_text_file(path, golden_bytes("epoch_store.txt", *now)).has_value());
  auto store = epoch_store::open(home.path());
  REQUIRE(store.has_value());
  CHECK(store->current() == value);
}

} // namespace tickmesh::cluster_bytes_test
