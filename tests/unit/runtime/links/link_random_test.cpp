// Both ends of a link under random traffic, with breaks of the connection, stale answers and new
// owners of the sending slot.
#include "actors/market/sources/sim/random_numbers.hpp"
#include "runtime/links/link_inbox.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>

namespace tickmesh::link_random_test {

namespace {

constexpr std::uint32_t window = 500, frame_max = 200;
constexpr slot_name sending{role::data, 0};

/// A sender that moves frames, and a receiver that deals with them later. The wire keeps the order
/// of each connection; a break loses the rest of what was on it, or lets it arrive late.
class link_run {
public:
  explicit link_run(std::uint64_t seed) : random_(seed) { begin_owner(); }

  void step() {
    switch (pick(8)) {
    case 0:
    case 1:
    case 2: send(); break;
    case 3:
    case 4: arrive(); break;
    case 5: deal_with_next(); break;
    case 6: hear(); break;
    case 7:
      if (pick(20) == 0) break_connection();
      if (pick(80) == 0) take_over();
      break;
    }
    check();
  }

  /// Nothing breaks any more: all that was sent arrives and is acknowledged.
  void settle() {
    while (!sender_->is_open() || !frames_.empty() || !answers_.empty() || !taken_.empty() ||
           inbox_.ack_is_pending()) {
      if (answers_.empty() && hellos_.empty() && !sender_->is_open()) say_hello();
      arrive();
      deal_with_next();
      inbox_.hurry_ack();
      acknowledge();
      hear();
      check();
    }
    CHECK(sender_->all_acknowledged());
    CHECK(sender_->in_flight_items() == 0);
    CHECK(sender_->last_number() == accepted_);
  }

  std::map<std::string, int> seen;

private:
  struct frame {
    std::string connection;
    std::uint64_t owner, after, number;
    std::uint32_t items;
  };
  struct hello {
    std::string connection;
    std::uint64_t owner, number;
  };
  struct answer {
    std::uint64_t owner;
    std::uint64_t hello; ///< 0: an acknowledgement
    link_position at;
  };

  std::size_t pick(std::size_t n) {
    return static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(n)));
  }

  void begin_owner() {
    sender_ = std::make_unique<link_sender>(epoch{++owner_}, window);
    say_hello();
  }

  void say_hello() {
    connection_ = std::to_string(++connections_);
    hellos_.push_back({connection_, owner_, sender_->say_hello()});
    if (pick(4) == 0) { // it did not even wait for the answer
      ++seen["hello said twice"];
      connection_ = std::to_string(++connections_);
      hellos_.push_back({connection_, owner_, sender_->say_hello()});
    }
  }

  void send() {
    if (!sender_->is_open()) return;
    if (!sender_->has_credit()) {
      ++seen["no credit"];
      return;
    }
    auto number = sender_->last_number() + 1 + pick(3);
    auto items = static_cast<std::uint32_t>(pick(frame_max));
    auto after = sender_->send(number, items);
    frames_.push_back({connection_, owner_, after, number, items});
  }

  /// The receiver gets the next hello, or else the next frame.
  void arrive() {
    if (!hellos_.empty()) {
      auto h = hellos_.front();
      hellos_.pop_front();
      auto at = inbox_.greet(h.connection, epoch{h.owner});
      CHECK(at.has_value() == (h.owner == inbox_.since().value));
      if (!at) return;
      CHECK(at->number == accepted_);
      CHECK(at->acknowledged == acknowledged_);
      CHECK(at->open_items == open_items());
      if (at->open_items > 0) ++seen["open items"];
      answers_.push_back({h.owner, h.number, *at});
      return;
    }
    if (frames_.empty()) return;
    auto f = frames_.front();
    frames_.pop_front();
    auto admitted = inbox_.admit(f.connection, epoch{f.owner}, f.after, f.number, f.items);
    REQUIRE(admitted.has_value()); // no gap is ever seen
    if (*admitted == frame_admission::refused) {
      ++seen["refused"];
      return;
    }
    CHECK(f.after == accepted_);
    CHECK(f.owner == owner_);
    accepted_ = f.number;
    open_[f.number] = f.items;
    taken_.push_back(f);
    ++seen["accepted"];
  }

  void deal_with_next() {
    if (!taken_.empty()) {
      inbox_.finish(taken_.front().number, taken_.front().items, false);
      taken_.pop_front();
    }
    if (pick(10) == 0) inbox_.hurry_ack();
    acknowledge();
  }

  void acknowledge() {
    auto number = inbox_.take_due_ack();
    if (!number) return;
    acknowledged_ = *number;
    open_.erase(open_.begin(), open_.upper_bound(*number));
    answers_.push_back({inbox_.since().value, 0, {*number, 0, 0}});
  }

  /// The sender gets what the receiver said.
  void hear() {
    if (answers_.empty()) return;
    auto a = answers_.front();
    answers_.pop_front();
    if (a.hello == 0) {
      CHECK(sender_->acknowledge(epoch{a.owner}, a.at.number).has_value());
      return;
    }
    if (pick(4) == 0) answers_.push_back(a); // it comes once more, later
    if (!sender_->resume(epoch{a.owner}, a.hello, a.at)) {
      ++seen["stale answer"];
      return;
    }
    CHECK(sender_->in_flight_items() == a.at.open_items);
    CHECK(sender_->last_number() == a.at.number);
  }

  /// The same owner goes on; what was on the wire is lost, or comes when nobody waits for it.
  void break_connection() {
    ++seen["break"];
    if (pick(2) == 0) {
      frames_.resize(frames_.size() - pick(frames_.size() + 1));
      answers_.clear();
      hellos_.clear();
    }
    say_hello();
  }
  void take_over() {
    ++seen["new owner"];
    if (pick(2) == 0) frames_.clear();
    begin_owner();
  }

  std::uint64_t open_items() const {
    std::uint64_t out = 0;
    for (auto& [number, items] : open_)
      out += items;
    return out;
  }

  void check() {
    CHECK(sender_->in_flight_items() <= window + frame_max);
    // What the receiver holds is never more than that either, whatever was lost.
    CHECK(open_items() <= window + frame_max);
  }

  random_numbers random_;
  std::uint64_t owner_ = 0, connections_ = 0;
  std::string connection_;
  std::unique_ptr<link_sender> sender_;
  link_inbox<std::string> inbox_{sending, epoch{1}, window};
  std::deque<hello> hellos_;
  std::deque<frame> frames_;
  std::deque<answer> answers_;
  std::deque<frame> taken_;                     ///< the receiver is not done with
  std::map<std::uint64_t, std::uint64_t> open_; ///< accepted and not acknowledged, items
  std::uint64_t accepted_ = 0, acknowledged_ = 0;
};

} // namespace

TEST_CASE("over random traffic with breaks both ends agree, and each frame arrives once") {
  std::map<std::string, int> seen; // so that runs that prove nothing are noticed
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    link_run run{seed};
    for (int i = 0; i < 8'000; ++i)
      run.step();
    run.settle();
    CHECK(run.seen["accepted"] >= 200);
    CHECK(run.seen["no credit"] >= 1);
    for (auto& [name, count] : run.seen)
      seen[name] += count;
  }
  for (std::string name : {"accepted", "no credit", "refused", "open items", "stale answer",
                           "hello said twice", "break", "new owner"}) {
    CAPTURE(name);
    CHECK(seen[name] >= 40);
  }
}

} // namespace tickmesh::link_random_test
