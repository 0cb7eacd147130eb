// What can be replayed, and what is said once it cannot.
#include "actors/calc/slot/replay_buffer.hpp"

#include "messages/wire_format.hpp"

#include <doctest/doctest.h>

namespace tickmesh::replay_buffer_test {

namespace {

/// A frame that holds nothing but unknown bytes.
std::shared_ptr<const received_frame> make_frame(std::size_t size) {
  std::string payload;
  wire_format::append_bytes(payload, 15, std::string(size, 'x'));
  static frame_memory memory;
  return received_frame::read(memory.keep(payload), 0).value();
}

} // namespace

TEST_CASE("frames and marks come back in the order in which they were added") {
  replay_buffer buffer{1 << 20};
  auto one = make_frame(1), five = make_frame(5);
  buffer.add_frame(1, one);
  buffer.add_mark(2, from_ns(20));
  buffer.add_frame(5, five);
  auto entries = buffer.entries();
  REQUIRE(entries.has_value());
  REQUIRE((*entries)->size() == 3);
  CHECK((**entries)[0].piece == 1);
  CHECK((**entries)[0].frame == one);
  CHECK((**entries)[1].piece == 2);
  CHECK((**entries)[1].frame == nullptr);
  CHECK((**entries)[1].mark == from_ns(20));
  CHECK((**entries)[2].piece == 5);
  CHECK((**entries)[2].frame == five);
}

TEST_CASE("a buffer past its limit replays nothing, for ever, and names the setting") {
  constexpr std::uint64_t limit = 3 << 20;
  replay_buffer buffer{limit};
  std::uint64_t bytes = 0;
  auto frame = make_frame(100'000);
  auto size = frame->memory_bytes() + sizeof(replay_buffer::entry);
  CHECK(frame->memory_bytes() > 100'000);
  std::uint64_t frames = 0;
  while (buffer.entries().has_value()) {
    CHECK(bytes <= limit);
    buffer.add_frame(++frames, frame);
    bytes += size;
    REQUIRE(frames < 1'000);
  }
  CHECK(bytes > limit);
  CHECK(frames == limit / size + 1);
  buffer.add_frame(frames + 1, make_frame(1));
  buffer.add_mark(frames + 2, from_ns(1));
  auto entries = buffer.entries();
  REQUIRE_FALSE(entries.has_value());
  CHECK(entries.error().message.find("host.replay_buffer_mib = 3") != std::string::npos);
}

TEST_CASE("marks count against the limit too") {
  replay_buffer buffer{10 * sizeof(replay_buffer::entry)};
  for (std::uint64_t i = 1; i <= 10; ++i)
    buffer.add_mark(i, from_ns(1));
  CHECK(buffer.entries().has_value());
  buffer.add_mark(11, from_ns(1));
  CHECK_FALSE(buffer.entries().has_value());
}

} // namespace tickmesh::replay_buffer_test
