#include "actors/execution/recovery/journal_start.hpp"

#include "actors/execution/journal/slot_journal.hpp"
#include "actors/execution/snapshot/find_snapshot.hpp"
#include "actors/execution/snapshot/snapshot_files.hpp"

#include <fmt/format.h>

#include <utility>

namespace tickmesh {

namespace {

void post(event_sequencer& sequencer, journal_start& start, slot_configuration next) {
  start.configuration = std::make_shared<const slot_configuration>(std::move(next));
  sequencer.configure(start.configuration->settings);
  sequencer.post(slot_configured{start.configuration});
}

/// With what the first event was decided: what stands in the journal, or where it was begun by a
/// program that wrote nothing of the kind, what is given now with the symbols of then.
result<slot_configuration> first_configuration(const journal_start_options& options,
                                               bool& is_noted) {
  auto first = read_first_configuration(options.directory, options.files);
  if (!first) return tl::make_unexpected(first.error());
  is_noted = first->has_value();
  if (is_noted) return std::move(**first);
  auto symbols = read_journal_symbols(options.directory, options.files);
  if (!symbols) return tl::make_unexpected(symbols.error());
  return begin_configuration(
      options.given.settings,
      make_trading_universe(options.instruments, *symbols, options.given.universe.strategies), {});
}

/// Where enough has come since the last one. That none can be written is no reason not to trade.
void keep_snapshot(const journal_start_options& options, const passage_start& start,
                   const slot_parts& parts, std::uint64_t last_record, journal_start& out) {
  auto event = parts.trading.last_event();
  bool is_wanted = options.snapshot_events > 0 && event - start.snapshot >= options.snapshot_events;
  if (!is_wanted) return;
  auto bytes = make_snapshot(parts, last_record, options.given.build, options.makes_rows);
  auto written = write_snapshot(options.files, options.directory, event, bytes);
  if (!written)
    out.warnings.push_back(
        fmt::format("no snapshot could be written: {}", written.error().message));
  out.has_made_snapshot = written.has_value();
}

} // namespace

result<passage_start> begin_passage(const journal_start_options& options,
                                    event_sequencer& sequencer, send_guard& guard) {
  passage_start out;
  auto found = find_newest_snapshot(options.directory, options.makes_rows, options.files);
  if (!found) return tl::make_unexpected(found.error());
  out.warnings = std::move(found->passed_over);
  if (auto& snapshot = found->snapshot) {
    if (auto done = snapshot->restore(sequencer, guard); !done)
      return tl::make_unexpected(done.error());
    out.trading = std::move(found->trading);
    out.held_back = snapshot->head().held_back;
    out.snapshot = snapshot->head().event;
    out.says_its_settings = !out.trading->build().empty();
    return out;
  }
  auto first = first_configuration(options, out.says_its_settings);
  if (!first) return tl::make_unexpected(first.error());
  out.trading =
      std::make_shared<trading_state>(first->settings, first->universe, options.makes_rows);
  sequencer.configure(first->settings);
  return out;
}

result<journal_start> begin_on_journal(const journal_start_options& options,
                                       event_sequencer& sequencer, send_guard& guard) {
  journal_start out;
  auto& given = options.given;
  if (options.last_event == 0) {
    out.trading =
        std::make_shared<trading_state>(given.settings, given.universe, options.makes_rows);
    post(sequencer, out, given);
    return out;
  }
  auto start = begin_passage(options, sequencer, guard);
  if (!start) return tl::make_unexpected(start.error());
  slot_parts parts{*start->trading, sequencer, guard, start->held_back};
  journal_passage passage{options.directory, parts, given.build, options.files};
  if (auto done = passage.advance(); !done) return tl::make_unexpected(done.error());
  out.warnings = start->warnings;
  keep_snapshot(options, *start, parts, passage.last_record(), out);
  out.trading = start->trading;
  out.says_its_settings = start->says_its_settings;
  out.snapshot = start->snapshot;
  out.held_back = std::move(start->held_back);
  auto held = out.trading->configuration();
  auto next = follow_configuration(held, given, held.limits_in_force, options.instruments);
  if (!next) return tl::make_unexpected(next.error());
  if (is_same(held, *next)) {
    out.configuration = std::make_shared<const slot_configuration>(std::move(*next));
    return out;
  }
  out.news = describe_changes(held, *next);
  out.are_limits_replaced = held.limits_in_force != held.settings.all_limits() &&
                            next->limits_in_force != held.limits_in_force;
  post(sequencer, out, std::move(*next));
  return out;
}

} // namespace tickmesh
