#include "actors/execution/journal/journal_record.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <bit>
#include <charconv>
#include <cstring>

namespace tickmesh {

namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint32_t magic = 0x314a4d54; // "TMJ1"
constexpr std::string_view prefix = "events-", suffix = ".journal";

struct header {
  std::uint32_t mark = magic;
  std::uint32_t payload_bytes = 0;
  std::uint64_t first = 0;
  std::uint64_t writer = 0;
  std::uint64_t synced = 0;
  std::uint32_t events = 0;
  std::uint16_t version = 0;
  std::uint16_t unused = 0;
  std::uint64_t checksum = 0;
};
static_assert(sizeof(header) == journal_header_bytes);

constexpr std::size_t checked_bytes = journal_header_bytes - sizeof(std::uint64_t);

/// Of a whole record. The hash of what follows the header is seeded with the header's, so that one
/// number covers both.
std::uint64_t checksum_of(std::string_view record) {
  auto rest = record.substr(journal_header_bytes);
  return XXH3_64bits_withSeed(rest.data(), rest.size(), XXH3_64bits(record.data(), checked_bytes));
}

} // namespace

void format_journal_record(const journal_record& record, std::uint64_t synced, std::string& out) {
  header h;
  h.payload_bytes = static_cast<std::uint32_t>(record.payload.size());
  h.first = record.first;
  h.writer = record.writer.value;
  h.synced = synced;
  h.events = record.events;
  h.version = record.version;
  out.clear();
  out.append(reinterpret_cast<const char*>(&h), sizeof h);
  out += record.payload;
  out.resize(journal_record_bytes(record.payload.size()), '\0');
  h.checksum = checksum_of(out);
  std::memcpy(out.data() + checked_bytes, &h.checksum, sizeof h.checksum);
}

journal_parse parse_journal_header(std::string_view bytes, parsed_journal_record& out) {
  if (bytes.size() < journal_header_bytes) return journal_parse::cut_off;
  header h;
  std::memcpy(&h, bytes.data(), sizeof h);
  if (h.mark != magic || h.payload_bytes > record_payload_max || h.first == 0 || h.events == 0 ||
      h.events > record_events_max)
    return journal_parse::damaged;
  out.record = {h.first, h.events, epoch{h.writer}, h.version, {}};
  out.synced = h.synced;
  out.bytes = journal_record_bytes(h.payload_bytes);
  if (bytes.size() < out.bytes) return journal_parse::cut_off;
  out.record.payload = bytes.substr(journal_header_bytes, h.payload_bytes);
  return journal_parse::complete;
}

journal_parse parse_journal_record(std::string_view bytes, parsed_journal_record& out) {
  auto state = parse_journal_header(bytes, out);
  if (state != journal_parse::complete) return state;
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, bytes.data() + checked_bytes, sizeof checksum);
  return checksum_of(bytes.substr(0, out.bytes)) == checksum ? journal_parse::complete
                                                             : journal_parse::damaged;
}

std::optional<std::size_t> find_journal_record(std::string_view bytes, std::size_t from,
                                               parsed_journal_record& out) {
  for (auto at = (from + 7) / 8 * 8; at + journal_header_bytes <= bytes.size(); at += 8) {
    std::uint32_t mark = 0;
    std::memcpy(&mark, bytes.data() + at, sizeof mark);
    if (mark == magic && parse_journal_record(bytes.substr(at), out) == journal_parse::complete)
      return at;
  }
  return std::nullopt;
}

std::string journal_file_name(std::uint64_t first_event) {
  return fmt::format("{}{:012}{}", prefix, first_event, suffix);
}

std::optional<std::uint64_t> parse_journal_file_name(std::string_view name) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix) ||
      name.size() <= prefix.size() + suffix.size())
    return std::nullopt;
  auto digits = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  std::uint64_t out = 0;
  auto error = std::from_chars(digits.data(), digits.data() + digits.size(), out).ec;
  if (error != std::errc{} || out == 0 || journal_file_name(out) != name) return std::nullopt;
  return out;
}

} // namespace tickmesh
