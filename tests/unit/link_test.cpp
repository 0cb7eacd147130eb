// Both ends of a link: credit, numbers, epochs.
#include "actors/market/random_numbers.hpp"
#include "runtime/link.hpp"

#include <doctest/doctest.h>

#include <deque>

using namespace tickmesh;
using admission = link_receiver::admission;

TEST_CASE("a sender has credit until its window is full, and gets it back by acknowledgements") {
  link_sender link{epoch{3}, 100};
  CHECK(link.has_credit());
  CHECK(link.all_acknowledged());
  CHECK(link.send(60) == 1);
  CHECK(link.has_credit());
  CHECK(link.send(39) == 2);
  CHECK(link.has_credit()); // 99 of 100
  CHECK(link.send(1) == 3);
  CHECK_FALSE(link.has_credit());
  CHECK(link.in_flight_items() == 100);
  REQUIRE(link.acknowledge(epoch{3}, 1).has_value());
  CHECK(link.in_flight_items() == 40);
  CHECK(link.has_credit());
  CHECK_FALSE(link.all_acknowledged());
  REQUIRE(link.acknowledge(epoch{3}, 3).has_value());
  CHECK(link.in_flight_items() == 0);
  CHECK(link.all_acknowledged());
}

TEST_CASE("a frame that is larger than the window goes when any credit is left") {
  link_sender link{epoch{1}, 10};
  link.send(9);
  REQUIRE(link.has_credit());
  link.send(1'000'000);
  CHECK_FALSE(link.has_credit());
  CHECK(link.in_flight_items() == 1'000'009); // window + one frame at most
  REQUIRE(link.acknowledge(epoch{1}, 1).has_value());
  CHECK_FALSE(link.has_credit());
}

TEST_CASE("a frame without items takes no credit but has to be acknowledged") {
  link_sender link{epoch{1}, 1};
  CHECK(link.send(0) == 1);
  CHECK(link.has_credit());
  CHECK_FALSE(link.all_acknowledged());
  REQUIRE(link.acknowledge(epoch{1}, 1).has_value());
  CHECK(link.all_acknowledged());
}

TEST_CASE("an acknowledgement of what was never sent is a fault that names both numbers") {
  link_sender link{epoch{1}, 10};
  CHECK_FALSE(link.acknowledge(epoch{1}, 1).has_value());
  link.send(5);
  link.send(5);
  auto refused = link.acknowledge(epoch{1}, 3);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find('3') != std::string::npos);
  CHECK(refused.error().message.find('2') != std::string::npos);
  CHECK(link.in_flight_items() == 10);
}

TEST_CASE("repeated and older acknowledgements change nothing") {
  link_sender link{epoch{5}, 10};
  link.send(4);
  link.send(4);
  REQUIRE(link.acknowledge(epoch{4}, 2).has_value());
  REQUIRE(link.acknowledge(epoch{4}, 99).has_value());
  CHECK(link.in_flight_items() == 8);
  REQUIRE(link.acknowledge(epoch{5}, 1).has_value());
  REQUIRE(link.acknowledge(epoch{5}, 1).has_value());
  REQUIRE(link.acknowledge(epoch{5}, 0).has_value());
  CHECK(link.in_flight_items() == 4);
}

TEST_CASE("a receiver accepts each number of its epoch once and in order") {
  link_receiver link{epoch{2}};
  CHECK(*link.admit(epoch{2}, 1) == admission::accept);
  CHECK(*link.admit(epoch{2}, 1) == admission::repeat);
  CHECK(*link.admit(epoch{2}, 2) == admission::accept);
  CHECK(*link.admit(epoch{2}, 1) == admission::repeat);
  CHECK(*link.admit(epoch{2}, 3) == admission::accept);
}

TEST_CASE("frames of an older epoch are dropped and do not move the numbers") {
  link_receiver link{epoch{2}};
  CHECK(*link.admit(epoch{1}, 1) == admission::older_epoch);
  CHECK(*link.admit(epoch{1}, 7) == admission::older_epoch);
  CHECK(*link.admit(epoch{2}, 1) == admission::accept);
  CHECK(*link.admit(epoch{1}, 2) == admission::older_epoch);
  CHECK(*link.admit(epoch{2}, 2) == admission::accept);
}

TEST_CASE("a gap and a newer epoch are faults that say what is missing") {
  link_receiver link{epoch{2}};
  auto late_start = link.admit(epoch{2}, 2);
  REQUIRE_FALSE(late_start.has_value());
  CHECK(late_start.error().message == "frames 1 to 1 are missing");
  REQUIRE(link.admit(epoch{2}, 1).has_value());
  auto gap = link.admit(epoch{2}, 5);
  REQUIRE_FALSE(gap.has_value());
  CHECK(gap.error().message == "frames 2 to 4 are missing");
  CHECK_FALSE(link.admit(epoch{3}, 2).has_value());
  CHECK(*link.admit(epoch{2}, 2) == admission::accept);
}

TEST_CASE("over random traffic both ends agree, and in flight stays below window and a frame") {
  constexpr std::uint32_t window = 500, frame_max = 200;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    random_numbers random{seed};
    link_sender sender{epoch{1}, window};
    link_receiver receiver{epoch{1}};
    std::deque<std::uint64_t> wire;
    std::uint64_t accepted = 0, sent = 0, refused_for_credit = 0;
    for (int i = 0; i < 5'000; ++i) {
      if (random.below(2) == 0) {
        if (sender.has_credit())
          wire.push_back(sent = sender.send(static_cast<std::uint32_t>(random.below(frame_max))));
        else
          ++refused_for_credit;
      } else if (!wire.empty()) {
        CHECK(*receiver.admit(epoch{1}, wire.front()) == admission::accept);
        if (random.below(3) == 0)
          CHECK(*receiver.admit(epoch{1}, 1 + wire.front() / 2) == admission::repeat);
        accepted = wire.front();
        wire.pop_front();
        if (wire.empty() || random.below(4) == 0)
          CHECK(sender.acknowledge(epoch{1}, accepted).has_value());
      }
      CHECK(sender.in_flight_items() <= window + frame_max);
    }
    CHECK(sent >= 200);
    CHECK(refused_for_credit >= 1);
    CHECK(accepted + wire.size() == sent);
  }
}
