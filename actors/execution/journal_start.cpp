#include "actors/execution/journal_start.hpp"

#include "actors/execution/slot_journal.hpp"

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
  auto first = read_first_configuration(options.directory);
  if (!first) return tl::make_unexpected(first.error());
  is_noted = first->has_value();
  if (is_noted) return std::move(**first);
  auto symbols = read_journal_symbols(options.directory);
  if (!symbols) return tl::make_unexpected(symbols.error());
  return begin_configuration(
      options.given.settings,
      make_trading_universe(options.instruments, *symbols, options.given.universe.strategies), {});
}

} // namespace

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
  auto first = first_configuration(options, out.says_its_settings);
  if (!first) return tl::make_unexpected(first.error());
  out.trading =
      std::make_shared<trading_state>(first->settings, first->universe, options.makes_rows);
  sequencer.configure(first->settings);
  auto held_back =
      recover_from_journal(options.directory, *out.trading, sequencer, guard, given.build);
  if (!held_back) return tl::make_unexpected(held_back.error());
  out.held_back = std::move(*held_back);
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
