#include "actors/execution/journal/event_codec.hpp"

#include "actors/execution/journal/event_messages.hpp"
#include "messages/wire_format.hpp"

#include <fmt/format.h>

#include <cassert>

namespace tickmesh {

namespace {

constexpr int marks_field = 1, mark_columns_field = 2, events_field = 3;

void append_message(std::string& out, int field, const wire::JournalEvent& message) {
  auto size = message.ByteSizeLong();
  char head[wire_format::number_size_max];
  out.append(head, wire_format::write_bytes_head(head, field, size));
  auto end = out.size();
  out.resize(end + size);
  message.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out.data() + end));
}

} // namespace

event_encoder::event_encoder() : event_(std::make_unique<wire::JournalEvent>()) {}
event_encoder::event_encoder(event_encoder&&) noexcept = default;
event_encoder& event_encoder::operator=(event_encoder&&) noexcept = default;
event_encoder::~event_encoder() = default;

void event_encoder::encode(const event_batch& batch, const batch_decisions& decisions,
                           std::string& out) {
  assert(batch.size() > 0 && batch.size() <= record_events_max);
  out.clear();
  if (!batch.marks.empty()) {
    wire_format::append_number(out, marks_field, batch.marks.size());
    wire_format::append_bytes(out, mark_columns_field, marks_.encode(batch.marks));
  }
  auto verdict = decisions.verdicts.begin();
  auto command = decisions.commands.begin();
  for (std::size_t i = 0; i < batch.others.size(); ++i) {
    auto& [marks_before, event] = batch.others[i];
    assert(event.number == batch.first_number + marks_before + i);
    event_->Clear();
    event_->set_marks_before(static_cast<std::uint32_t>(marks_before));
    write_event(event, *event_);
    for (; verdict != decisions.verdicts.end() && verdict->event == i; ++verdict)
      write_verdict(verdict->verdict, *event_->add_verdicts());
    for (; command != decisions.commands.end() && command->event == i; ++command)
      write_command(command->command, *event_->add_commands());
    append_message(out, events_field, *event_);
  }
  assert(verdict == decisions.verdicts.end() && command == decisions.commands.end());
}

event_decoder::event_decoder() : event_(std::make_unique<wire::JournalEvent>()) {}
event_decoder::event_decoder(event_decoder&&) noexcept = default;
event_decoder& event_decoder::operator=(event_decoder&&) noexcept = default;
event_decoder::~event_decoder() = default;

result<void> event_decoder::decode(const journal_record& record, logged_events& out) {
  out.batch.clear();
  out.decisions.clear();
  out.batch.first_number = record.first;
  auto what = fmt::format("events {} to {}", record.first, record.last());
  if (record.version != journal_version)
    return fail(fmt::format("{} are written in version {}, and this program reads version {}; use "
                            "the program that wrote them",
                            what, record.version, journal_version));
  auto explain = [&what](const fault& why) { return fail(what + ": " + why.message); };
  wire_format::field_reader fields{record.payload};
  std::uint64_t marks = 0;
  while (fields.next()) {
    if (fields.is_number(marks_field)) {
      marks = fields.number();
      if (marks > record.events) return fail(what + ": more marks than events");
      if (out.batch.size() > 0) return fail(what + ": marks behind other events");
      out.batch.marks.resize(marks);
    } else if (fields.is_bytes(mark_columns_field)) {
      if (auto done = marks_.decode(fields.bytes(), out.batch.marks); !done)
        return explain(done.error());
      marks = 0;
    } else if (fields.is_bytes(events_field)) {
      if (auto done = decode_event(fields.bytes(), out); !done) return explain(done.error());
    }
  }
  if (!fields.valid() || marks != 0 || out.batch.size() != record.events)
    return fail(fmt::format("{}: {} bytes that do not hold {} events", what, record.payload.size(),
                            record.events));
  return {};
}

result<void> event_decoder::decode_event(std::string_view bytes, logged_events& out) {
  if (!event_->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail("bytes that are not an event");
  auto& [batch, decisions] = out;
  auto place = batch.others.size();
  std::size_t marks_before = event_->marks_before();
  if (marks_before > batch.marks.size() ||
      (place > 0 && marks_before < batch.others.back().marks_before))
    return fail(fmt::format("event {} stands behind {} marks of {}", place, marks_before,
                            batch.marks.size()));
  auto event = read_event(*event_);
  if (!event) return tl::make_unexpected(event.error());
  event->number = batch.first_number + marks_before + place;
  batch.others.push_back({marks_before, std::move(*event)});
  for (auto& from : event_->verdicts()) {
    auto verdict = read_verdict(from);
    if (!verdict) return tl::make_unexpected(verdict.error());
    decisions.verdicts.push_back({place, *verdict});
  }
  for (auto& from : event_->commands()) {
    auto command = read_command(from);
    if (!command) return tl::make_unexpected(command.error());
    decisions.commands.push_back({place, std::move(*command)});
  }
  return {};
}

} // namespace tickmesh
