// What market data is on the wire and on disk: today's encoders write the committed bytes, and
// today's decoders read them.
#include "actors/market/sources/socket/socket_protocol.hpp"
#include "actors/market/tick_log/log_description.hpp"
#include "actors/market/tick_log/log_state.hpp"
#include "actors/market/tick_log/record_codec.hpp"
#include "actors/market/tick_log/record_format.hpp"
#include "actors/market/tick_log/sealed_file.hpp"
#include "actors/market/tick_log/segment_sealer.hpp"
#include "messages/signal_codec.hpp"
#include "messages/tick_codec.hpp"
#include "runtime/results/row_files.hpp"
#include "tests/support/golden_bytes.hpp"
#include "tests/support/golden_values.hpp"
#include "tests/support/memory_files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

namespace tickmesh::market_bytes_test {

namespace {

constexpr std::int64_t ingest_ns = 1'704'157'200'000'000'777;

slot_totals golden_totals() {
  slot_totals out{.records_in = 1'000, .accepted = 990};
  out.rejected[3] = 7;
  out.rejected[8] = 3;
  out.positions[source_id{2}] = source_position{(std::uint64_t{19'725} << 48U) + 1'002};
  return out;
}

/// The payload of a record: ticks, a mark, a rejected record and totals.
std::string golden_payload() {
  auto ticks = golden_ticks();
  tick_run_encoder encoder;
  std::string out;
  encoder.append(out, ticks, epoch{3}, ingest_ns);
  encoder.append(out, std::span{ticks}.last(1), epoch{3}, ingest_ns, 4);
  auto bad = ticks[1];
  bad.number = {};
  bad.effective_time = {};
  std::vector reasons{reject_reason::crossed_book};
  append_rejected_run(out, encoder, std::span{&bad, 1}, reasons, ingest_ns);
  append_slot_totals(out, golden_totals());
  return out;
}

void check_payload(std::string_view bytes) {
  tick_frame_view frame;
  REQUIRE(read_tick_frame(bytes, frame).has_value());
  REQUIRE(frame.runs.size() == 1);
  CHECK(frame.runs[0].data_epoch == epoch{3});
  CHECK(frame.runs[0].ingest_ns == ingest_ns);
  std::vector<tick> ticks, marks, rejected;
  REQUIRE(frame.runs[0].decode_ticks(ticks).has_value());
  CHECK((ticks == golden_ticks()));
  REQUIRE(frame.marks.size() == 1);
  REQUIRE(frame.marks[0].decode_ticks(marks).has_value());
  CHECK((marks.at(0) == golden_ticks()[2]));
  REQUIRE(frame.rejected.size() == 1);
  auto run = read_rejected_run(frame.rejected[0]);
  REQUIRE(run.has_value());
  CHECK(run->reason(0) == reject_reason::crossed_book);
  REQUIRE(run->records.decode_ticks(rejected).has_value());
  CHECK(rejected.at(0).position == golden_ticks()[1].position);
  auto totals = read_slot_totals(frame.totals);
  REQUIRE(totals.has_value());
  CHECK((*totals == golden_totals()));
}

log_record golden_record(std::string_view payload) {
  return {record_number{17}, epoch{3}, 20240103, 3, 1, payload};
}

void check_record(const log_record& record) {
  CHECK(record.number == record_number{17});
  CHECK(record.writer == epoch{3});
  CHECK(record.trading_day == 20240103);
  CHECK(record.ticks == 3);
  CHECK(record.rejected == 1);
  check_payload(record.payload);
}

} // namespace

TEST_CASE("a frame of ticks is its golden bytes") {
  auto ticks = golden_ticks();
  std::string now;
  append_tick_run(now, ticks, epoch{3}, ingest_ns);
  append_tick_frame_end(now, from_ns(1'704'157'201'000'000'000), true);
  auto frame = decode_tick_frame(golden_bytes("tick_frame.hex", now));
  REQUIRE(frame.has_value());
  CHECK((frame->ticks == ticks));
  REQUIRE(frame->runs.size() == 1);
  CHECK(frame->runs[0].data_epoch == epoch{3});
  CHECK(frame->runs[0].ingest_ns == ingest_ns);
  CHECK(frame->time_mark == from_ns(1'704'157'201'000'000'000));
  CHECK(frame->final);
}

TEST_CASE("a frame of signals is its golden bytes") {
  std::vector<signal> signals{golden_signal()};
  auto now = encode_signal_frame(signals, from_ns(1'704'157'270'000'000'000), true);
  auto frame = decode_signal_frame(golden_bytes("signal_frame.hex", now));
  REQUIRE(frame.has_value());
  CHECK((frame->signals == signals));
  CHECK(frame->time_mark == from_ns(1'704'157'270'000'000'000));
  CHECK(frame->final);
}

TEST_CASE("a record of the tick log is its golden bytes, on disk and on its way to a replica") {
  auto payload = golden_payload();
  std::string now;
  format_record(golden_record(payload), record_number{16}, now);
  auto bytes = golden_bytes("tick_log_record.hex", now);
  framed_record read;
  REQUIRE(parse_record(bytes, read) == frame_state::complete);
  CHECK(read.synced == record_number{16});
  CHECK(read.bytes == bytes.size());
  check_record(read.record);

  now.clear();
  append_log_record(now, golden_record(payload));
  bytes = golden_bytes("sent_record.hex", now);
  auto records = read_log_records(bytes);
  REQUIRE(records.has_value());
  REQUIRE(records->size() == 1);
  check_record(records->front());
}

TEST_CASE("a file of blocks is its golden bytes") {
  auto payload = golden_payload();
  tick_frame_view frame;
  REQUIRE(read_tick_frame(payload, frame).has_value());
  tick_block_builder builder;
  REQUIRE(builder.add(frame.runs.front()).has_value());
  memory_files files;
  auto writer = sealed_writer::create(files, "ticks");
  REQUIRE(writer.has_value());
  REQUIRE(writer->write_block(symbol_id{7}, builder).has_value());
  REQUIRE(writer->finish().has_value());
  files["old"] = golden_bytes("ticks_blocks.hex", files["ticks"]);
  auto file = sealed_reader::open(files, "old");
  REQUIRE(file.has_value());
  REQUIRE(file->index().size() == 1);
  auto& entry = file->index().front();
  CHECK(entry.symbol == 7);
  CHECK(entry.first_number == 41);
  CHECK(entry.last_number == 43);
  CHECK(from_ns(entry.begin_ns) == golden_ticks().front().effective_time);
  CHECK(from_ns(entry.end_ns) == golden_ticks().back().effective_time);
  std::string memory;
  tick_block_reader block;
  REQUIRE(file->read_block(entry, memory, block).has_value());
  std::vector<tick> ticks;
  REQUIRE(block.append_ticks(0, block.count(), ticks).has_value());
  CHECK((ticks == golden_ticks()));
  auto epochs = block.column(block_epoch_column);
  REQUIRE(epochs.has_value());
  CHECK(epochs->back() == 3);
}

TEST_CASE("a file of rejected ticks is its golden bytes") {
  auto payload = golden_payload();
  tick_frame_view frame;
  REQUIRE(read_tick_frame(payload, frame).has_value());
  rejected_writer writer;
  writer.add(record_number{17}, frame.rejected.front());
  memory_files files;
  REQUIRE(writer.finish(files, "rejected").has_value());
  files["old"] = golden_bytes("rejected_blocks.hex", files["rejected"]);
  int visited = 0;
  auto done = read_rejected(files, "old", [&](record_number record, std::string_view run) {
    ++visited;
    CHECK(record == record_number{17});
    CHECK(run == frame.rejected.front());
    return result<void>{};
  });
  CHECK(done.has_value());
  CHECK(visited == 1);
}

TEST_CASE("the small files of a tick log are their golden bytes") {
  memory_files files;
  REQUIRE(write_log_state(files, "log", {record_number{16}, epoch{2}, record_number{99}}));
  files["old/state"] = golden_bytes("tick_log_state.txt", files["log/state"]);
  auto state = read_log_state(files, "old");
  REQUIRE(state.has_value());
  CHECK(state->floor == record_number{16});
  CHECK(state->floor_writer == epoch{2});
  CHECK(state->cut_after == record_number{99});

  REQUIRE(write_sealed(files, "day",
                       {{record_number{1}, record_number{9}, 100, 2, 4'000, 300},
                        {record_number{10}, record_number{11}, 5, 0, 80, 0}}));
  files["old/sealed"] = golden_bytes("sealed_list.txt", files["day/sealed"]);
  auto segments = read_sealed(files, "old");
  REQUIRE(segments.has_value());
  REQUIRE(segments->size() == 2);
  CHECK(segments->at(0).last == record_number{9});
  CHECK(segments->at(0).rejected_bytes == 300);
  CHECK(segments->at(1).first == record_number{10});
  CHECK(segments->at(1).tick_bytes == 80);
}

TEST_CASE("the description of a tick log is its golden bytes") {
  temporary_directory home;
  log_description description{.symbols = {"ru1901", "SP m2405&m2409"},
                              .sources = {"ctp"},
                              .repeatable = false,
                              .data_epoch = epoch{4}};
  REQUIRE(write_log_description(home.path(), description).has_value());
  auto path = (home.path() / "description.json").string();
  auto now = read_text_file(path);
  REQUIRE(now.has_value());
  REQUIRE(write_text_file(path, golden_bytes("log_description.json", *now)).has_value());
  auto read = read_log_description(home.path());
  REQUIRE(read.has_value());
  CHECK((*read == description));
}

TEST_CASE("what a socket source replies is its golden bytes") {
  auto protocol = make_protobuf_socket_protocol(4096);
  std::string now;
  protocol->append_hello(now, {20240108, 17});
  protocol->append_ack(now, 20);
  protocol->append_rejected(now, 21, "why");
  protocol->append_day(now, 20240109);
  protocol->append_closing(now, "enough");
  golden_bytes("socket_replies.hex", now); // that a sender reads them is tested elsewhere
}

} // namespace tickmesh::market_bytes_test
