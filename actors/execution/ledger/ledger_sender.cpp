#include "actors/execution/ledger/ledger_sender.hpp"

#include "runtime/telemetry/log.hpp"

#include <utility>

namespace tickmesh {

ledger_sender::ledger_sender(caf::event_based_actor* self, const ledger_start& start,
                             std::shared_ptr<trading_state> trading)
    : self_(self), settings_(start.keeper.journal.settings.ledger) {
  if (!start.start) return;
  auto keeper = start.keeper;
  keeper.owner = caf::actor_cast<caf::actor>(self);
  ledger_feed feed{*trading, settings_.rows_held_max};
  parts_ = std::make_shared<parts>(
      parts{std::move(trading), feed, start.start(self, std::move(keeper))});
  self->attach_functor([parts = parts_](const caf::error& why) {
    bool is_in_order = !why || why == caf::exit_reason::user_shutdown;
    // One that crashed may have applied half an event.
    if (auto last = is_in_order ? parts->feed.leave() : std::nullopt)
      caf::anon_send(parts->keeper, std::move(*last));
    caf::anon_send(parts->keeper, end_ledger_keeper{});
    parts->keeper = nullptr;
  });
  self->monitor(parts_->keeper);
  step();
}

void ledger_sender::step() {
  if (!parts_) return;
  auto task = parts_->feed.next();
  note_outcome();
  if (!task) return;
  std::visit([this](auto& next) { self_->send(parts_->keeper, std::move(next)); }, *task);
}

void ledger_sender::answered(const ledger_answer& answer) {
  parts_->feed.answered(answer.done);
  note_outcome();
  step();
  end_if_done();
}

void ledger_sender::lost(const std::string& reason) {
  if (!parts_) return;
  log_error("the keeper of the ledger is gone, trading goes on without it: {}", reason);
  parts_->feed.lost();
  end_if_done();
}

void ledger_sender::overdue() {
  if (!then_) return;
  parts_->feed.lost();
  end_if_done();
}

void ledger_sender::finish(std::function<void(const ledger_counts&)> then) {
  if (!parts_) return then({});
  then_ = std::move(then);
  parts_->feed.finish();
  self_->delayed_send(self_, settings_.end_timeout, ledger_overdue{});
  step();
  end_if_done();
}

void ledger_sender::note_outcome() {
  switch (parts_->feed.take_outcome()) {
  case ledger_feed::outcome::overflow:
    log_warning("the ledger is behind by more than {} rows (execution.ledger.rows_held_max); what "
                "it lacks is made up from the journal",
                settings_.rows_held_max);
    break;
  case ledger_feed::outcome::caught_up: log_info("the ledger has caught up"); break;
  case ledger_feed::outcome::failure: // the keeper has said why
  case ledger_feed::outcome::none: break;
  }
}

void ledger_sender::end_if_done() {
  if (!then_ || !parts_->feed.is_done()) return;
  if (!parts_->feed.is_complete())
    log_warning("the ledger does not have everything that was traded; tickmesh ledger rebuild "
                "makes it up from the journal");
  std::exchange(then_, nullptr)(parts_->feed.counts());
}

} // namespace tickmesh
