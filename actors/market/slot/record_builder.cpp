#include "actors/market/slot/record_builder.hpp"

#include "messages/tick_codec.hpp"

#include <numeric>
#include <utility>

namespace tickmesh {

record_builder::record_builder(std::size_t symbols, nanoseconds mark_interval)
    : mark_interval_(mark_interval), pending_(symbols) {}

result<void> record_builder::resume(const log_record& last) {
  tick_frame_view view;
  if (auto read = read_tick_frame(last.payload, view); !read) return read;
  auto totals = read_slot_totals(view.totals);
  if (!totals) return tl::unexpected(totals.error());
  totals_ = *totals;
  time_mark_ = view.time_mark;
  trading_day_ = last.trading_day;
  ended_ = view.final;
  return {};
}

log_record record_builder::build(const round_outline& round, std::span<clean_batch> parts,
                                 std::string& payload) {
  auto size = std::accumulate(parts.begin(), parts.end(), std::size_t{128},
                              [](std::size_t sum, const clean_batch& p) {
                                return sum + p.run.size() + p.marks.size() + p.rejected.size();
                              });
  payload.clear();
  payload.reserve(size);
  log_record out;
  for (auto& part : parts) {
    payload += part.run;
    out.ticks += part.accepted;
    for (std::size_t i = 0; i < reject_reason_count; ++i) {
      totals_.rejected[i] += part.rejects[i];
      out.rejected += static_cast<std::uint32_t>(part.rejects[i]);
    }
  }
  for (auto& part : parts)
    payload += part.rejected;
  if (mark_interval_ > nanoseconds::zero()) {
    for (auto& part : parts)
      append_marks(part, payload);
    flush_marks(round.time_mark, payload);
  }
  totals_.records_in += round.records;
  totals_.accepted += out.ticks;
  totals_.positions = round.read_up_to;
  append_slot_totals(payload, totals_);
  append_tick_frame_end(payload, round.time_mark, round.end);
  time_mark_ = round.time_mark;
  ended_ = round.end;
  // Marks alone begin no day: it might be that of other slots' records. Nor do rejected records,
  // whose stamps may be of any day.
  if (out.ticks > 0 || trading_day_ == 0) trading_day_ = round.trading_day;
  out.trading_day = trading_day_;
  out.payload = payload;
  return out;
}

void record_builder::take_history(clean_batch& part) {
  if (part.pending_mark.empty()) return;
  if (pending_[part.symbol.value].field.empty()) with_mark_.push_back(part.symbol);
  pending_[part.symbol.value] = {part.pending_mark, part.pending_until};
}

void record_builder::restore_mark(clean_batch& part) {
  if (part.pending_until > time_mark_) take_history(part);
}

void record_builder::append_marks(clean_batch& part, std::string& payload) {
  if (part.pending_mark.empty()) return;
  auto& pending = pending_[part.symbol.value];
  if (part.closes_mark) payload += pending.field;
  payload += part.marks;
  if (pending.field.empty()) with_mark_.push_back(part.symbol);
  std::swap(pending.field, part.pending_mark); // the part's memory is used again
  pending.until = part.pending_until;
}

/// A mark is final, too, when no tick of its interval can follow.
void record_builder::flush_marks(timestamp time_mark, std::string& payload) {
  if (last_multiple(time_mark, mark_interval_) == last_multiple(time_mark_, mark_interval_)) return;
  std::erase_if(with_mark_, [&](symbol_id symbol) {
    auto& pending = pending_[symbol.value];
    if (pending.until > time_mark) return false;
    payload += std::exchange(pending.field, {});
    return true;
  });
}

} // namespace tickmesh
