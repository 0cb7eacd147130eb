// The journal of an execution slot: records, what is in them, and the small files beside them.
#include "actors/execution/events/operator_codec.hpp"
#include "actors/execution/journal/halt_file.hpp"
#include "actors/execution/journal/journal_state.hpp"
#include "actors/execution/snapshot/snapshot_files.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/support/checksums.hpp"
#include "tests/support/journal_records.hpp"
#include "tests/support/memory_files.hpp"

#include <cstring>

namespace tickmesh {

namespace journal_fuzz {

namespace {

bool is_same(const journal_record& a, const journal_record& b) {
  return a.first == b.first && a.events == b.events && a.writer == b.writer &&
         a.version == b.version && a.payload == b.payload;
}

void check_record(std::string_view bytes) {
  parsed_journal_record parsed;
  if (parse_journal_record(bytes, parsed) != frame_state::complete) return;
  must(parsed.bytes <= bytes.size() && parsed.record.events > 0, "a record without its bytes");
  must(parsed.record.last() >= parsed.record.first, "a record's numbers wrap around");
  std::string written;
  format_journal_record(parsed.record, parsed.synced, written);
  parsed_journal_record again;
  must(parse_journal_record(written, again) == frame_state::complete &&
           again.synced == parsed.synced && is_same(again.record, parsed.record),
       "a record comes back as another");
}

/// The bytes as header and payload of a record whose checksum is right.
std::string as_record(std::string_view bytes) {
  std::array<std::uint64_t, 5> head{};
  auto taken = std::min(bytes.size(), sizeof head);
  std::memcpy(head.data(), bytes.data(), taken);
  std::string out;
  format_journal_record({.first = head[0],
                         .events = static_cast<std::uint32_t>(head[3]),
                         .writer = epoch{head[1]},
                         .version = static_cast<std::uint16_t>(head[4]),
                         .payload = bytes.substr(taken)},
                        head[2], out);
  return out;
}

void run_journal_records(std::string_view bytes) {
  check_record(bytes);
  auto made = as_record(bytes);
  check_record(made);
  parsed_journal_record found;
  auto offset = find_journal_record(bytes, 0, found);
  if (offset) must(*offset % 8 == 0 && *offset + found.bytes <= bytes.size(), "a place of none");
}

std::vector<std::string> journal_records_samples() {
  std::string all, one;
  for (auto& made : make_journal_records(3, 3)) {
    format_journal_record(made.record(), made.record().first - 1, one);
    all += one;
  }
  return {all};
}

/// Two bytes say how many events the payload behind them has.
void run_journal_events(std::string_view bytes) {
  if (bytes.size() < 2) return;
  std::uint16_t events = 0;
  std::memcpy(&events, bytes.data(), sizeof events);
  if (events == 0) return; // the frame of a record has one
  journal_record record{.first = 100, .events = events, .payload = bytes.substr(2)};
  event_decoder decoder;
  logged_events read;
  if (!decoder.decode(record, read)) return;
  must(read.batch.size() == events, "a record has another count of events");
  event_encoder encoder;
  std::string written;
  encoder.encode(read.batch, read.decisions, written);
  record.payload = written;
  logged_events again;
  must(decoder.decode(record, again).has_value(), "a record that was written is not read");
  must(is_same(again, read), "events come back as others");
}

std::vector<std::string> journal_events_samples() {
  std::vector<std::string> out;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    event_maker maker{seed};
    auto made = maker.make_batch(3, 4);
    std::string payload;
    event_encoder{}.encode(made.batch, made.decisions, payload);
    out.push_back(bytes_of(static_cast<std::uint16_t>(made.batch.size())) + payload);
  }
  return out;
}

void run_journal_state(std::string_view bytes) {
  for (auto& text : {std::string{bytes}, with_checksum_line(bytes)}) {
    memory_files files;
    files["journal/state"] = text;
    auto state = read_journal_state(files, "journal");
    if (!state) continue;
    must(write_journal_state(files, "journal", *state).has_value(), "a state is not written");
    must(text.empty() || files["journal/state"] == text, "a state is written otherwise");
  }
}

std::vector<std::string> journal_state_samples() {
  memory_files files;
  must(write_journal_state(files, "journal", {17, 4711}).has_value(), "a state is not written");
  return {files["journal/state"]};
}

void run_halt_file(std::string_view bytes) {
  memory_files files;
  files["halt"] = bytes;
  auto halt = read_halt_file("halt", files);
  if (!halt) return;
  must(halt->has_value() == !bytes.empty(), "a file that is there says nothing");
  if (!*halt) return;
  must(write_halt_file("halt", **halt, files).has_value(), "a halt is not written");
  auto again = read_halt_file("halt", files);
  must(again && *again == *halt, "a halt comes back as another");
}

std::vector<std::string> halt_file_samples() {
  return {"HALTED\ndesk@host\nodd prices\n4711\n", "ACTIVE\n\n\n0\n"};
}

void run_journal_names(std::string_view bytes) {
  if (auto first = parse_journal_file_name(bytes))
    must(parse_journal_file_name(journal_file_name(*first)) == first, "another name");
  if (auto event = parse_snapshot_file_name(bytes))
    must(parse_snapshot_file_name(snapshot_file_name(*event)) == event, "another name");
}

std::vector<std::string> journal_names_samples() {
  return {journal_file_name(17), snapshot_file_name(1'000'000'000'000)};
}

void check_command(const wire::OperatorCommand& message) {
  auto command = read_operator_command(message);
  if (!command) return must(!command.error().message.empty(), "a fault says nothing");
  wire::OperatorCommand written;
  write_operator_command(*command, written);
  auto again = read_operator_command(written);
  must(again && *again == *command, "a command comes back as another");
  auto* change = std::get_if<limits_change>(&command->action);
  if (change == nullptr) return;
  must(check_limits(change->limits).has_value(), "limits that the rules can't work with");
}

void check_limits_in_force(const wire::LimitsInForce& message) {
  auto limits = read_limits_in_force(message);
  if (!limits) return;
  must(!limits->scopes.empty(), "limits without the global ones");
  wire::LimitsInForce written;
  write_limits_in_force(*limits, written);
  auto again = read_limits_in_force(written);
  must(again && *again == *limits, "limits come back as others");
}

void run_operator_messages(std::string_view bytes) {
  auto size = static_cast<int>(bytes.size());
  wire::OperatorRequest request;
  if (request.ParseFromArray(bytes.data(), size)) check_command(request.command());
  wire::OperatorAnswer answer;
  if (answer.ParseFromArray(bytes.data(), size)) check_limits_in_force(answer.limits());
}

std::vector<std::string> operator_messages_samples() {
  std::vector<operator_action> actions{
      trading_switch{.mode = trading_mode::reducing, .cancel_all = true},
      operator_cancel{order_id{7}},
      operator_replace{order_id{7}, price{5}, quantity{6}},
      limits_change{{{.limits = default_limits()}}, 9},
      books_acceptance{"ctp"},
      order_settlement{order_id{8}}};
  std::vector<std::string> out;
  for (auto& action : actions) {
    wire::OperatorRequest request;
    write_operator_command(
        {.who = "desk@host", .reason = "drill", .asked = from_ns(5), .action = action},
        *request.mutable_command());
    out.push_back(request.SerializeAsString());
  }
  wire::OperatorAnswer answer;
  answer.set_is_done(true);
  answer.set_text("done");
  write_limits_in_force({{{.limits = default_limits()}}, "main", {"boll"}},
                        *answer.mutable_limits());
  out.push_back(answer.SerializeAsString());
  return out;
}

} // namespace

} // namespace journal_fuzz

std::vector<fuzz_target> journal_fuzz_targets() {
  using namespace journal_fuzz;
  return {{"journal_records", run_journal_records, journal_records_samples},
          {"journal_events", run_journal_events, journal_events_samples},
          {"journal_state", run_journal_state, journal_state_samples},
          {"halt_file", run_halt_file, halt_file_samples},
          {"journal_names", run_journal_names, journal_names_samples},
          {"operator_messages", run_operator_messages, operator_messages_samples}};
}

} // namespace tickmesh
