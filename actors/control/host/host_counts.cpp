#include "actors/control/host/host_counts.hpp"

#include "actors/control/wire/control_codec.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tickmesh {

bool host_counts::begin_query(slot_name slot) {
  return !std::exchange(slots_[slot].is_asked, true);
}

void host_counts::forget(slot_name slot) {
  slots_.erase(slot);
  reports_.erase(slot);
}

template <class Message>
void host_counts::write_totals(Message& out) const {
  std::map<std::string, std::uint64_t> totals;
  for (auto& [slot, counted] : slots_) {
    if (!counted.counters) continue;
    for (auto& [name, count] : counted.counters->counts)
      totals[name] += count;
    if (!counted.counters->execution_totals.empty())
      out.mutable_execution()->ParseFromString(counted.counters->execution_totals);
  }
  for (auto& [name, count] : totals) {
    auto* entry = out.add_counts();
    entry->set_name(name);
    entry->set_count(count);
  }
}

void host_counts::write(wire::Pong& out) const {
  std::uint64_t queued = 0;
  for (auto& [slot, counted] : slots_)
    if (counted.counters) queued += counted.counters->queued_ticks;
  out.set_queued_ticks(queued);
  write_totals(out);
}

void host_counts::write(wire::Counts& out) const {
  write_totals(out);
  for (auto& [slot, report] : reports_) {
    auto began = report.moments.find(started_moment), done = report.moments.find(finished_moment);
    if (began != report.moments.end())
      out.set_started_ns(earlier_moment(out.started_ns(), began->second));
    if (done != report.moments.end())
      out.set_finished_ns(std::max(out.finished_ns(), done->second));
  }
}

} // namespace tickmesh
