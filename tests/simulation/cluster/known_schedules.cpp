#include "tests/simulation/cluster/known_schedules.hpp"

namespace tickmesh {

namespace {

using std::chrono::milliseconds;

cluster_plan plan_of(std::vector<planned_host> hosts, std::vector<planned_fault> faults) {
  cluster_plan out;
  out.hosts = std::move(hosts);
  out.data_slots = static_cast<std::uint16_t>(hosts_with(out, role::data).size());
  out.calc_slots = static_cast<std::uint16_t>(hosts_with(out, role::calc).size());
  out.delay_max = milliseconds{40};
  out.faults = std::move(faults);
  return out;
}

/// The second host loses its connection while it joins, and what it knows of the first one later,
/// which is not told that anything is lost.
cluster_plan handles_lost_after_second_join(std::int64_t cut_ms) {
  return plan_of(
      {{.id = "a", .roles = {role::data, role::calc, role::control}},
       {.id = "f", .roles = {role::data, role::exec}}},
      {{.at = milliseconds{cut_ms}, .kind = fault_kind::cut, .host = 0, .other = 1},
       {.at = milliseconds{1'500}, .kind = fault_kind::lost_handles, .host = 1, .other = 0}});
}

} // namespace

std::vector<known_schedule> known_schedules() {
  std::vector<known_schedule> out;
  for (std::int64_t cut_ms = 20; cut_ms <= 400; cut_ms += 20)
    out.push_back({"a host that joined twice finds its control host again",
                   handles_lost_after_second_join(cut_ms)});
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i].plan.seed = i + 1;
  return out;
}

} // namespace tickmesh
