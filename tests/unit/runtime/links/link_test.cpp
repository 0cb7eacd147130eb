// Both ends of a link: credit, numbers, epochs.
#include "actors/market/sources/sim/random_numbers.hpp"
#include "runtime/links/link.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <memory>

namespace tickmesh::link_test {
using admission = link_receiver::admission;

TEST_CASE("a sender has credit until its window is full, and gets it back by acknowledgements") {
  link_sender link{epoch{3}, 100};
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
  link_sender link{epoch{1}, 10};
  link.send(1, 9);
  REQUIRE(link.has_credit());
  link.send(2, 1'000'000);
  CHECK_FALSE(link.has_credit());
  CHECK(link.in_flight_items() == 1'000'009); // window + one frame at most
  REQUIRE(link.acknowledge(epoch{1}, 1).has_value());
  CHECK_FALSE(link.has_credit());
}

TEST_CASE("a frame without items takes no credit but has to be acknowledged") {
  link_sender link{epoch{1}, 1};
  link.send(1, 0);
  CHECK(link.has_credit());
  CHECK_FALSE(link.all_acknowledged());
  REQUIRE(link.acknowledge(epoch{1}, 1).has_value());
  CHECK(link.all_acknowledged());
}

TEST_CASE("an acknowledgement of what was never sent is a fault that names both numbers") {
  link_sender link{epoch{1}, 10};
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
  link_sender link{epoch{5}, 10};
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

TEST_CASE("a sender resumes where the receiver says, with its whole window") {
  link_sender link{epoch{5}, 10};
  link.send(3, 8);
  link.send(7, 8);
  CHECK_FALSE(link.resume(epoch{4}, 3)); // the answer to an older hello
  CHECK_FALSE(link.has_credit());
  CHECK(link.resume(epoch{5}, 3));
  CHECK(link.has_credit());
  CHECK(link.all_acknowledged());
  CHECK(link.send(7, 8) == 3);
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

TEST_CASE("a gap and an epoch that never said hello are faults that say what is missing") {
  link_receiver link{epoch{2}};
  auto late_start = link.admit(epoch{2}, 1, 2);
  REQUIRE_FALSE(late_start.has_value());
  CHECK(late_start.error().message ==
        "frame 2 follows 1, but the last one here is 0: frames are missing");
  REQUIRE(link.admit(epoch{2}, 0, 1).has_value());
  CHECK_FALSE(link.admit(epoch{2}, 4, 5).has_value());
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
  CHECK(acks.take() == 2);
  CHECK_FALSE(acks.is_pending());
  CHECK_FALSE(acks.done(3, 99));
  CHECK(acks.take() == 3);
}

TEST_CASE("over random traffic with breaks both ends agree, and each frame arrives once") {
  constexpr std::uint32_t window = 500, frame_max = 200;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    random_numbers random{seed};
    std::uint64_t view = 1;
    auto sender = std::make_unique<link_sender>(epoch{view}, window);
    link_receiver receiver{epoch{view}};
    struct frame {
      std::uint64_t view, after, number;
    };
    std::deque<frame> wire;
    std::uint64_t accepted = 0, refused_for_credit = 0, breaks = 0;
    for (int i = 0; i < 5'000; ++i) {
      if (random.below(2) == 0) {
        if (sender->has_credit()) {
          auto number = sender->last_number() + 1 + random.below(3);
          auto after = sender->send(number, static_cast<std::uint32_t>(random.below(frame_max)));
          wire.push_back({view, after, number});
        } else {
          ++refused_for_credit;
        }
      } else if (!wire.empty()) {
        auto f = wire.front();
        wire.pop_front();
        auto admitted = receiver.admit(epoch{f.view}, f.after, f.number);
        REQUIRE(admitted.has_value());
        CHECK((*admitted == admission::accept) == (f.view == view));
        if (*admitted == admission::accept) {
          CHECK(f.after == accepted);
          accepted = f.number;
        }
        if (*admitted == admission::accept && (wire.empty() || random.below(4) == 0))
          CHECK(sender->acknowledge(epoch{view}, accepted).has_value());
      }
      if (random.below(200) == 0) { // another host takes the sender's slot over
        ++breaks;
        sender = std::make_unique<link_sender>(epoch{++view}, window);
        CHECK(sender->resume(epoch{view}, receiver.greet(epoch{view}).value()));
      }
      CHECK(sender->in_flight_items() <= window + frame_max);
    }
    CHECK(accepted >= 200);
    CHECK(refused_for_credit >= 1);
    CHECK(breaks >= 5);
  }
}

} // namespace tickmesh::link_test
