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
    : parts_(parts), build_(build), reader_(directory, files),
      seeks_(parts.trading.last_event() > 0) {}

tl::unexpected<fault> journal_passage::fault_here(std::string_view what) const {
  return fail(fmt::format("{}: offset {}: {}", reader_.file().string(), reader_.offset(), what));
}

result<void> journal_passage::advance(std::uint64_t through, const std::function<bool()>& goes_on) {
  auto& trading = parts_.trading;
  if (std::exchange(seeks_, false))
    if (auto done = reader_.seek(trading.last_event() + 1); !done) return done;
  while (!goes_on || goes_on()) {
    auto record = reader_.next();
    if (!record) return tl::make_unexpected(record.error());
    if (*record == nullptr) return {};
    seeks_ = (*record)->last() > through;
    if (seeks_) return {};
    if ((*record)->first != trading.last_event() + 1)
      return fault_here(fmt::format("the events from {} to {} are not kept any more",
                                    trading.last_event() + 1, (*record)->first - 1));
    if (auto done = apply(**record); !done) return done;
  }
  return {};
}

result<void> journal_passage::apply(const journal_record& record) {
  auto& [trading, sequencer, guard, held_back] = parts_;
  if (auto done = decoder_.decode(record, logged_); !done) return fault_here(done.error().message);
  auto is_own = has_decided(build_, trading, logged_.batch);
  if (auto done = apply_record(trading, logged_, build_, decisions_); !done)
    return fault_here(done.error().message);
  show_reports(logged_.batch, guard);
  show_approvals(approved_orders(logged_.batch, decisions_), guard);
  if (!is_own) follow_recorded(decisions_, guard);
  if (trading.notice().mode == trading_mode::halted) held_back.reset();
  auto commands = commands_of(decisions_);
  if (auto violation = keep_admitted(commands, guard); violation && is_own)
    held_back = std::move(violation);
  if (auto done = sequencer.replay(logged_.batch, commands, is_own); !done)
    return fault_here(done.error().message);
  last_record_ = fingerprint_of(record);
  return {};
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
