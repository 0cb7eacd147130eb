// What a host's slots have counted, for the control host. Plain class behind host_agent.
#pragma once

#include "messages/proto/cluster.pb.h"
#include "messages/slot.hpp"
#include "runtime/cluster/slot_protocol.hpp" // allowed: what a slot counts and reports

#include <cstdint>
#include <map>
#include <optional>

namespace tickmesh {

/// Of the slots that run on the host; one that is taken away is forgotten.
class host_counts {
public:
  /// Whether to ask a slot for its counts: not while it owes an answer.
  bool begin_query(slot_name slot);
  /// It has answered that.
  void end_query(slot_name slot) { slots_[slot].is_asked = false; }

  void take(slot_name slot, const slot_counters& counters) { slots_[slot].counters = counters; }
  void finished(slot_name slot, const slot_report& report) { reports_[slot] = report; }
  void forget(slot_name slot);

  /// Of all slots, as they last answered.
  void write(wire::Pong& out) const;
  /// With the moments of those that have finished.
  void write(wire::Counts& out) const;

  /// Of slots that have finished.
  const std::map<slot_name, slot_report>& reports() const { return reports_; }

private:
  struct counted_slot {
    std::optional<slot_counters> counters;
    bool is_asked = false;
  };
  template <class Message>
  void write_totals(Message& out) const;

  std::map<slot_name, counted_slot> slots_;
  std::map<slot_name, slot_report> reports_;
};

} // namespace tickmesh
