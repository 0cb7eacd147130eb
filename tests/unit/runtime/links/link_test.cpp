// Both ends of a link: credit, numbers, epochs, hellos. Random traffic: link_random_test.cpp.
#include "runtime/links/link.hpp"

#include <doctest/doctest.h>

#include <utility>

namespace tickmesh::link_test {
using admission = link_receiver::admission;

namespace {

/// Of a receiver that has nothing yet.
link_sender open_link(epoch since, std::uint32_t window_items) {
  link_sender out{since, window_items};
  REQUIRE(out.resume(since, out.say_hello(), {}));
  return out;
}

} // namespace

TEST_CASE("a sender has credit until its window is full, and gets it back by acknowledgements") {
  auto link = open_link(epoch{3}, 100);
  CHECK(link.has_credit());
  CHECK(link.all_acknowledged());
  CHECK(link.send(1, 60) == 0);
  CHECK(link.has_credit());
  CHECK(link.send(4, 39) == 1);
  CHECK(link.has_credit()); // 99 of 100
  CHECK(link.send(5, 1) == 4);
  CHECK_FALSE(link.has_credit());
  CHECK(link.in_flight_items() == 100);
  CHECK(link.last_number() == 5);
  REQUIRE(link.acknowledge(epoch{3}, 3).has_value());
  CHECK(link.in_flight_items() == 40);
  CHECK(link.acknowledged_number() == 1);
  CHECK(link.has_credit());
  CHECK_FALSE(link.all_acknowledged());
  REQUIRE(link.acknowledge(epoch{3}, 5).has_value());
  CHECK(link.in_flight_items() == 0);
  CHECK(link.all_acknowledged());
}

TEST_CASE("a frame that is larger than the window goes when any credit is left") {
  auto link = open_link(epoch{1}, 10);
  link.send(1, 9);
  REQUIRE(link.has_credit());
  link.send(2, 1'000'000);
  CHECK_FALSE(link.has_credit());
  CHECK(link.in_flight_items() == 1'000'009); // window + one frame at most
  REQUIRE(link.acknowledge(epoch{1}, 1).has_value());
  CHECK_FALSE(link.has_credit());
}

TEST_CASE("a frame without items takes no credit but has to be acknowledged") {
  auto link = open_link(epoch{1}, 1);
  link.send(1, 0);
  CHECK(link.has_credit());
  CHECK_FALSE(link.all_acknowledged());
  REQUIRE(link.acknowledge(epoch{1}, 1).has_value());
  CHECK(link.all_acknowledged());
}

TEST_CASE("an acknowledgement of what was never sent is a fault that names both numbers") {
  auto link = open_link(epoch{1}, 10);
  CHECK_FALSE(link.acknowledge(epoch{1}, 1).has_value());
  link.send(1, 5);
  link.send(2, 5);
  auto refused = link.acknowledge(epoch{1}, 3);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find('3') != std::string::npos);
  CHECK(refused.error().message.find('2') != std::string::npos);
  CHECK(link.in_flight_items() == 10);
}

TEST_CASE("repeated and older acknowledgements change nothing") {
  auto link = open_link(epoch{5}, 10);
  link.send(1, 4);
  link.send(2, 4);
  REQUIRE(link.acknowledge(epoch{4}, 2).has_value());
  REQUIRE(link.acknowledge(epoch{4}, 99).has_value());
  CHECK(link.in_flight_items() == 8);
  REQUIRE(link.acknowledge(epoch{5}, 1).has_value());
  REQUIRE(link.acknowledge(epoch{5}, 1).has_value());
  REQUIRE(link.acknowledge(epoch{5}, 0).has_value());
  CHECK(link.in_flight_items() == 4);
}

TEST_CASE("a sender resumes where the receiver says, and what that has all done leaves no debt") {
  link_sender link{epoch{5}, 10};
  CHECK_FALSE(link.is_open());
  auto hello = link.say_hello();
  CHECK_FALSE(link.is_open());
  CHECK(link.resume(epoch{5}, hello, {}));
  CHECK(link.is_open());
  link.send(3, 8);
  link.send(7, 8);
  auto again = link.say_hello(); // the link was broken
  CHECK(again != hello);
  CHECK_FALSE(link.is_open());
  CHECK_FALSE(link.has_credit()); // what was sent may have arrived
  CHECK(link.resume(epoch{5}, again, {3, 3, 0}));
  CHECK(link.is_open());
  CHECK(link.has_credit());
  CHECK(link.all_acknowledged());
  CHECK(link.acknowledged_number() == 3);
  CHECK(link.last_number() == 3);
  CHECK(link.send(7, 8) == 3);
}

TEST_CASE("an answer counts once, and only to the last hello of its epoch") {
  link_sender link{epoch{5}, 10};
  auto older = link.say_hello();
  auto hello = link.say_hello();
  CHECK_FALSE(link.resume(epoch{5}, older, {9, 9, 0}));
  CHECK_FALSE(link.resume(epoch{4}, hello, {9, 9, 0})); // to a former owner
  CHECK_FALSE(link.resume(epoch{6}, hello, {9, 9, 0})); // to nobody that this end knows
  CHECK_FALSE(link.resume(epoch{5}, hello + 1, {9, 9, 0}));
  CHECK_FALSE(link.is_open());
  CHECK(link.last_number() == 0);
  CHECK(link.resume(epoch{5}, hello, {4, 4, 0}));
  CHECK(link.send(6, 3) == 4);
  CHECK_FALSE(link.resume(epoch{5}, hello, {4, 4, 0})); // repeated: it would take the frame back
  CHECK(link.last_number() == 6);
  CHECK(link.in_flight_items() == 3);
}

TEST_CASE("frames that the receiver has and is not done with keep their credit") {
  link_sender link{epoch{5}, 10};
  REQUIRE(link.resume(epoch{5}, link.say_hello(), {7, 3, 9}));
  CHECK(link.last_number() == 7);
  CHECK(link.acknowledged_number() == 3);
  CHECK(link.in_flight_items() == 9);
  CHECK_FALSE(link.all_acknowledged());
  REQUIRE(link.has_credit());
  CHECK(link.send(8, 5) == 7);
  CHECK_FALSE(link.has_credit());
  REQUIRE(link.acknowledge(epoch{5}, 7).has_value());
  CHECK(link.in_flight_items() == 5);
  CHECK(link.acknowledged_number() == 7);
  REQUIRE(link.acknowledge(epoch{5}, 8).has_value());
  CHECK(link.all_acknowledged());
}

TEST_CASE("a receiver that owes nothing but an acknowledgement owes that") {
  link_sender link{epoch{5}, 10};
  REQUIRE(link.resume(epoch{5}, link.say_hello(), {7, 3, 0})); // its frames had no items
  CHECK(link.has_credit());
  CHECK_FALSE(link.all_acknowledged());
  REQUIRE(link.acknowledge(epoch{5}, 7).has_value());
  CHECK(link.all_acknowledged());
}

TEST_CASE("an acknowledgement on the old way and the answer to a hello give credit back once") {
  auto link = open_link(epoch{5}, 10);
  link.send(1, 6);
  link.send(2, 6);
  auto hello = link.say_hello();
  REQUIRE(link.acknowledge(epoch{5}, 1).has_value());
  CHECK_FALSE(link.is_open());
  REQUIRE(link.resume(epoch{5}, hello, {2, 1, 6}));
  CHECK(link.in_flight_items() == 6);
  CHECK(link.acknowledged_number() == 1);
  REQUIRE(link.acknowledge(epoch{5}, 1).has_value()); // comes once more
  CHECK(link.in_flight_items() == 6);
  REQUIRE(link.acknowledge(epoch{5}, 2).has_value());
  CHECK(link.in_flight_items() == 0);
}

TEST_CASE(
    "what a new owner has not sent may be acknowledged to it before it knows where to begin") {
  link_sender link{epoch{6}, 10};
  link.say_hello(); // is answered: from then on the receiver acknowledges to epoch 6
  auto again = link.say_hello();
  CHECK(link.acknowledge(epoch{6}, 4).has_value()); // a frame of the former owner
  REQUIRE(link.resume(epoch{6}, again, {7, 4, 9}));
  CHECK(link.acknowledged_number() == 4);
  CHECK(link.in_flight_items() == 9);
  CHECK_FALSE(link.acknowledge(epoch{6}, 8).has_value()); // now it would be a fault
}

TEST_CASE("progress rises with frames that are done with, and with no other word") {
  link_sender link{epoch{5}, 10};
  auto before = link.progress();
  auto rises = [&] { return std::exchange(before, link.progress()) < link.progress(); };
  auto hello = link.say_hello();
  link.resume(epoch{4}, hello, {});
  link.resume(epoch{5}, hello + 1, {});
  REQUIRE(link.resume(epoch{5}, hello, {}));
  CHECK_FALSE(rises()); // a receiver that only answers hellos gets nowhere
  link.send(1, 2);
  link.send(2, 2);
  CHECK_FALSE(rises());
  REQUIRE(link.acknowledge(epoch{5}, 1).has_value());
  CHECK(rises());
  REQUIRE(link.acknowledge(epoch{5}, 1).has_value());
  REQUIRE(link.acknowledge(epoch{4}, 2).has_value());
  CHECK_FALSE(link.acknowledge(epoch{5}, 3).has_value());
  CHECK_FALSE(rises());
  REQUIRE(link.acknowledge(epoch{5}, 2).has_value());
  CHECK(rises());
}

TEST_CASE("a receiver accepts each number of its epoch once and in order") {
  link_receiver link{epoch{2}};
  CHECK(*link.admit(epoch{2}, 0, 1) == admission::accept);
  CHECK(*link.admit(epoch{2}, 0, 1) == admission::repeat);
  CHECK(*link.admit(epoch{2}, 1, 4) == admission::accept);
  CHECK(*link.admit(epoch{2}, 1, 2) == admission::repeat);
  CHECK(*link.admit(epoch{2}, 4, 5) == admission::accept);
}

TEST_CASE("frames of an older epoch are dropped and do not move the numbers") {
  link_receiver link{epoch{2}};
  CHECK(*link.admit(epoch{1}, 0, 1) == admission::older_epoch);
  CHECK(*link.admit(epoch{1}, 6, 7) == admission::older_epoch);
  CHECK(*link.admit(epoch{2}, 0, 1) == admission::accept);
  CHECK(*link.admit(epoch{1}, 1, 2) == admission::older_epoch);
  CHECK(*link.admit(epoch{2}, 1, 2) == admission::accept);
}

TEST_CASE("a gap is told, and changes nothing; an epoch that never said hello is a fault") {
  link_receiver link{epoch{2}};
  CHECK(*link.admit(epoch{2}, 1, 2) == admission::gap);
  CHECK(*link.admit(epoch{2}, 0, 1) == admission::accept);
  CHECK(*link.admit(epoch{2}, 4, 5) == admission::gap);
  CHECK_FALSE(link.admit(epoch{3}, 1, 2).has_value());
  CHECK(*link.admit(epoch{2}, 1, 2) == admission::accept);
}

TEST_CASE("a new owner of the slot is told where to go on, and the old one is shut out") {
  link_receiver link{epoch{2}};
  REQUIRE(link.admit(epoch{2}, 0, 9).has_value());
  CHECK_FALSE(link.greet(epoch{1}).has_value());
  CHECK(link.greet(epoch{2}) == 9);
  CHECK(link.greet(epoch{4}) == 9);
  CHECK(*link.admit(epoch{2}, 9, 10) == admission::older_epoch);
  CHECK_FALSE(link.greet(epoch{2}).has_value());
  CHECK(*link.admit(epoch{4}, 9, 12) == admission::accept);
}

TEST_CASE("acknowledgements gather until enough items are done with") {
  ack_pacer acks{100};
  CHECK_FALSE(acks.is_pending());
  CHECK_FALSE(acks.done(1, 60));
  CHECK(acks.is_pending());
  CHECK(acks.done(2, 40));
  CHECK(acks.sent() == 0); // it is due, and not sent yet
  CHECK(acks.take() == 2);
  CHECK(acks.sent() == 2);
  CHECK_FALSE(acks.is_pending());
  CHECK_FALSE(acks.done(3, 99));
  CHECK(acks.sent() == 2);
  CHECK(acks.take() == 3);
  CHECK(acks.sent() == 3);
}

} // namespace tickmesh::link_test
