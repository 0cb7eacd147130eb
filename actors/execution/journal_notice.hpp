// When the appender of a journal tells the keeper of new events. Plain class beside commit_gate.
#pragma once

#include "actors/execution/execution_settings.hpp"

#include <cstdint>

namespace tickmesh {

/// A keeper that syncs always is told of each record, and answers for many at once. One that syncs
/// at intervals is told once, and then again when it has answered, for waking its thread at each
/// record costs more than the record. One that never syncs is told nothing.
class journal_notice {
public:
  explicit journal_notice(journal_durability durability = journal_durability::interval)
      : durability_(durability) {}

  /// Events were appended up to `last`: whether to say so now.
  bool appended(std::uint64_t last) {
    bool waits = durability_ == journal_durability::never ||
                 (durability_ == journal_durability::interval && is_unanswered_);
    if (last <= told_ || waits) return false;
    told_ = last;
    is_unanswered_ = true;
    return true;
  }

  /// The keeper has answered, and the journal ends at `last`: whether there is more to say.
  bool answered(std::uint64_t last) {
    is_unanswered_ = false;
    return appended(last);
  }

private:
  journal_durability durability_;
  std::uint64_t told_ = 0;
  bool is_unanswered_ = false;
};

} // namespace tickmesh
