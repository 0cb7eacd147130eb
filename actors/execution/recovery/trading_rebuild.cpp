#include "actors/execution/recovery/trading_rebuild.hpp"

#include "actors/execution/recovery/journal_start.hpp"
#include "actors/execution/replay/replay_venues.hpp"

#include <fmt/format.h>

namespace tickmesh {

result<std::shared_ptr<trading_state>> rebuild_trading(const snapshot_maker_options& options,
                                                       std::uint64_t through) {
  auto& given = options.given;
  if (through == 0)
    return std::make_shared<trading_state>(given.settings, given.universe, options.makes_rows);
  event_sequencer sequencer{given.settings, replay_venues(options.start_venue)};
  sequencer.inputs().add_link("journal"); // as in snapshot_maker
  send_guard guard;
  auto start = begin_passage({.directory = options.directory,
                              .last_event = through,
                              .given = given,
                              .instruments = *options.instruments,
                              .makes_rows = options.makes_rows,
                              .files = *options.files},
                             sequencer, guard);
  if (!start) return tl::make_unexpected(start.error());
  auto& trading = *start->trading;
  journal_passage passage{options.directory,
                          {trading, sequencer, guard, start->held_back},
                          given.build,
                          *options.files};
  if (auto done = passage.advance(through); !done) return tl::make_unexpected(done.error());
  if (trading.last_event() != through)
    return fail(fmt::format("the journal {} ends with event {}, and event {} was decided",
                            options.directory.string(), trading.last_event(), through));
  return start->trading;
}

} // namespace tickmesh
