// The links of a data slot to the slots downstream. Each reads the tick log at a position of its
// own: a link that falls behind reads from memory or disk later, and holds up no other. Plain class
// behind data_slot, which moves the frames.
#pragma once

#include "actors/market/tick_log/recent_records.hpp"
#include "actors/market/tick_log/tick_log.hpp"
#include "messages/slot.hpp"
#include "messages/tick_run.hpp"
#include "runtime/links/link.hpp"
#include "runtime/links/link_watch.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

struct downstream_settings {
  epoch since{};                     ///< since which this host owns the slot
  epoch formed{};                    ///< since which the cluster runs
  std::uint32_t window_items = 0;    ///< see host_settings::link_window_items
  std::uint32_t frame_items = 0;     ///< a frame that has so many is full
  nanoseconds mark_interval{};       ///< of the marks for execution; 0: it is sent every tick
  nanoseconds patience{};            ///< see link_watch
  std::vector<slot_name> calc_slots; ///< the owner of each symbol
};

/// What came of a receiver's word on where it stands.
enum class link_start : std::uint8_t {
  ignored,   ///< it answers another hello than the last one, or none
  heeded,    ///< the link is open
  too_early, ///< it needs records that are no longer kept
};

/// What links may read.
struct accepted_records {
  const tick_log& log;
  const recent_records& recent;
  record_number last{};  ///< that is accepted
  bool is_ended = false; ///< the slot's stream ends with the log's last record
};

struct downstream_frame {
  record_number number{};  ///< of its last record
  std::uint64_t after = 0; ///< the number of the frame before it
  std::uint32_t items = 0;
  std::uint64_t hello = 0; ///< number of the hello that the link began with
  std::string payload;     ///< a TickFrame
};

/// Where a link ends: at a slot's owner, or at its replica, which is sent the same.
struct link_end {
  slot_name slot{};
  bool is_replica = false;

  link_end() = default;
  link_end(slot_name owner) : slot(owner) {} // NOLINT(google-explicit-constructor): the usual end
  link_end(slot_name of, bool replica) : slot(of), is_replica(replica) {}
  friend auto operator<=>(const link_end&, const link_end&) = default;
};

class downstream_links {
public:
  explicit downstream_links(downstream_settings settings) : settings_(std::move(settings)) {}

  /// A new link, or one that was broken: nothing is sent on it before its receiver has said where
  /// to go on. The number of the hello to it.
  std::uint64_t say_hello(link_end to);
  /// The replica is there no more.
  void drop(link_end replica) { links_.erase(replica); }

  /// Which end of a slot has had this hello as the last one.
  std::optional<link_end> find(slot_name from, std::uint64_t hello) const;

  /// The receiver stands at `at`. Fails where it has what this log lacks.
  result<link_start> resume(link_end from, epoch of, std::uint64_t hello, const link_position& at,
                            const tick_log& log);

  /// The receiver is done with every frame up to `number`. False where there is no such link; fails
  /// on one that was never sent.
  result<bool> acknowledge(link_end from, epoch of, std::uint64_t number);

  /// The next frame for a receiver; nothing where there is none, or no credit. Fails where the log
  /// can't be read.
  result<std::optional<downstream_frame>> next_frame(link_end to, const accepted_records& records);

  /// Fails where what was sent since the last time mark fills the link: the next one could never be
  /// sent then.
  result<void> check_room(link_end to) const;

  /// Every owner has and is done with all records up to `last`, the log's last one.
  bool are_done(record_number last) const;

  /// Every link has credit, and is not more than `records` records behind `accepted`.
  bool keep_up(record_number accepted, std::uint64_t records) const;

  /// Every receiver is done with all records up to this one, or `last` where that is less.
  record_number acknowledged_by_all(record_number last) const;

  /// Every owner has said where to begin.
  bool are_open() const;
  /// This receiver has. Precondition: there is such a link.
  bool is_open(link_end to) const { return links_.at(to).sender.is_open(); }

  /// The receivers that are to be looked for and greeted again: they owe a word, of records up to
  /// `accepted`, and have been silent for too long (link_watch).
  std::vector<link_end> due_greetings(record_number accepted, nanoseconds now);

  /// Calls `tell` with each owner whose silence is suspect, and how long that is.
  template <class Tell>
  void tell_suspects(nanoseconds now, const Tell& tell) const {
    for (auto& [to, link] : links_)
      if (auto silence = link.watch.suspect_silence(now); silence && !to.is_replica)
        tell(to.slot, *silence);
  }

  /// The sending end of each link, for whoever looks at it.
  template <class Visit>
  void visit(const Visit& each) const {
    for (auto& [to, link] : links_)
      each(to, link.sender);
  }

private:
  struct link_state {
    link_sender sender;
    link_watch watch;
    record_cursor cursor{};
    record_number position{}; ///< the last record that was looked at for this link
    timestamp time_mark{};    ///< the last one sent since the receiver has said where to go on
    std::uint64_t items_since_mark = 0;
    bool knows_mark = false; ///< that all that is open came behind time_mark, or before none
  };

  bool sends_marks(slot_name to) const;
  std::uint64_t append_part(slot_name to, std::string& payload) const;
  timestamp promise_to(slot_name to, timestamp time_mark) const;

  downstream_settings settings_;
  std::map<link_end, link_state> links_;
  std::uint64_t replica_hellos_ = std::uint64_t{1} << 32; ///< to all replicas that there were
  tick_frame_view view_; ///< of the record at hand; its memory is used again
};

} // namespace tickmesh
