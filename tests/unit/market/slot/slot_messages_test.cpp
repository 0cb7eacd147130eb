// A data slot's values in messages.
#include "actors/market/slot/slot_messages.hpp"

#include <doctest/doctest.h>

namespace tickmesh::slot_messages_test {

TEST_CASE("frames, records, hellos and refusals keep each value in its place") {
  auto frame =
      to_message(downstream_frame{record_number{9}, 7, 3, 2, "ticks"}, {role::data, 2}, epoch{5});
  CHECK(frame.from_role == static_cast<std::uint8_t>(role::data));
  CHECK(frame.from_index == 2);
  CHECK(frame.epoch == 5);
  CHECK(frame.hello == 2);
  CHECK(frame.number == 9);
  CHECK(frame.after == 7);
  CHECK(frame.items == 3);
  CHECK(frame.payload == "ticks");
  auto append = to_message(replica_records{record_number{4}, record_number{6}, 3, "records"},
                           {role::data, 2}, epoch{5});
  CHECK(append.slot_index == 2);
  CHECK(append.epoch == 5);
  CHECK(append.first_record == 4);
  CHECK(append.count == 3);
  CHECK(append.records == "records");
  auto hello = from_message(replica_hello{2, "b", 8, 4, 6});
  CHECK(hello.host == "b");
  CHECK(hello.last.value == 8);
  CHECK(hello.written == epoch{4});
  CHECK(hello.since == epoch{6});
  subscribe_ticks request;
  request.slot_index = 2;
  request.ticket = 11;
  auto refusal = refuse(request, "no");
  CHECK(refusal.slot_index == 2);
  CHECK(refusal.ticket == 11);
  CHECK(refusal.refusal == "no");
}

} // namespace tickmesh::slot_messages_test
