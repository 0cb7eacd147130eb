// When the appender of a log tells the log's keeper, who waits for the disk, of new records.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tickmesh {

/// What a keeper is told of: each record, and it answers for many at once; what has come since its
/// last answer, for waking its thread at each record costs more than the record; nothing.
enum class sync_wish : std::uint8_t { each, since_answer, nothing };

/// `Number` counts records, or events, from 1.
template <class Number>
class sync_notice {
public:
  explicit sync_notice(sync_wish wish = sync_wish::since_answer) : wish_(wish) {}

  /// Records were appended up to `last`: whether to say so now.
  bool appended(Number last) {
    bool waits =
        wish_ == sync_wish::nothing || (wish_ == sync_wish::since_answer && is_unanswered_);
    if (last <= told_ || waits) return false;
    told_ = last;
    return is_unanswered_ = true;
  }

  /// The keeper has answered, and the log ends at `last`: whether there is more to say.
  bool answered(Number last) {
    is_unanswered_ = false;
    return appended(last);
  }

  /// The keeper was told later than it was to be, of records up to `last`.
  void told(Number last) { told_ = std::max(told_, last); }

private:
  sync_wish wish_;
  Number told_{};
  bool is_unanswered_ = false;
};

} // namespace tickmesh
