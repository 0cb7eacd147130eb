// What a socket_server makes of what senders say.
#include "actors/market/csv_row.hpp"
#include "actors/market/socket_server.hpp"
#include "messages/exchange_clock.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

namespace tickmesh {

namespace {

using std::chrono::milliseconds;

} // namespace

/// The first message decides whether a connection is a sender.
void socket_server::take_first_item(connection& from, instant now) {
  sender_item item;
  auto said = from.session.next(item);
  if (!said) return close_fault(from, said.error().message, now);
  if (!*said) {
    bool inside = from.session.is_inside_message();
    if (!inside) from.inside.reset();
    if (inside && !from.inside) from.inside = now;
    return;
  }
  if (auto begun = from.session.begin(item, token_, cursors_.resume().after); !begun)
    return close_fault(from, begun.error().message, now);
  auto placed = place(from, item);
  if (!placed) return close_fault(from, placed.error().message, now);
  bool is_served = sender_ && !sender_->gone;
  if (is_served && sender_->session.name() != from.session.name()) {
    {
      std::lock_guard lock{mutex_};
      ++counts_.refused;
    }
    return close_for(from,
                     fmt::format("sender {} is served; one of another name is not",
                                 quote_for_message(sender_->session.name())),
                     now);
  }
  serve(from, now);
  if (take(item, *placed, now)) take_items(now);
}

/// From now on `next` is the sender.
void socket_server::serve(connection& next, instant now) {
  if (sender_ && !sender_->gone) {
    spdlog::warn("socket source: a newer connection of sender {} takes the place of the one at "
                 "position {}",
                 quote_for_message(next.session.name()), sender_->session.last_number());
    close_for(*sender_, "a newer connection of the same sender has taken its place", now);
    std::lock_guard lock{mutex_};
    ++counts_.replaced;
  }
  sender_.emplace(std::move(next));
  next.gone = true;
}

void socket_server::take_items(instant now) {
  bool progress = false;
  while (may_read()) {
    sender_item item;
    auto said = sender_->session.next(item);
    if (!said) return close_fault(*sender_, said.error().message, now);
    if (!*said) {
      bool inside = sender_->session.is_inside_message();
      if (!inside)
        sender_->inside.reset();
      else if (progress || !sender_->inside)
        sender_->inside = now;
      return;
    }
    progress = true;
    auto placed = place(*sender_, item);
    if (!placed) return close_fault(*sender_, placed.error().message, now);
    if (!take(item, *placed, now)) return;
  }
  sender_->inside.reset(); // whole messages may be left: the sender is not to blame
}

/// Where the item stands. Only a record that will be accepted as far as the source knows may take
/// its sender's numbers to a later day.
result<source_position> socket_server::place(connection& who, const sender_item& item) const {
  auto& record = item.record;
  std::int32_t trading_day = 0;
  if (item.is == sender_item::kind::record && symbols_.contains(item.symbol) &&
      !is_ahead(record.event_time)) {
    auto date = utc_date(record.event_time);
    bool states_day = record.trading_day != 0 && is_near_day(record.trading_day, date);
    trading_day = states_day ? record.trading_day : date;
  }
  return who.session.place(item, trading_day, utc_date(from_ns(clock_->local_ns())));
}

/// False when the connection was closed.
bool socket_server::take(const sender_item& item, source_position position, instant now) {
  using enum sender_item::kind;
  switch (item.is) {
  case record: return take_record(item, position, now);
  case malformed:
    skip_record(item, position, item.reason, &socket_counts::malformed, now);
    return true;
  case gap: take_gap(item, position, now); return true;
  case mark:
    if (!is_ahead(item.mark)) {
      cursors_.push_mark(item.mark);
      return true;
    }
    close_fault(*sender_,
                fmt::format("mark {} is more than {} ms ahead of the wall clock",
                            format_timestamp(item.mark),
                            settings_.socket.ahead_max / milliseconds{1}),
                now);
    return false;
  case end:
    spdlog::info("socket source: the sender says that nothing follows position {}",
                 to_live_position(position).number);
    cursors_.push_end();
    return true;
  case day: spdlog::info("socket source: the sender's day is {}", item.day); return true;
  case login:
    spdlog::info("socket source: sender {} is served", quote_for_message(item.name));
    return true;
  case ping: return true;
  }
  return true;
}

bool socket_server::take_record(const sender_item& item, source_position position, instant now) {
  using taken = socket_cursors::taken;
  if (is_ahead(item.record.event_time)) {
    skip_record(item, position,
                fmt::format("event time {} is more than {} ms ahead of the wall clock",
                            format_timestamp(item.record.event_time),
                            settings_.socket.ahead_max / milliseconds{1}),
                &socket_counts::ahead, now);
    return true;
  }
  auto known = symbols_.find(item.symbol);
  tick record = item.record;
  record.symbol = known == symbols_.end() ? unknown_symbol_ : known->second;
  record.source = source_id{};
  record.position = source_position{item.number};
  if (record.trading_day == 0) record.trading_day = utc_date(record.event_time);
  auto outcome = cursors_.push(record, position);
  if (outcome == taken::ended) {
    close_fault(*sender_, fmt::format("position {} lies behind the end of the feed", item.number),
                now);
    return false;
  }
  bool unknown = outcome == taken::by_some && known == symbols_.end();
  if (unknown)
    if (auto count = unknown_log_.admit(now))
      spdlog::warn("socket source: position {}: symbol {} is not in source.socket.symbols; {} "
                   "records of unknown symbols since the last line",
                   item.number, quote_for_message(item.symbol), *count);
  if (outcome == taken::by_none)
    if (auto count = repeated_log_.admit(now))
      spdlog::warn("socket source: position {} of day {} was had before; {} repeated records since "
                   "the last line",
                   item.number, to_live_position(position).day, *count);
  std::lock_guard lock{mutex_};
  ++(outcome == taken::by_some ? counts_.records : counts_.repeated);
  counts_.unknown_symbols += unknown ? 1 : 0;
  return true;
}

void socket_server::take_gap(const sender_item& item, source_position last, instant now) {
  auto length = source_position{item.number - item.gap_first};
  auto first = std::max(last - length, cursors_.resume().after + source_position{1});
  if (cursors_.skip(last) != socket_cursors::taken::by_some) return;
  auto lost = last.value - first.value + 1;
  if (auto count = gap_log_.admit(now))
    spdlog::warn("socket source: the sender lost positions {} to {}; {} gaps since the last line",
                 to_live_position(first).number, item.number, *count);
  std::lock_guard lock{mutex_};
  ++counts_.source_gaps;
  counts_.lost_positions += lost;
}

/// A record that no data slot gets.
void socket_server::skip_record(const sender_item& item, source_position position,
                                std::string_view reason, std::uint64_t socket_counts::*count,
                                instant now) {
  if (cursors_.skip(position) != socket_cursors::taken::by_some) return;
  sender_->session.reject(item.number, reason);
  if (auto held = rejected_log_.admit(now))
    spdlog::warn("socket source: rejected position {}: {}; {} rejected since the last line",
                 item.number, reason, *held);
  std::lock_guard lock{mutex_};
  ++(counts_.*count);
}

bool socket_server::is_ahead(timestamp time) const {
  return to_ns(time) - settings_.socket.ahead_max.count() > clock_->local_ns();
}

} // namespace tickmesh
