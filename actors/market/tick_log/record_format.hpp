// How records stand in a write-ahead file, and how the log's files are called.
//
//   record: magic u32, payload bytes u32, number u64, epoch u64, synced u64, trading day i32,
//           ticks u32, rejected u32, 0 u32, xxh3 u64 of all before it and the payload;
//           payload; zeros up to a multiple of 8 bytes. Little-endian.
#pragma once

#include "actors/market/tick_log/tick_log.hpp"
#include "runtime/log/record_frame.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tickmesh {

inline constexpr std::size_t record_header_bytes = 56;

/// Bytes of a record with its header and padding.
constexpr std::size_t record_bytes(std::size_t payload) {
  return record_header_bytes + (payload + 7) / 8 * 8;
}

/// A record and its frame.
struct framed_record {
  log_record record;
  record_number synced{}; ///< known to survive the loss of power when this one was written
  std::size_t bytes = 0;  ///< with header and padding
};

/// Writes a record to `out`, whose memory is used again.
void format_record(const log_record& record, record_number synced, std::string& out);

/// Reads the record at the front of `bytes`.
frame_state parse_record(std::string_view bytes, framed_record& out);

/// The lengths and numbers of a record's header; not checked by the checksum.
frame_state parse_record_header(std::string_view bytes, framed_record& out);

/// Offset of an intact record at or behind `from`, where records may stand; nothing if there is
/// none.
std::optional<std::size_t> find_record(std::string_view bytes, std::size_t from,
                                       framed_record& out);

std::string wal_name(record_number first);
std::string ticks_name(record_number first);
std::string rejected_name(record_number first);
/// The first record of a write-ahead file by its name; nothing for another name.
std::optional<record_number> parse_wal_name(std::string_view name);
/// The first record of a sealed file of either kind by its name.
std::optional<record_number> parse_blocks_name(std::string_view name);
/// yyyymmdd of a day's directory.
std::optional<std::int32_t> parse_day_name(std::string_view name);

} // namespace tickmesh
