#include "actors/market/feed/feed.hpp"

#include <fmt/format.h>

#include <cassert>

namespace tickmesh {

marked_feed::marked_feed(nanoseconds interval, bool is_clean)
    : interval_(interval), is_clean_(is_clean), next_mark_(timestamp{} + interval) {
  assert(interval > nanoseconds::zero());
}

feed_event marked_feed::next(tick& out) {
  if (holding_) {
    holding_ = false;
    out = held_;
  } else {
    if (!read(out)) return feed_event::end;
    if (out.effective_time >= next_mark_) {
      mark_ = last_multiple(out.effective_time, interval_);
      next_mark_ = mark_ + interval_;
      held_ = out;
      holding_ = true;
      return feed_event::time_mark;
    }
  }
  out.source_mark = mark_;
  if (!is_clean_) out.effective_time = timestamp{};
  return feed_event::record;
}

} // namespace tickmesh
