#include "actors/market/feed_reader.hpp"

#include <cassert>
#include <cmath>

namespace tickmesh {

std::int64_t feed_pace::due_ns(timestamp event_time, std::int64_t now_ns) {
  if (speed_ <= 0) return now_ns;
  if (!first_event_) {
    first_event_ = event_time;
    first_ns_ = now_ns;
  }
  auto elapsed = static_cast<double>((event_time - *first_event_).count()) / speed_;
  return first_ns_ + std::llround(elapsed);
}

feed_reader::feed_reader(std::shared_ptr<const feed_source> source, std::vector<bool> own,
                         double speed, std::uint32_t round_ticks_max)
    : source_(std::move(source)), cursor_(source_->open()), own_(std::move(own)), pace_(speed),
      round_ticks_max_(round_ticks_max) {}

std::optional<feed_round> feed_reader::read_round(std::int64_t now_ns) {
  if (ended_) return std::nullopt;
  feed_round round;
  auto mark_before = time_mark_;
  // Records of other slots' symbols are read past, so they do not count against the round; the
  // bound on them keeps one call short.
  std::uint64_t read = 0;
  auto read_max = std::uint64_t{round_ticks_max_} * 16;
  while (!stopping_ && round.records < round_ticks_max_ && read < read_max) {
    if (!held_) {
      tick t;
      auto event = cursor_->next(t);
      if (event == feed_event::end) {
        time_mark_ = end_of_time;
        ended_ = true;
        break;
      }
      if (event == feed_event::time_mark) {
        time_mark_ = cursor_->time_mark();
        continue;
      }
      held_ = t;
      held_due_ns_ = pace_.due_ns(t.event_time, now_ns);
    }
    if (held_due_ns_ > now_ns) break;
    ++read;
    ++records_read_;
    if (own_[held_->symbol.value]) {
      if (round.records == 0) round.lateness_ns = now_ns - held_due_ns_;
      round.batches[held_->symbol].push_back(*held_);
      ++round.records;
    }
    held_.reset();
  }
  if (stopping_) ended_ = true;
  if (round.records == 0 && time_mark_ == mark_before && !ended_ && read < read_max)
    return std::nullopt;
  round.time_mark = time_mark_;
  round.end = ended_;
  round_ends_.push_back(records_read_);
  return round;
}

void feed_reader::stop() {
  stopping_ = true;
}

std::map<std::uint64_t, std::vector<tick>>
feed_reader::reread(symbol_id symbol, std::uint64_t oldest_open_round) const {
  std::map<std::uint64_t, std::vector<tick>> out;
  auto cursor = source_->open();
  std::uint64_t read = 0;
  auto round = first_round_;
  auto end_of_round = round_ends_.begin();
  tick t;
  while (end_of_round != round_ends_.end()) {
    if (read == *end_of_round) {
      ++end_of_round;
      ++round;
      continue;
    }
    auto event = cursor->next(t);
    assert(event != feed_event::end);
    if (event != feed_event::record) continue;
    ++read;
    if (t.symbol == symbol) out[round < oldest_open_round ? 0 : round].push_back(t);
  }
  return out;
}

void feed_reader::forget_rounds_before(std::uint64_t number) {
  while (first_round_ + 1 < number && round_ends_.size() > 1) {
    round_ends_.pop_front();
    ++first_round_;
  }
}

} // namespace tickmesh
