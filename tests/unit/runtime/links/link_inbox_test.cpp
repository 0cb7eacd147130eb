// The receiving ends of a slot's links: who is heard, and what is acknowledged when.
#include "runtime/links/link_inbox.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

namespace tickmesh::link_inbox_test {

using inbox = link_inbox<std::string>;
using inboxes = link_inboxes<std::string>;

constexpr slot_name data_0{role::data, 0};
constexpr slot_name data_1{role::data, 1};
constexpr std::uint32_t window = 80; ///< of which ten items are an eighth

bool accepts(inbox& in, const std::string& sender, std::uint64_t of, std::uint64_t after,
             std::uint64_t number, std::uint32_t items = 1) {
  auto admitted = in.admit(sender, epoch{of}, after, number, items);
  REQUIRE(admitted.has_value());
  return *admitted == frame_admission::accepted;
}

/// Says hello: the number to go on after, where it is answered.
std::optional<std::uint64_t> greet(inbox& in, const std::string& sender, std::uint64_t of) {
  auto at = in.greet(sender, epoch{of});
  if (!at) return std::nullopt;
  return at->number;
}

/// Where the receiver stands, as "number/acknowledged, open items".
std::string stand(inbox& in, const std::string& sender = "a", std::uint64_t of = 2) {
  auto at = in.greet(sender, epoch{of});
  REQUIRE(at.has_value());
  return std::to_string(at->number) + "/" + std::to_string(at->acknowledged) + ", " +
         std::to_string(at->open_items);
}

/// What is sent now, as "sender@epoch:number".
std::vector<std::string> acks_of(inboxes& in, bool& starts_timer) {
  std::vector<std::string> out;
  starts_timer = in.take_due_acks([&](auto& link, std::uint64_t number) {
    out.push_back(link.sender() + "@" + std::to_string(link.since().value) + ":" +
                  std::to_string(number));
  });
  return out;
}

TEST_CASE("a sender that says hello is told where to go on, and a deposed one is not") {
  inbox in{data_0, epoch{2}, window};
  CHECK(greet(in, "a", 2) == 0);
  CHECK(accepts(in, "a", 2, 0, 7));
  CHECK_FALSE(greet(in, "old", 1).has_value());
  CHECK(in.sender() == "a");
  CHECK(greet(in, "b", 3) == 7);
  CHECK(in.sender() == "b");
  CHECK(in.since() == epoch{3});
}

TEST_CASE("from a hello on, frames of others do not count") {
  inbox in{data_0, epoch{2}, window};
  CHECK(accepts(in, "a", 2, 0, 1)); // nobody has said hello: who sends is heard
  CHECK(in.sender() == "a");
  CHECK(accepts(in, "b", 2, 1, 2));
  CHECK(in.sender() == "b");
  REQUIRE(greet(in, "c", 2) == 2);
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

TEST_CASE("a frame that is missing is asked for once, until the sender has said hello again") {
  inbox in{data_1, epoch{2}, window};
  CHECK(in.admit("a", epoch{2}, 4, 5, 1) == frame_admission::gap);
  CHECK(in.sender() == "a");
  CHECK(in.admit("a", epoch{2}, 5, 6, 1) == frame_admission::refused);
  CHECK(accepts(in, "a", 2, 0, 1)); // it has come after all
  CHECK(in.admit("a", epoch{2}, 6, 7, 1) == frame_admission::refused);
  REQUIRE(greet(in, "a", 2) == 1);
  CHECK(in.admit("a", epoch{2}, 6, 7, 1) == frame_admission::gap);
  CHECK_FALSE(in.admit("a", epoch{3}, 1, 2, 1).has_value());
}

TEST_CASE("a new owner of a slot may send what follows on the final frame") {
  inbox in{data_1, epoch{2}, window};
  CHECK(accepts(in, "a", 2, 0, 1));
  in.end();
  REQUIRE(greet(in, "a", 2) == 1);
  CHECK_FALSE(accepts(in, "a", 2, 1, 2));
  REQUIRE(greet(in, "b", 3) == 1);
  CHECK(accepts(in, "b", 3, 1, 2));
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
  REQUIRE(greet(in.at(data_0), "a", 2) == 0);
  REQUIRE(greet(in.at(data_1), "b", 4) == 0);
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

TEST_CASE("a sender hears what is done with, and which items are still open") {
  inbox in{data_0, epoch{2}, window};
  CHECK(stand(in) == "0/0, 0");
  CHECK(accepts(in, "a", 2, 0, 3, 40));
  CHECK(accepts(in, "a", 2, 3, 7, 5));
  CHECK(stand(in) == "7/0, 45");
  in.finish(3, 40, false);
  CHECK(stand(in) == "7/0, 45"); // done with, but the sender has not heard it
  CHECK(in.take_due_ack() == 3);
  CHECK(stand(in) == "7/3, 5");
  in.finish(7, 5, true);
  CHECK(in.take_due_ack() == 7);
  CHECK(stand(in) == "7/7, 0");
}

TEST_CASE("an acknowledgement that is not due yet takes nothing off the open items") {
  inbox in{data_0, epoch{2}, window};
  CHECK(accepts(in, "a", 2, 0, 1, 4));
  CHECK(accepts(in, "a", 2, 1, 2, 4));
  in.finish(1, 4, false);
  CHECK_FALSE(in.take_due_ack().has_value());
  CHECK(stand(in) == "2/0, 8");
  in.finish(2, 4, false);
  in.hurry_ack();
  CHECK(in.take_due_ack() == 2); // of both
  CHECK(stand(in) == "2/2, 0");
}

TEST_CASE("items of a frame that is refused are not open") {
  inbox in{data_0, epoch{2}, window};
  CHECK(accepts(in, "a", 2, 0, 1, 3));
  CHECK_FALSE(accepts(in, "a", 2, 0, 1, 3)); // a repeat
  CHECK_FALSE(accepts(in, "a", 1, 1, 2, 3)); // of a deposed sender
  CHECK_FALSE(accepts(in, "a", 2, 8, 9, 3)); // behind a gap
  CHECK(stand(in, "b") == "1/0, 3");
  CHECK_FALSE(accepts(in, "a", 2, 1, 2, 3)); // not who said hello last
  in.end();
  CHECK_FALSE(accepts(in, "b", 2, 1, 2, 3));
  CHECK(stand(in, "b") == "1/0, 3");
}

TEST_CASE("frames of a former owner that are open count for the one that follows it") {
  inbox in{data_0, epoch{2}, window};
  CHECK(accepts(in, "a", 2, 0, 4, 20));
  CHECK(stand(in, "b", 3) == "4/0, 20");
  in.finish(4, 20, false);
  CHECK(in.take_due_ack() == 4);
  CHECK(in.sender() == "b");
  CHECK(stand(in, "b", 3) == "4/4, 0");
  CHECK_FALSE(in.greet("a", epoch{2}).has_value());
  CHECK(in.sender() == "b");
}

TEST_CASE("a sender may say hello as often as it wants to") {
  inbox in{data_0, epoch{2}, window};
  CHECK(accepts(in, "a", 2, 0, 4, 20));
  for (int i = 0; i < 3; ++i)
    CHECK(stand(in) == "4/0, 20");
  CHECK_FALSE(accepts(in, "a", 2, 0, 4, 20)); // what it sends again is a repeat
  CHECK(accepts(in, "a", 2, 4, 5, 1));
}

TEST_CASE("a slot that has no link here is not found") {
  inboxes in;
  in.add(data_0, epoch{2}, window);
  CHECK(in.find(data_0) == &in.at(data_0));
  CHECK(in.find(data_1) == nullptr);
}

} // namespace tickmesh::link_inbox_test
