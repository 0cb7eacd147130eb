#include "actors/market/tick_log/record_codec.hpp"

#include "messages/wire_format.hpp"

#include <array>
#include <limits>

namespace tickmesh {

// Number, writer, trading day, ticks, rejected and the payload's size as varints; the payload.

void append_log_record(std::string& out, const log_record& record) {
  std::array<char, 64> head;
  auto* at = head.data();
  for (std::uint64_t v :
       {record.number.value, record.writer.value,
        std::uint64_t{static_cast<std::uint32_t>(record.trading_day)}, std::uint64_t{record.ticks},
        std::uint64_t{record.rejected}, std::uint64_t{record.payload.size()}})
    at = wire_format::write_varint(at, v);
  out.append(head.data(), at);
  out += record.payload;
}

result<std::vector<log_record>> read_log_records(std::string_view bytes) {
  std::vector<log_record> out;
  auto* at = bytes.data();
  auto* end = at + bytes.size();
  while (at != end) {
    std::array<std::uint64_t, 6> head{};
    for (auto& v : head)
      if (!wire_format::read_varint(at, end, v)) return fail("a cut-off record of a tick log");
    constexpr auto small_max = std::numeric_limits<std::uint32_t>::max();
    if (head[2] > small_max || head[3] > small_max || head[4] > small_max ||
        head[5] > static_cast<std::uint64_t>(end - at))
      return fail("a malformed record of a tick log");
    out.push_back({record_number{head[0]}, epoch{head[1]},
                   static_cast<std::int32_t>(static_cast<std::uint32_t>(head[2])),
                   static_cast<std::uint32_t>(head[3]), static_cast<std::uint32_t>(head[4]),
                   std::string_view{at, static_cast<std::size_t>(head[5])}});
    at += head[5];
  }
  return out;
}

} // namespace tickmesh
