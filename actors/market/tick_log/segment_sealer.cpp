#include "actors/market/tick_log/segment_sealer.hpp"

#include "actors/market/tick_log/record_format.hpp"
#include "actors/market/tick_log/sealed_file.hpp"

#include <fmt/format.h>

namespace tickmesh {

namespace fs = std::filesystem;

result<sealed_segment> segment_sealer::seal(file_system& files, const fs::path& day,
                                            record_number first) {
  auto path = day / wal_name(first);
  auto there = read_file(files, path, bytes_);
  if (!there) return tl::make_unexpected(there.error());
  if (!*there) return fail(fmt::format("{}: the file is missing; verify the log", path.string()));
  sealed_segment out;
  out.first = first;
  runs_by_symbol runs;
  rejected_writer rejected;
  tick_frame_view frame;
  std::string_view rest = bytes_;
  while (!rest.empty()) {
    auto offset = bytes_.size() - rest.size();
    framed_record parsed;
    if (parse_record(rest, parsed) != frame_state::complete)
      return fail(fmt::format("{}: offset {}: the record is damaged", path.string(), offset));
    auto& record = parsed.record;
    if (auto done = read_tick_frame(record.payload, frame); !done)
      return fail(fmt::format("{}: offset {}: {}", path.string(), offset, done.error().message));
    for (auto& run : frame.runs)
      runs[run.symbol].push_back(run);
    for (auto& run : frame.rejected)
      rejected.add(record.number, run);
    out.last = record.number;
    out.ticks += frame.ticks;
    out.rejected += record.rejected;
    rest.remove_prefix(parsed.bytes);
  }
  auto writer = sealed_writer::create(files, day / ticks_name(first));
  if (!writer) return tl::make_unexpected(writer.error());
  auto done = for_each_block(runs, block_,
                             [&](symbol_id symbol) { return writer->write_block(symbol, block_); });
  if (!done) {
    block_.clear();
    return fail(fmt::format("{}: {}", path.string(), done.error().message));
  }
  auto size = writer->finish();
  if (!size) return tl::make_unexpected(size.error());
  out.tick_bytes = *size;
  if (!rejected.empty()) {
    size = rejected.finish(files, day / rejected_name(first));
    if (!size) return tl::make_unexpected(size.error());
    out.rejected_bytes = *size;
  }
  if (auto synced = sync_directory(files, day); !synced) return tl::make_unexpected(synced.error());
  return out;
}

} // namespace tickmesh
