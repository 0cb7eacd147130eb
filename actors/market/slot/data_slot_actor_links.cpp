// The links of a data slot. Each reads the tick log at a position of its own: a link that falls
// behind reads from memory or disk later, and holds up no other.
#include "actors/market/slot/data_slot_actor_steps.hpp"
#include "messages/tick_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tickmesh {

namespace {

/// A frame's payload at most, but for a single record that is larger (a CAF message that is too
/// large holds up heartbeats).
constexpr std::size_t frame_bytes_max = 1 << 20;

/// Appends a run of another field as one of `runs`. Both fields' tags take one byte.
void append_run(std::string& payload, const tick_run_view& run) {
  constexpr char runs_tag = 1 << 3 | 2;
  payload += runs_tag;
  payload += run.field.substr(1);
}

/// What a record holds for one receiver.
std::uint64_t append_part(const data_slot_state& state, slot_name to, std::string& payload) {
  std::uint64_t items = 0;
  if (to.of == role::exec && state.options.mark_interval > nanoseconds::zero()) {
    for (auto& run : state.view.marks) {
      append_run(payload, run);
      items += run.count;
    }
    return items;
  }
  for (auto& run : state.view.runs) {
    if (to.of == role::calc && state.owner_by_symbol[run.symbol.value] != to) continue;
    payload += run.field;
    items += run.count;
  }
  return items;
}

/// Marks reach execution when their interval is over: the promise can't be ahead of them.
timestamp promise_to(const data_slot_state& state, slot_name to, timestamp time_mark) {
  auto interval = state.options.mark_interval;
  if (to.of != role::exec || interval <= nanoseconds::zero() || time_mark == end_of_time)
    return time_mark;
  return last_multiple(time_mark, interval);
}

/// Whether the slot's stream ends with this record. An earlier run of a live source may have ended
/// with one in the middle of the log, which ends nothing any more.
bool ends_stream(const data_slot_state& state, record_number number) {
  return state.end_logged && number == state.log->last_record();
}

/// Whether an earlier run of the cluster wrote this record, and with it all before.
bool is_of_earlier_run(const data_slot_state& state, record_number number) {
  auto writer = state.log->epoch_of(number);
  return writer && *writer < state.options.context.view->formed;
}

/// Sends the next frame; false when there is nothing to send, or no credit.
bool send_frame(data_slot_actor* self, slot_name to, data_slot_state::downstream& down) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto last = state.accepted->accepted();
  if (!down.active || !down.link.has_credit() || down.position >= last) return false;
  link_frame frame;
  timestamp time_mark = down.time_mark;
  bool final = false;
  std::uint64_t items = 0;
  while (down.position < last && items < context.host->round_ticks_max &&
         frame.payload.size() < frame_bytes_max) {
    auto record = down.cursor.next(down.position, *state.recent, *state.log);
    if (!record || *record == nullptr) {
      fail_slot(self, fmt::format("the link to {}: {}", format_slot(to),
                                  record ? "the tick log ends too early" : record.error().message));
      return false;
    }
    if (auto read = read_tick_frame((*record)->payload, state.view); !read) {
      fail_slot(self, fmt::format("record {} of the tick log: {}", (*record)->number.value,
                                  read.error().message));
      return false;
    }
    if (frame.payload.empty()) frame.payload.reserve((*record)->payload.size() + 64);
    items += append_part(state, to, frame.payload);
    final = ends_stream(state, (*record)->number);
    if (final || state.view.time_mark != end_of_time)
      time_mark = std::max(time_mark, promise_to(state, to, state.view.time_mark));
    down.position = (*record)->number;
  }
  if (items == 0 && time_mark == down.time_mark && !final) return true;
  down.items_since_mark = time_mark > down.time_mark ? 0 : down.items_since_mark + items;
  down.time_mark = time_mark;
  append_tick_frame_end(frame.payload, time_mark, final);
  frame.from_role = static_cast<std::uint8_t>(context.slot.of);
  frame.from_index = context.slot.index;
  frame.epoch = context.since.value;
  frame.number = down.position.value;
  frame.items = static_cast<std::uint32_t>(items);
  frame.after = down.link.send(frame.number, frame.items);
  self->send(down.receiver, std::move(frame));
  // An execution slot can't merge what is behind the last mark yet. Were that to use up the credit,
  // the next mark could never be sent.
  if (to.of == role::exec &&
      down.items_since_mark + context.host->round_ticks_max > context.host->link_window_items) {
    fail_slot(self,
              fmt::format("{} ticks within one time mark interval fill the link to {}; raise "
                          "host.link_window_items ({}) or lower source.time_mark_interval_ms",
                          down.items_since_mark, format_slot(to), context.host->link_window_items));
    return false;
  }
  return true;
}

} // namespace

void add_links(data_slot_actor* self, const link_peers& peers) {
  auto& context = self->state.options.context;
  for (auto& [slot, receiver] : peers.peers) {
    auto [link, added] = self->state.links.insert_or_assign(
        slot, data_slot_state::downstream{
                  receiver, link_sender{context.since, context.host->link_window_items}});
    self->send(link->second.receiver,
               link_hello{static_cast<std::uint8_t>(context.slot.of), context.slot.index,
                          context.since.value, self->state.earlier_records.value});
  }
}

void resume_link(data_slot_actor* self, const link_resume& resume) {
  auto& state = self->state;
  auto link = state.links.find({static_cast<role>(resume.from_role), resume.from_index});
  if (link == state.links.end()) return;
  auto& down = link->second;
  if (!down.link.resume(epoch{resume.epoch}, resume.number)) return;
  auto last = state.log->last_record();
  if (resume.number > last.value)
    return fail_slot(self,
                     fmt::format("{} has records up to {}, but the tick log ends at {}: what it "
                                 "has beyond was lost with the former owner",
                                 format_slot(link->first), resume.number, last.value));
  down.position = record_number{resume.number};
  // Days of earlier runs may have been dropped: a receiver that begins anew begins behind them.
  auto gone = state.log->first_record() - record_number{1};
  if (resume.number == 0 && is_of_earlier_run(state, gone)) down.position = gone;
  down.active = true;
  send_accepted(self);
}

void take_ack(data_slot_actor* self, const link_ack& ack) {
  auto& state = self->state;
  auto link = state.links.find({static_cast<role>(ack.from_role), ack.from_index});
  if (link == state.links.end()) return;
  if (auto done = link->second.link.acknowledge(epoch{ack.epoch}, ack.number); !done)
    return fail_slot(self, done.error().message);
  send_accepted(self);
}

void send_accepted(data_slot_actor* self) {
  for (auto& [to, down] : self->state.links)
    while (send_frame(self, to, down)) {
    }
  tell_subscriptions(self);
  release_source(self);
  grant_rounds(self);
  finish_when_done(self);
}

bool links_are_done(const data_slot_state& state) {
  return std::all_of(state.links.begin(), state.links.end(), [&](auto& entry) {
    auto& down = entry.second;
    return down.active && down.position == state.log->last_record() && down.link.all_acknowledged();
  });
}

record_number needed_after(const data_slot_state& state) {
  auto lowest = state.accepted->logged();
  for (auto& [to, down] : state.links)
    lowest = std::min(lowest, record_number{down.link.acknowledged_number()});
  for (auto& [host, replica] : state.replicas)
    lowest = std::min(lowest, replica.acknowledged);
  return lowest;
}

} // namespace tickmesh
