// Applies batches of the event log to a trading state: the one path of live trading, replay and
// recovery (journal_passage).
#pragma once

#include "actors/execution/events/batch_decisions.hpp"
#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/risk/send_guard.hpp"
#include "actors/execution/trading/trading_state.hpp"
#include "runtime/log/file_system.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tickmesh {

/// Applies the next batch; what is decided is put behind what `out` holds. `probe`, where there is
/// one, is called before each event.
void apply_batch(trading_state& trading, const event_batch& batch, batch_decisions& out,
                 const std::function<void(const sequenced_event&)>& probe = nullptr);

/// Applies a record of the log. Where this program (`build`) wrote it, the same decisions must
/// follow, or it fails; where another did, or one that is not known, its decisions hold, and `out`
/// has them. Fails, too, where the record can't be of this journal.
result<void> apply_record(trading_state& trading, const logged_events& logged,
                          std::string_view build, batch_decisions& out,
                          const std::function<void(const sequenced_event&)>& probe = nullptr);

/// Whether `build` decided at the events of a batch, which is the next one.
bool has_decided(std::string_view build, const trading_state& trading, const event_batch& batch);

/// What the verdicts of a batch approve, as the signals have it, or the verdict itself for an
/// operator's order: for the guard at the last hop, which does not ask the order manager.
std::vector<order_approval> approved_orders(const event_batch& batch,
                                            const batch_decisions& decisions);

/// Tells the guard what was approved.
void show_approvals(std::span<const order_approval> approvals, send_guard& guard);

/// Tells the guard of the brokers' reports in a batch.
void show_reports(const event_batch& batch, send_guard& guard);

/// Drops the commands that the guard does not admit, and says why of the first. A new form of an
/// order that has ended meanwhile is dropped, too, and is no violation.
std::optional<std::string> keep_admitted(std::vector<decided_command>& commands, send_guard& guard);

/// What was decided at the events of a batch.
std::vector<decided_command> commands_of(const event_batch& batch,
                                         const batch_decisions& decisions);

/// The first configuration that a journal holds; nothing where there is none, as in one of a
/// program that did not write them.
result<std::optional<slot_configuration>>
read_first_configuration(const std::filesystem::path& directory,
                         file_system& files = posix_file_system());

} // namespace tickmesh
