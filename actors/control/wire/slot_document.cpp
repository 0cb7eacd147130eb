#include "actors/control/wire/slot_document.hpp"

#include "runtime/results/json_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tickmesh {

using json = nlohmann::ordered_json;

std::string slot_document_name(slot_name slot) {
  return fmt::format("slot-{}-{}.json", to_string(slot.of), slot.index);
}

std::string slot_document(slot_name slot, const slot_report& report) {
  json counts = json::object();
  for (auto& [name, count] : report.counts)
    counts[name] = count;
  json delays = json::object();
  for (auto& [name, histogram] : report.delays) {
    json buckets = json::object();
    for (auto& [bucket, count] : histogram.buckets())
      buckets[std::to_string(bucket)] = count;
    delays[name] = {
        {"buckets", buckets}, {"max_ns", histogram.max_ns()}, {"negative", histogram.negative()}};
  }
  json moments = json::object();
  for (auto& [name, ns] : report.moments)
    moments[name] = ns;
  json quarantined = json::object();
  for (auto& [symbol, why] : report.quarantined)
    quarantined[symbol] = why;
  json document{{"slot", format_slot(slot)}, {"rows", report.rows}, {"quarantined", quarantined},
                {"counts", counts},          {"delays", delays},    {"moments", moments}};
  return json_text(document, 1) + "\n";
}

} // namespace tickmesh
