// Snapshots of the trading state.
#include "actors/execution/replay/replay_venues.hpp"
#include "actors/execution/snapshot/slot_snapshot.hpp"
#include "actors/execution/snapshot/state_fields.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/support/checksums.hpp"
#include "tests/support/small_snapshot.hpp"

namespace tickmesh {

namespace snapshot_fuzz {

namespace {

constexpr std::size_t header_bytes = 32;

/// The bytes of a snapshot's body with a header that fits them.
std::string as_snapshot(std::string_view body) {
  auto header = "TMSNAP01" + bytes_of(state_layout_version) + bytes_of(std::uint32_t{0}) +
                bytes_of(std::uint64_t{body.size()});
  auto checksum =
      XXH3_64bits_withSeed(body.data(), body.size(), XXH3_64bits(header.data(), header.size()));
  return header + bytes_of(checksum) + std::string{body};
}

/// What was restored is a state: written, it reads as itself.
void check_parts(const slot_snapshot& snapshot, trading_state& trading) {
  event_sequencer sequencer{snapshot.configuration().settings, replay_venues()};
  sequencer.inputs().add_link("journal");
  send_guard guard;
  if (!snapshot.restore(sequencer, guard)) return;
  auto held_back = snapshot.head().held_back;
  slot_parts parts{trading, sequencer, guard, held_back};
  auto& head = snapshot.head();
  auto bytes = make_snapshot(parts, head.record, head.build, head.has_rows);
  auto again = slot_snapshot::parse(bytes);
  must(again.has_value(), "a snapshot that was written is not read");
  auto trading_again = again->make_trading(true);
  must(trading_again.has_value(), "its trading state is not read");
  must(again->check_restorable().has_value(), "its sequencer is not read");
}

void check_snapshot(std::string bytes) {
  auto snapshot = slot_snapshot::parse(std::move(bytes));
  if (!snapshot) return must(!snapshot.error().message.empty(), "a fault says nothing");
  for (bool makes_rows : {false, true}) {
    auto trading = snapshot->make_trading(makes_rows);
    if (!trading) continue;
    must((*trading)->last_event() == snapshot->head().event, "a state of another event");
    if (makes_rows && snapshot->head().has_rows) check_parts(*snapshot, **trading);
  }
  static_cast<void>(snapshot->check_restorable());
}

void run_snapshot(std::string_view bytes) {
  check_snapshot(std::string{bytes});
  check_snapshot(as_snapshot(bytes));
}

std::vector<std::string> snapshot_samples() {
  return {make_small_snapshot().substr(header_bytes)};
}

} // namespace

} // namespace snapshot_fuzz

std::vector<fuzz_target> snapshot_fuzz_targets() {
  using namespace snapshot_fuzz;
  return {{"snapshot", run_snapshot, snapshot_samples}};
}

} // namespace tickmesh
