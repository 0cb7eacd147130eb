// The newest records of a tick log in memory, so that links which keep up never read the disk.
#pragma once

#include "actors/market/tick_log/tick_log.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

namespace tickmesh {

class recent_records {
public:
  /// Keeps at most `bytes_max` of payloads, but always the newest record.
  explicit recent_records(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// Precondition: `record.number` follows the last one; its payload is that of `payload`.
  void push(log_record record, std::shared_ptr<const std::string> payload) {
    bytes_ += payload->size();
    record.payload = *payload;
    entries_.push_back({record, std::move(payload)});
    while (bytes_ > bytes_max_ && entries_.size() > 1) {
      bytes_ -= entries_.front().payload->size();
      entries_.pop_front();
    }
  }

  /// Null where the record is not among them. Valid until the next push.
  const log_record* find(record_number number) const {
    if (entries_.empty() || number < entries_.front().record.number ||
        number > entries_.back().record.number)
      return nullptr;
    return &entries_[number.value - entries_.front().record.number.value].record;
  }

private:
  struct entry {
    log_record record;
    std::shared_ptr<const std::string> payload;
  };
  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  std::deque<entry> entries_;
};

/// How much a cursor reads from the disk at once.
inline constexpr std::size_t cursor_chunk_bytes = 1 << 20;

/// Reads records one after the other, from memory where they are recent, else from the log in
/// chunks. One per link; holds at most a chunk.
class record_cursor {
public:
  /// The record after `after`: from memory, else from the log. Null when the log has none; a fault
  /// when it is no longer kept. Valid until the next call, and the next push to `recent`.
  result<const log_record*> next(record_number after, const recent_records& recent,
                                 const tick_log& log) {
    record_number wanted{after.value + 1};
    if (auto* found = recent.find(wanted); found != nullptr) {
      chunk_ = {};
      return found;
    }
    if (auto* found = find_in_chunk(wanted); found != nullptr) return found;
    auto state = log.read(after, cursor_chunk_bytes, chunk_);
    if (!state) return tl::unexpected(state.error());
    if (*state == read_state::gone)
      return fail("the records after " + std::to_string(after.value) +
                  " are no longer kept; raise tick_log.wal_keep_mib");
    if (*state == read_state::end) return nullptr;
    return find_in_chunk(wanted);
  }

private:
  const log_record* find_in_chunk(record_number wanted) const {
    if (chunk_.records.empty() || wanted < chunk_.records.front().number ||
        wanted > chunk_.records.back().number)
      return nullptr;
    return &chunk_.records[wanted.value - chunk_.records.front().number.value];
  }

  record_batch chunk_;
};

} // namespace tickmesh
