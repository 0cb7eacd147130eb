#include "actors/market/feed.hpp"

#include "actors/market/file_source.hpp"
#include "actors/market/load_feed.hpp"
#include "actors/market/log_source.hpp"
#include "actors/market/sim_feed.hpp"
#include "actors/market/socket_source.hpp"

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

result<std::shared_ptr<const feed_source>> load_feed_source(const source_settings& settings,
                                                            const instrument_table& instruments) {
  if (settings.time_mark_interval <= nanoseconds::zero() ||
      settings.time_mark_interval > std::chrono::hours{24})
    return fail(fmt::format("source.time_mark_interval: {} ns is not more than 0 and at most a day",
                            settings.time_mark_interval.count()));
  if (settings.kind == source_kind::sim)
    return load_sim_source(settings, instruments).map([](auto source) {
      return std::shared_ptr<const feed_source>{std::move(source)};
    });
  if (settings.kind == source_kind::load) return make_load_source(settings.load);
  if (settings.kind == source_kind::socket)
    return load_socket_source(settings, instruments).map([](auto source) {
      return std::shared_ptr<const feed_source>{std::move(source)};
    });
  if (settings.kind == source_kind::ticklog) return load_log_source(settings);
  return load_file_source(settings, instruments);
}

} // namespace tickmesh
