// The finished files of a sealed segment: ticks by symbol in blocks with an index at the end, and
// rejected ticks in chunks. Written by segment_sealer, read by tick_log_reader.
//
//   ticks:    "TMTICKS3", blocks, index (block_entry, zstd), trailer
//   rejected: "TMREJEC1", chunks: xxh3 u64, bytes u32, zstd of (record, length, RejectedRun)...
#pragma once

#include "actors/market/tick_log/log_state.hpp"
#include "actors/market/tick_log/tick_block.hpp"
#include "actors/market/tick_log/tick_log.hpp"
#include "runtime/log/log_file.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tickmesh {

/// Where a block is and what it holds.
struct block_entry {
  std::uint64_t offset = 0;
  std::uint32_t bytes = 0;
  std::uint32_t symbol = 0;
  std::uint32_t count = 0;
  std::uint32_t unused = 0;
  std::uint64_t first_number = 0;
  std::uint64_t last_number = 0;
  std::int64_t begin_ns = 0; ///< effective time of the first tick, UTC
  std::int64_t end_ns = 0;   ///< of the last
};

/// What an index says of a block that the builder is about to finish.
block_entry describe_block(symbol_id symbol, const tick_block_builder& block);

/// Writes a ticks file front to back, under a temporary name. For one thread.
class sealed_writer {
public:
  static result<sealed_writer> create(file_system& files, const std::filesystem::path& path);

  /// Finishes the builder's block and writes it.
  result<void> write_block(symbol_id symbol, tick_block_builder& block);
  /// Writes the index, syncs the file and gives it its name; returns its size.
  result<std::uint64_t> finish();

private:
  sealed_writer(file_system& files, std::filesystem::path path, log_file file);
  result<void> flush();

  file_system* files_;
  std::filesystem::path path_;
  log_file file_;
  std::string buffer_;
  std::uint64_t written_ = 0;
  std::vector<block_entry> index_;
};

/// An open ticks file.
class sealed_reader {
public:
  /// Reads the index. Fails when it is damaged; the fault names the file.
  static result<sealed_reader> open(file_system& files, const std::filesystem::path& path);

  /// By symbol, then by number.
  const std::vector<block_entry>& index() const { return index_; }
  const std::filesystem::path& path() const { return file_.path(); }

  /// Reads a block into `bytes`, which must stay while `block` is used. Fails when the block is
  /// damaged or is not what the index says.
  result<void> read_block(const block_entry& entry, std::string& bytes,
                          tick_block_reader& block) const;

private:
  sealed_reader(log_file file, std::uint64_t blocks_end)
      : file_(std::move(file)), blocks_end_(blocks_end) {}

  log_file file_;
  std::uint64_t blocks_end_; ///< where the index begins
  std::vector<block_entry> index_;
};

/// Collects RejectedRun messages and writes them as the file of a segment's rejected ticks.
class rejected_writer {
public:
  void add(record_number record, std::string_view rejected_run);
  bool empty() const { return chunk_.empty() && bytes_.empty(); }
  /// Writes the file, synced and in place; returns its size.
  result<std::uint64_t> finish(file_system& files, const std::filesystem::path& path);

private:
  void end_chunk();

  std::string chunk_;
  std::string bytes_;
};

/// Calls `visit` with each RejectedRun message of a file. Fails on damage; the fault names file and
/// offset.
result<void>
read_rejected(file_system& files, const std::filesystem::path& path,
              const std::function<result<void>(record_number, std::string_view)>& visit);

/// Compares a segment's files with its entry in the day's list: sizes, and with `thorough` every
/// checksum. The fault names the file and, where it applies, the offset.
result<void> check_sealed_files(file_system& files, const std::filesystem::path& day,
                                const sealed_segment& entry, bool thorough);

} // namespace tickmesh
