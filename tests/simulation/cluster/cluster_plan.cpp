#include "tests/simulation/cluster/cluster_plan.hpp"

#include "apps/settings/load_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <random>

namespace tickmesh {

std::vector<std::size_t> hosts_with(const cluster_plan& plan, role r) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < plan.hosts.size(); ++i)
    if (plan.hosts[i].roles.contains(r)) out.push_back(i);
  return out;
}

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds failover_timeout{1000};
constexpr milliseconds run_time{8000}; ///< in which faults fall

class plan_draw {
public:
  explicit plan_draw(std::uint64_t seed) : random_(seed * 0x9e3779b97f4a7c15) {}

  /// Below `end`.
  std::uint64_t below(std::uint64_t end) {
    return std::uniform_int_distribution<std::uint64_t>{0, end - 1}(random_);
  }
  bool chance(std::uint64_t percent) { return below(100) < percent; }
  nanoseconds time(nanoseconds least, nanoseconds most) {
    return least + nanoseconds{below(static_cast<std::uint64_t>((most - least).count()) + 1)};
  }
  template <class T>
  void shuffle(std::vector<T>& values) {
    std::shuffle(values.begin(), values.end(), random_);
  }

private:
  std::mt19937_64 random_;
};

void draw_hosts(plan_draw& draw, cluster_plan& plan, std::size_t wanted) {
  auto count = 1 + draw.below(6);
  if (wanted != 0) count = wanted;
  std::vector<std::string> names{"a", "b", "c", "d", "e", "f"};
  draw.shuffle(names);
  for (std::size_t i = 0; i < count; ++i) {
    plan.hosts.push_back({names[i], {}});
    if (draw.chance(30))
      plan.hosts.back().clock_error =
          draw.time(-std::chrono::seconds{30}, std::chrono::seconds{30});
  }
  plan.hosts[0].roles.insert(role::control);
  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i)
    order[i] = i;
  auto deal = [&](role r, std::uint64_t slots) {
    draw.shuffle(order);
    for (std::size_t i = 0; i < slots; ++i)
      plan.hosts[order[i]].roles.insert(r);
  };
  plan.data_slots = static_cast<std::uint16_t>(1 + draw.below(std::min<std::uint64_t>(count, 3)));
  plan.calc_slots = static_cast<std::uint16_t>(1 + draw.below(std::min<std::uint64_t>(count, 3)));
  deal(role::data, plan.data_slots);
  deal(role::calc, plan.calc_slots);
  deal(role::exec, 1);
  for (auto& host : plan.hosts)
    if (host.roles.empty()) {
      host.is_standby = draw.chance(50);
      if (host.is_standby) {
        for (role r : {role::data, role::calc})
          if (draw.chance(60)) host.roles.insert(r);
        if (host.roles.empty()) host.roles.insert(role::calc);
        continue;
      }
      bool is_data = draw.chance(50);
      host.roles.insert(is_data ? role::data : role::calc);
      ++(is_data ? plan.data_slots : plan.calc_slots);
    }
}

/// One that leaves everybody alive, if it is short.
planned_fault draw_nuisance(plan_draw& draw, const cluster_plan& plan) {
  constexpr std::array kinds{
      fault_kind::cut,        fault_kind::cut,          fault_kind::partition,
      fault_kind::one_way,    fault_kind::pause,        fault_kind::pause,
      fault_kind::clock_jump, fault_kind::lost_handles, fault_kind::split};
  planned_fault out;
  out.at = draw.time(milliseconds{0}, run_time);
  out.kind = kinds[draw.below(kinds.size())];
  out.host = draw.below(plan.hosts.size());
  out.duration = draw.time(milliseconds{1}, failover_timeout / 3);
  if (out.kind == fault_kind::clock_jump)
    out.duration = draw.time(-std::chrono::seconds{20}, std::chrono::seconds{20});
  if (plan.hosts.size() == 1) return out;
  out.other = draw.below(plan.hosts.size() - 1);
  if (out.other >= out.host) ++out.other;
  if (out.kind != fault_kind::split) return out;
  out.duration = draw.time(failover_timeout / 3, 3 * failover_timeout);
  if (out.host == 0 || out.other == 0) out.kind = fault_kind::cut; // the first is the control host
  return out;
}

/// Hosts that play no other roles than these.
std::vector<std::size_t> hosts_within(const cluster_plan& plan, const std::set<role>& roles) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < plan.hosts.size(); ++i)
    if (std::ranges::includes(roles, plan.hosts[i].roles)) out.push_back(i);
  return out;
}

planned_fault draw_loss(plan_draw& draw, std::size_t host) {
  constexpr std::array kinds{fault_kind::crash,         fault_kind::crash,
                             fault_kind::crash_at_call, fault_kind::power_loss,
                             fault_kind::long_pause,    fault_kind::cut_off,
                             fault_kind::cut_off};
  planned_fault out;
  out.at = draw.time(milliseconds{0}, run_time);
  out.kind = kinds[draw.below(kinds.size())];
  out.host = host;
  out.call = 1 + draw.below(200);
  out.comes_back = draw.chance(60);
  out.duration = draw.time(milliseconds{5}, milliseconds{2000});
  if (out.kind == fault_kind::long_pause || out.kind == fault_kind::cut_off)
    out.duration = draw.time(failover_timeout + failover_timeout / 2, 3 * failover_timeout);
  return out;
}

planned_fault draw_disaster(plan_draw& draw, const cluster_plan& plan) {
  auto out = draw_nuisance(draw, plan);
  auto kind = draw.below(6);
  if (kind == 0) return draw_loss(draw, draw.below(plan.hosts.size()));
  if (kind == 1) out.kind = fault_kind::stop_signal;
  if (kind == 2) out.kind = fault_kind::full_disk;
  if (kind >= 3 && out.kind != fault_kind::clock_jump)
    out.duration = draw.time(failover_timeout / 3, 3 * failover_timeout);
  return out;
}

/// What a market that comes once adds, what hosts that come back do, and disks that are slow.
void draw_surroundings(plan_draw& draw, cluster_plan& plan) {
  plan.keeps_ports = draw.chance(50);
  for (std::uint64_t i = 0; i < 2; ++i) {
    if (draw.chance(75)) continue;
    planned_fault slow;
    slow.at = draw.time(milliseconds{0}, run_time);
    slow.kind = fault_kind::slow_disk;
    slow.host = draw.below(plan.hosts.size());
    slow.duration = draw.time(milliseconds{100}, 2 * failover_timeout);
    plan.faults.push_back(slow);
  }
  plan.is_live = draw.chance(30);
  if (!plan.is_live) return;
  if (draw.chance(40)) plan.durability = log_durability::always;
  auto data = hosts_with(plan, role::data);
  for (std::uint64_t i = 0, cuts = draw.below(4); i < cuts; ++i) {
    planned_fault cut;
    cut.at = draw.time(milliseconds{0}, run_time);
    cut.kind = fault_kind::sender_cut;
    cut.host = data[draw.below(data.size())];
    plan.faults.push_back(cut);
  }
  // A stop changes nothing of what is in the end.
  if (plan.severity == plan_severity::disaster || draw.chance(50)) return;
  planned_fault stop;
  stop.at = draw.time(milliseconds{500}, run_time - milliseconds{1'500});
  stop.kind = fault_kind::stop_signal;
  stop.host = draw.below(plan.hosts.size());
  plan.faults.push_back(stop);
  plan.runs_again = true;
}

/// Of three copies the owner is lost while the others do not reach each other: whoever takes over
/// has to do without a copy that it never meets.
void draw_split_heirs(plan_draw& draw, cluster_plan& plan) {
  auto data = hosts_with(plan, role::data);
  auto loss = std::ranges::find_if(plan.faults, [&](auto& fault) {
    bool is_loss = fault.kind == fault_kind::crash || fault.kind == fault_kind::power_loss;
    return is_loss && std::ranges::find(data, fault.host) != data.end();
  });
  std::erase(data, std::size_t{0}); // the control host reaches both
  if (loss == plan.faults.end() || plan.data_replication < 3) return;
  std::erase(data, loss->host);
  if (data.size() < 2 || draw.chance(30)) return;
  draw.shuffle(data);
  planned_fault split;
  split.at = std::max(nanoseconds{}, loss->at - draw.time(milliseconds{0}, milliseconds{150}));
  split.kind = fault_kind::split;
  split.host = data[0];
  split.other = data[1];
  split.duration = draw.time(2 * failover_timeout, 6 * failover_timeout);
  // To the end, where each may do without the other.
  bool are_alike = std::ranges::all_of(std::array{data[0], data[1]}, [&](std::size_t host) {
    return plan.hosts[host].roles == std::set{role::data};
  });
  if (draw.chance(50) && are_alike) split.duration = std::chrono::seconds{60};
  plan.faults.push_back(split);
}

} // namespace

cluster_plan draw_plan(std::uint64_t seed, const plan_limits& limits) {
  plan_draw draw{seed};
  cluster_plan out;
  out.seed = seed;
  out.market = draw.below(market_count);
  draw_hosts(draw, out, limits.hosts);
  out.data_replication = static_cast<std::uint16_t>(draw.chance(30) ? 3 : 2);
  constexpr std::array<milliseconds, 4> delays{milliseconds{0}, milliseconds{1}, milliseconds{10},
                                               milliseconds{40}};
  out.delay_max = delays[draw.below(delays.size())];
  auto severity = draw.below(10);
  auto faults = draw.below(5);
  for (std::size_t i = 0; i < faults; ++i)
    out.faults.push_back(draw_nuisance(draw, out));
  auto lost = hosts_within(out, limits.lost_roles);
  if (severity >= 5 && !lost.empty()) {
    out.severity = plan_severity::failover;
    out.faults.push_back(draw_loss(draw, lost[draw.below(lost.size())]));
    if (draw.chance(30)) out.faults.push_back(draw_loss(draw, lost[draw.below(lost.size())]));
  }
  if (severity >= 8) {
    out.severity = plan_severity::disaster;
    for (std::size_t i = 0; i <= draw.below(3); ++i)
      out.faults.push_back(draw_disaster(draw, out));
    out.runs_again = draw.chance(60);
  }
  draw_surroundings(draw, out);
  draw_split_heirs(draw, out);
  std::ranges::stable_sort(out.faults, {}, &planned_fault::at);
  return out;
}

cluster_plan quiet_plan(std::uint64_t market, bool is_live) {
  cluster_plan out;
  out.market = market;
  out.is_live = is_live;
  out.hosts = {{"all", {role::data, role::calc, role::exec, role::control}}};
  return out;
}

settings plan_settings(const cluster_plan& plan) {
  auto out = default_settings();
  auto& sim = out.source.sim;
  sim.seed = 100 + plan.market;
  sim.symbols = static_cast<std::uint32_t>(2 + plan.market);
  sim.ticks = 245;
  sim.ticks_per_second = 35;
  sim.bad_share.fill(0.005);
  out.source.speed = 1;
  if (plan.is_live) out.source.kind = source_kind::socket;
  out.source.socket.lateness = {};
  out.source.socket.buffer_records_max = 64;
  out.tick_log.durability = plan.durability;
  out.execution.journal.durability = plan.durability;
  out.source.time_mark_interval = milliseconds{200};
  out.host.round_ticks_max = 16; // so that a log that is there at a start needs credit
  out.host.link_window_items = 96;
  out.host.link_silence = milliseconds{200};
  out.strategies[0].period = 5;
  out.strategies[0].width = decimal_scale;
  auto windowed = out.strategies[0];
  windowed.name = "boll_windowed";
  windowed.mode = strategy_mode::windowed;
  windowed.window = milliseconds{2000};
  windowed.step = milliseconds{500};
  windowed.emit = emit_mode::every;
  out.strategies.push_back(windowed);
  out.execution.order_lifetime = milliseconds{300};
  out.execution.ledger.enabled = false;
  out.calc.signals_held_max = 1'000;
  out.cluster.data_slots = plan.data_slots;
  out.cluster.calc_slots = plan.calc_slots;
  out.cluster.data_replication = plan.data_replication;
  out.cluster.health_check_interval = milliseconds{150};
  out.cluster.failover_timeout = failover_timeout;
  out.cluster.replica_ack_timeout = milliseconds{200};
  out.cluster.retry_interval = milliseconds{20};
  out.cluster.request_timeout = milliseconds{2000};
  out.cluster.goodbye_timeout = milliseconds{500};
  out.cluster.join_timeout = milliseconds{10'000};
  out.cluster.drain_timeout = milliseconds{10'000};
  return out;
}

std::string describe_kind(fault_kind kind) {
  constexpr std::array names{
      "cuts",         "partitions",      "one-way partitions", "splits",
      "lost handles", "pauses",          "long pauses",        "cut off",
      "kills",        "kills at a call", "power losses",       "clock jumps",
      "SIGTERMs",     "full disks",      "slow disks",         "cuts of the sender"};
  return names[static_cast<std::size_t>(kind)];
}

std::string describe(const cluster_plan& plan, const planned_fault& fault) {
  auto ms = [](nanoseconds t) { return t.count() / 1'000'000; };
  auto& host = plan.hosts[fault.host].id;
  auto& other = plan.hosts[fault.other].id;
  auto back = fault.comes_back ? fmt::format(", back after {} ms", ms(fault.duration)) : "";
  switch (fault.kind) {
  case fault_kind::cut: return fmt::format("cut {}-{}", host, other);
  case fault_kind::partition:
    return fmt::format("partition {}-{} for {} ms", host, other, ms(fault.duration));
  case fault_kind::split:
    return fmt::format("{} and {} are split for {} ms", host, other, ms(fault.duration));
  case fault_kind::one_way:
    return fmt::format("nothing from {} to {} for {} ms", host, other, ms(fault.duration));
  case fault_kind::lost_handles: return fmt::format("{} loses its handles of {}", host, other);
  case fault_kind::cut_off:
    return fmt::format("{} is cut off from the control host for {} ms", host, ms(fault.duration));
  case fault_kind::pause:
  case fault_kind::long_pause: return fmt::format("pause {} for {} ms", host, ms(fault.duration));
  case fault_kind::crash: return fmt::format("kill {}{}", host, back);
  case fault_kind::crash_at_call:
    return fmt::format("kill {} at its disk call {}{}", host, fault.call, back);
  case fault_kind::power_loss: return fmt::format("power loss at {}{}", host, back);
  case fault_kind::clock_jump:
    return fmt::format("clock of {} jumps by {} ms", host, ms(fault.duration));
  case fault_kind::stop_signal: return "SIGTERM at " + host;
  case fault_kind::full_disk: return "disk of " + host + " is full";
  case fault_kind::slow_disk:
    return fmt::format("disk of {} is slow for {} ms", host, ms(fault.duration));
  case fault_kind::sender_cut: return "cut sender-" + host;
  }
  return {};
}

std::string describe(const cluster_plan& plan) {
  std::string out = fmt::format("market {}{}{}, delay up to {} ms, hosts", plan.market,
                                plan.is_live ? ", live" : "",
                                plan.durability == log_durability::always ? ", always synced" : "",
                                plan.delay_max.count() / 1'000'000);
  for (auto& host : plan.hosts) {
    std::vector<std::string_view> roles;
    for (auto r : host.roles)
      roles.push_back(to_string(r));
    out += fmt::format(" {}({}{})", host.id, fmt::join(roles, "+"),
                       host.is_standby ? ", standby" : "");
  }
  return out;
}

} // namespace tickmesh
