// Holds back what follows from events until these are durable wherever they must be: nothing
// reaches a broker before its verdict and its intent do. Plain class behind whoever writes the
// journal.
//
//   decisions --hold--> commit_gate --take--> broker
//                          ^   ^
//       local journal -----+   +----- a replica's journal: one more acknowledger
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickmesh {

/// The acknowledger that every gate has: this host's own file.
inline constexpr std::string_view local_journal = "local";

/// `Held` is what waits for an event: its commands, and what else belongs to them. It comes out in
/// the order in which it went in. What durable means is each acknowledger's own: by durability
/// `always` the local journal acknowledges what is synced, otherwise what was appended.
template <class Held>
class commit_gate {
public:
  explicit commit_gate(std::size_t held_max) : held_max_(held_max) { require(local_journal); }

  /// From now on, `who` must acknowledge what is not released yet; events up to `event` it has.
  void require(std::string_view who, std::uint64_t event = 0) {
    durable_.try_emplace(std::string{who}, event);
  }

  /// `who` need not acknowledge any more. The local journal always must.
  void dismiss(std::string_view who) {
    assert(who != local_journal);
    if (auto found = durable_.find(who); found != durable_.end()) durable_.erase(found);
  }

  /// Holds `commands` until the events up to `event` are durable. Precondition: not below the one
  /// before, and is_full() is false.
  void hold(std::uint64_t event, Held commands) {
    assert(!is_full() && (held_.empty() || event >= held_.back().first));
    held_.emplace_back(event, std::move(commands));
  }

  /// `who` has all events up to `event`. An older number than before changes nothing, and so does
  /// the word of somebody who is not asked.
  void acknowledge(std::string_view who, std::uint64_t event) {
    if (auto found = durable_.find(who); found != durable_.end())
      found->second = std::max(found->second, event);
  }

  /// The oldest that may go; nothing when it must wait, or nothing is held.
  std::optional<Held> take() {
    if (held_.empty() || held_.front().first > durable_event()) return std::nullopt;
    std::optional<Held> out{std::move(held_.front().second)};
    held_.pop_front();
    return out;
  }

  /// The last event that everybody has acknowledged.
  std::uint64_t durable_event() const {
    auto out = UINT64_MAX;
    for (auto& [who, event] : durable_)
      out = std::min(out, event);
    return out;
  }

  std::size_t held() const { return held_.size(); }
  /// No more events that lead to commands may be taken until something is released.
  bool is_full() const { return held_.size() >= held_max_; }

  /// Who has not acknowledged the oldest that is held, by name.
  std::vector<std::string> waiting_for() const {
    std::vector<std::string> out;
    for (auto& [who, event] : durable_)
      if (!held_.empty() && event < held_.front().first) out.push_back(who);
    return out;
  }

private:
  std::size_t held_max_;
  std::map<std::string, std::uint64_t, std::less<>> durable_; ///< last event, by acknowledger
  std::deque<std::pair<std::uint64_t, Held>> held_;           ///< events never fall
};

} // namespace tickmesh
