// Finds records of one symbol that come again: from a second file, after a reconnect, or twice in a
// row. Plain class behind tick_cleaner.
#pragma once

#include "messages/tick.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tickmesh {

/// Remembers the last `horizon` records by the source's own id, where they have one, else by a hash
/// (64 bit) of all that the source says of them, the stamp included.
class repeat_finder {
public:
  explicit repeat_finder(std::uint32_t horizon) : horizon_(horizon) {}

  /// True when the record came before. With an id: when the id did, on its trading day. Without
  /// one, when its content did, and it is not one of several equal records of one moment: only
  /// repeats stand between it and its equal, or its stamp lies behind a later one, or another
  /// source has had as many of it.
  bool is_repeat(const tick& record) const;

  /// The record has been taken, as news or as a repeat.
  void note(const tick& record, bool is_repeat);

private:
  struct entry { // small: one is written for each tick
    timestamp time{};
    std::uint64_t content = 0; ///< of a record with an id: the id
    std::int32_t trading_day = 0;
    source_id source{};
    bool has_id = false;
  };
  static_assert(sizeof(entry) == 24);

  static std::uint64_t hash_content(const tick& record);
  bool has_id_again(const tick& record) const;
  bool has_content_again(const tick& record) const;

  std::uint32_t horizon_;
  std::vector<entry> entries_; ///< a ring once it is full
  std::size_t next_ = 0;       ///< where the next one goes
  entry last_news_;            ///< without an id
  timestamp newest_time_{};
  std::uint64_t newest_id_ = 0;
};

} // namespace tickmesh
