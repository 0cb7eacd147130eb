#include "actors/market/tick_cleaner.hpp"

#include <algorithm>

namespace tickmesh {

tick_cleaner::tick_cleaner(const cleaning_settings& settings, bool known_symbol)
    : settings_(settings), known_symbol_(known_symbol) {}

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
  return p != no_price && (p <= price{} || p >= settings_.price_max);
}

bool tick_cleaner::is_wide(const tick& record) const {
  auto spread = (record.ask - record.bid).value;
  return int128{spread} * decimal_scale >= int128{settings_.spread_max} * record.bid.value;
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
  auto distance = p > base ? p - base : base - p;
  return int128{distance.value} * decimal_scale <= int128{settings_.jump_band} * base.value;
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
    if (candidate_count_ < settings_.jump_confirm_count) return true;
  }
  base_ = last;
  candidate_count_ = 0;
  return false;
}

} // namespace tickmesh
