// Reads market marks out of runs of ticks: only the columns that execution needs. Used by
// exec_slot.
#pragma once

#include "actors/execution/events/execution_events.hpp"
#include "messages/tick_run.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tickmesh {

class mark_decoder {
public:
  /// The marks of a run, valid until the next call. Fails as tick_run_view::decode does.
  result<std::span<const market_mark>> decode(const tick_run_view& run);

private:
  std::vector<market_mark> marks_;
  std::vector<std::int64_t> columns_; // one after the other
};

} // namespace tickmesh
