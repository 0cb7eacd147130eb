#include "actors/execution/sequencer/timer_queue.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tickmesh {

void timer_queue::arm(const timer_due& timer, timestamp due) {
  auto& queue = queues_[static_cast<std::size_t>(timer.purpose)];
  auto behind = queue.end();
  while (behind != queue.begin() && std::prev(behind)->due > due)
    --behind;
  queue.insert(behind, {due, armed_++, timer});
}

void timer_queue::disarm(const timer_due& timer) {
  auto& queue = queues_[static_cast<std::size_t>(timer.purpose)];
  auto found = std::ranges::find(queue, timer, &armed_timer::timer);
  if (found != queue.end()) queue.erase(found);
}

timestamp timer_queue::next_due() const {
  auto first = next();
  return first == purposes ? end_of_time : queues_[first].front().due;
}

bool timer_queue::has_only_recurring() const {
  for (std::size_t i = 0; i < purposes; ++i)
    if (!queues_[i].empty() && !is_recurring(static_cast<timer_purpose>(i))) return false;
  return true;
}

timer_due timer_queue::take() {
  auto first = next();
  assert(first != purposes);
  auto timer = queues_[first].front().timer;
  queues_[first].pop_front();
  return timer;
}

std::size_t timer_queue::next() const {
  auto first = purposes;
  auto key = [this](std::size_t i) {
    return std::pair{queues_[i].front().due, queues_[i].front().number};
  };
  for (std::size_t i = 0; i < purposes; ++i)
    if (!queues_[i].empty() && (first == purposes || key(i) < key(first))) first = i;
  return first;
}

} // namespace tickmesh
