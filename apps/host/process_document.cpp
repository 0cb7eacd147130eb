#include "apps/host/process_document.hpp"

#include "runtime/results/json_text.hpp"
#include "runtime/telemetry/machine.hpp"

#include <nlohmann/json.hpp>

namespace tickmesh {

namespace {

/// Wall time between two time marks of a paced source, where the merge of execution waits for them;
/// else 0.
double merge_mark_interval_ms(const settings& config) {
  auto& source = config.source;
  if (source.speed <= 0 || config.execution.sequencer != input_order::event_time) return 0;
  return static_cast<double>(source.time_mark_interval.count()) * 1e-6 / source.speed;
}

} // namespace

std::string process_document(const settings& config, const feed_source* source,
                             const host_clock& clock, std::int64_t started_ns,
                             const cluster_view* view, const network_traffic& traffic) {
  nlohmann::ordered_json document;
  document["host_id"] = config.host.id;
  document["cluster_id"] = view != nullptr ? view->cluster_id : "";
  // Of the run: later views, of which a host that stops may see no more, change nothing of that.
  document["epoch"] = view != nullptr ? view->formed.value : 0;
  document["last_epoch"] = view != nullptr ? view->number.value : 0;
  document["build_id"] = build_id();
  document["machine"] = machine_description();
  document["account"] = config.execution.account;
  document["currency"] = config.execution.currency;
  document["rows"] = config.results.rows;
  document["merge_mark_interval_ms"] = merge_mark_interval_ms(config);
  document["started_ns"] = started_ns;
  document["stopped_ns"] = clock.local_ns();
  document["cpu_seconds"] = cpu_seconds();
  document["resident_mib"] = resident_mib();
  document["clock_offset_ns"] = clock.offset_ns();
  if (source != nullptr)
    for (auto& left : source->leftovers())
      document["files"].push_back(
          {{"file", left.file}, {"malformed", left.malformed}, {"skipped", left.skipped}});
  // Connections, by what became of them.
  document["network"] = {{"accepted", traffic.accepted.load()},
                         {"refused_full", traffic.refused_full.load()},
                         {"refused_packets", traffic.refused_packets.load()},
                         {"refused_peers", traffic.refused_peers.load()},
                         {"refused_users", traffic.refused_users.load()},
                         {"unfinished", traffic.unfinished.load()},
                         {"unread", traffic.unread.load()}};
  return json_text(document, 1) + "\n";
}

} // namespace tickmesh
