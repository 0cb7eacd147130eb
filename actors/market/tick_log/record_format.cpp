#include "actors/market/tick_log/record_format.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <bit>
#include <charconv>
#include <cstring>

namespace tickmesh {

namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint32_t magic = 0x31524d54; // "TMR1"
constexpr std::string_view wal_prefix = "wal-", wal_suffix = ".log";
constexpr std::string_view ticks_prefix = "ticks-", rejected_prefix = "rejected-";
constexpr std::string_view blocks_suffix = ".blocks";

struct header {
  std::uint32_t mark = magic;
  std::uint32_t payload_bytes = 0;
  std::uint64_t number = 0;
  std::uint64_t writer = 0;
  std::uint64_t synced = 0;
  std::int32_t trading_day = 0;
  std::uint32_t ticks = 0;
  std::uint32_t rejected = 0;
  std::uint32_t unused = 0;
  std::uint64_t checksum = 0;
};
static_assert(sizeof(header) == record_header_bytes);

constexpr std::size_t checked_bytes = record_header_bytes - sizeof(std::uint64_t);

/// The payload's hash is seeded with the header's, so that one number covers both.
std::uint64_t checksum_of(const char* head, const char* payload, std::size_t bytes) {
  return XXH3_64bits_withSeed(payload, bytes, XXH3_64bits(head, checked_bytes));
}

template <class Number>
std::optional<Number> parse_between(std::string_view name, std::string_view prefix,
                                    std::string_view suffix) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix) ||
      name.size() <= prefix.size() + suffix.size())
    return std::nullopt;
  name = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  Number out{};
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), out);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return out;
}

std::optional<record_number> parse_number(std::string_view name, std::string_view prefix,
                                          std::string_view suffix) {
  auto number = parse_between<std::uint64_t>(name, prefix, suffix);
  if (!number || *number == 0) return std::nullopt;
  return record_number{*number};
}

} // namespace

void format_record(const log_record& record, record_number synced, std::string& out) {
  header h;
  h.payload_bytes = static_cast<std::uint32_t>(record.payload.size());
  h.number = record.number.value;
  h.writer = record.writer.value;
  h.synced = synced.value;
  h.trading_day = record.trading_day;
  h.ticks = record.ticks;
  h.rejected = record.rejected;
  char head[record_header_bytes];
  std::memcpy(head, &h, sizeof h);
  h.checksum = checksum_of(head, record.payload.data(), record.payload.size());
  std::memcpy(head, &h, sizeof h);
  out.assign(head, sizeof head);
  out += record.payload;
  out.resize(record_bytes(record.payload.size()), '\0');
}

parse_state parse_record_header(std::string_view bytes, framed_record& out) {
  if (bytes.size() < record_header_bytes) return parse_state::cut_off;
  header h;
  std::memcpy(&h, bytes.data(), sizeof h);
  if (h.mark != magic || h.payload_bytes > record_bytes_max || h.number == 0)
    return parse_state::damaged;
  out.record = {record_number{h.number}, epoch{h.writer}, h.trading_day, h.ticks, h.rejected, {}};
  out.synced = record_number{h.synced};
  out.bytes = record_bytes(h.payload_bytes);
  if (bytes.size() < out.bytes) return parse_state::cut_off;
  out.record.payload = bytes.substr(record_header_bytes, h.payload_bytes);
  return parse_state::complete;
}

parse_state parse_record(std::string_view bytes, framed_record& out) {
  auto state = parse_record_header(bytes, out);
  if (state != parse_state::complete) return state;
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, bytes.data() + checked_bytes, sizeof checksum);
  auto payload = out.record.payload;
  return checksum_of(bytes.data(), payload.data(), payload.size()) == checksum
             ? parse_state::complete
             : parse_state::damaged;
}

std::optional<std::size_t> find_record(std::string_view bytes, std::size_t from,
                                       framed_record& out) {
  for (auto at = (from + 7) / 8 * 8; at + record_header_bytes <= bytes.size(); at += 8) {
    std::uint32_t mark = 0;
    std::memcpy(&mark, bytes.data() + at, sizeof mark);
    if (mark == magic && parse_record(bytes.substr(at), out) == parse_state::complete) return at;
  }
  return std::nullopt;
}

std::string wal_name(record_number first) {
  return fmt::format("{}{:012}{}", wal_prefix, first.value, wal_suffix);
}

std::string ticks_name(record_number first) {
  return fmt::format("{}{:012}{}", ticks_prefix, first.value, blocks_suffix);
}

std::string rejected_name(record_number first) {
  return fmt::format("{}{:012}{}", rejected_prefix, first.value, blocks_suffix);
}

std::optional<record_number> parse_wal_name(std::string_view name) {
  return parse_number(name, wal_prefix, wal_suffix);
}

std::optional<record_number> parse_blocks_name(std::string_view name) {
  auto out = parse_number(name, ticks_prefix, blocks_suffix);
  return out ? out : parse_number(name, rejected_prefix, blocks_suffix);
}

std::optional<std::int32_t> parse_day_name(std::string_view name) {
  auto out = parse_between<std::int32_t>(name, "", "");
  return out && *out >= 0 ? out : std::nullopt;
}

} // namespace tickmesh
