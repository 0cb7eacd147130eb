// `tickmesh status`: asks a control host how the cluster is.
#include "actors/calc/slot/crash_place.hpp"
#include "actors/control/wire/cluster_document.hpp"
#include "apps/host/certificate_warning.hpp"
#include "apps/host/connect_host.hpp"
#include "apps/host/fetch_status.hpp"
#include "apps/settings/load_settings.hpp"
#include "apps/verbs/commands.hpp"
#include "messages/timestamp.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/links/suspect_links.hpp"

#include <fmt/format.h>

#include <string_view>

namespace tickmesh {

namespace {

std::string describe_hosts(const wire::Status& status, std::int64_t now_ns) {
  auto out =
      fmt::format("{:<12} {:<22} {:<22} {:<10} {:<18} {:>9} {:>6} {:>9}\n", "node_id", "node_type",
                  "host:port", "status", "slots", "heartbeat", "load", "response");
  for (auto& host : status.hosts()) {
    std::string slots;
    for (auto& slot : host.slots())
      slots += (slots.empty() ? "" : " ") + slot;
    auto heartbeat =
        host.last_heartbeat_ns() == 0
            ? std::string{"none yet"}
            : fmt::format("{:.1f} s",
                          static_cast<double>(now_ns - host.last_heartbeat_ns()) * 1e-9);
    auto response =
        host.response_time_ns() == 0
            ? std::string{"?"}
            : fmt::format("{:.2f} ms", static_cast<double>(host.response_time_ns()) * 1e-6);
    out += fmt::format("{:<12} {:<22} {:<22} {:<10} {:<18} {:>9} {:>6.3f} {:>9}\n", host.node_id(),
                       host.node_type(), fmt::format("{}:{}", host.host(), host.port()),
                       host.status(), slots, heartbeat, host.load_score(), response);
  }
  return out;
}

/// A line for each data slot, and for each calculation slot that has a replica: its owner, its
/// replicas, and whether a loss would cost ticks.
std::string describe_copied_slots(const wire::Status& status) {
  std::string out;
  for (auto& slot : status.slots()) {
    slot_name name{static_cast<role>(slot.role()), static_cast<std::uint16_t>(slot.index())};
    if (!slot.waits().empty())
      out += fmt::format("{:<12} WAITS for `tickmesh failover {}`: {}\n", format_slot(name),
                         format_slot(name), slot.waits());
    if (name.of != role::data && slot.replicas().empty()) continue;
    std::string replicas;
    for (auto& replica : slot.replicas())
      replicas += fmt::format("{}{} ({})", replicas.empty() ? "" : ", ", replica.host_id(),
                              replica.in_sync() ? "in sync" : "behind");
    out += fmt::format("{:<12} owner {}, replicas: {}", format_slot(name), slot.host_id(),
                       replicas.empty() ? "none" : replicas);
    if (name.of == role::data)
      out += fmt::format(", {} of {} copies{}", copies_in_sync(slot), status.data_replication(),
                         is_single_copy(status, slot) ? "  SINGLE COPY" : "");
    out += "\n";
  }
  for (auto& host : status.hosts()) {
    if (!host.failure().empty())
      out += fmt::format("{:<12} FAILED: {}\n", host.node_id(), host.failure());
    for (auto& failure : host.slot_failures())
      out += fmt::format("{:<12} slot FAILED there: {}\n", host.node_id(), failure);
  }
  for (auto& count : status.counts())
    if (std::string_view name{count.name()}; name.starts_with(quarantine_prefix))
      out += fmt::format("{:<12} IN QUARANTINE from its tick {} on, with no more signals: its "
                         "calculator crashed there twice (its host's log has more)\n",
                         name.substr(std::string_view{quarantine_prefix}.size()), count.count());
  for (auto& count : status.counts())
    if (std::string_view name{count.name()}; name.starts_with(suspect_link_prefix))
      out += fmt::format("{:<12} SUSPECT LINK: nothing has come of it for {} ms\n",
                         name.substr(std::string_view{suspect_link_prefix}.size()), count.count());
  return out;
}

/// A line for each certificate that ends soon.
std::string describe_certificates(const wire::Status& status, std::int64_t now_ns) {
  std::string out;
  constexpr std::int64_t day_ns = 86'400'000'000'000;
  constexpr auto warned_ns = std::chrono::nanoseconds{certificate_warned_before}.count();
  for (auto& host : status.hosts())
    if (auto left = host.certificate_ends_ns() - now_ns;
        host.certificate_ends_ns() != 0 && left < warned_ns)
      out +=
          left < 0
              ? fmt::format("{:<12} CERTIFICATE HAS ENDED: nobody connects to it any more\n",
                            host.node_id())
              : fmt::format("{:<12} certificate ends in {} days\n", host.node_id(), left / day_ns);
  return out;
}

/// Whether orders may be sent, and if not, why and what to do.
std::string describe_trading(const wire::ExecutionTotals& execution) {
  std::string out;
  if (!execution.trading_set_by().empty())
    out += fmt::format("trading {}, by {}: {}\n", execution.trading_state(),
                       execution.trading_set_by(), execution.trading_reason());
  for (auto& problem : execution.not_reconciled())
    out += fmt::format("NOT RECONCILED, no order is sent: {}\n", problem);
  if (execution.marks_frozen() > 0)
    out += fmt::format("OLD MARKS: positions in {} symbols are valued at marks that stand still\n",
                       execution.marks_frozen());
  return out.empty() ? out : out + "\n";
}

/// A line for each broker outside: how far its session is, since when, and its trading day.
std::string describe_sessions(const wire::ExecutionTotals& execution) {
  std::string out;
  for (auto& session : execution.sessions()) {
    out += fmt::format("broker {:<12} ", session.broker());
    out += session.step().empty() ? "has said nothing yet" : session.step();
    if (auto since = known_since(session); since && !session.step().empty())
      out += " since " + *since;
    if (session.trading_day() > 0) out += fmt::format(", trading day {}", session.trading_day());
    if (!session.text().empty()) out += ": " + session.text();
    out += '\n';
  }
  return out.empty() ? out : out + "\n";
}

void print_status(const wire::Status& status) {
  auto now_ns =
      std::chrono::duration_cast<nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  fmt::print("{}  cluster {} ({})  {}  epoch {}{}\n\n", status.trading(), status.cluster_name(),
             status.cluster_id(), status.phase(), status.epoch(),
             status.reason().empty() ? "" : "  " + status.reason());
  fmt::print("{}{}", describe_trading(status.execution()), describe_sessions(status.execution()));
  fmt::print("{}\n{}\n", describe_hosts(status, now_ns),
             describe_copied_slots(status) + describe_certificates(status, now_ns));
  for (auto& count : status.counts())
    fmt::print("{:<28}{:>14}\n", count.name(), count.count());
  auto& execution = status.execution();
  for (auto& verdict : execution.orders_by_verdict())
    if (verdict.count() > 0)
      fmt::print("{:<28}{:>14}\n", "orders " + verdict.name(), verdict.count());
  fmt::print("{:<28}{:>14}\n{:<28}{:>14}\n", "fills", execution.fills(), "realised",
             execution.realised());
  fmt::print("{:<28}{:>14}\n{:<28}{:>14}\n", "unrealised", execution.unrealised(), "fees",
             execution.fees());
  if (!execution.waiting_for().empty())
    fmt::print("the merge waits for {}\n", execution.waiting_for());
}

} // namespace

int show_status(const status_flags& flags) {
  auto control = find_control(flags.control);
  if (!control) {
    fmt::print(stderr, "tickmesh: {}\n", control.error().message);
    return exit_usage;
  }
  auto network = network_of(flags.control);
  if (!network) {
    fmt::print(stderr, "tickmesh: {}\n", network.error().message);
    return exit_usage;
  }
  actor_system_config config{*network};
  caf::actor_system system{config};
  auto status = fetch_status(system, *control, {.timeout = flags.control.timeout(), .fresh = true});
  if (!status) {
    fmt::print(stderr, "tickmesh: {}\n", status.error().message);
    return exit_failure;
  }
  if (flags.json)
    fmt::print("{}", cluster_document(*status));
  else
    print_status(*status);
  return 0;
}

} // namespace tickmesh
