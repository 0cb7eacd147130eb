// What is sent to a replica of a tick log: the next records, as many as fit into one message. Plain
// function behind data_slot.
#pragma once

#include "actors/market/tick_log/recent_records.hpp"
#include "actors/market/tick_log/tick_log.hpp"
#include "messages/result.hpp"

#include <cstdint>
#include <string>

namespace tickmesh {

/// Consecutive records, encoded as append_log_record does.
struct replica_records {
  record_number first{};
  record_number last{};
  std::uint32_t count = 0;
  std::string bytes;
};

/// The records behind `after`, at least one. Precondition: the log has one. Fails where it can't be
/// read.
result<replica_records> read_replica_records(record_number after, const recent_records& recent,
                                             const tick_log& log, record_cursor& cursor);

} // namespace tickmesh
