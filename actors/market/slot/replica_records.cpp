#include "actors/market/slot/replica_records.hpp"

#include "actors/market/tick_log/record_codec.hpp"

namespace tickmesh {

namespace {

/// A message that has reached this is sent.
constexpr std::size_t replica_message_bytes = 1 << 20;

} // namespace

result<replica_records> read_replica_records(record_number after, const recent_records& recent,
                                             const tick_log& log, record_cursor& cursor) {
  replica_records out;
  out.first = after + record_number{1};
  out.last = after;
  auto end = log.last_record();
  while (out.last < end && out.bytes.size() < replica_message_bytes) {
    auto record = cursor.next(out.last, recent, log);
    if (!record) return tl::unexpected(record.error());
    if (*record == nullptr) return fail("the tick log ends too early");
    append_log_record(out.bytes, **record);
    out.last = (*record)->number;
    ++out.count;
  }
  return out;
}

} // namespace tickmesh
