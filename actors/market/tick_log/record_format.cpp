#include "actors/market/tick_log/record_format.hpp"

#include "runtime/log/log_names.hpp"

#include <charconv>

namespace tickmesh {

namespace {

constexpr std::string_view wal_prefix = "wal-", wal_suffix = ".log";
constexpr std::string_view ticks_prefix = "ticks-", rejected_prefix = "rejected-";
constexpr std::string_view blocks_suffix = ".blocks";

struct tick_record_header {
  static constexpr std::uint32_t magic = 0x31524d54; // "TMR1"
  static constexpr std::size_t payload_max = record_bytes_max;
  static constexpr bool checks_padding = false;

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

bool is_sound(const tick_record_header& h) {
  return h.number != 0;
}

using frame = record_frame<tick_record_header>;
static_assert(frame::header_bytes == record_header_bytes);
static_assert(frame::bytes(13) == record_bytes(13));

frame_state read_header(std::string_view bytes, tick_record_header& h, framed_record& out) {
  std::string_view payload;
  h.mark = 0;
  auto state = frame::parse_header(bytes, h, payload);
  if (state == frame_state::damaged || h.mark == 0) return state; // nothing to be believed
  out.record = {
      record_number{h.number}, epoch{h.writer}, h.trading_day, h.ticks, h.rejected, payload};
  out.synced = record_number{h.synced};
  out.bytes = record_bytes(h.payload_bytes);
  return state;
}

std::optional<record_number> parse_number(std::string_view name, std::string_view prefix,
                                          std::string_view suffix) {
  auto number = parse_numbered_name(name, prefix, suffix);
  return number ? std::optional{record_number{*number}} : std::nullopt;
}

} // namespace

void format_record(const log_record& record, record_number synced, std::string& out) {
  tick_record_header h;
  h.number = record.number.value;
  h.writer = record.writer.value;
  h.synced = synced.value;
  h.trading_day = record.trading_day;
  h.ticks = record.ticks;
  h.rejected = record.rejected;
  frame::format(h, record.payload, out);
}

frame_state parse_record_header(std::string_view bytes, framed_record& out) {
  tick_record_header h;
  return read_header(bytes, h, out);
}

frame_state parse_record(std::string_view bytes, framed_record& out) {
  tick_record_header h;
  auto state = read_header(bytes, h, out);
  if (state != frame_state::complete) return state;
  return frame::is_intact(bytes, h) ? frame_state::complete : frame_state::damaged;
}

std::optional<std::size_t> find_record(std::string_view bytes, std::size_t from,
                                       framed_record& out) {
  auto at = frame::find(bytes, from);
  if (at) parse_record_header(bytes.substr(*at), out);
  return at;
}

std::string wal_name(record_number first) {
  return numbered_name(wal_prefix, first.value, wal_suffix);
}

std::string ticks_name(record_number first) {
  return numbered_name(ticks_prefix, first.value, blocks_suffix);
}

std::string rejected_name(record_number first) {
  return numbered_name(rejected_prefix, first.value, blocks_suffix);
}

std::optional<record_number> parse_wal_name(std::string_view name) {
  return parse_number(name, wal_prefix, wal_suffix);
}

std::optional<record_number> parse_blocks_name(std::string_view name) {
  auto out = parse_number(name, ticks_prefix, blocks_suffix);
  return out ? out : parse_number(name, rejected_prefix, blocks_suffix);
}

std::optional<std::int32_t> parse_day_name(std::string_view name) {
  std::int32_t out = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), out);
  if (error != std::errc{} || end != name.data() + name.size() || out < 0) return std::nullopt;
  return out;
}

} // namespace tickmesh
