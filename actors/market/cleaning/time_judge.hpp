// Doubts stamps that are ahead of their neighbours, so that one wrong stamp moves neither a
// source's time nor other records. Judges records before they are split by symbol. Plain class
// behind file_source and socket_server.
#pragma once

#include "actors/market/market_settings.hpp"
#include "messages/tick.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace tickmesh {

/// A record whose stamp is more than `max` ahead of the source's time is held, and with it all that
/// come behind it, until `confirm_count` stamps, its own included, agree that time has come so far,
/// or as many less one lie behind it. Then the source's time moves there, or the record is marked
/// as a time jump. Records leave in the order in which they came.
class time_judge {
public:
  /// `source_time`: as far as is known from before; 1970-01-01: not at all.
  explicit time_judge(const time_jump_settings& settings, timestamp source_time = {})
      : settings_(settings), source_time_(source_time) {}

  /// Takes the next record. `is_trusted`: its stamp is known to be right, as one is that agrees
  /// with the wall clock.
  void push(const tick& record, bool is_trusted = false);

  /// Writes the next record that can be judged; false when there is none.
  bool pop(tick& out);

  /// The same when nothing has come for a while, or nothing follows. A stamp that is still in doubt
  /// goes by the majority of what is there; with no opinion against it, and where it does not lie
  /// beyond `latest`, the record passes, and the source's time stays until others agree.
  bool pop_settled(tick& out, timestamp latest = end_of_time);

  /// The highest stamp that counts, of records that have left; 1970-01-01 before the first.
  timestamp source_time() const { return source_time_; }

  /// Records that wait for later ones.
  std::size_t held() const { return held_.size(); }

private:
  struct held_record {
    tick record;
    bool is_trusted = false;
  };
  struct opinions {
    std::uint32_t agree = 0; ///< the record itself included
    std::uint32_t disagree = 0;
  };

  bool take(tick& out, std::optional<timestamp> settled_up_to);
  bool is_ahead(timestamp stamp) const;
  opinions count_opinions() const;

  time_jump_settings settings_;
  timestamp source_time_{};
  timestamp passed_from_{};        ///< lowest of the stamps that passed in doubt, one after another
  std::uint32_t passed_count_ = 0; ///< how many these are
  std::deque<held_record> held_;
};

} // namespace tickmesh
