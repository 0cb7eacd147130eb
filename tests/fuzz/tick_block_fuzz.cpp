// Blocks of ticks, and the files of them and of rejected ticks.
#include "actors/market/tick_log/sealed_file.hpp"
#include "actors/market/tick_log/tick_block.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/support/checksums.hpp"
#include "tests/support/memory_files.hpp"
#include "tests/support/tick_log_records.hpp"

#include <zstd.h>

#include <cstring>

namespace tickmesh {

namespace tick_block_fuzz {

namespace {

/// What stands behind a block's header, with a header that fits it.
std::string as_block(std::string_view content) {
  auto rest = bytes_of(static_cast<std::uint32_t>(content.size())).append(content);
  return bytes_of(XXH3_64bits(rest.data(), rest.size())) + rest;
}

std::string zstd_frame(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1));
  return out;
}

/// The ticks of a block that can be read, as another block of the same.
void check_block(tick_block_reader& block) {
  must(block.count() <= block_count_max, "a block has more ticks than any can");
  std::vector<tick> ticks;
  bool is_good = block.append_ticks(0, block.count(), ticks).has_value();
  if (!is_good) return;
  must(ticks.size() == block.count(), "a block has another count of ticks");
  auto times = block.effective_times();
  must(times && times->size() == ticks.size(), "ticks without effective times");
  for (std::size_t i = 0; i < ticks.size(); ++i)
    must((*times)[i] == to_ns(ticks[i].effective_time), "a tick has another effective time");
  std::string run;
  tick_run_encoder{}.append(run, ticks, first_data_epoch, 0);
  tick_frame_view frame;
  must(read_tick_frame(run, frame, ticks.size()).has_value(), "a run that was written is not read");
  tick_block_builder builder;
  must(builder.add(frame.runs.front()).has_value(), "a run is no part of a block");
  std::string bytes;
  builder.finish(block.symbol(), bytes);
  tick_block_reader again;
  must(again.read(bytes).has_value(), "a block that was written is not read");
  std::vector<tick> ticks_again;
  must(again.append_ticks(0, again.count(), ticks_again).has_value(), "its ticks are not read");
  must(ticks_again == ticks, "ticks come back from a block as others");
}

void run_tick_block(std::string_view bytes) {
  tick_block_reader block;
  static_cast<void>(block.read(bytes));
  auto made = as_block(bytes);
  if (block.read(made)) check_block(block);
}

std::string make_block(std::uint64_t seed, std::uint32_t count) {
  record_maker maker{seed, 1};
  auto made = maker.make(20181008, 1, count);
  tick_frame_view frame;
  must(read_tick_frame(made.payload, frame).has_value(), "a made record is not read");
  tick_block_builder builder;
  must(builder.add(frame.runs.front()).has_value(), "a made run is no part of a block");
  std::string out;
  builder.finish(frame.runs.front().symbol, out);
  return out;
}

std::vector<std::string> tick_block_samples() {
  std::vector<std::string> out;
  for (std::uint32_t count : {1, 7, 300})
    out.push_back(make_block(count, count).substr(block_header_bytes));
  return out;
}

/// The last bytes as the index of a file of ticks, which they all stand in.
std::string with_index(std::string_view bytes) {
  auto entries = std::min<std::size_t>(bytes.size() / sizeof(block_entry), 4);
  auto index = zstd_frame(bytes.substr(bytes.size() - entries * sizeof(block_entry)));
  auto out = std::string{"TMTICKS3"}.append(bytes);
  auto trailer = bytes_of(std::uint64_t{out.size()}) + bytes_of(std::uint64_t{entries}) +
                 bytes_of(XXH3_64bits(index.data(), index.size()));
  return out + index + trailer + bytes_of(XXH3_64bits(trailer.data(), trailer.size()));
}

void read_ticks_file(std::string_view bytes) {
  memory_files files;
  files["ticks"] = bytes;
  auto file = sealed_reader::open(files, "ticks");
  if (!file) return;
  std::string memory;
  tick_block_reader block;
  for (auto& entry : file->index()) {
    auto read = file->read_block(entry, memory, block);
    must(memory.size() <= bytes.size(), "a block takes more memory than the file has bytes");
    if (!read) continue;
    must(block.count() == entry.count && block.symbol().value == entry.symbol,
         "a block is another than its index says");
    check_block(block);
  }
}

void run_ticks_file(std::string_view bytes) {
  read_ticks_file(bytes);
  read_ticks_file(with_index(bytes));
}

std::vector<std::string> ticks_file_samples() {
  auto block = make_block(3, 5);
  block_entry entry{.offset = 8,
                    .bytes = static_cast<std::uint32_t>(block.size()),
                    .symbol = 0,
                    .count = 5,
                    .first_number = 1,
                    .last_number = 5};
  return {block + bytes_of(entry), with_index(block + bytes_of(entry))};
}

void read_rejected_file(std::string_view bytes) {
  memory_files files;
  files["rejected"] = bytes;
  std::size_t taken = 0;
  auto done = read_rejected(files, "rejected", [&](record_number, std::string_view message) {
    taken += message.size();
    if (auto run = read_rejected_run(message)) {
      std::vector<tick> ticks;
      if (run->records.count <= 1'000 && run->records.decode_ticks(ticks))
        must(ticks.size() == run->reasons.size(), "a rejected tick has no reason");
    }
    return result<void>{};
  });
  static_cast<void>(done);
}

/// Raw, and as what one chunk of such a file holds.
void run_rejected_file(std::string_view bytes) {
  read_rejected_file(bytes);
  std::string size;
  append_varint(size, bytes.size());
  auto body = size + zstd_frame(bytes);
  read_rejected_file("TMREJEC1" + bytes_of(XXH3_64bits(body.data(), body.size())) +
                     bytes_of(static_cast<std::uint32_t>(body.size())) + body);
}

std::vector<std::string> rejected_file_samples() {
  record_maker maker{2, 1};
  rejected_writer writer;
  std::string content;
  for (std::uint64_t record : {1, 2}) {
    auto made = maker.make(20181008, 1, 1);
    tick_frame_view frame;
    must(read_tick_frame(made.payload, frame).has_value(), "a made record is not read");
    writer.add(record_number{record}, frame.rejected.front());
    append_varint(content, record);
    append_varint(content, frame.rejected.front().size());
    content += frame.rejected.front();
  }
  memory_files files;
  must(writer.finish(files, "rejected").has_value(), "a file is not written");
  return {files["rejected"], content};
}

} // namespace

} // namespace tick_block_fuzz

std::vector<fuzz_target> tick_block_fuzz_targets() {
  using namespace tick_block_fuzz;
  return {{"tick_block", run_tick_block, tick_block_samples},
          {"ticks_file", run_ticks_file, ticks_file_samples},
          {"rejected_file", run_rejected_file, rejected_file_samples}};
}

} // namespace tickmesh
