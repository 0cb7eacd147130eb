#include "messages/tick_codec.hpp"

#include "messages/tick_run.hpp"
#include "messages/wire_format.hpp"

namespace tickmesh {

void append_tick_run(std::string& out, std::span<const tick> ticks, epoch data_epoch,
                     std::int64_t ingest_ns) {
  tick_run_encoder{}.append(out, ticks, data_epoch, ingest_ns);
}

void append_tick_frame_end(std::string& out, timestamp time_mark, bool final) {
  wire_format::append_number(out, 2, wire_format::zigzag(to_ns(time_mark)));
  wire_format::append_number(out, 3, final ? 1 : 0);
}

result<tick_frame> decode_tick_frame(std::string_view bytes, std::size_t ticks_max) {
  tick_frame_view view;
  if (auto read = read_tick_frame(bytes, view, ticks_max); !read)
    return tl::unexpected<fault>{read.error()};
  tick_frame out;
  out.ticks.reserve(view.ticks);
  out.runs.reserve(view.runs.size());
  for (auto& run : view.runs) {
    auto begin = out.ticks.size();
    if (auto decoded = run.decode_ticks(out.ticks); !decoded)
      return tl::unexpected<fault>{decoded.error()};
    out.runs.push_back({run.symbol, run.data_epoch, run.ingest_ns, begin, out.ticks.size()});
  }
  out.time_mark = view.time_mark;
  out.final = view.final;
  return out;
}

} // namespace tickmesh
