#include "actors/market/cleaning/repeat_finder.hpp"

#include <algorithm>
#include <map>

namespace tickmesh {

namespace {

/// Folds the 128-bit product of two words, as wyhash does (github.com/wangyi-fudan/wyhash).
std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  auto product = static_cast<uint128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

/// Constants without structure: the fractional digits of the square roots of the first ten primes.
constexpr std::uint64_t salts[] = {0x6a09e667f3bcc909, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                   0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                   0x1f83d9abfb41bd6b, 0x5be0cd19137e2179, 0xcbbb9d5dc1059ed8,
                                   0x629a292a367cd507};

std::uint64_t word(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

} // namespace

bool repeat_finder::is_repeat(const tick& record) const {
  // Nearly all records are newer than all before them, which settles the matter.
  if (record.record_id != 0) return record.record_id <= newest_id_ && has_id_again(record);
  return record.event_time <= newest_time_ && has_content_again(record);
}

void repeat_finder::note(const tick& record, bool is_repeat) {
  if (horizon_ == 0) return;
  bool has_id = record.record_id != 0;
  auto content = has_id ? record.record_id : hash_content(record);
  // Field by field: an entry that is put together elsewhere and copied is waited for.
  auto write = [&](entry& to) {
    to.time = record.event_time;
    to.content = content;
    to.trading_day = record.trading_day;
    to.source = record.source;
    to.has_id = has_id;
  };
  write(entries_.size() < horizon_ ? entries_.emplace_back() : entries_[next_]);
  if (++next_ == horizon_) next_ = 0;
  if (has_id) {
    newest_id_ = std::max(newest_id_, record.record_id);
    return;
  }
  newest_time_ = std::max(newest_time_, record.event_time);
  if (!is_repeat) write(last_news_);
}

bool repeat_finder::has_id_again(const tick& record) const {
  return std::ranges::any_of(entries_, [&](const entry& e) {
    return e.has_id && e.content == record.record_id && e.trading_day == record.trading_day;
  });
}

bool repeat_finder::has_content_again(const tick& record) const {
  auto content = hash_content(record);
  auto is_equal = [&](const entry& e) {
    return !e.has_id && e.content == content && e.time == record.event_time;
  };
  std::map<source_id, std::uint32_t> had;
  for (auto& e : entries_)
    if (is_equal(e)) ++had[e.source];
  if (had.empty()) return false;
  if (record.event_time < newest_time_) return true;
  if (last_news_.source == record.source && is_equal(last_news_)) return true;
  auto own = had[record.source];
  return std::ranges::any_of(had, [&](auto& other) { return other.second > own; });
}

std::uint64_t repeat_finder::hash_content(const tick& t) {
  // What was derived of a day's totals differs in a true repeat.
  bool is_derived = !t.totals_of_day && t.cumulative_volume != quantity{};
  auto volume = is_derived ? quantity{} : t.volume;
  auto turnover = is_derived ? money{} : t.turnover;
  auto kinds = static_cast<std::uint64_t>(t.kind) << 8U | static_cast<std::uint64_t>(t.aggressor);
  // The products do not wait for each other.
  auto out = fold(word(t.last.value) ^ salts[0], word(t.cumulative_volume.value) ^ salts[1]);
  out += fold(word(t.bid.value) ^ salts[2], word(t.bid_volume.value) ^ salts[3]);
  out += fold(word(t.ask.value) ^ salts[4], word(t.ask_volume.value) ^ salts[5]);
  out += fold(word(volume.value) ^ salts[6], static_cast<std::uint64_t>(turnover.value) ^ salts[7]);
  auto rest = kinds << 32U | word(t.trading_day);
  out += fold(word(t.open_interest.value) ^ salts[8], rest ^ salts[9]);
  return out ^ out >> 29U;
}

} // namespace tickmesh
