// The links of a slot that make no progress, by name: in its counts, for `status`, and as lines for
// the log. Plain class behind the sending slots.
#pragma once

#include "messages/slot.hpp"
#include "messages/timestamp.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

/// Counts of this name, with the link behind it, are times in ms: how long nothing has come of its
/// receiver, which owes a word. Absent for a link that is well.
inline constexpr const char* suspect_link_prefix = "suspect_link/";

/// `data/0->calc/1`
inline std::string format_link(slot_name from, slot_name to) {
  return format_slot(from) + "->" + format_slot(to);
}

class suspect_links {
public:
  explicit suspect_links(slot_name from) : from_(from) {}

  /// A turn of the watch begins: tell() follows for each link that is suspect, then end_turn().
  void begin_turn() { seen_.clear(); }

  void tell(slot_name to, nanoseconds silence, std::map<std::string, std::uint64_t>& counts) {
    auto link = format_link(from_, to);
    auto ms = static_cast<std::uint64_t>(silence.count()) / 1'000'000;
    counts[suspect_link_prefix + link] = ms;
    if (!known_.contains(link))
      lines_.push_back(fmt::format("the link {} makes no progress for {} ms: its receiver is "
                                   "looked for again",
                                   link, ms));
    seen_.insert(std::move(link));
  }

  /// Lines for the log: links that are suspect, or well again, since the turn before.
  std::vector<std::string> end_turn(std::map<std::string, std::uint64_t>& counts) {
    for (auto& link : known_)
      if (!seen_.contains(link)) {
        counts.erase(suspect_link_prefix + link);
        lines_.push_back(fmt::format("the link {} is well again", link));
      }
    known_ = seen_;
    return std::exchange(lines_, {});
  }

private:
  slot_name from_;
  std::set<std::string> known_, seen_;
  std::vector<std::string> lines_;
};

} // namespace tickmesh
