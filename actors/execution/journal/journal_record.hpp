// How records stand in a file of the journal, and how its files are called.
//
//   record: magic u32, payload bytes u32, first event u64, epoch u64, synced event u64, events u32,
//           version u16, 0 u16, xxh3 u64 of all before it and the payload with its padding;
//           payload; zeros up to a multiple of 8 bytes. Little-endian.
#pragma once

#include "messages/numbers.hpp"
#include "runtime/log/record_frame.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tickmesh {

/// The version of what event_codec writes.
inline constexpr std::uint16_t journal_version = 1;

/// Limits of one record.
inline constexpr std::size_t record_payload_max = 64 << 20;
inline constexpr std::uint32_t record_events_max = 1 << 20;

/// Consecutive events of the log, and what was decided at them.
struct journal_record {
  std::uint64_t first = 0;  ///< number of its first event
  std::uint32_t events = 0; ///< at least one
  epoch writer{};           ///< of the slot's owner that made it; never falls
  std::uint16_t version = journal_version;
  std::string_view payload{};

  std::uint64_t last() const { return first + events - 1; }
};

inline constexpr std::size_t journal_header_bytes = 48;

/// Bytes of a record with its header and padding.
constexpr std::size_t journal_record_bytes(std::size_t payload) {
  return journal_header_bytes + (payload + 7) / 8 * 8;
}

struct parsed_journal_record {
  journal_record record;    ///< the payload points into what was parsed
  std::uint64_t synced = 0; ///< known to survive the loss of power when this one was written
  std::size_t bytes = 0;    ///< with header and padding
};

/// Writes a record to `out`, whose memory is used again.
void format_journal_record(const journal_record& record, std::uint64_t synced, std::string& out);

/// Reads the record at the front of `bytes`.
frame_state parse_journal_record(std::string_view bytes, parsed_journal_record& out);

/// Offset of an intact record at or behind `from`, where records may stand; nothing if there is
/// none.
std::optional<std::size_t> find_journal_record(std::string_view bytes, std::size_t from,
                                               parsed_journal_record& out);

/// `events-000000000001.journal`.
std::string journal_file_name(std::uint64_t first_event);
/// The first event of a file of the journal by its name; nothing for another name.
std::optional<std::uint64_t> parse_journal_file_name(std::string_view name);

} // namespace tickmesh
