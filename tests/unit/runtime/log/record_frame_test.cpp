#include "runtime/log/record_frame.hpp"

#include "runtime/log/log_names.hpp"

#include <doctest/doctest.h>

#include <string>

namespace tickmesh::record_frame_test {

struct small_header {
  static constexpr std::uint32_t magic = 0x534d4554;
  static constexpr std::size_t payload_max = 100;
  static constexpr bool checks_padding = true;

  std::uint32_t mark = magic;
  std::uint32_t payload_bytes = 0;
  std::uint64_t number = 0;
  std::uint64_t checksum = 0;
};

inline bool is_sound(const small_header& h) {
  return h.number != 0;
}

using frame = record_frame<small_header>;

namespace {

std::string record_of(std::uint64_t number, std::string_view payload) {
  small_header h;
  h.number = number;
  std::string out;
  frame::format(h, payload, out);
  return out;
}

} // namespace

TEST_CASE("a record is read back from any bytes that hold it whole, and from no fewer") {
  auto record = record_of(7, "thirteen byte");
  CHECK(record.size() == frame::bytes(13));
  small_header h;
  std::string_view payload;
  for (std::size_t n = 0; n < record.size(); ++n)
    CHECK(frame::parse_header(record.substr(0, n), h, payload) == frame_state::cut_off);
  auto followed = record + "others";
  REQUIRE(frame::parse_header(followed, h, payload) == frame_state::complete);
  CHECK(h.number == 7);
  CHECK(payload == "thirteen byte");
  CHECK(frame::is_intact(followed, h));
}

TEST_CASE("no byte of a record changes unnoticed, its padding's neither") {
  auto record = record_of(7, "thirteen byte");
  for (std::size_t at = 0; at < record.size(); ++at) {
    CAPTURE(at);
    auto changed = record;
    changed[at] ^= 1;
    small_header h;
    std::string_view payload;
    auto state = frame::parse_header(changed, h, payload);
    CHECK((state != frame_state::complete || !frame::is_intact(changed, h)));
  }
}

TEST_CASE("a length beyond the limit and a number that can't be are damage") {
  small_header h;
  std::string_view payload;
  auto record = record_of(0, "x");
  CHECK(frame::parse_header(record, h, payload) == frame_state::damaged);
  record = record_of(1, std::string(101, 'x'));
  CHECK(frame::parse_header(record, h, payload) == frame_state::damaged);
}

TEST_CASE("an intact record is found behind damage, where records may stand") {
  auto bytes = std::string(24, 'x') + record_of(3, "third");
  CHECK(frame::find(bytes, 0) == 24);
  CHECK(frame::find(bytes, 17) == 24);
  CHECK(!frame::find(bytes, 25));
  CHECK(!frame::find('x' + bytes, 0)); // not on a multiple of 8
  bytes.back() ^= 1;
  CHECK(!frame::find(bytes, 0));
}

TEST_CASE("a numbered name is read back, and nothing that only looks like one") {
  auto name = numbered_name("events-", 42, ".journal");
  CHECK(name == "events-000000000042.journal");
  CHECK(parse_numbered_name(name, "events-", ".journal") == 42U);
  auto large = numbered_name("events-", 1'234'567'890'123ULL, ".journal");
  CHECK(parse_numbered_name(large, "events-", ".journal") == 1'234'567'890'123ULL);
  for (auto* other : {"events-.journal", "events-42.journal", "events-000000000000.journal",
                      "events-00000000004x.journal", "events-000000000042.journal.tmp",
                      "wal-000000000042.journal", "events-+00000000042.journal",
                      "events-99999999999999999999.journal"})
    CHECK_MESSAGE(!parse_numbered_name(other, "events-", ".journal"), other);
}

} // namespace tickmesh::record_frame_test
