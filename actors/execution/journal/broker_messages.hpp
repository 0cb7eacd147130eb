// What brokers say, as the journal's schema has it. Used by event_messages.
#pragma once

#include "actors/execution/events/broker_news.hpp"
#include "messages/proto/journal.pb.h"
#include "messages/result.hpp"

namespace tickmesh {

void write_report(const execution_report& report, wire::VenueReport& out);
void write_broker_event(const broker_event& said, wire::BrokerEvent& out);
void write_snapshot(const broker_snapshot& snapshot, wire::BrokerSnapshot& out);

/// Each fails on values that the types do not have.
result<execution_report> read_report(const wire::VenueReport& from);
result<broker_event> read_broker_event(const wire::BrokerEvent& from);
result<broker_snapshot> read_snapshot(const wire::BrokerSnapshot& from);

} // namespace tickmesh
