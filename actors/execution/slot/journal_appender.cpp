#include "actors/execution/slot/journal_appender.hpp"

#include "actors/execution/journal/slot_journal.hpp"

#include <utility>

namespace tickmesh {

namespace {

/// The slot takes no events while the commands of those before wait.
constexpr std::size_t batches_held_max = 1;

} // namespace

journal_appender::journal_appender(std::shared_ptr<journal> log, const journal_settings& settings,
                                   epoch writer)
    : log_(std::move(log)), settings_(settings), writer_(writer),
      notice_(notice_for_journal_keeper(settings.durability)), gate_(batches_held_max) {
  gate_.acknowledge(local_journal, is_always() ? log_->synced_event() : log_->last_event());
}

std::optional<journal_appender::keeper_note> journal_appender::begin() {
  auto last = log_->last_event();
  if (log_->synced_event() < last && notice_.appended(last)) return keeper_note{last};
  return std::nullopt;
}

/// What is known of the end before this life is in the journal, and need not be told again.
result<void> journal_appender::note_first_record() {
  if (std::exchange(has_noted_boot_, true)) return {};
  return note_boot({.directory = log_->directory(), .settings = settings_}, log_->files());
}

result<journal_appender::outcome> journal_appender::append(trading_answer& answer) {
  auto appended = log_->append({.first = answer.first_event,
                                .events = answer.events,
                                .writer = writer_,
                                .payload = answer.record});
  if (!appended) return tl::make_unexpected(appended.error());
  if (auto noted = note_first_record(); !noted) return tl::make_unexpected(noted.error());
  auto last = log_->last_event();
  outcome out;
  out.is_held = !answer.commands.empty() || !answer.outcomes.empty();
  if (notice_.appended(last)) out.note = keeper_note{last, out.is_held};
  if (!is_always()) gate_.acknowledge(local_journal, last);
  if (out.is_held)
    gate_.hold(last, {std::move(answer.commands), std::move(answer.triggers),
                      std::move(answer.outcomes), std::move(answer.trading)});
  return out;
}

std::optional<journal_appender::keeper_note> journal_appender::durable(std::uint64_t event) {
  if (is_always()) gate_.acknowledge(local_journal, event);
  auto last = log_->last_event();
  return notice_.answered(last) ? std::optional{keeper_note{last}} : std::nullopt;
}

bool journal_appender::has_inputs_for_good() const {
  return !is_always() || log_->synced_event() >= log_->last_event();
}

} // namespace tickmesh
