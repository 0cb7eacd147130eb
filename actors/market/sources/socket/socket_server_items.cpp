// What a socket_server makes of what senders say.
#include "actors/market/sources/file/csv_row.hpp"
#include "actors/market/sources/socket/socket_server.hpp"
#include "messages/exchange_clock.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

#include <algorithm>
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
    log_warning("socket source: a newer connection of sender {} takes the place of the one at "
                "position {}",
                quote_for_message(next.session.name()), sender_->session.last_number());
    close_for(*sender_, "a newer connection of the same sender has taken its place", now);
    std::lock_guard lock{mutex_};
    ++counts_.replaced;
  }
  end_doubt();
  sender_.emplace(std::move(next));
  next.gone = true; // NOLINT(bugprone-use-after-move): so that what is left of it is dropped
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
result<socket_cursors::place> socket_server::place(connection& who, const sender_item& item) {
  auto before = who.session.reached();
  std::int32_t trading_day = 0;
  auto known = symbols_.find(item.symbol);
  if (item.is == sender_item::kind::record && known != symbols_.end() &&
      !is_ahead(item.record.event_time)) {
    tick record = item.record;
    record.symbol = known->second;
    trading_day = days_.find_day(record);
  }
  return who.session.place(item, trading_day, utc_date(from_ns(clock_->local_ns())))
      .map([before](source_position position) {
        return socket_cursors::place{position, before};
      });
}

/// False when the connection was closed.
bool socket_server::take(const sender_item& item, socket_cursors::place at, instant now) {
  using enum sender_item::kind;
  if (item.is != record && item.is != ping) settle_judged(); // what follows stands behind it
  switch (item.is) {
  case record: return take_record(item, at, now);
  case malformed: skip_record(item, at, item.reason, &socket_counts::malformed, now); return true;
  case gap: take_gap(item, at, now); return true;
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
    log_info("socket source: the sender says that nothing follows position {}",
             to_live_position(at.position).number);
    cursors_.push_end();
    return true;
  case day: log_info("socket source: the sender's day is {}", item.day); return true;
  case login:
    log_info("socket source: sender {} is served", quote_for_message(item.name));
    return true;
  case ping: return true;
  }
  return true;
}

bool socket_server::take_record(const sender_item& item, socket_cursors::place at, instant now) {
  using taken = socket_cursors::taken;
  if (is_ahead(item.record.event_time)) {
    settle_judged();
    skip_record(item, at,
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
  auto outcome = cursors_.look_at(at.position);
  if (outcome == taken::ended) {
    close_fault(*sender_, fmt::format("position {} lies behind the end of the feed", item.number),
                now);
    return false;
  }
  bool unknown = outcome == taken::by_some && known == symbols_.end();
  if (unknown)
    if (auto count = unknown_log_.admit(now))
      log_warning("socket source: position {}: symbol {} is not in source.socket.symbols; {} "
                  "records of unknown symbols since the last line",
                  item.number, quote_for_message(item.symbol), *count);
  if (outcome == taken::by_none)
    if (auto count = repeated_log_.admit(now))
      log_warning("socket source: position {} of day {} was had before; {} repeated records since "
                  "the last line",
                  item.number, to_live_position(at.position).day, *count);
  if (outcome == taken::by_some) {
    days_.apply(record);
    judge_.push(record, is_trusted(record.event_time));
    doubted_.push_back(at);
    last_record_ = now;
    while (judge_.pop(record))
      pass(record);
  }
  std::lock_guard lock{mutex_};
  ++(outcome == taken::by_some ? counts_.records : counts_.repeated);
  counts_.unknown_symbols += unknown ? 1 : 0;
  counts_.trading_days_corrected = days_.corrected();
  return true;
}

void socket_server::take_gap(const sender_item& item, socket_cursors::place at, instant now) {
  auto last = at.position;
  auto length = source_position{item.number - item.gap_first};
  auto first = std::max(last - length, cursors_.resume().after + source_position{1});
  if (cursors_.skip(at) != socket_cursors::taken::by_some) return;
  auto lost = last.value - first.value + 1;
  if (auto count = gap_log_.admit(now))
    log_warning("socket source: the sender lost positions {} to {}; {} gaps since the last line",
                to_live_position(first).number, item.number, *count);
  std::lock_guard lock{mutex_};
  ++counts_.source_gaps;
  counts_.lost_positions += lost;
}

/// A record that no data slot gets.
void socket_server::skip_record(const sender_item& item, socket_cursors::place at,
                                std::string_view reason, std::uint64_t socket_counts::*count,
                                instant now) {
  if (cursors_.skip(at) != socket_cursors::taken::by_some) return;
  sender_->session.reject(item.number, reason);
  if (auto held = rejected_log_.admit(now))
    log_warning("socket source: rejected position {}: {}; {} rejected since the last line",
                item.number, reason, *held);
  std::lock_guard lock{mutex_};
  ++(counts_.*count);
}

/// Gives on a record that has been judged. One whose stamp can't be right opens no trading day.
void socket_server::pass(tick& record) {
  constexpr std::chrono::days far_behind{1};
  auto source_time = judge_.source_time();
  bool is_odd = record.is_time_jump || record.event_time < source_time - far_behind;
  if (is_odd && last_trading_day_ != 0) record.trading_day = last_trading_day_;
  if (!is_odd) last_trading_day_ = record.trading_day;
  cursors_.push(record, doubted_.front(), source_time);
  doubted_.pop_front();
}

/// Gives on what is held, too; no stamp passes in doubt that lies ahead of the wall clock.
void socket_server::settle_judged() {
  auto latest = from_ns(clock_->local_ns()) + settings_.time_jump.max;
  tick record;
  while (judge_.pop_settled(record, latest))
    pass(record);
}

/// A sender is gone: what it said is judged by what is there, and time goes on from where the
/// slowest cursor stands.
void socket_server::end_doubt() {
  settle_judged();
  auto rule = settings_.time_jump;
  rule.max = std::max(rule.max, settings_.socket.lateness);
  judge_ = time_judge{rule, cursors_.source_time()};
}

/// How far the cursors should have come by what the connection has said.
source_position socket_server::settled_by(const connection& who) const {
  bool holds = sender_ && &who == &*sender_ && !doubted_.empty();
  return holds ? doubted_.front().before : who.session.reached();
}

/// A stamp that agrees with the wall clock needs no neighbours.
bool socket_server::is_trusted(timestamp time) const {
  auto distance = to_ns(time) - clock_->local_ns();
  return distance <= settings_.time_jump.max.count() &&
         distance >= -settings_.time_jump.max.count();
}

bool socket_server::is_ahead(timestamp time) const {
  return to_ns(time) - settings_.socket.ahead_max.count() > clock_->local_ns();
}

} // namespace tickmesh
