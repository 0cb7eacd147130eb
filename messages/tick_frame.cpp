// Reads and writes what stands around the runs of a TickFrame; the fields are those of
// messages/proto/market.proto.
#include "messages/tick_run.hpp"
#include "messages/wire_format.hpp"

#include <fmt/format.h>

#include <cassert>

namespace tickmesh {

namespace {

namespace wf = wire_format;

tl::unexpected<fault> not_a(std::string_view message, std::string_view bytes) {
  return fail(fmt::format("{} bytes that are not a {}", bytes.size(), message));
}

/// Reads a TickRun that stands in `field`; false on a fault.
bool read_run(std::string_view message, std::string_view field, tick_run_view& out) {
  out = {};
  out.field = field;
  std::uint64_t symbol = 0, count = 0;
  wf::field_reader reader{message};
  while (reader.next()) {
    if (reader.is_number(1)) symbol = reader.number();
    if (reader.is_number(2)) out.data_epoch = epoch{reader.number()};
    if (reader.is_number(3)) out.first_number = sequence{reader.number()};
    if (reader.is_number(4)) count = reader.number();
    if (reader.is_number(5)) out.ingest_ns = wf::unzigzag(reader.number());
    if (reader.is_bytes(6)) out.columns = reader.bytes();
  }
  if (!reader.valid() || symbol > UINT32_MAX || count == 0 || count > UINT32_MAX) return false;
  out.symbol = symbol_id{static_cast<std::uint32_t>(symbol)};
  out.count = static_cast<std::uint32_t>(count);
  return true;
}

} // namespace

result<void> read_tick_frame(std::string_view bytes, tick_frame_view& out, std::size_t ticks_max) {
  out.runs.clear();
  out.marks.clear();
  out.rejected.clear();
  out.totals = {};
  out.ticks = 0;
  out.time_mark = {};
  out.final = false;
  std::uint64_t marks = 0;
  wf::field_reader reader{bytes};
  while (reader.next()) {
    bool is_run = reader.is_bytes(1);
    if (is_run || reader.is_bytes(4)) {
      auto& run = (is_run ? out.runs : out.marks).emplace_back();
      if (!read_run(reader.bytes(), reader.whole(), run)) return not_a("TickFrame", bytes);
      (is_run ? out.ticks : marks) += run.count;
      if (out.ticks + marks > ticks_max)
        return fail(
            fmt::format("a frame of {} ticks or more; at most {}", out.ticks + marks, ticks_max));
      if (auto valid = run.check(); !valid) return valid;
    }
    if (reader.is_number(2)) out.time_mark = from_ns(wf::unzigzag(reader.number()));
    if (reader.is_number(3)) out.final = reader.number() != 0;
    if (reader.is_bytes(5)) out.rejected.push_back(reader.bytes());
    if (reader.is_bytes(6)) out.totals = reader.bytes();
  }
  if (!reader.valid()) return not_a("TickFrame", bytes);
  return {};
}

void append_rejected_run(std::string& out, tick_run_encoder& encoder, std::span<const tick> ticks,
                         std::span<const reject_reason> reasons, std::int64_t ingest_ns) {
  assert(ticks.size() == reasons.size());
  std::string message;
  encoder.append(message, ticks, epoch{}, ingest_ns);
  std::string reason_bytes;
  for (auto reason : reasons)
    reason_bytes += static_cast<char>(reason);
  wf::append_bytes(message, 2, reason_bytes);
  wf::append_bytes(out, 5, message);
}

result<rejected_run_view> read_rejected_run(std::string_view bytes) {
  rejected_run_view out;
  bool valid = false;
  wf::field_reader reader{bytes};
  while (reader.next()) {
    if (reader.is_bytes(1)) valid = read_run(reader.bytes(), reader.whole(), out.records);
    if (reader.is_bytes(2)) out.reasons = reader.bytes();
  }
  valid = valid && reader.valid() && out.reasons.size() == out.records.count;
  for (char reason : out.reasons)
    valid = valid && static_cast<unsigned char>(reason) < reject_reason_count;
  if (!valid) return not_a("RejectedRun", bytes);
  if (auto checked = out.records.check(); !checked) return tl::unexpected<fault>{checked.error()};
  return out;
}

void append_slot_totals(std::string& out, const slot_totals& totals) {
  char rejected[reject_reason_count * wf::number_size_max];
  auto* end = rejected;
  for (auto count : totals.rejected)
    end = wf::write_varint(end, count);
  std::string message;
  wf::append_number(message, 1, totals.records_in);
  wf::append_number(message, 2, totals.accepted);
  wf::append_bytes(message, 3, {rejected, static_cast<std::size_t>(end - rejected)});
  std::string positions;
  for (auto& [source, position] : totals.positions) {
    char numbers[2 * wf::number_size_max];
    positions.append(numbers,
                     wf::write_varint(wf::write_varint(numbers, source.value), position.value));
  }
  if (!positions.empty()) wf::append_bytes(message, 4, positions);
  wf::append_bytes(out, 6, message);
}

namespace {

/// Pairs of source and position.
bool read_positions(std::string_view bytes, std::map<source_id, source_position>& out) {
  auto* at = bytes.data();
  auto* end = at + bytes.size();
  while (at != end) {
    std::uint64_t source = 0, position = 0;
    if (!wf::read_varint(at, end, source) || !wf::read_varint(at, end, position) ||
        source > UINT16_MAX)
      return false;
    out[source_id{static_cast<std::uint16_t>(source)}] = source_position{position};
  }
  return true;
}

} // namespace

result<slot_totals> read_slot_totals(std::string_view bytes) {
  slot_totals out;
  bool valid = true;
  wf::field_reader reader{bytes};
  while (reader.next()) {
    if (reader.is_number(1)) out.records_in = reader.number();
    if (reader.is_number(2)) out.accepted = reader.number();
    if (reader.is_bytes(3)) valid = valid && wf::read_packed(reader.bytes(), out.rejected);
    if (reader.is_bytes(4)) valid = valid && read_positions(reader.bytes(), out.positions);
  }
  if (!valid || !reader.valid()) return not_a("SlotTotals", bytes);
  return out;
}

} // namespace tickmesh
