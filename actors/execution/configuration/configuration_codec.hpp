// A slot's configuration to and from journal.proto.
#pragma once

#include "actors/execution/configuration/slot_configuration.hpp"

#include <string>

namespace tickmesh {

namespace wire {
class SlotConfigured;
}

void write_configuration(const slot_configuration& configuration, wire::SlotConfigured& out);

/// Fails on values that the types do not have, and on those that a configuration can't have.
result<slot_configuration> read_configuration(const wire::SlotConfigured& from);

/// What write_configuration makes, as bytes: equal where everything that is written is.
std::string encode_configuration(const slot_configuration& configuration);

} // namespace tickmesh
