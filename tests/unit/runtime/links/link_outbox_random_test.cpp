// A sending end that holds its frames, and a receiving one, under random breaks.
#include "actors/market/sources/sim/random_numbers.hpp"
#include "runtime/links/link_inbox.hpp"
#include "runtime/links/link_outbox.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <string>
#include <vector>

namespace tickmesh::link_outbox_random_test {

namespace {

constexpr epoch owner{3};
constexpr std::uint32_t window = 50, frame_max = 20;

struct frame {
  int connection = 0;
  std::uint64_t after = 0, number = 0;
  std::uint32_t items = 0;
};

class outbox_run {
public:
  explicit outbox_run(std::uint64_t seed) : random_(seed) { greet(); }

  void step() {
    switch (pick(6)) {
    case 0:
    case 1: send(); break;
    case 2:
    case 3: arrive(); break;
    case 4: deal_with_next(); break;
    case 5:
      if (pick(30) != 0) break;
      ++breaks;
      if (pick(2) == 0) wire_.resize(pick(wire_.size() + 1));
      greet();
      break;
    }
    CHECK(out_.link().in_flight_items() <= window + frame_max);
  }

  /// Nothing breaks any more, after this last time.
  void settle() {
    wire_.clear();
    greet();
    while (!wire_.empty())
      arrive();
    while (!taken_.empty()) {
      in_.finish(taken_.front().number, taken_.front().items, false);
      taken_.pop_front();
    }
    in_.hurry_ack();
    if (auto number = in_.take_due_ack()) CHECK(out_.acknowledge(owner, *number).has_value());
    CHECK(out_.link().all_acknowledged());
    CHECK(out_.link().in_flight_items() == 0);
  }

  std::vector<std::uint64_t> sent, arrived;
  int breaks = 0, acks_lost = 0, repeats = 0;

private:
  std::size_t pick(std::size_t n) {
    return static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(n)));
  }

  /// Frames of earlier connections may still be on the wire.
  void greet() {
    auto hello = out_.say_hello("a");
    auto at = in_.greet(++connection_, owner);
    REQUIRE(at.has_value());
    auto resumed = out_.resume(owner, hello, *at, [this](const frame& f) {
      ++repeats;
      put(f);
    });
    REQUIRE(resumed.has_value());
    CHECK(*resumed);
  }

  void put(frame f) {
    f.connection = connection_;
    wire_.push_back(f);
  }

  void send() {
    if (!out_.link().has_credit()) return;
    frame f;
    f.after = out_.link().last_number();
    f.number = f.after + 1 + pick(2);
    f.items = static_cast<std::uint32_t>(pick(frame_max));
    sent.push_back(f.number);
    out_.send(f.number, f.items, f);
    put(f);
  }

  void arrive() {
    if (wire_.empty()) return;
    auto f = wire_.front();
    wire_.pop_front();
    auto admitted = in_.admit(f.connection, owner, f.after, f.number, f.items);
    REQUIRE(admitted.has_value());
    if (*admitted != frame_admission::accepted) return;
    arrived.push_back(f.number);
    taken_.push_back(f);
  }

  void deal_with_next() {
    if (!taken_.empty()) {
      in_.finish(taken_.front().number, taken_.front().items, false);
      taken_.pop_front();
    }
    auto number = in_.take_due_ack();
    if (!number) return;
    if (pick(10) != 0) {
      REQUIRE(out_.acknowledge(owner, *number).has_value());
      return;
    }
    ++acks_lost;
    greet();
  }

  random_numbers random_;
  link_outbox<std::string, frame> out_{"a", owner, window, std::chrono::milliseconds{1000}};
  link_inbox<int> in_{{role::calc, 0}, owner, window};
  std::deque<frame> wire_, taken_;
  int connection_ = 0;
};

} // namespace

TEST_CASE("over random breaks every frame arrives once and in order") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    outbox_run run{seed};
    for (int i = 0; i < 4000; ++i)
      run.step();
    run.settle();
    CHECK(run.arrived == run.sent);
    CHECK(run.arrived.size() >= 300);
    CHECK(run.breaks >= 5);
    CHECK(run.acks_lost >= 5);
    CHECK(run.repeats >= 5);
  }
}

} // namespace tickmesh::link_outbox_random_test
