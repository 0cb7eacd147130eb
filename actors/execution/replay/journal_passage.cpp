#include "actors/execution/replay/journal_passage.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <utility>

namespace tickmesh {

namespace {

/// What the commands of another program were is what is sent; whether they may leave was its own
/// last look.
void follow_recorded(const batch_decisions& decisions, send_guard& guard) {
  for (auto& placed : decisions.commands) {
    auto* order = std::get_if<order_request>(&placed.command);
    if (order != nullptr) guard.approve(*order);
  }
}

} // namespace

std::uint64_t fingerprint_of(const journal_record& record) {
  return XXH3_64bits_withSeed(record.payload.data(), record.payload.size(), record.first);
}

journal_passage::journal_passage(const std::filesystem::path& directory, const slot_parts& parts,
                                 std::string_view build, file_system& files)
    : parts_(parts), build_(build), walk_(directory, files) {
  walk_.go_behind(parts.trading.last_event());
}

result<void> journal_passage::advance(std::uint64_t through, const std::function<bool()>& goes_on) {
  while (!goes_on || goes_on()) {
    auto logged = walk_.next(through);
    if (!logged) return tl::make_unexpected(logged.error());
    if (*logged == nullptr) return {};
    if (auto done = apply(**logged); !done) return walk_.fault_here(done.error().message);
  }
  return {};
}

result<void> journal_passage::apply(const logged_events& logged) {
  auto& [trading, sequencer, guard, held_back] = parts_;
  auto is_own = has_decided(build_, trading, logged.batch);
  if (auto done = apply_record(trading, logged, build_, decisions_); !done) return done;
  show_reports(logged.batch, guard);
  show_approvals(approved_orders(logged.batch, decisions_), guard);
  if (!is_own) follow_recorded(decisions_, guard);
  if (trading.notice().mode == trading_mode::halted) held_back.reset();
  auto commands = commands_of(logged.batch, decisions_);
  if (auto violation = keep_admitted(commands, guard); violation && is_own)
    held_back = std::move(violation);
  auto done = sequencer.replay(logged.batch, commands, is_own);
  if (done) last_record_ = fingerprint_of(walk_.record());
  return done;
}

result<std::optional<std::string>> recover_from_journal(const std::filesystem::path& directory,
                                                        trading_state& trading,
                                                        event_sequencer& sequencer,
                                                        send_guard& guard, std::string_view build) {
  std::optional<std::string> held_back;
  journal_passage passage{directory, {trading, sequencer, guard, held_back}, build};
  if (auto done = passage.advance(); !done) return tl::make_unexpected(done.error());
  return held_back;
}

} // namespace tickmesh
