#include "actors/market/cleaning/tick_cleaner.hpp"

#include <algorithm>
#include <iterator>

namespace tickmesh {

cleaning_settings limits_of(const instrument* traded, const cleaning_settings& common) {
  auto out = common;
  if (traded == nullptr) return out;
  auto& own = traded->limits;
  out.price_min = own.price_min;
  out.price_max = own.price_max.value_or(common.price_max);
  out.spread_max = own.spread_max.value_or(common.spread_max);
  out.jump_band = own.jump_band.value_or(common.jump_band);
  out.jump_confirm_count = own.jump_confirm_count.value_or(common.jump_confirm_count);
  out.ratio_base_min = own.ratio_base_min;
  return out;
}

tick_cleaner::tick_cleaner(const cleaning_settings& limits, bool known_symbol)
    : limits_(limits), known_symbol_(known_symbol), repeats_(limits.duplicate_horizon) {}

std::optional<reject_reason> tick_cleaner::clean(tick& record) {
  auto traded = traded_since(record);
  auto reason = judge(record, traded.volume);
  if (!reason || *reason == reject_reason::duplicate || *reason == reject_reason::price_jump)
    repeats_.note(record, reason == reject_reason::duplicate);
  if (record.totals_of_day) {
    if (!reason) keep_total(record);
    bool is_new_level = !reason && traded.volume < quantity{};
    record.volume = is_new_level ? quantity{} : traded.volume;
    record.turnover = is_new_level ? money{} : traded.turnover;
    record.totals_of_day = false;
  }
  if (reason) return reason;
  record.number = number_ += sequence{1};
  record.effective_time = effective_time_ = std::max(effective_time_, record.event_time);
  return std::nullopt;
}

void tick_cleaner::restore(std::span<const tick> accepted) {
  for (auto& t : accepted) {
    repeats_.note(t, false);
    number_ = t.number;
    effective_time_ = t.effective_time;
    if (t.last != no_price) base_ = t.last;
  }
}

std::optional<reject_reason> tick_cleaner::judge(const tick& record, quantity traded) {
  using enum reject_reason;
  if (!known_symbol_) return unknown_symbol;
  if (record.is_time_jump) return time_jump;
  if (out_of_range(record.last) || out_of_range(record.bid) || out_of_range(record.ask))
    return price_out_of_range;
  if (std::min({record.volume, record.cumulative_volume, record.bid_volume, record.ask_volume}) <
      quantity{})
    return negative_volume;
  if (record.bid != no_price && record.ask != no_price) {
    if (record.bid > record.ask) return crossed_book;
    if (is_wide(record)) return wide_spread;
  }
  if (record.event_time < record.source_mark) return late;
  if (repeats_.is_repeat(record)) return duplicate;
  if (has_fallen(record, traded)) return negative_volume;
  if (record.last != no_price && is_jump(record.last)) return price_jump;
  return std::nullopt;
}

tick_cleaner::day_total tick_cleaner::traded_since(const tick& record) const {
  if (!record.totals_of_day) return {record.volume, record.turnover};
  auto found = totals_.find(record.trading_day);
  auto before = found == totals_.end() ? day_total{} : found->second;
  auto total = record.turnover == no_turnover ? before.turnover : record.turnover;
  return {record.cumulative_volume - before.volume, total - before.turnover};
}

void tick_cleaner::keep_total(const tick& record) {
  auto& total = totals_[record.trading_day];
  total.volume = record.cumulative_volume;
  if (record.turnover != no_turnover) total.turnover = record.turnover;
  if (totals_.size() <= days_kept) return;
  bool is_oldest = totals_.begin()->first == record.trading_day;
  totals_.erase(is_oldest ? std::prev(totals_.end()) : totals_.begin());
}

/// True when the day's total has gone back. One that is too high must not silence the rest of the
/// day: as many totals in a row as confirm a price are believed, and nothing was traded by the
/// last.
bool tick_cleaner::has_fallen(const tick& record, quantity traded) {
  if (traded >= quantity{}) {
    if (record.totals_of_day) fallen_ = {};
    return false;
  }
  bool goes_on = fallen_.count > 0 && fallen_.trading_day == record.trading_day &&
                 record.cumulative_volume >= fallen_.volume;
  fallen_ = {goes_on ? fallen_.count + 1 : 1, record.trading_day, record.cumulative_volume};
  return fallen_.count < limits_.jump_confirm_count;
}

bool tick_cleaner::out_of_range(price p) const {
  return p != no_price && (p <= limits_.price_min || p >= limits_.price_max);
}

/// What ratios of a price are taken of: a share of next to nothing would refuse every tick.
int128 tick_cleaner::ratio_base(price p) const {
  auto magnitude = p.value < 0 ? -int128{p.value} : int128{p.value};
  return std::max<int128>(magnitude, limits_.ratio_base_min.value);
}

bool tick_cleaner::is_wide(const tick& record) const {
  auto spread = int128{record.ask.value} - record.bid.value;
  return spread * decimal_scale >= limits_.spread_max * ratio_base(record.bid);
}

bool tick_cleaner::in_band(price p, price base) const {
  auto distance = int128{p.value} - base.value;
  if (distance < 0) distance = -distance;
  return distance * decimal_scale <= limits_.jump_band * ratio_base(base);
}

/// True when `last` is to be rejected; otherwise it becomes the base.
bool tick_cleaner::is_jump(price last) {
  if (base_ && !in_band(last, *base_)) {
    if (candidate_count_ > 0 && in_band(last, candidate_)) {
      ++candidate_count_;
    } else {
      candidate_ = last;
      candidate_count_ = 1;
    }
    if (candidate_count_ < limits_.jump_confirm_count) return true;
  }
  base_ = last;
  candidate_count_ = 0;
  return false;
}

} // namespace tickmesh
