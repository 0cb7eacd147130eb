#include "actors/market/sources/open_source.hpp"

#include "actors/market/sources/load/load_source.hpp"
#include "actors/market/sources/log/log_source.hpp"
#include "actors/market/sources/sim/sim_source.hpp"
#include "actors/market/sources/socket/socket_source.hpp"

#include <fmt/format.h>

#include <chrono>

namespace tickmesh {

result<std::shared_ptr<const feed_source>> open_source(const source_settings& settings,
                                                       const instrument_table& instruments,
                                                       const source_surroundings& around) {
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
    return load_socket_source(settings, instruments, around.credentials).map([](auto source) {
      return std::shared_ptr<const feed_source>{std::move(source)};
    });
  if (settings.kind == source_kind::ticklog) return load_log_source(settings);
  return load_file_source(settings, instruments, around.file);
}

} // namespace tickmesh
