// Tick log records on their way to a replica: several in one message.
#pragma once

#include "actors/market/tick_log/tick_log.hpp"
#include "messages/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

/// Appends a record with all that the log keeps of it.
void append_log_record(std::string& out, const log_record& record);

/// Reads what append_log_record wrote; the payloads point into `bytes`. Fails on a record that is
/// not complete.
result<std::vector<log_record>> read_log_records(std::string_view bytes);

} // namespace tickmesh
