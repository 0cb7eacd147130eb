// What a tick log consists of but for its blocks: records, and the small files beside them.
#include "actors/market/tick_log/log_description.hpp"
#include "actors/market/tick_log/log_state.hpp"
#include "actors/market/tick_log/record_codec.hpp"
#include "actors/market/tick_log/record_format.hpp"
#include "actors/market/tick_log/record_tail.hpp"
#include "runtime/results/row_files.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/support/checksums.hpp"
#include "tests/support/memory_files.hpp"
#include "tests/support/tick_log_records.hpp"

#include <cstring>
#include <fstream>

namespace tickmesh {

namespace tick_log_fuzz {

namespace {

bool is_same(const log_record& a, const log_record& b) {
  return a.number == b.number && a.writer == b.writer && a.trading_day == b.trading_day &&
         a.ticks == b.ticks && a.rejected == b.rejected && a.payload == b.payload;
}

void check_record(std::string_view bytes) {
  framed_record parsed;
  auto state = parse_record(bytes, parsed);
  if (state != frame_state::complete) return;
  must(parsed.bytes <= bytes.size(), "a record is longer than its bytes");
  std::string written;
  format_record(parsed.record, parsed.synced, written);
  must(written.size() == parsed.bytes, "a record is written in another length");
  framed_record again;
  must(parse_record(written, again) == frame_state::complete && again.synced == parsed.synced &&
           is_same(again.record, parsed.record),
       "a record comes back as another");
}

/// The bytes as header and payload of a record whose checksum is right.
std::string as_record(std::string_view bytes) {
  std::array<std::uint64_t, 6> head{};
  auto taken = std::min(bytes.size(), sizeof head);
  std::memcpy(head.data(), bytes.data(), taken);
  log_record record{.number = record_number{head[0] | 1},
                    .writer = epoch{head[1]},
                    .trading_day = static_cast<std::int32_t>(head[3]),
                    .ticks = static_cast<std::uint32_t>(head[4]),
                    .rejected = static_cast<std::uint32_t>(head[5]),
                    .payload = bytes.substr(taken)};
  std::string out;
  format_record(record, record_number{head[2]}, out);
  return out;
}

/// As a subscription reads a write-ahead file.
void read_wal(std::string_view bytes) {
  memory_files files;
  files["wal"] = bytes;
  auto reader = wal_file_reader::open(files, "wal");
  must(reader && *reader, "a file that is there is not opened");
  for (std::uint64_t count = 0;; ++count) {
    must(count <= bytes.size() / record_header_bytes, "more records than fit the file");
    auto found = (*reader)->seek({});
    if (!found || *found == nullptr) return;
    auto record = (*reader)->take();
    if (!record) return;
    must((*record)->payload.size() <= bytes.size(), "a payload is longer than the file");
  }
}

void run_tick_log_records(std::string_view bytes) {
  check_record(bytes);
  auto made = as_record(bytes);
  check_record(made);
  framed_record found;
  auto offset =
      find_record(std::string{bytes} + std::string(8 - bytes.size() % 8, '\0') + made, 0, found);
  must(offset && *offset % 8 == 0 && *offset <= bytes.size() + 8, "an intact record is not found");
  read_wal(bytes);
  read_wal(made + std::string{bytes});
}

std::vector<std::string> tick_log_records_samples() {
  record_maker maker{1, 1};
  std::string all;
  for (auto epoch_number : {1, 1, 2}) {
    auto made = maker.make(20181008, static_cast<std::uint64_t>(epoch_number), 1);
    made.record.payload = made.payload;
    std::string one;
    format_record(made.record, record_number{made.record.number.value - 1}, one);
    all += one;
  }
  return {all};
}

/// As replicas are sent them.
void run_sent_records(std::string_view bytes) {
  auto records = read_log_records(bytes);
  if (!records) return;
  must(records->size() <= bytes.size(), "more records than bytes");
  std::string written;
  for (auto& record : *records)
    append_log_record(written, record);
  must(written.size() <= bytes.size(), "records are written longer than they were");
  auto again = read_log_records(written);
  must(again && std::ranges::equal(*again, *records, is_same), "records come back as others");
}

std::vector<std::string> sent_records_samples() {
  record_maker maker{1, 2};
  std::string out;
  for (auto ticks : {1U, 2U}) {
    auto made = maker.make(20181008, 3, ticks);
    made.record.payload = made.payload;
    append_log_record(out, made.record);
  }
  return {out};
}

bool is_same(const log_state& a, const log_state& b) {
  return a.floor == b.floor && a.floor_writer == b.floor_writer && a.cut_after == b.cut_after;
}

bool is_same(const sealed_segment& a, const sealed_segment& b) {
  return a.first == b.first && a.last == b.last && a.ticks == b.ticks && a.rejected == b.rejected &&
         a.tick_bytes == b.tick_bytes && a.rejected_bytes == b.rejected_bytes;
}

void run_tick_log_state(std::string_view bytes) {
  for (auto& text : {std::string{bytes}, with_checksum_line(bytes)}) {
    memory_files files;
    files["log/state"] = text;
    auto state = read_log_state(files, "log");
    if (!state) continue;
    must(write_log_state(files, "log", *state).has_value(), "a state is not written");
    auto again = read_log_state(files, "log");
    must(again && is_same(*again, *state), "a state comes back as another");
  }
}

std::vector<std::string> tick_log_state_samples() {
  memory_files files;
  auto written =
      write_log_state(files, "log", {record_number{7}, epoch{2}, record_number{UINT64_MAX - 1}});
  must(written.has_value(), "a state is not written");
  auto with_cut = files["log/state"];
  must(write_log_state(files, "log", {}).has_value(), "a state is not written");
  return {with_cut, files["log/state"]};
}

void run_sealed_list(std::string_view bytes) {
  for (auto& text : {std::string{bytes}, with_checksum_line(bytes)}) {
    memory_files files;
    files["day/sealed"] = text;
    auto segments = read_sealed(files, "day");
    if (!segments) continue;
    must(segments->size() <= text.size() / 12, "more segments than lines");
    must(write_sealed(files, "day", *segments).has_value(), "a list is not written");
    auto again = read_sealed(files, "day");
    must(again &&
             std::ranges::equal(*again, *segments, [](auto& a, auto& b) { return is_same(a, b); }),
         "a list comes back as another");
  }
}

std::vector<std::string> sealed_list_samples() {
  memory_files files;
  auto written = write_sealed(files, "day",
                              {{record_number{1}, record_number{9}, 100, 2, 4'000, 300},
                               {record_number{10}, record_number{11}, 0, 0, 0, 0}});
  must(written.has_value(), "a list is not written");
  return {files["day/sealed"]};
}

void run_log_description(std::string_view bytes) {
  static const log_directory scratch;
  std::filesystem::create_directories(scratch.log());
  auto path = scratch.log() / "description.json";
  std::ofstream{path, std::ios::binary}.write(bytes.data(),
                                              static_cast<std::streamsize>(bytes.size()));
  auto description = read_log_description(scratch.log());
  if (!description) return;
  must(write_log_description(scratch.log(), *description).has_value(), "it is not written");
  auto again = read_log_description(scratch.log());
  must(again && *again == *description, "a description comes back as another");
}

std::vector<std::string> log_description_samples() {
  return {R"({"repeatable": false, "data_epoch": 3, "sources": ["socket"], "symbols": ["ru1901",)"
          R"( "caf\u00e9"]})",
          R"({"repeatable": true, "sources": [], "symbols": []})"};
}

/// Names of files say what is in them.
void run_file_names(std::string_view bytes) {
  if (auto first = parse_wal_name(bytes))
    must(parse_wal_name(wal_name(*first)) == first, "a name comes back as another");
  if (auto first = parse_blocks_name(bytes))
    must(parse_blocks_name(ticks_name(*first)) == first &&
             parse_blocks_name(rejected_name(*first)) == first,
         "a name comes back as another");
  if (auto day = parse_day_name(bytes)) must(*day >= 0, "a day below zero");
}

std::vector<std::string> file_names_samples() {
  return {"wal-000000000017.log", "ticks-000000000017.blocks", "rejected-000000000001.blocks",
          "20181008"};
}

} // namespace

} // namespace tick_log_fuzz

std::vector<fuzz_target> tick_log_fuzz_targets() {
  using namespace tick_log_fuzz;
  return {{"tick_log_records", run_tick_log_records, tick_log_records_samples},
          {"sent_records", run_sent_records, sent_records_samples},
          {"tick_log_state", run_tick_log_state, tick_log_state_samples},
          {"sealed_list", run_sealed_list, sealed_list_samples},
          {"log_description", run_log_description, log_description_samples},
          {"tick_log_names", run_file_names, file_names_samples}};
}

} // namespace tickmesh
