#include "actors/execution/slot/exec_start.hpp"

#include "actors/execution/journal/halt_file.hpp"
#include "actors/execution/journal/slot_journal.hpp"
#include "actors/execution/recovery/journal_start.hpp"
#include "actors/execution/snapshot/snapshot_shelf.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

namespace tickmesh {

namespace {

std::filesystem::path journal_directory(const exec_start_options& options) {
  return options.host_directory / "journal" / fmt::format("exec-{}", options.slot.index);
}

/// As the settings of this program and the cluster view have it.
slot_configuration given_configuration(const exec_start_options& options) {
  return begin_configuration(
      options.settings,
      make_trading_universe(*options.instruments, options.symbols, options.strategies),
      options.build);
}

bool makes_snapshots(const exec_start_options& options) {
  return !options.source_is_repeatable && options.settings.journal.snapshot_events > 0;
}

/// Says what of what holds now is news to the journal.
void tell_news(const exec_start_options& options, const journal& log, const journal_start& start) {
  auto slot = format_slot(options.slot);
  if (!start.says_its_settings)
    log_warning("{} does not say with what settings it was written: those given now are taken for "
                "all of it",
                log.directory().string());
  if (!start.news) return;
  log_warning("{}: other settings hold in its journal from event {} on: {}", slot,
              log.last_event() + 1, fmt::join(*start.news, ", "));
  auto& limits = start.configuration->limits_in_force;
  if (limits != start.configuration->settings.all_limits())
    log_warning("{}: the limits that an operator has set go on; those of the configuration are the "
                "same as before, and do not hold",
                slot);
  else if (start.are_limits_replaced)
    log_warning("{}: the limits of the configuration have changed, and hold in place of those "
                "that an operator has set",
                slot);
}

result<void> open_journal(const exec_start_options& options, exec_start& out) {
  slot_journal_options wanted;
  wanted.directory = journal_directory(options);
  wanted.settings = options.settings.journal;
  wanted.source_is_repeatable = options.source_is_repeatable;
  wanted.run = {options.configuration_hash, options.symbols};
  auto opened = open_slot_journal(wanted, *options.files);
  if (!opened) return tl::make_unexpected(opened.error());
  out.log = std::move(opened->log);
  out.run_identity = opened->identity;
  out.may_lack_end = opened->may_lack_end;
  auto slot = format_slot(options.slot);
  if (opened->may_lack_end)
    log_warning(
        "{}: the machine was started anew since, and what the journal had not synced may be "
        "gone; no order goes out before all brokers have been compared with",
        slot);
  for (auto& note : out.log->recovery().notes)
    log_warning("{}: {}", slot, note);
  if (!opened->note.empty()) log_warning("{}: {}", slot, opened->note);
  out.began_empty = out.log->last_event() == 0;
  return {};
}

/// A snapshot must not be ahead of what survives the loss of power.
result<void> prepare_snapshots(const exec_start_options& options, const exec_start& begun) {
  auto dropped = snapshot_shelf{*begun.log, *options.files}.drop_what_never_was();
  if (!dropped) return tl::make_unexpected(dropped.error());
  if (*dropped > 0)
    log_warning("{}: removed {} snapshots of events that the journal does not have",
                format_slot(options.slot), *dropped);
  bool syncs = options.settings.journal.durability != log_durability::never;
  if (!makes_snapshots(options) || !syncs || begun.began_empty) return {};
  return begun.log->sync().map([](auto) {});
}

/// Files that lie whole behind a snapshot can go: the next events begin one.
void tidy_snapshots(const exec_start_options& options, const journal_start& start,
                    exec_start& out) {
  for (auto& warning : start.warnings)
    log_warning("{}: {}", format_slot(options.slot), warning);
  out.snapshot_event = start.has_made_snapshot ? out.log->last_event() : start.snapshot;
  if (!start.has_made_snapshot) return;
  out.log->begin_file();
  auto retention = journal_retention(options.settings.journal);
  if (auto tidied = snapshot_shelf{*out.log, *options.files}.tidy(retention); !tidied)
    log_warning("old files of the journal can't be let go of: {}", tidied.error().message);
}

/// Halts the log that goes on or begins, where what is kept beside it knows of a halt that it does
/// not: an earlier journal had it, or a loss of power has cut it off.
result<void> take_halt_file(exec_start& out, file_system& files) {
  auto& path = out.halt_file;
  auto kept = read_halt_file(path, files);
  if (!kept) return tl::make_unexpected(kept.error());
  auto last = out.log->last_event();
  bool is_news =
      *kept && (*kept)->notice.mode != trading_mode::active && (last == 0 || (*kept)->event > last);
  if (!is_news)
    return last == 0 ? result<void>{} : write_halt_file(path, {out.trading->notice(), last}, files);
  auto& [mode, who, reason] = (*kept)->notice;
  log_warning("trading is {} since an earlier run, by {}: {}; see `tickmesh resume`",
              to_string(mode), who, reason);
  out.halts.push_back({.who = who, .reason = reason, .action = trading_switch{.mode = mode}});
  return {};
}

} // namespace

nanoseconds journal_retention(const journal_settings& settings) {
  return std::chrono::days{settings.retention_days};
}

operator_command make_halt(slot_name slot, std::string who, std::string reason) {
  log_error("{} halts trading: {}: {}", format_slot(slot), who, reason);
  return {.who = std::move(who),
          .reason = std::move(reason),
          .action = trading_switch{.mode = trading_mode::halted}};
}

result<exec_start> start_on_journal(const exec_start_options& options, event_sequencer& sequencer,
                                    send_guard& guard) {
  exec_start out;
  if (auto opened = open_journal(options, out); !opened) return tl::make_unexpected(opened.error());
  if (auto prepared = prepare_snapshots(options, out); !prepared)
    return tl::make_unexpected(prepared.error());
  auto given = given_configuration(options);
  bool makes = makes_snapshots(options);
  auto start =
      begin_on_journal({.directory = out.log->directory(),
                        .last_event = out.log->last_event(),
                        .given = given,
                        .instruments = *options.instruments,
                        .makes_rows = options.write_rows,
                        .snapshot_events = makes ? options.settings.journal.snapshot_events : 0,
                        .files = *options.files},
                       sequencer, guard);
  if (!start) return tl::make_unexpected(start.error());
  tidy_snapshots(options, *start, out);
  out.configuration = start->configuration;
  out.ids = {given.universe.symbols, given.universe.strategies, out.configuration->universe};
  out.trading = start->trading;
  out.halt_file = journal_directory(options);
  out.halt_file += ".trading";
  if (!out.began_empty) {
    log_info("{} goes on behind event {} of its journal", format_slot(options.slot),
             out.log->last_event());
    tell_news(options, *out.log, *start);
  }
  if (auto kept = take_halt_file(out, *options.files); !kept)
    return tl::make_unexpected(kept.error());
  if (start->held_back)
    out.halts.push_back(make_halt(options.slot, "last look", *start->held_back));
  out.rebuild = {.directory = out.log->directory(),
                 .given = given,
                 .instruments = options.instruments,
                 .makes_rows = options.write_rows,
                 .start_venue = options.start_venue,
                 .files = options.files};
  if (makes) out.snapshots = out.rebuild;
  return out;
}

std::string describe_contradiction(const exec_start& start, const mark_contradiction& other) {
  return fmt::format("the tick log has tick {} of {} at {}, but the journal {} has its tick {} at "
                     "{}: they are not of one "
                     "history; put the tick log and the journal of one run back, or move both away",
                     other.sent.number.value,
                     start.configuration->universe.symbols[other.sent.symbol.value],
                     format_timestamp(other.sent.effective_time), start.log->directory().string(),
                     other.known.value, format_timestamp(other.known_time));
}

std::string describe_lost_journal(const exec_start& start, slot_name sender,
                                  std::uint64_t records) {
  return fmt::format("the journal {} is empty, but {} has {} records of earlier runs, whose "
                     "signals would be traded again: put the journal back, or move the tick "
                     "logs (host.state_dir/HOST/ticks) away, too",
                     start.log->directory().string(), format_slot(sender), records);
}

} // namespace tickmesh
