#include "actors/execution/ledger/ledger_rebuild.hpp"

#include "actors/execution/event_application.hpp"

#include <fmt/format.h>

namespace tickmesh {

ledger_rebuild::ledger_rebuild(const journal_origin& origin)
    : universe_(origin.universe), trading_(origin.settings, origin.universe, false),
      reader_(origin.directory) {
  trading_.keep_changes(true);
}

result<std::uint64_t> ledger_rebuild::advance(trading_ledger& ledger, std::uint64_t through,
                                              std::uint64_t events_max) {
  auto first = last_event();
  while (last_event() < through && last_event() - first < events_max) {
    auto record = reader_.next();
    if (!record) return tl::make_unexpected(record.error());
    if (*record == nullptr) break;
    if (auto done = apply(**record); !done) return tl::make_unexpected(done.error());
  }
  if (auto added = ledger.add(trading_.take_changes(), universe_); !added)
    return tl::make_unexpected(added.error());
  return last_event();
}

result<void> ledger_rebuild::finish(trading_ledger& ledger) {
  trading_.note_all_positions();
  return ledger.add(trading_.take_changes(), universe_);
}

result<void> ledger_rebuild::apply(const journal_record& record) {
  auto where = [&](std::string_view what) {
    return fail(fmt::format("{}: offset {}: {}", reader_.file().string(), reader_.offset(), what));
  };
  if (record.first != last_event() + 1)
    return where(
        fmt::format("event {} stands where event {} is expected", record.first, last_event() + 1));
  if (auto done = decoder_.decode(record, logged_); !done) return where(done.error().message);
  decisions_.clear();
  apply_batch(trading_, logged_.batch, decisions_);
  if (decisions_.commands != logged_.decisions.commands ||
      decisions_.verdicts != logged_.decisions.verdicts)
    return where(fmt::format("other decisions follow from events {} to {} than were made then; "
                             "the settings or the program are not the same",
                             record.first, record.last()));
  return {};
}

} // namespace tickmesh
