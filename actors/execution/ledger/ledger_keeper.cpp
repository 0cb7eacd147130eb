#include "actors/execution/ledger/ledger_keeper.hpp"

#include "runtime/actor_system.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <memory>
#include <utility>

namespace {

/// Time for the next events of a rebuild.
struct go_on_rebuilding {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(go_on_rebuilding)

namespace tickmesh {

namespace {

using ledger_keeper_actor = caf::stateful_actor<ledger_keeper_state>;

/// Events that a rebuild goes through before it looks at its messages.
constexpr std::uint64_t events_at_once = 8'192;

/// The events of a rebuild have been applied, but may still be on their way to the journal.
constexpr std::chrono::milliseconds journal_wait{10};
constexpr std::uint32_t journal_waits_max = 1'000;

constexpr std::chrono::milliseconds at_once{};

result<void> without_value(const result<bool>& r) {
  return r ? result<void>{} : tl::make_unexpected(r.error());
}

/// Closes the ledger, and sets it aside where it is damaged; the next task opens it anew.
void note_fault(ledger_keeper_state& state, const fault& why) {
  auto file = state.ledger ? state.ledger->file() : std::filesystem::path{};
  bool is_damaged = state.ledger && state.ledger->is_damaged();
  state.ledger.reset();
  state.rebuild.reset();
  if (!state.has_failed)
    spdlog::warn("the ledger can't be kept, trading goes on without it: {}", why.message);
  state.has_failed = true;
  if (!is_damaged) return;
  auto aside = set_ledger_aside(file);
  spdlog::warn("{}", aside ? fmt::format("the damaged ledger is now {}", aside->string())
                           : aside.error().message);
}

result<void> open(ledger_keeper_state& state, const ledger_keeper_options& options) {
  if (state.ledger) return {};
  auto opened = trading_ledger::open(options.ledger);
  if (!opened) return tl::make_unexpected(opened.error());
  if (!opened->note.empty()) spdlog::warn("{}", opened->note);
  state.ledger = std::move(opened->ledger);
  return {};
}

result<void> write(ledger_keeper_state& state, const ledger_keeper_options& options,
                   const trading_changes& changes) {
  state.rebuild.reset(); // it has caught up: its memory is not needed any more
  if (auto done = open(state, options); !done) return done;
  return state.ledger->write(changes, options.journal.universe);
}

/// Begins a rebuild, or goes on with the last one. False when there is nothing to do.
result<bool> begin_rebuild(ledger_keeper_state& state, const ledger_keeper_options& options) {
  if (auto done = open(state, options); !done) return tl::make_unexpected(done.error());
  state.waits = 0;
  bool is_new = state.goal == 0; // what a ledger of no events holds is of another journal
  if (!is_new && state.ledger->last_event() == state.goal) return false;
  bool goes_on = state.rebuild && state.rebuild->last_event() == state.ledger->last_event();
  if (!goes_on) state.rebuild.emplace(options.journal);
  auto begun = goes_on ? state.ledger->begin() : state.ledger->begin_anew();
  if (!begun) return tl::make_unexpected(begun.error());
  return true;
}

/// True when the goal is reached, and written.
result<bool> go_on(ledger_keeper_actor* self, const ledger_keeper_options& options) {
  auto& state = self->state;
  auto before = state.rebuild->last_event();
  auto now = state.rebuild->advance(*state.ledger, state.goal, events_at_once);
  if (!now) return tl::make_unexpected(now.error());
  if (*now >= state.goal) {
    auto done = state.ledger->commit(*now, options.journal.universe);
    return done.map([] { return true; });
  }
  if (*now > before) {
    state.waits = 0;
    self->send(self, go_on_rebuilding{});
    return false;
  }
  if (++state.waits > journal_waits_max)
    return fail(fmt::format("{} ends at event {}; event {} has not come",
                            options.journal.directory.string(), *now, state.goal));
  self->delayed_send(self, journal_wait, go_on_rebuilding{});
  return false;
}

/// Answers the task. What is final is answered at once.
void end_task(ledger_keeper_actor* self, const ledger_keeper_options& options,
              const result<void>& done, std::chrono::milliseconds pause) {
  auto& state = self->state;
  if (!done) {
    note_fault(state, done.error());
    pause = ledger_retry_pause;
  } else if (std::exchange(state.has_failed, false)) {
    spdlog::info("the ledger is kept again");
  }
  if (pause.count() == 0 || state.is_final)
    self->send(options.owner, ledger_answer{done.has_value()});
  else
    self->delayed_send(options.owner, pause, ledger_answer{done.has_value()});
}

} // namespace

caf::behavior ledger_keeper(ledger_keeper_actor* self, ledger_keeper_options given) {
  keep_crash_reason(self);
  auto options = std::make_shared<const ledger_keeper_options>(std::move(given));
  return {
      // Rows, of all changes since the last task.
      [self, options](const write_ledger& rows) {
        self->state.is_final = rows.is_final;
        end_task(self, *options, write(self->state, *options, rows.changes), ledger_pause);
      },
      // Rows are missing, or may be.
      [self, options](const rebuild_ledger& wanted) {
        self->state.is_final = wanted.is_final;
        self->state.goal = wanted.through;
        auto begun = begin_rebuild(self->state, *options);
        if (begun && *begun) return self->send(self, go_on_rebuilding{});
        end_task(self, *options, without_value(begun), at_once);
      },
      [self, options](go_on_rebuilding) {
        auto reached = go_on(self, *options);
        if (!reached || *reached) end_task(self, *options, without_value(reached), at_once);
      },
      // Ends when what came before is done, but not a rebuild, which the next life begins anew.
      [self](end_ledger_keeper) { self->quit(); },
  };
}

caf::actor start_detached_ledger_keeper(caf::event_based_actor* parent,
                                        ledger_keeper_options options) {
  return parent->spawn<caf::detached>(ledger_keeper, std::move(options));
}

} // namespace tickmesh
