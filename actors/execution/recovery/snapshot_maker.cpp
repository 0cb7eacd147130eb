#include "actors/execution/recovery/snapshot_maker.hpp"

#include "actors/execution/recovery/journal_start.hpp"
#include "actors/execution/replay/replay_venues.hpp"
#include "actors/execution/snapshot/slot_snapshot.hpp"
#include "actors/execution/snapshot/snapshot_files.hpp"

namespace tickmesh {

result<std::uint64_t> snapshot_maker::make(std::uint64_t through,
                                           const std::function<bool()>& goes_on) {
  event_sequencer sequencer{options_.given.settings, replay_venues(options_.start_venue)};
  sequencer.inputs().add_link("journal"); // without one, timers that recur would have ended
  send_guard guard;
  auto& instruments = *options_.instruments;
  auto start = begin_passage({.directory = options_.directory,
                              .last_event = through,
                              .given = options_.given,
                              .instruments = instruments,
                              .makes_rows = options_.makes_rows,
                              .files = *options_.files},
                             sequencer, guard);
  if (!start) return tl::make_unexpected(start.error());
  auto& trading = *start->trading;
  journal_passage passage{options_.directory,
                          {trading, sequencer, guard, start->held_back},
                          options_.given.build,
                          *options_.files};
  auto done = passage.advance(through, goes_on);
  if (!done) return tl::make_unexpected(done.error());
  bool is_stopped = goes_on && !goes_on();
  if (is_stopped || trading.last_event() == start->snapshot) return 0;
  auto bytes = make_snapshot({trading, sequencer, guard, start->held_back}, passage.last_record(),
                             options_.given.build, options_.makes_rows);
  auto event = trading.last_event();
  return write_snapshot(*options_.files, options_.directory, event, bytes).map([event] {
    return event;
  });
}

} // namespace tickmesh
