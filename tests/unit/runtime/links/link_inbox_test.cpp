// The receiving ends of a slot's links: who is heard, and what is acknowledged when.
#include "runtime/links/link_inbox.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace tickmesh::link_inbox_test {

using inbox = link_inbox<std::string>;
using inboxes = link_inboxes<std::string>;

constexpr slot_name data_0{role::data, 0};
constexpr slot_name data_1{role::data, 1};
constexpr std::uint32_t window = 80; ///< of which ten items are an eighth

bool accepts(inbox& in, const std::string& sender, std::uint64_t of, std::uint64_t after,
             std::uint64_t number) {
  auto admitted = in.admit(sender, epoch{of}, after, number);
  REQUIRE(admitted.has_value());
  return *admitted == frame_admission::accepted;
}

/// What is sent now, as "sender@epoch:number".
std::vector<std::string> acks_of(inboxes& in, bool& starts_timer) {
  std::vector<std::string> out;
  starts_timer = in.take_due_acks([&](auto& sender, epoch since, std::uint64_t number) {
    out.push_back(sender + "@" + std::to_string(since.value) + ":" + std::to_string(number));
  });
  return out;
}

TEST_CASE("a sender that says hello is told where to go on, and a deposed one is not") {
  inbox in{data_0, epoch{2}, window};
  CHECK(in.greet("a", epoch{2}) == 0);
  CHECK(accepts(in, "a", 2, 0, 7));
  CHECK_FALSE(in.greet("old", epoch{1}).has_value());
  CHECK(in.sender() == "a");
  CHECK(in.greet("b", epoch{3}) == 7);
  CHECK(in.sender() == "b");
  CHECK(in.since() == epoch{3});
}

TEST_CASE("from a hello on, frames of others do not count") {
  inbox in{data_0, epoch{2}, window};
  CHECK(accepts(in, "a", 2, 0, 1)); // nobody has said hello: who sends is heard
  CHECK(in.sender() == "a");
  CHECK(accepts(in, "b", 2, 1, 2));
  CHECK(in.sender() == "b");
  REQUIRE(in.greet("c", epoch{2}) == 2);
  CHECK_FALSE(accepts(in, "b", 2, 2, 3));
  CHECK(in.sender() == "c");
  CHECK(accepts(in, "c", 2, 2, 3));
}

TEST_CASE("a frame that is refused does not say whom to acknowledge to") {
  inbox in{data_0, epoch{2}, window};
  CHECK(accepts(in, "a", 2, 0, 1));
  CHECK_FALSE(accepts(in, "b", 2, 0, 1)); // a repeat
  CHECK_FALSE(accepts(in, "b", 1, 1, 2)); // of a deposed sender
  CHECK(in.sender() == "a");
}

TEST_CASE("a frame that is missing is a fault that names the peer") {
  inbox in{data_1, epoch{2}, window};
  auto admitted = in.admit("a", epoch{2}, 4, 5);
  REQUIRE_FALSE(admitted.has_value());
  CHECK(admitted.error().message ==
        "data/1: frame 5 follows 4, but the last one here is 0: frames are missing");
}

TEST_CASE("nothing counts behind the final frame, and its repeat is no fault") {
  inbox in{data_0, epoch{2}, window};
  CHECK(accepts(in, "a", 2, 0, 1));
  in.end();
  CHECK_FALSE(accepts(in, "a", 2, 1, 2));
  CHECK_FALSE(accepts(in, "a", 2, 8, 9));
}

TEST_CASE("an acknowledgement is due after an eighth of the window, and goes once") {
  inbox in{data_0, epoch{2}, window};
  in.finish(1, 9, false);
  CHECK(in.ack_is_pending());
  CHECK_FALSE(in.take_due_ack().has_value());
  in.finish(2, 1, false);
  in.finish(3, 0, false); // is part of the same
  CHECK(in.take_due_ack() == 3);
  CHECK_FALSE(in.ack_is_pending());
  CHECK_FALSE(in.take_due_ack().has_value());
  in.finish(4, 9, false);
  CHECK_FALSE(in.take_due_ack().has_value());
}

TEST_CASE("the acknowledgement of a final frame does not wait") {
  inbox in{data_0, epoch{2}, window};
  in.finish(1, 1, true);
  CHECK(in.take_due_ack() == 1);
}

TEST_CASE("what hurries and is not there is not sent when it comes") {
  inbox in{data_0, epoch{2}, window};
  in.hurry_ack();
  CHECK_FALSE(in.take_due_ack().has_value());
  in.finish(1, 1, false);
  CHECK_FALSE(in.take_due_ack().has_value());
  in.hurry_ack();
  CHECK(in.take_due_ack() == 1);
}

TEST_CASE("one timer runs for the acknowledgements of all links") {
  inboxes in;
  in.add(data_0, epoch{2}, window);
  in.add(data_1, epoch{3}, window);
  bool starts_timer = false;
  CHECK(acks_of(in, starts_timer).empty());
  CHECK_FALSE(starts_timer);
  REQUIRE(in.at(data_0).greet("a", epoch{2}) == 0);
  REQUIRE(in.at(data_1).greet("b", epoch{4}) == 0);
  in.at(data_0).finish(5, 1, false);
  in.at(data_1).finish(6, 10, false);
  CHECK(acks_of(in, starts_timer) == std::vector<std::string>{"b@4:6"});
  CHECK(starts_timer); // for data/0
  in.at(data_1).finish(7, 1, false);
  CHECK(acks_of(in, starts_timer).empty());
  CHECK_FALSE(starts_timer); // it runs
  in.ack_wait_is_over();
  CHECK(acks_of(in, starts_timer) == std::vector<std::string>{"a@2:5", "b@4:7"});
  CHECK_FALSE(starts_timer);
  in.at(data_0).finish(6, 1, false);
  CHECK(acks_of(in, starts_timer).empty());
  CHECK(starts_timer);
}

TEST_CASE("a slot that has no link here is not found") {
  inboxes in;
  in.add(data_0, epoch{2}, window);
  CHECK(in.find(data_0) == &in.at(data_0));
  CHECK(in.find(data_1) == nullptr);
}

} // namespace tickmesh::link_inbox_test
