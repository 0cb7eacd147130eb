#include "actors/execution/event_merge.hpp"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace tickmesh {

template <class T>
std::uint32_t event_merge::arena<T>::put(const T& item) {
  if (free.empty()) {
    items.push_back(item);
    return static_cast<std::uint32_t>(items.size() - 1);
  }
  auto slot = free.back();
  free.pop_back();
  items[slot] = item;
  return slot;
}

event_merge::link_index event_merge::add_link(std::string name) {
  links_.push_back({.name = std::move(name)});
  update_promise();
  return links_.size() - 1;
}

void event_merge::push(link_index link, const tick& t, epoch data_epoch) {
  assert(link < links_.size() && !links_[link].finished);
  auto mark = make_market_mark(t, data_epoch);
  if (t.effective_time < links_[link].promise) {
    ++(was_released(mark) ? counts_.duplicate_marks : counts_.behind_mark);
    return;
  }
  add({.time = t.effective_time,
       .rank = std::uint64_t{t.symbol.value} << 16U,
       .slot = marks_.put(mark),
       .link = static_cast<std::uint32_t>(link)});
}

void event_merge::push(link_index link, const signal& s) {
  assert(link < links_.size() && !links_[link].finished);
  if (s.effective_time < links_[link].promise) {
    ++(released_signals_.covers(s.name) ? counts_.duplicate_signals : counts_.behind_mark);
    return;
  }
  add({.time = s.effective_time,
       .rank = std::uint64_t{1} << signal_bit | std::uint64_t{s.name.symbol.value} << 16U |
               s.name.strategy.value,
       .slot = signals_.put(s),
       .link = static_cast<std::uint32_t>(link)});
}

void event_merge::advance(link_index link, timestamp mark) {
  assert(link < links_.size() && !links_[link].finished);
  if (mark <= links_[link].promise) return;
  links_[link].promise = mark;
  update_promise();
}

void event_merge::finish(link_index link) {
  assert(link < links_.size() && !links_[link].finished);
  links_[link].finished = true;
  update_promise();
}

std::optional<timestamp> event_merge::next_time() {
  while (!heap_.empty() && is_complete_through(heap_.front().time)) {
    if (!is_duplicate(heap_.front())) return heap_.front().time;
    auto k = remove_first();
    ++(is_signal(k) ? counts_.duplicate_signals : counts_.duplicate_marks);
  }
  return std::nullopt;
}

std::variant<market_mark, signal> event_merge::take() {
  assert(!heap_.empty() && is_complete_through(heap_.front().time));
  auto k = remove_first(); // its slot keeps the item until the next push
  if (is_signal(k)) {
    auto& s = signals_.items[k.slot];
    [[maybe_unused]] bool is_new = released_signals_.admit(s.name);
    assert(is_new);
    ++counts_.signals;
    return s;
  }
  auto& m = marks_.items[k.slot];
  if (m.symbol.value >= released_marks_.size()) released_marks_.resize(m.symbol.value + 1ULL);
  released_marks_[m.symbol.value] = {m.data_epoch, m.number};
  ++counts_.marks;
  return m;
}

std::vector<std::string> event_merge::waiting_for() const {
  std::vector<std::string> names;
  for (auto& link : links_)
    if (!link.finished && link.promise == promise_) names.push_back(link.name);
  return names;
}

bool event_merge::comes_after(const key& a, const key& b) const {
  if (a.time != b.time) return a.time > b.time;
  if (a.rank != b.rank) return a.rank > b.rank;
  if (is_signal(a)) {
    auto rank = [this](const key& k) {
      auto& n = signals_.items[k.slot].name;
      return std::tuple{n.data_epoch, n.last_tick, n.window_end, n.configuration_version, k.link};
    };
    return rank(a) > rank(b);
  }
  auto rank = [this](const key& k) {
    auto& m = marks_.items[k.slot];
    return std::tuple{m.data_epoch, m.number, k.link};
  };
  return rank(a) > rank(b);
}

bool event_merge::was_released(const market_mark& m) const {
  return m.symbol.value < released_marks_.size() &&
         std::pair{m.data_epoch, m.number} <= released_marks_[m.symbol.value];
}

bool event_merge::is_duplicate(const key& k) const {
  return is_signal(k) ? released_signals_.covers(signals_.items[k.slot].name)
                      : was_released(marks_.items[k.slot]);
}

void event_merge::add(key k) {
  assert(k.time < end_of_time);
  ++links_[k.link].buffered;
  heap_.push_back(k);
  std::push_heap(heap_.begin(), heap_.end(),
                 [this](const key& a, const key& b) { return comes_after(a, b); });
}

event_merge::key event_merge::remove_first() {
  std::pop_heap(heap_.begin(), heap_.end(),
                [this](const key& a, const key& b) { return comes_after(a, b); });
  auto k = heap_.back();
  heap_.pop_back();
  --links_[k.link].buffered;
  (is_signal(k) ? signals_.free : marks_.free).push_back(k.slot);
  return k;
}

void event_merge::update_promise() {
  promise_ = end_of_time;
  all_finished_ = true;
  for (auto& link : links_) {
    if (link.finished) continue;
    all_finished_ = false;
    promise_ = std::min(promise_, link.promise);
  }
}

} // namespace tickmesh
