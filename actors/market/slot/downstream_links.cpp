#include "actors/market/slot/downstream_links.hpp"

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
void append_as_run(std::string& payload, const tick_run_view& run) {
  constexpr char runs_tag = 1 << 3 | 2;
  payload += runs_tag;
  payload += run.field.substr(1);
}

/// Whether an earlier run of the cluster wrote this record, and with it all before.
bool is_of_earlier_run(const tick_log& log, record_number number, epoch formed) {
  auto writer = log.epoch_of(number);
  return writer && *writer < formed;
}

} // namespace

bool downstream_links::sends_marks(slot_name to) const {
  return to.of == role::exec && settings_.mark_interval > nanoseconds::zero();
}

/// What the record at hand holds for one receiver.
std::uint64_t downstream_links::append_part(slot_name to, std::string& payload) const {
  std::uint64_t items = 0;
  if (sends_marks(to)) {
    for (auto& run : view_.marks) {
      append_as_run(payload, run);
      items += run.count;
    }
    return items;
  }
  for (auto& run : view_.runs) {
    if (to.of == role::calc && settings_.calc_slots[run.symbol.value] != to) continue;
    payload += run.field;
    items += run.count;
  }
  return items;
}

/// Marks reach execution when their interval is over: the promise can't be ahead of them.
timestamp downstream_links::promise_to(slot_name to, timestamp time_mark) const {
  if (!sends_marks(to) || time_mark == end_of_time) return time_mark;
  return last_multiple(time_mark, settings_.mark_interval);
}

std::uint64_t downstream_links::say_hello(link_end to) {
  link_state fresh{
      link_sender{settings_.since, settings_.window_items, to.is_replica ? replica_hellos_ : 0},
      link_watch{settings_.patience}};
  auto hello = links_.try_emplace(to, std::move(fresh)).first->second.sender.say_hello();
  if (to.is_replica) replica_hellos_ = hello;
  return hello;
}

std::optional<link_end> downstream_links::find(slot_name from, std::uint64_t hello) const {
  for (bool is_replica : {false, true}) {
    auto found = links_.find({from, is_replica});
    if (found != links_.end() && found->second.sender.hello() == hello) return found->first;
  }
  return std::nullopt;
}

result<link_start> downstream_links::resume(link_end from, epoch of, std::uint64_t hello,
                                            const link_position& at, const tick_log& log) {
  auto found = links_.find(from);
  if (found == links_.end()) return link_start::ignored;
  auto& link = found->second;
  auto number = at.number;
  auto last = log.last_record();
  auto gone = log.first_record() - record_number{1};
  // Days of earlier runs may have been dropped: a receiver that begins anew begins behind them.
  bool begins_behind = number == 0 && is_of_earlier_run(log, gone, settings_.formed);
  if (!link.sender.resume(of, hello, at)) return link_start::ignored;
  if (number > last.value)
    return fail(fmt::format("{} has records up to {}, but the tick log ends at {}: what it has "
                            "beyond was lost with the former owner",
                            format_slot(from.slot), number, last.value));
  if (!begins_behind && number < gone.value) {
    link.sender.say_hello();
    return link_start::too_early;
  }
  link.position = begins_behind ? gone : record_number{number};
  // What it lacks is sent again, with its marks. What it has and is not done with may lie behind
  // the last mark, whichever that was.
  link.time_mark = {};
  link.knows_mark = at.open_items == 0;
  link.items_since_mark = std::min(link.items_since_mark, at.open_items);
  return link_start::heeded;
}

result<bool> downstream_links::acknowledge(link_end from, epoch of, std::uint64_t number) {
  auto found = links_.find(from);
  if (found == links_.end()) return false;
  return found->second.sender.acknowledge(of, number).map([] { return true; });
}

result<std::optional<downstream_frame>>
downstream_links::next_frame(link_end to, const accepted_records& records) {
  auto found = links_.find(to);
  if (found == links_.end()) return std::nullopt;
  auto& link = found->second;
  while (link.sender.is_open() && link.sender.has_credit() && link.position < records.last) {
    downstream_frame frame;
    timestamp time_mark = link.time_mark;
    bool final = false;
    std::uint64_t items = 0;
    while (link.position < records.last && items < settings_.frame_items &&
           frame.payload.size() < frame_bytes_max) {
      auto read = link.cursor.next(link.position, records.recent, records.log);
      if (!read || *read == nullptr)
        return fail(fmt::format("the link to {}: {}", format_slot(to.slot),
                                read ? "the tick log ends too early" : read.error().message));
      auto& record = **read;
      if (auto viewed = read_tick_frame(record.payload, view_); !viewed)
        return fail(fmt::format("record {} of the tick log: {}", record.number.value,
                                viewed.error().message));
      if (frame.payload.empty()) frame.payload.reserve(record.payload.size() + 64);
      items += append_part(to.slot, frame.payload);
      // An earlier run of a live source may have ended with a record in the middle of the log,
      // which ends nothing any more.
      final = records.is_ended && record.number == records.log.last_record();
      if (final || view_.time_mark != end_of_time)
        time_mark = std::max(time_mark, promise_to(to.slot, view_.time_mark));
      link.position = record.number;
    }
    if (items == 0 && time_mark == link.time_mark && !final) continue;
    bool has_moved = link.knows_mark && time_mark > link.time_mark;
    link.items_since_mark = has_moved ? 0 : link.items_since_mark + items;
    link.time_mark = time_mark;
    link.knows_mark = true;
    append_tick_frame_end(frame.payload, time_mark, final);
    frame.number = link.position;
    frame.items = static_cast<std::uint32_t>(items);
    frame.hello = link.sender.hello();
    frame.after = link.sender.send(frame.number.value, frame.items);
    return frame;
  }
  return std::nullopt;
}

result<void> downstream_links::check_room(link_end to) const {
  // An execution slot can't merge what is behind the last mark yet. Were that to use up the credit,
  // the next mark could never be sent.
  auto found = links_.find(to);
  if (to.slot.of != role::exec || found == links_.end()) return {};
  auto items = found->second.items_since_mark;
  if (items + settings_.frame_items <= settings_.window_items) return {};
  return fail(fmt::format("{} ticks within one time mark interval fill the link to {}; raise "
                          "host.link_window_items ({}) or lower source.time_mark_interval_ms",
                          items, format_slot(to.slot), settings_.window_items));
}

bool downstream_links::are_done(record_number last) const {
  return std::ranges::all_of(links_, [last](auto& entry) {
    auto& [to, link] = entry;
    bool is_done = link.sender.is_open() && link.position == last && link.sender.all_acknowledged();
    return to.is_replica || is_done;
  });
}

bool downstream_links::keep_up(record_number accepted, std::uint64_t records) const {
  return std::ranges::all_of(links_, [&](auto& entry) {
    auto& [to, link] = entry;
    if (!link.sender.is_open()) return to.is_replica; // which comes and goes
    return link.sender.has_credit() && link.position.value + records >= accepted.value;
  });
}

record_number downstream_links::acknowledged_by_all(record_number last) const {
  for (auto& [to, link] : links_)
    if (!to.is_replica || link.sender.is_open() || link.sender.acknowledged_number() > 0)
      last = std::min(last, record_number{link.sender.acknowledged_number()});
  return last;
}

bool downstream_links::are_open() const {
  return std::ranges::all_of(
      links_, [](auto& entry) { return entry.first.is_replica || entry.second.sender.is_open(); });
}

std::vector<link_end> downstream_links::due_greetings(record_number accepted, nanoseconds now) {
  std::vector<link_end> out;
  for (auto& [to, link] : links_) {
    auto& sender = link.sender;
    // Execution can't be done with what lies behind the last mark that it has.
    bool waits_for_mark = to.slot.of == role::exec && sender.in_flight_items() > 0 &&
                          sender.in_flight_items() <= link.items_since_mark;
    bool is_idle = sender.is_open() && link.position >= accepted &&
                   (sender.all_acknowledged() || waits_for_mark);
    if (link.watch.is_due(sender.progress(), is_idle, now)) out.push_back(to);
  }
  return out;
}

} // namespace tickmesh
