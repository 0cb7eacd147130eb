#include "actors/execution/journal/journal_record.hpp"

#include "runtime/log/log_names.hpp"

namespace tickmesh {

namespace {

constexpr std::string_view prefix = "events-", suffix = ".journal";

struct journal_header {
  static constexpr std::uint32_t magic = 0x314a4d54; // "TMJ1"
  static constexpr std::size_t payload_max = record_payload_max;
  static constexpr bool checks_padding = true;

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

bool is_sound(const journal_header& h) {
  return h.first != 0 && h.events != 0 && h.events <= record_events_max;
}

using frame = record_frame<journal_header>;
static_assert(frame::header_bytes == journal_header_bytes);
static_assert(frame::bytes(13) == journal_record_bytes(13));

frame_state read_header(std::string_view bytes, journal_header& h, parsed_journal_record& out) {
  std::string_view payload;
  h.mark = 0;
  auto state = frame::parse_header(bytes, h, payload);
  if (state == frame_state::damaged || h.mark == 0) return state; // nothing to be believed
  out.record = {h.first, h.events, epoch{h.writer}, h.version, payload};
  out.synced = h.synced;
  out.bytes = journal_record_bytes(h.payload_bytes);
  return state;
}

} // namespace

void format_journal_record(const journal_record& record, std::uint64_t synced, std::string& out) {
  journal_header h;
  h.first = record.first;
  h.writer = record.writer.value;
  h.synced = synced;
  h.events = record.events;
  h.version = record.version;
  frame::format(h, record.payload, out);
}

frame_state parse_journal_record(std::string_view bytes, parsed_journal_record& out) {
  journal_header h;
  auto state = read_header(bytes, h, out);
  if (state != frame_state::complete) return state;
  return frame::is_intact(bytes, h) ? frame_state::complete : frame_state::damaged;
}

std::optional<std::size_t> find_journal_record(std::string_view bytes, std::size_t from,
                                               parsed_journal_record& out) {
  auto at = frame::find(bytes, from);
  if (at) parse_journal_record(bytes.substr(*at), out);
  return at;
}

std::string journal_file_name(std::uint64_t first_event) {
  return numbered_name(prefix, first_event, suffix);
}

std::optional<std::uint64_t> parse_journal_file_name(std::string_view name) {
  return parse_numbered_name(name, prefix, suffix);
}

} // namespace tickmesh
