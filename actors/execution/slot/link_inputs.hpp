// What the links of an execution slot bring: frames are read and go into the merge, and a frame is
// done with when its items have left the merge. Plain class behind exec_slot.
//
//   frame --take--> event_merge --> sequencer
//                        +--close_frames--> acknowledgements
#pragma once

#include "actors/execution/events/mark_decoder.hpp"
#include "actors/execution/events/signal_high_water.hpp"
#include "actors/execution/sequencer/event_merge.hpp"
#include "actors/execution/slot/journal_ids.hpp"
#include "messages/result.hpp"
#include "messages/slot.hpp"
#include "messages/tick_run.hpp"
#include "runtime/actors/host_clock.hpp"
#include "runtime/telemetry/delay_histogram.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tickmesh {

/// Names of what they count, and of the delays.
inline constexpr const char* marks_in_count = "marks_in";
inline constexpr const char* signals_in_count = "signals_in";
/// Signals that a new owner of a calculation slot has sent once more.
inline constexpr const char* signals_repeated_count = "signals_repeated";
inline constexpr const char* calc_to_exec_delay = "calc_to_exec";
/// A frame's signals, from its arrival until the last of them has left the merge.
inline constexpr const char* merge_wait_delay = "merge_wait";

struct link_inputs_options {
  event_merge& merge;
  std::size_t symbols = 0; ///< of the view
  std::shared_ptr<const host_clock> clock;
  std::map<std::string, std::uint64_t>& counts; ///< of the slot's report, as the next
  std::map<std::string, delay_histogram>& delays;
};

class link_inputs {
public:
  explicit link_inputs(const link_inputs_options& options);

  /// A data or a calculation slot will send. All are added before the first frame is taken.
  void add(slot_name from);

  /// What is taken from now on bears the ids of the journal.
  void change_ids(journal_ids ids) { ids_ = std::move(ids); }

  /// A frame of a slot that was added; its items are the unit of credit.
  struct given_frame {
    slot_name from{};
    std::uint64_t number = 0;
    std::uint32_t items = 0;
    std::string_view payload;
  };
  /// Takes ticks of a data slot, or signals of a calculation slot; true when the frame is the
  /// link's last. Fails, naming the slot, on what can't be read. A frame that contradicts the
  /// journal (event_merge::contradiction) is none that will be done with. A new owner of a
  /// calculation slot may send once more what was taken: that is dropped, and counted.
  result<bool> take(const given_frame& frame);

  /// Calls `finish` with the slot, number and items of each frame whose items have all left the
  /// merge, or are left to a later life, and whether it is the link's last; oldest first. Where
  /// `all` is true, nothing is waited for.
  template <class Finish>
  void close_frames(bool all, const Finish& finish);

  /// Says hello: where another host owns a calculation slot since `of`, it sends once more what
  /// execution was not done with, and the frames of the former owner count as done with.
  template <class Inboxes>
  void let_go_of_former(slot_name from, epoch of, Inboxes& inboxes);

private:
  /// A frame whose items have not all been merged.
  struct open_frame {
    std::uint64_t number = 0;
    std::uint32_t items = 0;
    std::optional<timestamp> last_item{}; // its latest effective time
    std::uint64_t signals = 0;
    std::int64_t received_ns = 0; // control-clock
    timestamp promise{};          // the sender's time mark
    bool final = false;
  };
  struct input {
    event_merge::link_index link = 0;
    std::deque<open_frame> open{};
    signal_high_water taken{}; ///< of a calculation slot
    bool has_ended = false;    ///< with its final frame
  };

  bool is_known(symbol_id symbol) const { return symbol.value < options_.symbols; }
  result<void> take_ticks(const input& in, std::string_view payload, open_frame& open);
  result<void> take_signals(input& in, std::string_view payload, open_frame& open);
  result<void> take_signal(input& in, const signal& s, open_frame& open);
  void note_merge_wait(const open_frame& frame);

  link_inputs_options options_;
  std::map<slot_name, input> inputs_;
  journal_ids ids_;
  tick_frame_view ticks_; // its memory is used again
  mark_decoder decoder_;
};

template <class Inboxes>
void link_inputs::let_go_of_former(slot_name from, epoch of, Inboxes& inboxes) {
  auto* inbox = inboxes.find(from);
  if (from.of != role::calc || inbox == nullptr || of <= inbox->since()) return;
  auto& open = inputs_.at(from).open;
  for (; !open.empty(); open.pop_front())
    inbox->finish(open.front().number, open.front().items, open.front().final);
  inbox->settle();
}

template <class Finish>
void link_inputs::close_frames(bool all, const Finish& finish) {
  auto& merge = options_.merge;
  auto stopped_at = merge.stopped_at(); // a link that is behind needs credit to come to its stop
  for (auto& [slot, in] : inputs_)
    while (!in.open.empty()) {
      auto& frame = in.open.front();
      bool is_open = frame.last_item && !merge.is_complete_through(*frame.last_item);
      if (is_open && !all && *frame.last_item < stopped_at) break;
      finish(slot, frame.number, frame.items, frame.final);
      if (frame.signals > 0) note_merge_wait(frame);
      in.open.pop_front();
    }
}

} // namespace tickmesh
