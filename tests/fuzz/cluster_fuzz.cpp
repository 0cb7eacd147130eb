// What hosts say to each other, and the epoch that each keeps.
#include "actors/control/wire/cluster_document.hpp"
#include "actors/control/wire/control_codec.hpp"
#include "runtime/cluster/epoch_store.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/support/checksums.hpp"
#include "tests/support/log_files.hpp"

#include <fstream>

namespace tickmesh {

namespace cluster_fuzz {

namespace {

void check_slot(slot_name slot) {
  must(static_cast<std::size_t>(slot.of) < role_names.size(), "a slot of a role that is none");
}

void check_join(const wire::Join& message) {
  auto join = from_wire(message);
  auto written = to_wire(join);
  must(to_wire(from_wire(written)).SerializeAsString() == written.SerializeAsString(),
       "a join comes back as another");
  for (auto role : join.roles)
    check_slot({role, 0});
}

void check_view(const wire::View& message) {
  auto view = from_wire(message);
  for (auto& slot : view.view.slots) {
    check_slot(slot.slot);
    must(!format_slot(slot.slot).empty(), "a slot without a name");
  }
  auto again = from_wire(to_wire(view));
  must(again.view == view.view && again.addresses == view.addresses,
       "a view comes back as another");
}

void check_status(const wire::Status& status) {
  must(!cluster_document(status).empty(), "a status without a document");
  for (auto& slot : status.slots())
    must(copies_in_sync(slot) >= 1 || !is_single_copy(status, slot), "a copy of nothing");
}

void run_control_messages(std::string_view bytes) {
  auto message = from_bytes({std::string{bytes}});
  if (!message) return;
  auto again = from_bytes(to_bytes(*message));
  must(again && again->SerializeAsString() == message->SerializeAsString(),
       "a message comes back as another");
  check_slot(from_slot_event(message->slot_ready()));
  check_slot(from_slot_event(message->replica_state().slot()));
  if (message->has_join()) check_join(message->join());
  if (message->has_view()) check_view(message->view());
  if (message->has_status()) check_status(message->status());
}

std::vector<std::string> control_messages_samples() {
  std::vector<wire::ControlMessage> out(7);
  host_join join{.host_id = "data-1",
                 .roles = {role::data, role::calc},
                 .address = {"192.0.2.1", 8849},
                 .cluster_name = "local",
                 .schema_hash = 1,
                 .build_id = "one",
                 .boot_id = "b",
                 .seen = {"c1", epoch{4}},
                 .symbols = {"ru1901", "rb1901"},
                 .source_fingerprint = 9};
  *out[0].mutable_join() = to_wire(join);
  addressed_view view;
  view.view.cluster_id = "c1";
  view.view.number = view.view.formed = epoch{5};
  view.addresses["data-1"] = {"192.0.2.1", 8849};
  view.view.slots = {{{role::data, 0}, "data-1", epoch{5}, {{"data-2", true, epoch{5}}}}};
  view.view.symbols = {"ru1901"};
  *out[1].mutable_view() = to_wire(view);
  *out[2].mutable_slot_ready() = to_slot_event({role::exec, 0}, epoch{5});
  out[3].mutable_pong()->set_memory_share(0.5);
  auto& totals = *out[3].mutable_pong()->mutable_execution();
  totals.set_realised("12.5");
  totals.add_sessions()->set_step("SESSION_UP");
  auto& status = *out[4].mutable_status();
  status.set_cluster_name("local");
  status.set_data_replication(2);
  *status.add_slots() = out[1].view().slots(0);
  status.add_hosts()->set_node_id("data-1");
  *status.mutable_execution() = totals;
  *out[5].mutable_replica_state()->mutable_slot() = to_slot_event({role::data, 1}, epoch{6});
  *out[5].mutable_replica_state()->mutable_replica() = to_wire(view.view.slots[0].replicas[0]);
  out[6].mutable_counts()->add_counts()->set_name("ticks");
  std::vector<std::string> bytes;
  for (auto& message : out)
    bytes.push_back(to_bytes(message).bytes);
  return bytes;
}

void run_epoch_store(std::string_view bytes) {
  static const log_directory scratch;
  for (auto& text : {std::string{bytes}, with_checksum_line(bytes)}) {
    std::filesystem::create_directories(scratch.log());
    std::ofstream{scratch.log() / "epoch", std::ios::binary} << text;
    cluster_epoch read;
    {
      auto store = epoch_store::open(scratch.log());
      if (!store) continue;
      read = store->current();
      must((read.number.value == 0) == text.empty(), "an epoch of nothing");
      if (text.empty()) continue;
      must(store->save(read).has_value(), "an epoch that was read is not written");
    }
    auto again = epoch_store::open(scratch.log());
    must(again && again->current() == read, "an epoch comes back as another");
  }
}

std::vector<std::string> epoch_store_samples() {
  return {with_checksum_line("tickmesh epoch store 1\ncluster_id 00ff\nepoch 17\n")};
}

} // namespace

} // namespace cluster_fuzz

std::vector<fuzz_target> cluster_fuzz_targets() {
  using namespace cluster_fuzz;
  return {{"control_messages", run_control_messages, control_messages_samples},
          {"epoch_store", run_epoch_store, epoch_store_samples}};
}

} // namespace tickmesh
