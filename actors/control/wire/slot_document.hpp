// The file that each slot leaves with its host's results: what it counted and how long things took.
#pragma once

#include "runtime/cluster/slot_protocol.hpp" // allowed: what a slot reports

#include <string>

namespace tickmesh {

/// `slot-data-0.json`.
std::string slot_document_name(slot_name slot);

/// JSON: {"slot", "rows", "quarantined": {SYMBOL: why}, "counts": {...}, "delays": {NAME:
/// {"buckets": {...}, "max_ns", "negative"}}, "moments": {...}}.
std::string slot_document(slot_name slot, const slot_report& report);

} // namespace tickmesh
