#include "actors/market/tick_cleaner.hpp"

#include <algorithm>

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
    : limits_(limits), known_symbol_(known_symbol) {}

std::optional<reject_reason> tick_cleaner::clean(tick& record) {
  auto reason = take(record, previous_ ? &*previous_ : nullptr);
  previous_ = record;
  return reason;
}

std::optional<reject_reason> tick_cleaner::take(tick& record, const tick* previous) {
  if (auto reason = judge(record, previous)) return reason;
  record.number = number_ += sequence{1};
  record.effective_time = effective_time_ = std::max(effective_time_, record.event_time);
  return std::nullopt;
}

void tick_cleaner::restore(std::span<const tick> accepted) {
  for (auto& t : accepted) {
    previous_ = t;
    number_ = t.number;
    effective_time_ = t.effective_time;
    if (t.last != no_price) base_ = t.last;
  }
}

std::optional<reject_reason> tick_cleaner::judge(const tick& record, const tick* previous) {
  using enum reject_reason;
  if (!known_symbol_) return unknown_symbol;
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
  if (is_duplicate(record, previous)) return duplicate;
  if (record.last != no_price && is_jump(record.last)) return price_jump;
  return std::nullopt;
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

/// Per-record volume and turnover are derived where the source has cumulative ones: then they
/// differ (they are 0) in a true duplicate.
bool tick_cleaner::is_duplicate(const tick& record, const tick* previous) {
  if (previous == nullptr || previous->event_time != record.event_time) return false;
  tick a = *previous;
  tick b = record;
  for (auto* t : {&a, &b}) {
    t->position = source_position{};
    t->source_mark = timestamp{};
    t->number = sequence{};
    t->effective_time = timestamp{};
  }
  if (a.cumulative_volume != quantity{} || b.cumulative_volume != quantity{}) {
    a.volume = b.volume;
    a.turnover = b.turnover;
  }
  return a == b;
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
