#include "actors/market/feed/feed_reader.hpp"

#include <algorithm>
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

void feed_round::clear() {
  auto memory = std::move(batches);
  auto spare = std::move(spare_);
  for (auto& batch : memory) {
    batch.ticks.clear();
    spare.push_back(std::move(batch.ticks));
  }
  memory.clear();
  *this = {};
  batches = std::move(memory);
  spare_ = std::move(spare);
}

symbol_batch& feed_round::add_batch(symbol_id symbol) {
  auto& batch = batches.emplace_back();
  batch.symbol = symbol;
  if (spare_.empty()) return batch;
  batch.ticks = std::move(spare_.back());
  spare_.pop_back();
  return batch;
}

feed_reader::feed_reader(std::shared_ptr<const feed_source> source, std::vector<bool> own,
                         double speed, std::uint32_t round_ticks_max, logged_before logged,
                         read_before read)
    : source_(std::move(source)), cursor_(source_->open(logged.resume)), own_(std::move(own)),
      at_will_(speed <= 0 && source_->is_repeatable()), pace_(source_->is_repeatable() ? speed : 0),
      round_ticks_max_(round_ticks_max), logged_(std::move(logged)),
      read_up_to_(logged_.resume.positions), batch_of_(own_.size()),
      time_mark_(logged_.resume.time_mark) {
  assert(logged_.records == 0 || source_->is_repeatable());
  cursor_->select(own_);
  pass_over(read);
}

void feed_reader::pass_over(const read_before& read) {
  while (source_->is_repeatable() && own_read_ < read.records) {
    auto event = cursor_->next(held_);
    assert(event != feed_event::end);
    if (event == feed_event::time_mark) time_mark_ = cursor_->time_mark();
    if (event == feed_event::record && own_[held_.symbol.value]) ++own_read_;
  }
  time_mark_ = std::max(time_mark_, read.time_mark);
  ended_ = read.ended;
  first_round_ = read.first_open_round - 1;
  round_ends_.push_front(own_read_);
  for (auto records = read.open_rounds.rbegin(); records != read.open_rounds.rend(); ++records)
    round_ends_.push_front(round_ends_.front() - *records);
}

/// Steps to the next record; false when there is none at present.
bool feed_reader::hold_next(std::int64_t now_ns) {
  for (;;) {
    switch (cursor_->next(held_)) {
    case feed_event::record:
      held_due_ns_ = is_history() ? now_ns : pace_.due_ns(held_.event_time, now_ns);
      holding_ = true;
      return true;
    case feed_event::time_mark: take_mark(); break;
    case feed_event::idle: idle_ = true; return false;
    case feed_event::end:
      time_mark_ = end_of_time;
      ended_ = true;
      return false;
    }
  }
}

/// Marks that lie between what was passed over and the last one are none.
void feed_reader::take_mark() {
  auto mark = cursor_->time_mark();
  time_mark_ = source_->is_repeatable() ? std::max(time_mark_, mark) : mark;
}

/// A record behind the sender's end begins its next day: marks go on from those of the cursor.
void feed_reader::note_position() {
  read_up_to_[held_.source] = cursor_->position();
  if (time_mark_ == end_of_time) time_mark_ = cursor_->time_mark();
}

void feed_reader::take_held(feed_round& round, std::int64_t now_ns) {
  auto symbol = held_.symbol.value;
  if (!source_->is_repeatable()) note_position();
  if (!own_[symbol]) return;
  if (round.records == 0) {
    round.trading_day = held_.trading_day;
    round.lateness_ns = now_ns - held_due_ns_;
    round.history = is_history();
  }
  auto& place = batch_of_[symbol];
  if (place == 0) {
    round.add_batch(held_.symbol);
    place = static_cast<std::uint32_t>(round.batches.size());
  }
  auto& batch = round.batches[place - 1];
  batch.ticks.push_back(held_);
  ++round.records;
  ++own_read_;
  if (at_will_) take_run(round, batch);
}

/// What follows the batch's last record directly, as far as the round and the history go.
void feed_reader::take_run(feed_round& round, symbol_batch& batch) {
  std::uint64_t room = round_ticks_max_ - round.records;
  if (round.history) room = std::min(room, logged_.records - own_read_);
  auto taken = cursor_->next_of_run(batch.ticks, room);
  round.records += taken;
  own_read_ += taken;
}

bool feed_reader::read_round(std::int64_t now_ns, feed_round& round) {
  if (ended_) return false;
  round.clear();
  idle_ = false;
  auto mark_before = time_mark_;
  // Records of other slots' symbols are read past, so they do not count against the round; the
  // bound on them keeps one call short.
  std::uint64_t read = 0;
  auto read_max = std::uint64_t{round_ticks_max_} * 16;
  while (!stopping_ && round.records < round_ticks_max_ && read < read_max) {
    // What follows the last record of history, be it the end, is none of a round that is history.
    if (round.history && !is_history()) break;
    if (!holding_ && !hold_next(now_ns)) break;
    if (held_due_ns_ > now_ns) break;
    bool fits = round.records == 0 || !own_[held_.symbol.value] ||
                (held_.trading_day == round.trading_day && round.history == is_history());
    if (!fits) break;
    ++read;
    holding_ = false;
    take_held(round, now_ns);
  }
  if (stopping_) ended_ = true;
  for (auto& batch : round.batches)
    batch_of_[batch.symbol.value] = 0;
  if (round.records == 0 && time_mark_ == mark_before && !ended_ && read < read_max) return false;
  // A round of marks alone belongs to the day of what the source has come to.
  if (round.trading_day == 0) round.trading_day = held_.trading_day;
  round.time_mark = time_mark_;
  round.read_up_to = read_up_to_;
  round.end = ended_;
  round_ends_.push_back(own_read_);
  return true;
}

std::optional<std::int64_t> feed_reader::next_due_ns() const {
  return holding_ || !idle_ ? std::optional{held_due_ns_} : std::nullopt;
}

void feed_reader::stop() {
  stopping_ = true;
}

void feed_reader::acknowledge(const source_positions& accepted) {
  for (auto& [source, position] : accepted)
    cursor_->acknowledge(source, position);
}

std::map<std::uint64_t, std::vector<tick>>
feed_reader::reread(symbol_id symbol, std::uint64_t oldest_open_round) const {
  assert(source_->is_repeatable());
  std::map<std::uint64_t, std::vector<tick>> out;
  auto cursor = source_->open();
  cursor->select(own_);
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
    if (event != feed_event::record || !own_[t.symbol.value]) continue;
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
