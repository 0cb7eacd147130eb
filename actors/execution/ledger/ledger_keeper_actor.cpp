#include "actors/execution/ledger/ledger_keeper_actor.hpp"

#include "messages/overloaded.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

namespace {

/// Time for the next part of the task.
struct go_on {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(go_on)

namespace tickmesh {

namespace {

using ledger_keeper_actor = caf::stateful_actor<ledger_keeper_state>;

/// Events that a rebuild goes through before it looks at its messages.
constexpr std::uint64_t events_at_once = 8'192;

/// How long to wait for the journal, which has the events in a moment unless the slot ends.
constexpr std::chrono::milliseconds journal_wait{5};

/// Closes the ledger, and sets it aside where it is damaged; the next task opens it anew.
void note_fault(ledger_keeper_state& state, const fault& why) {
  auto file = state.ledger ? state.ledger->file() : std::filesystem::path{};
  bool is_damaged = state.ledger && state.ledger->is_damaged();
  state.ledger.reset();
  state.rebuild.reset();
  if (!state.has_failed)
    log_warning("the ledger can't be kept, trading goes on without it: {}", why.message);
  state.has_failed = true;
  if (!is_damaged) return;
  auto aside = set_ledger_aside(file);
  log_warning("{}", aside ? fmt::format("the damaged ledger is now {}", aside->string())
                          : aside.error().message);
}

result<void> open(ledger_keeper_state& state, const ledger_keeper_options& options) {
  if (state.ledger) return {};
  auto wanted = options.ledger;
  wanted.busy_timeout = options.journal.settings.ledger.busy_timeout;
  auto opened = trading_ledger::open(wanted);
  if (!opened) return tl::make_unexpected(opened.error());
  if (!opened->note.empty()) log_warning("{}", opened->note);
  state.ledger = std::move(opened->ledger);
  return {};
}

/// Adds the rows. Precondition: no rebuild is under way.
result<void> write(ledger_keeper_state& state, const ledger_keeper_options& options,
                   const trading_changes& changes) {
  state.rebuild.reset(); // it has caught up: its memory is not needed any more
  if (auto done = open(state, options); !done) return done;
  return state.ledger->write(changes, options.journal.universe);
}

/// Begins a rebuild, or goes on with the last one. False when there is nothing to do.
result<bool> begin_rebuild(ledger_keeper_state& state, const ledger_keeper_options& options,
                           std::uint64_t through) {
  if (auto done = open(state, options); !done) return tl::make_unexpected(done.error());
  // What a ledger holds before the first event is of another journal.
  if (through != 0 && state.ledger->last_event() == through) return false;
  bool goes_on = state.rebuild && state.rebuild->last_event() == state.ledger->last_event();
  result<std::uint64_t> kept = 0;
  if (!goes_on) kept = state.rebuild.emplace(options.journal).begin();
  if (!kept) return tl::make_unexpected(kept.error());
  auto begun = goes_on ? state.ledger->begin() : state.ledger->begin_anew(*kept);
  if (!begun) return tl::make_unexpected(begun.error());
  return true;
}

/// The next events of a rebuild; true when all are there, and written.
result<bool> go_on_rebuilding(ledger_keeper_state& state, const ledger_keeper_options& options,
                              std::uint64_t through) {
  auto before = state.rebuild->last_event();
  auto now = state.rebuild->advance(*state.ledger, through, events_at_once);
  if (!now) return tl::make_unexpected(now.error());
  if (*now >= through) {
    auto done = state.ledger->commit(*now, options.journal.universe);
    return done.map([] { return true; });
  }
  if (*now == before)
    return fail(fmt::format("{} ends at event {}; it should have event {}",
                            options.journal.directory.string(), *now, through));
  return false;
}

result<bool> rebuild(ledger_keeper_state& state, const ledger_keeper_options& options,
                     std::uint64_t through) {
  if (!state.is_rebuilding) {
    auto begun = begin_rebuild(state, options, through);
    if (!begun || !*begun) return begun.map([](bool) { return true; });
    state.is_rebuilding = true;
  }
  return go_on_rebuilding(state, options, through);
}

/// The next part of the task; true when it is done.
result<bool> work(ledger_keeper_state& state, const ledger_keeper_options& options) {
  return std::visit(
      overloaded{
          [&](const write_ledger& rows) {
            return write(state, options, rows.changes).map([] { return true; });
          },
          [&](const rebuild_ledger& wanted) { return rebuild(state, options, wanted.through); }},
      *state.task);
}

bool has_journal(const ledger_keeper_state& state, const ledger_keeper_options& options) {
  return options.last_journaled() >= last_event_of(*state.task);
}

/// Answers the task. What is final is answered at once, since nobody goes on meanwhile.
void end_task(ledger_keeper_actor* self, const ledger_keeper_options& options,
              const result<bool>& done) {
  auto& state = self->state;
  bool is_final = std::visit([](const auto& task) { return task.is_final; }, *state.task);
  bool is_write = std::holds_alternative<write_ledger>(*state.task);
  state.task.reset();
  state.is_rebuilding = false;
  auto& settings = options.journal.settings.ledger;
  auto pause = is_write ? settings.write_interval : std::chrono::milliseconds{};
  if (!done) {
    note_fault(state, done.error());
    pause = settings.retry_interval;
  } else if (std::exchange(state.has_failed, false)) {
    log_info("the ledger is kept again");
  }
  if (is_final || pause.count() == 0)
    self->send(options.owner, ledger_answer{done.has_value()});
  else
    self->delayed_send(options.owner, pause, ledger_answer{done.has_value()});
}

void advance(ledger_keeper_actor* self, const ledger_keeper_options& options) {
  auto& state = self->state;
  if (!has_journal(state, options)) return self->delayed_send(self, journal_wait, go_on{});
  auto done = work(state, options);
  if (done && !*done) return self->send(self, go_on{}); // between messages
  end_task(self, options, done);
}

} // namespace

caf::behavior ledger_keeper(ledger_keeper_actor* self, ledger_keeper_options given) {
  set_fault_handlers(self);
  auto options = std::make_shared<const ledger_keeper_options>(std::move(given));
  return {
      // Rows, of all changes since the last task.
      [self, options](write_ledger& rows) {
        self->state.task = std::move(rows);
        advance(self, *options);
      },
      // Rows are missing, or may be.
      [self, options](const rebuild_ledger& wanted) {
        self->state.task = wanted;
        advance(self, *options);
      },
      [self, options](go_on) { advance(self, *options); },
      // The owner has ended. What the journal does not have never happened; a rebuild is left to
      // the next life.
      [self, options](end_ledger_keeper) {
        auto& state = self->state;
        bool has_rows = state.task && std::holds_alternative<write_ledger>(*state.task);
        if (has_rows && has_journal(state, *options))
          if (auto done = work(state, *options); !done) note_fault(state, done.error());
        self->quit();
      },
  };
}

caf::actor start_detached_ledger_keeper(caf::event_based_actor* parent,
                                        ledger_keeper_options options) {
  return parent->spawn<caf::detached>(ledger_keeper, std::move(options));
}

} // namespace tickmesh
