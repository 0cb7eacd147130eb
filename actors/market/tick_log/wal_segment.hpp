// A write-ahead file of the tick log: what is known of it, and the search for a record in it.
#pragma once

#include "actors/market/tick_log/record_format.hpp"
#include "actors/market/tick_log/tick_log.hpp"
#include "runtime/log/log_segment.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tickmesh {

/// Guarded by the lock of tick_log_segments; `file` never changes.
struct wal_segment : log_segment {
  /// Every so often, where a record stands.
  struct place {
    record_number number{};
    std::uint64_t offset = 0;
  };

  std::int32_t trading_day = 0;
  record_number first{};
  record_number last{};
  std::vector<place> places;
  bool closed = false; ///< nothing more is appended
  bool sealed = false; ///< its ticks are in .blocks files

  /// Notes a record that stands at the end, and counts it in.
  void add(record_number number, std::size_t record_size);
  /// A place at or before the first record after `number`.
  std::uint64_t place_before(record_number number) const;
};

/// Reads records of one segment one after the other.
class segment_cursor {
public:
  segment_cursor(std::shared_ptr<const wal_segment> segment, std::uint64_t offset,
                 std::uint64_t end, std::size_t chunk_bytes);

  /// The record under the cursor; nothing behind the last. Fails on damage and read errors.
  result<bool> peek(framed_record& out);
  /// As peek, but goes on to the first record after `number`.
  result<bool> seek(record_number number, framed_record& out);
  /// Where the record under the cursor stands.
  std::uint64_t offset() const { return offset_; }
  void advance(std::size_t record_size);

private:
  result<void> fill(std::size_t bytes);

  std::shared_ptr<const wal_segment> segment_;
  std::uint64_t offset_;
  std::uint64_t end_;
  std::size_t chunk_bytes_;
  std::string chunk_;
  std::uint64_t chunk_begin_ = 0;
};

} // namespace tickmesh
