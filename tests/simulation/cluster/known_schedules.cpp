#include "tests/simulation/cluster/known_schedules.hpp"

#include <fmt/format.h>

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

planned_fault fault_at(fault_kind kind, milliseconds when, std::size_t host, std::size_t other = 0,
                       milliseconds duration = {}) {
  return {.at = when, .kind = kind, .host = host, .other = other, .duration = duration};
}

std::vector<planned_host> data_and_exec() {
  return {{.id = "a", .roles = {role::data, role::calc, role::control}},
          {.id = "f", .roles = {role::data, role::exec}}};
}

/// The second host loses its connection while it joins, and what it knows of the first one later,
/// which is not told that anything is lost.
cluster_plan handles_lost_after_second_join(milliseconds cut) {
  return plan_of(data_and_exec(), {fault_at(fault_kind::cut, cut, 0, 1),
                                   fault_at(fault_kind::lost_handles, milliseconds{1'500}, 1, 0)});
}

/// Of three copies the owner's is lost while the others do not reach each other, to the end.
cluster_plan split_heirs(milliseconds before) {
  auto out = plan_of(
      {{.id = "a", .roles = {role::calc, role::exec, role::control}},
       {.id = "b", .roles = {role::data}},
       {.id = "c", .roles = {role::data}},
       {.id = "d", .roles = {role::data}}},
      {fault_at(fault_kind::split, milliseconds{2'000} - before, 2, 3, milliseconds{60'000}),
       fault_at(fault_kind::crash, milliseconds{2'000}, 1)});
  out.severity = plan_severity::failover;
  out.data_replication = 3;
  return out;
}

/// The owner is lost when its log has all of the source, and may lack the word that this is all.
cluster_plan owner_lost_at_the_end(milliseconds when) {
  auto out = plan_of({{.id = "a", .roles = {role::calc, role::exec, role::control}},
                      {.id = "b", .roles = {role::data}},
                      {.id = "c", .roles = {role::data}}},
                     {fault_at(fault_kind::crash, when, 1)});
  out.severity = plan_severity::failover;
  return out;
}

/// A host's next process joins before its last one is given up, and its connection breaks then.
cluster_plan cut_after_return(milliseconds cut) {
  auto out = owner_lost_at_the_end(milliseconds{2'000});
  out.faults[0].comes_back = true;
  out.faults[0].duration = milliseconds{50};
  out.faults.push_back(fault_at(fault_kind::cut, milliseconds{2'050} + cut, 0, 1));
  return out;
}

/// A host can't be told to stop when that is said.
cluster_plan cut_while_stopping(milliseconds after) {
  auto out =
      plan_of(data_and_exec(), {fault_at(fault_kind::stop_signal, milliseconds{2'000}, 0),
                                fault_at(fault_kind::cut, milliseconds{2'000} + after, 0, 1)});
  out.is_live = true; // a stop changes nothing of what is in the end
  out.runs_again = true;
  return out;
}

} // namespace

std::vector<known_schedule> known_schedules() {
  std::vector<known_schedule> out;
  auto add = [&](const std::string& name, auto plan, std::int64_t first, std::int64_t last,
                 std::int64_t step) {
    for (auto ms = first; ms <= last; ms += step)
      out.push_back({fmt::format("{} ({} ms)", name, ms), plan(milliseconds{ms})});
  };
  add("a host that joined twice finds its control host again", handles_lost_after_second_join, 20,
      400, 20);
  add("a new owner does without a copy that it can't reach", split_heirs, 0, 300, 50);
  add("an end that is not in the log follows it", owner_lost_at_the_end, 6'000, 7'600, 50);
  add("a host that is back is not shown the slots of its last process", cut_after_return, 10, 400,
      15);
  add("a stop is said again", cut_while_stopping, 0, 300, 15);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i].plan.seed = i + 1;
  return out;
}

} // namespace tickmesh
