// Ticks to and from the columns of market.proto. A run is encoded once, by its symbol stream;
// links concatenate encoded runs without looking into them.
#pragma once

#include "messages/result.hpp"
#include "messages/tick.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

/// Appends one `runs` field of a TickFrame: ticks of one symbol, consecutively numbered.
void append_tick_run(std::string& out, std::span<const tick> ticks, epoch data_epoch,
                     std::int64_t ingest_ns);

/// Appends the time mark and, on the last frame of a link, the final flag.
void append_tick_frame_end(std::string& out, timestamp time_mark, bool final);

/// A run inside a decoded frame: ticks [begin, end) of one symbol.
struct tick_run {
  symbol_id symbol{};
  epoch data_epoch{};
  std::int64_t ingest_ns = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// A decoded TickFrame. Shared, never changed once built.
struct tick_frame {
  std::vector<tick> ticks;
  std::vector<tick_run> runs;
  timestamp time_mark{};
  bool final = false;
};

/// Fails on bytes that are not a TickFrame, on columns of the wrong length, on values out of their
/// type's range and on runs longer than `ticks_max` in total.
result<tick_frame> decode_tick_frame(std::string_view bytes, std::size_t ticks_max = 1 << 20);

} // namespace tickmesh
