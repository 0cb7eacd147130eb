#include "actors/execution/sequencer/event_merge.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <tuple>

namespace tickmesh {

namespace {

/// Emptied blocks whose memory is kept for those to come.
constexpr std::size_t spare_blocks_max = 16;

/// A block with so many marks takes no more, so that its memory is not moved again and again.
constexpr std::size_t block_marks_max = 4'096;

/// Compares as the time does, which may lie before 1970.
std::uint64_t in_unsigned_order(timestamp t) {
  return static_cast<std::uint64_t>(to_ns(t)) ^ (std::uint64_t{1} << 63U);
}

} // namespace

event_merge::link_index event_merge::add_link(std::string name) {
  links_.push_back({.name = std::move(name)});
  update_promise();
  return links_.size() - 1;
}

void event_merge::push(link_index link, std::span<const market_mark> run) {
  assert(link < links_.size() && links_[link].is_open());
  if (order_ == input_order::arrival) {
    if (!has_released()) {
      released_marks_.clear();
      marks_taken_ = 0;
    }
    for (auto& mark : run)
      admit(mark);
    return;
  }
  auto promise = links_[link].promise;
  while (!run.empty() && run.front().effective_time < promise) {
    ++(is_repeat(run.front()) ? counts_.duplicate_marks : counts_.behind_mark);
    run = run.subspan(1);
  }
  if (run.empty()) return;
  assert(run.back().effective_time < end_of_time);
  auto& block = block_of(link);
  block.earliest = std::min(block.earliest, run.front().effective_time);
  auto begin = block.marks.size();
  block.marks.insert(block.marks.end(), run.begin(), run.end());
  block.runs.push_back({begin, block.marks.size()});
  links_[link].held += run.size();
}

void event_merge::push(link_index link, const tick& t, epoch data_epoch) {
  auto mark = make_market_mark(t, data_epoch);
  push(link, {&mark, 1});
}

void event_merge::push(link_index link, const signal& s) {
  assert(link < links_.size() && links_[link].is_open() && s.effective_time < end_of_time);
  if (order_ == input_order::arrival) return admit(s, released_marks_.size());
  if (s.effective_time < links_[link].promise) {
    ++(newest_signals_.covers(s.name) ? counts_.duplicate_signals : counts_.behind_mark);
    return;
  }
  auto& block = block_of(link);
  block.earliest = std::min(block.earliest, s.effective_time);
  block.signals.push_back(s);
  ++links_[link].held;
}

void event_merge::advance(link_index link, timestamp mark) {
  assert(link < links_.size() && links_[link].is_open());
  if (mark <= links_[link].promise) return;
  links_[link].promise = mark;
  update_promise();
}

void event_merge::finish(link_index link) {
  assert(link < links_.size() && links_[link].is_open());
  links_[link].finished = true;
  update_promise();
}

void event_merge::stop(link_index link) {
  assert(link < links_.size() && links_[link].is_open());
  links_[link].stopped = true;
  update_promise();
}

std::optional<timestamp> event_merge::next_time() {
  if (!has_released() && may_release_) release();
  if (!has_released()) return std::nullopt;
  auto marks = next_marks();
  return marks.empty() ? released_signals_.front().what.effective_time
                       : marks.front().effective_time;
}

std::span<const market_mark> event_merge::next_marks() const {
  auto end =
      released_signals_.empty() ? released_marks_.size() : released_signals_.front().marks_before;
  return {released_marks_.data() + marks_taken_, end - marks_taken_};
}

std::variant<market_mark, signal> event_merge::take() {
  assert(has_released());
  if (!next_marks().empty()) return released_marks_[marks_taken_++];
  auto s = released_signals_.front().what;
  released_signals_.pop_front();
  return s;
}

std::vector<std::string> event_merge::waiting_for() const {
  std::vector<std::string> names;
  if (order_ == input_order::arrival) return names;
  for (auto& link : links_)
    if (link.is_open() && link.promise == promise_) names.push_back(link.name);
  return names;
}

timestamp event_merge::stopped_at() const {
  auto out = end_of_time;
  if (order_ == input_order::arrival) return out;
  for (auto& link : links_)
    if (link.stopped) out = std::min(out, link.promise);
  return out;
}

bool event_merge::finished() const {
  return all_finished_ && blocks_.empty() && !has_released();
}

bool event_merge::has_released() const {
  return marks_taken_ < released_marks_.size() || !released_signals_.empty();
}

event_merge::held_block& event_merge::block_of(link_index link) {
  may_release_ = true;
  if (!blocks_.empty() && blocks_.back().link == link &&
      blocks_.back().marks.size() < block_marks_max)
    return blocks_.back();
  if (spare_blocks_.empty()) {
    blocks_.emplace_back();
  } else {
    blocks_.push_back(std::move(spare_blocks_.back()));
    spare_blocks_.pop_back();
  }
  blocks_.back().link = link;
  return blocks_.back();
}

/// Releases all that is below the promise. Precondition: everything released has been taken.
void event_merge::release() {
  may_release_ = false;
  released_marks_.clear();
  marks_taken_ = 0;
  std::vector<run_part> parts;
  std::vector<std::pair<signal, link_index>> signals;
  for (auto& block : blocks_)
    if (is_complete_through(block.earliest)) release_block(block, parts, signals);
  release_marks(parts);
  release_signals(signals);
  std::erase_if(blocks_, [this](auto& block) {
    if (block.earliest != end_of_time) return false;
    block.marks.clear();
    if (spare_blocks_.size() < spare_blocks_max) spare_blocks_.push_back(std::move(block));
    return true;
  });
}

/// Lists what the block has below the promise; the marks stay where they are.
void event_merge::release_block(held_block& block, std::vector<run_part>& parts,
                                std::vector<std::pair<signal, link_index>>& signals) {
  auto& held = links_[block.link].held;
  block.earliest = end_of_time;
  for (auto& run : block.runs) {
    auto first = run.begin;
    while (run.begin < run.end && is_complete_through(block.marks[run.begin].effective_time))
      ++run.begin;
    if (run.begin > first)
      parts.push_back({{block.marks.data() + first, run.begin - first}, block.link});
    if (run.begin < run.end)
      block.earliest = std::min(block.earliest, block.marks[run.begin].effective_time);
    held -= run.begin - first;
  }
  std::erase_if(block.runs, [](auto& run) { return run.begin == run.end; });
  held -= std::erase_if(block.signals, [&](auto& s) {
    if (!is_complete_through(s.effective_time)) {
      block.earliest = std::min(block.earliest, s.effective_time);
      return false;
    }
    signals.emplace_back(s, block.link);
    return true;
  });
}

/// Parts in the order of symbol and number, then sorted by time without changing that order.
void event_merge::release_marks(std::vector<run_part>& parts) {
  auto rank = [](const run_part& part) {
    auto& first = part.marks.front();
    return std::tuple{first.symbol, first.data_epoch, first.number, part.link};
  };
  auto comes_before = [&](const run_part& a, const run_part& b) { return rank(a) < rank(b); };
  if (!std::is_sorted(parts.begin(), parts.end(), comes_before))
    std::sort(parts.begin(), parts.end(), comes_before);
  keys_.clear();
  for (auto& part : parts)
    for (auto& mark : part.marks)
      keys_.push_back({in_unsigned_order(mark.effective_time), &mark});
  sort_keys();
  released_marks_.reserve(keys_.size());
  for (auto& key : keys_)
    admit(*key.mark);
}

void event_merge::release_signals(std::vector<std::pair<signal, link_index>>& signals) {
  auto rank = [](auto& entry) {
    auto& [s, link] = entry;
    auto& n = s.name;
    return std::tuple{
        s.effective_time,        n.symbol, n.strategy, n.data_epoch, n.last_tick, n.window_end,
        n.configuration_version, link};
  };
  std::sort(signals.begin(), signals.end(), [&](auto& a, auto& b) { return rank(a) < rank(b); });
  std::size_t marks_before = 0;
  for (auto& [s, link] : signals) {
    while (marks_before < released_marks_.size() &&
           released_marks_[marks_before].effective_time <= s.effective_time)
      ++marks_before;
    admit(s, marks_before);
  }
}

void event_merge::admit(const market_mark& mark) {
  if (is_repeat(mark)) {
    ++counts_.duplicate_marks;
    return;
  }
  note_taken(mark);
  released_marks_.push_back(mark);
  ++counts_.marks;
}

void event_merge::note_taken(const market_mark& mark) {
  if (mark.symbol.value >= newest_marks_.size()) newest_marks_.resize(mark.symbol.value + 1ULL);
  newest_marks_[mark.symbol.value] = {mark.data_epoch, mark.number, mark.effective_time};
}

void event_merge::admit(const signal& s, std::size_t marks_before) {
  if (!newest_signals_.admit(s.name)) {
    ++counts_.duplicate_signals;
    return;
  }
  released_signals_.push_back({s, marks_before});
  ++counts_.signals;
}

bool event_merge::is_repeat(const market_mark& mark) {
  if (mark.symbol.value >= newest_marks_.size()) return false;
  auto& newest = newest_marks_[mark.symbol.value];
  if (std::pair{mark.data_epoch, mark.number} > std::pair{newest.data_epoch, newest.number})
    return false;
  // Effective times never go back within a stream.
  bool contradicts = mark.data_epoch == newest.data_epoch && mark.effective_time > newest.time;
  if (contradicts && !contradiction_)
    contradiction_ = mark_contradiction{mark, newest.number, newest.time};
  return true;
}

void event_merge::update_promise() {
  may_release_ = true;
  promise_ = end_of_time;
  all_finished_ = none_follows_ = true;
  for (auto& link : links_) {
    if (link.finished) continue;
    all_finished_ = false;
    none_follows_ = none_follows_ && link.stopped;
    promise_ = std::min(promise_, link.promise);
  }
}

/// Sorts by time; equal times stay in their order. By digits of eight bits, lowest first, over as
/// many digits as the times differ in.
void event_merge::sort_keys() {
  constexpr std::size_t worth_counting = 64;
  constexpr unsigned digit_bits = 8;
  auto by_time = [](const mark_key& a, const mark_key& b) { return a.time < b.time; };
  if (std::is_sorted(keys_.begin(), keys_.end(), by_time)) return;
  if (keys_.size() < worth_counting) return std::stable_sort(keys_.begin(), keys_.end(), by_time);
  auto [least, most] = std::minmax_element(keys_.begin(), keys_.end(), by_time);
  auto base = least->time;
  auto bits = static_cast<unsigned>(std::bit_width(most->time - base));
  sorted_keys_.resize(keys_.size());
  for (unsigned shift = 0; shift < bits; shift += digit_bits) {
    std::array<std::size_t, 1U << digit_bits> place{};
    auto digit = [&](const mark_key& key) {
      return ((key.time - base) >> shift) & ((1U << digit_bits) - 1);
    };
    for (auto& key : keys_)
      ++place[digit(key)];
    std::size_t next = 0;
    for (auto& p : place)
      next += std::exchange(p, next);
    for (auto& key : keys_)
      sorted_keys_[place[digit(key)]++] = key;
    keys_.swap(sorted_keys_);
  }
}

} // namespace tickmesh
