#include "actors/execution/slot/snapshot_keeper_actor.hpp"

#include "runtime/actors/actor_system.hpp"
#include "runtime/telemetry/log.hpp"

#include <memory>
#include <utility>

namespace tickmesh {

namespace {

struct kept_snapshots {
  explicit kept_snapshots(snapshot_keeper_options given)
      : options(std::move(given)), maker(options.maker), shelf(*options.log, *options.maker.files) {
  }

  void make(std::uint64_t through) {
    auto made = maker.make(through, [this] { return !*options.has_ended; });
    if (!made) {
      log_error("no snapshot could be made of the journal, trading goes on without it: {}",
                made.error().message);
      return;
    }
    if (*made == 0) return;
    log_info("{}: made a snapshot of the state behind event {}", options.log->directory().string(),
             *made);
    if (auto tidied = shelf.tidy(options.keeps); !tidied)
      log_warning("old files of the journal can't be let go of: {}", tidied.error().message);
  }

  snapshot_keeper_options options;
  snapshot_maker maker;
  snapshot_shelf shelf;
};

} // namespace

caf::behavior snapshot_keeper(caf::event_based_actor* self, snapshot_keeper_options options) {
  set_fault_handlers(self);
  auto kept = std::make_shared<kept_snapshots>(std::move(options));
  return {
      // A file of the journal is full.
      [kept](const make_snapshot_through& wanted) { kept->make(wanted.event); },
  };
}

caf::actor start_detached_snapshot_keeper(caf::event_based_actor* parent,
                                          snapshot_keeper_options options) {
  return parent->spawn<caf::detached>(snapshot_keeper, std::move(options));
}

caf::actor start_snapshot_keeper_here(caf::event_based_actor* parent,
                                      snapshot_keeper_options options) {
  return parent->spawn(snapshot_keeper, std::move(options));
}

} // namespace tickmesh
