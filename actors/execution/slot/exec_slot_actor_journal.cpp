// Between the risk checker's answer and the brokers: the journal.
#include "actors/execution/journal/halt_file.hpp"
#include "actors/execution/journal/slot_journal.hpp"
#include "actors/execution/recovery/journal_start.hpp"
#include "actors/execution/replay/event_application.hpp"
#include "actors/execution/slot/exec_slot_actor_steps.hpp"
#include "actors/execution/snapshot/snapshot_shelf.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <utility>

namespace tickmesh {

namespace {

/// Sends what the journal holds for good.
void release_commands(exec_slot_actor* self) {
  auto& state = self->state;
  while (auto held = state.gate.take()) {
    if (auto violation = keep_admitted(held->commands, state.guard))
      halt_trading(state, "last look", *violation);
    state.sequencer->execute(held->commands);
    answer_operators(self, *held);
    state.awaiting_answer = false;
    if (held->triggers.empty()) continue;
    auto now = state.options.context.clock->control_ns();
    auto& from_tick = state.report.delays[tick_to_order_delay];
    auto& from_signal = state.report.delays[signal_to_order_delay];
    for (auto& trigger : held->triggers) {
      if (trigger.ingest_ns != 0) from_tick.add(now - trigger.ingest_ns);
      if (trigger.sent_ns != 0) from_signal.add(now - trigger.sent_ns);
    }
  }
}

std::filesystem::path journal_directory(const exec_slot_state& state) {
  auto& context = state.options.context;
  return std::filesystem::path{context.host->state_dir} / context.host->id / "journal" /
         fmt::format("exec-{}", context.slot.index);
}

/// Halts the log that goes on or begins, where what is kept beside it knows of a halt that it does
/// not: an earlier journal had it, or a loss of power has cut it off.
result<void> take_halt_file(exec_slot_state& state, const trading_status& recovered) {
  auto path = halt_file_path(state);
  auto kept = read_halt_file(path);
  if (!kept) return tl::make_unexpected(kept.error());
  auto last = state.log->last_event();
  bool is_news =
      *kept && (*kept)->notice.mode != trading_mode::active && (last == 0 || (*kept)->event > last);
  if (!is_news) return last == 0 ? result<void>{} : write_halt_file(path, {recovered, last});
  auto& [mode, who, reason] = (*kept)->notice;
  spdlog::warn("trading is {} since an earlier run, by {}: {}; see `tickmesh resume`",
               to_string(mode), who, reason);
  post_command(state, {.who = who, .reason = reason, .action = trading_switch{.mode = mode}});
  return {};
}

/// What is known of the end before this life is in the journal, and need not be told again.
result<void> note_first_record(exec_slot_state& state) {
  if (std::exchange(state.has_noted_boot, true)) return {};
  return note_boot(
      {.directory = state.log->directory(), .settings = state.options.settings.journal});
}

} // namespace

std::filesystem::path halt_file_path(const exec_slot_state& state) {
  auto path = journal_directory(state);
  path += ".trading";
  return path;
}

void take_answer(exec_slot_actor* self, trading_answer& answer) {
  auto& state = self->state;
  auto& settings = state.options.settings.journal;
  auto appended = state.log->append({.first = answer.first_event,
                                     .events = answer.events,
                                     .writer = state.options.context.since,
                                     .payload = answer.record});
  if (!appended) return fail_slot(self, appended.error().message);
  if (auto noted = note_first_record(state); !noted) return fail_slot(self, noted.error().message);
  auto last = state.log->last_event();
  bool is_awaited = !answer.commands.empty() || !answer.outcomes.empty();
  if (state.notice.appended(last)) self->send(state.keeper, journal_appended{last, 0, is_awaited});
  if (settings.durability != log_durability::always) state.gate.acknowledge(local_journal, last);
  // Nothing leaves at a batch without commands, so nothing has to wait for the disk.
  if (!is_awaited) {
    state.sequencer->execute({});
    state.awaiting_answer = false;
  } else {
    show_approvals(answer.approved, state.guard);
    state.gate.hold(last, {std::move(answer.commands), std::move(answer.triggers),
                           std::move(answer.outcomes), std::move(answer.trading)});
    release_commands(self);
  }
  pump(self);
}

void take_durable(exec_slot_actor* self, const journal_durable& durable) {
  auto& state = self->state;
  if (state.options.settings.journal.durability == log_durability::always)
    state.gate.acknowledge(local_journal, durable.event);
  if (state.notice.answered(state.log->last_event()))
    self->send(state.keeper, journal_appended{state.log->last_event(), 0});
  release_commands(self);
  pump(self);
}

namespace {

/// As the settings of this program and the cluster view have it.
slot_configuration given_configuration(const exec_slot_state& state) {
  auto& options = state.options;
  return begin_configuration(options.settings,
                             make_trading_universe(*options.instruments,
                                                   options.context.view->symbols,
                                                   options.strategies),
                             options.build);
}

/// Says what of what holds now is news to the journal.
void tell_news(const exec_slot_state& state, const journal_start& start) {
  auto slot = format_slot(state.options.context.slot);
  if (!start.says_its_settings)
    spdlog::warn("{} does not say with what settings it was written: those given now are taken for "
                 "all of it",
                 state.log->directory().string());
  if (!start.news) return;
  spdlog::warn("{}: other settings hold in its journal from event {} on: {}", slot,
               state.log->last_event() + 1, fmt::join(*start.news, ", "));
  auto& limits = start.configuration->limits_in_force;
  if (limits != start.configuration->settings.all_limits())
    spdlog::warn(
        "{}: the limits that an operator has set go on; those of the configuration are the "
        "same as before, and do not hold",
        slot);
  else if (start.are_limits_replaced)
    spdlog::warn("{}: the limits of the configuration have changed, and hold in place of those "
                 "that an operator has set",
                 slot);
}

result<void> open_journal(exec_slot_state& state) {
  auto& options = state.options;
  auto& context = options.context;
  slot_journal_options wanted;
  wanted.directory = journal_directory(state);
  wanted.settings = options.settings.journal;
  wanted.source_is_repeatable = options.source_is_repeatable;
  wanted.run = {options.configuration_hash, context.view->symbols};
  auto opened = open_slot_journal(wanted);
  if (!opened) return tl::make_unexpected(opened.error());
  state.log = std::move(opened->log);
  state.run_identity = opened->identity;
  state.journal_may_lack_end = opened->may_lack_end;
  if (opened->may_lack_end)
    spdlog::warn(
        "{}: the machine was started anew since, and what the journal had not synced may be "
        "gone; no order goes out before all brokers have been compared with",
        format_slot(context.slot));
  for (auto& note : state.log->recovery().notes)
    spdlog::warn("{}: {}", format_slot(context.slot), note);
  if (!opened->note.empty()) spdlog::warn("{}: {}", format_slot(context.slot), opened->note);
  state.began_empty = state.log->last_event() == 0;
  return {};
}

bool makes_snapshots(const exec_slot_state& state) {
  return !state.options.source_is_repeatable && state.options.settings.journal.snapshot_events > 0;
}

nanoseconds retention_of(const exec_slot_state& state) {
  return std::chrono::days{state.options.settings.journal.retention_days};
}

/// A snapshot must not be ahead of what survives the loss of power.
result<void> prepare_snapshots(exec_slot_state& state) {
  auto dropped = snapshot_shelf{*state.log}.drop_what_never_was();
  if (!dropped) return tl::make_unexpected(dropped.error());
  if (*dropped > 0)
    spdlog::warn("{}: removed {} snapshots of events that the journal does not have",
                 format_slot(state.options.context.slot), *dropped);
  bool syncs = state.options.settings.journal.durability != log_durability::never;
  if (!makes_snapshots(state) || !syncs || state.began_empty) return {};
  return state.log->sync().map([](auto) {});
}

/// Files that lie whole behind a snapshot can go: the next events begin one.
void tidy_snapshots(exec_slot_state& state, const journal_start& start) {
  for (auto& warning : start.warnings)
    spdlog::warn("{}: {}", format_slot(state.options.context.slot), warning);
  state.snapshot_event = start.has_made_snapshot ? state.log->last_event() : start.snapshot;
  if (!start.has_made_snapshot) return;
  state.log->begin_file();
  if (auto tidied = snapshot_shelf{*state.log}.tidy(retention_of(state)); !tidied)
    spdlog::warn("old files of the journal can't be let go of: {}", tidied.error().message);
}

} // namespace

result<std::shared_ptr<trading_state>> recover(exec_slot_state& state) {
  if (auto opened = open_journal(state); !opened) return tl::make_unexpected(opened.error());
  if (auto prepared = prepare_snapshots(state); !prepared)
    return tl::make_unexpected(prepared.error());
  auto& options = state.options;
  auto given = given_configuration(state);
  auto start = begin_on_journal(
      {.directory = state.log->directory(),
       .last_event = state.log->last_event(),
       .given = given,
       .instruments = *options.instruments,
       .makes_rows = options.write_rows,
       .snapshot_events = makes_snapshots(state) ? options.settings.journal.snapshot_events : 0},
      *state.sequencer, state.guard);
  if (!start) return tl::make_unexpected(start.error());
  tidy_snapshots(state, *start);
  state.configuration = start->configuration;
  state.ids = {given.universe.symbols, given.universe.strategies, state.configuration->universe};
  if (!state.began_empty) {
    spdlog::info("{} goes on behind event {} of its journal", format_slot(options.context.slot),
                 state.log->last_event());
    tell_news(state, *start);
  }
  connect_gateways(state);
  if (auto kept = take_halt_file(state, start->trading->notice()); !kept)
    return tl::make_unexpected(kept.error());
  if (start->held_back) halt_trading(state, "last look", *start->held_back);
  return start->trading;
}

snapshot_keeper_starter snapshots_of(const exec_slot_state& state) {
  auto& options = state.options;
  if (!makes_snapshots(state) || !options.start_snapshots) return nullptr;
  snapshot_keeper_options wanted{.log = state.log,
                                 .maker = {.directory = state.log->directory(),
                                           .given = given_configuration(state),
                                           .instruments = options.instruments,
                                           .makes_rows = options.write_rows,
                                           .start_venue = options.start_venue},
                                 .keeps = retention_of(state)};
  return [wanted, start = options.start_snapshots](caf::event_based_actor* parent, auto has_ended) {
    auto own = wanted;
    own.has_ended = std::move(has_ended);
    return start(parent, std::move(own));
  };
}

ledger_start ledger_of(const exec_slot_state& state) {
  auto& options = state.options;
  if (!options.start_ledger) return {};
  auto& context = options.context;
  auto file = ledger_path(std::filesystem::path{context.host->state_dir} / context.host->id,
                          fmt::format("exec-{}", context.slot.index));
  return {options.start_ledger,
          {.ledger = {.file = std::move(file), .run_identity = state.run_identity},
           .journal = {.directory = state.log->directory(),
                       .settings = options.settings,
                       .universe = state.configuration->universe,
                       .build = options.build},
           .last_journaled = [log = state.log] { return log->last_event(); },
           .owner = {}}};
}

} // namespace tickmesh
