// The inside of tick_log_reader: the files that it found, and what it has loaded of them.
#pragma once

#include "actors/market/tick_log/newest_ticks.hpp"
#include "actors/market/tick_log/record_format.hpp"
#include "actors/market/tick_log/sealed_file.hpp"
#include "actors/market/tick_log/segment_sealer.hpp"
#include "actors/market/tick_log/tick_log_reader.hpp"

#include <map>
#include <optional>
#include <set>

namespace tickmesh {

/// A segment, sealed or not; each of its ticks is in one of the two forms.
struct logged_segment {
  std::int32_t trading_day = 0;
  sealed_segment totals; ///< without sizes when it is not sealed
  bool sealed = false;
  std::optional<sealed_reader> blocks; ///< of a sealed one, once loaded
  std::string bytes;                   ///< of one that is not sealed; what follows points into it
  runs_by_symbol runs;
  std::vector<std::pair<record_number, std::string_view>> rejected;
};

class tick_log_files {
public:
  tick_log_files(std::filesystem::path root, file_system& files);

  result<void> load();

  const std::filesystem::path& root() const { return root_; }
  file_system& files() { return files_; }
  std::filesystem::path day_path(std::int32_t trading_day) const;

  /// By day, then by first record.
  std::vector<logged_segment>& segments() { return segments_; }
  /// Write-ahead files that are there, sealed or not.
  const std::set<std::filesystem::path>& wal_files() const { return wal_files_; }

  /// The index of a sealed segment.
  result<const std::vector<block_entry>*> index_of(logged_segment& segment);
  /// The part of a segment's index that is about a symbol.
  result<std::span<const block_entry>> blocks_of(logged_segment& segment, symbol_id symbol);

  /// What is kept of dropped days.
  result<newest_ticks*> kept_newest();

  /// A block; valid until the next one is read.
  result<tick_block_reader*> read_block(logged_segment& segment, const block_entry& entry);
  /// Blocks of a segment that is not sealed.
  result<void> visit_runs(logged_segment& segment,
                          const std::function<result<void>(tick_block_reader&)>& visit);

private:
  result<void> load_day(std::int32_t trading_day);
  /// False when a file went away between being listed and being read: it is sealed meanwhile.
  result<bool> load_listed(std::int32_t trading_day, std::map<record_number, logged_segment>& out);
  /// False when there is no such file.
  result<bool> load_records(logged_segment& segment);

  std::filesystem::path root_;
  file_system& files_;
  std::vector<logged_segment> segments_;
  std::set<std::filesystem::path> wal_files_;
  std::optional<newest_ticks> newest_; ///< once asked for
  std::string block_bytes_;
  tick_block_reader block_;
  tick_block_builder builder_;
};

/// Reads a RejectedRun message. Fails on malformed bytes.
result<void> decode_rejected(std::string_view bytes, record_number logged_in,
                             std::vector<rejected_tick>& out);

} // namespace tickmesh
