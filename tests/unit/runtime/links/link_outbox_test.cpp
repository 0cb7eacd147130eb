// The sending ends of a slot's links: when they are open, when all has arrived, and what is sent
// again after a break. Random breaks: link_outbox_random_test.cpp.
#include "runtime/links/link_outbox.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace tickmesh::link_outbox_test {

using std::chrono::milliseconds;

namespace {

constexpr slot_name exec_0{role::exec, 0};
constexpr slot_name exec_1{role::exec, 1};
constexpr epoch owner{3};
constexpr nanoseconds patience = milliseconds{1000};

using outbox = link_outbox<std::string, std::string>;
using outboxes = link_outboxes<std::string, std::string>;
using frames = std::vector<std::string>;

outbox new_outbox(std::uint32_t window_items = 10) {
  return outbox{"a", owner, window_items, patience};
}

/// The receiver stands at `at`: what is sent again.
frames resume(outbox& out, std::uint64_t hello, const link_position& at) {
  frames sent;
  auto resumed = out.resume(owner, hello, at, [&](const std::string& f) { sent.push_back(f); });
  REQUIRE(resumed.has_value());
  CHECK(*resumed);
  return sent;
}

/// The receiver has said where to begin.
void open(outbox& out, std::uint64_t number = 0) {
  CHECK(resume(out, out.say_hello("a"), {number, number, 0}).empty());
}

bool is_heeded(outbox& out, epoch of, std::uint64_t hello) {
  auto resumed = out.resume(of, hello, {}, [](const std::string&) { FAIL("nothing is sent"); });
  REQUIRE(resumed.has_value());
  return *resumed;
}

} // namespace

TEST_CASE("a link is open when its receiver has said where to begin") {
  auto out = new_outbox();
  CHECK_FALSE(out.is_open());
  auto older = out.say_hello("a"), hello = out.say_hello("b");
  CHECK(out.receiver() == "b");
  CHECK_FALSE(is_heeded(out, owner, older));
  CHECK_FALSE(is_heeded(out, epoch{2}, hello)); // answers a former owner
  CHECK_FALSE(out.is_open());
  CHECK(resume(out, hello, {4, 4, 0}).empty());
  CHECK(out.is_open());
  out.send(5, 1, "five");
  CHECK(out.link().last_number() == 5);
  CHECK_FALSE(out.acknowledge(owner, 6).has_value());
  REQUIRE(out.acknowledge(owner, 5).has_value());
  CHECK(out.link().all_acknowledged());
}

TEST_CASE("after a break the receiver is sent what it lacks, in order and once") {
  auto out = new_outbox(100);
  open(out);
  out.send(2, 1, "two");
  out.send(5, 1, "five");
  out.send(6, 1, "six");
  auto hello = out.say_hello("b");
  CHECK_FALSE(out.is_open());
  CHECK(resume(out, hello, {2, 0, 1}) == frames{"five", "six"});
  CHECK(out.is_open());
  CHECK_FALSE(is_heeded(out, owner, hello)); // the answer comes once more
  CHECK(out.link().last_number() == 6);
  CHECK(out.link().in_flight_items() == 3);
  out.send(8, 1, "eight");
  CHECK(resume(out, out.say_hello("b"), {8, 8, 0}).empty()); // only the acknowledgement was lost
  CHECK(out.link().all_acknowledged());
  CHECK(out.link().in_flight_items() == 0);
}

TEST_CASE("a frame is held until it is acknowledged, over any number of breaks") {
  auto out = new_outbox(100);
  open(out);
  for (std::uint64_t i = 1; i <= 4; ++i)
    out.send(i, 1, std::to_string(i));
  CHECK(resume(out, out.say_hello("a"), {0, 0, 0}) == frames{"1", "2", "3", "4"});
  REQUIRE(out.acknowledge(owner, 1).has_value());
  CHECK(resume(out, out.say_hello("a"), {1, 1, 0}) == frames{"2", "3", "4"});
  CHECK(resume(out, out.say_hello("a"), {3, 1, 2}) == frames{"4"}); // 2 and 3 are not done with
  CHECK(out.link().in_flight_items() == 3);
  REQUIRE(out.acknowledge(owner, 4).has_value());
  CHECK(resume(out, out.say_hello("a"), {4, 4, 0}).empty());
  CHECK(out.link().all_acknowledged());
}

TEST_CASE("what is sent again needs no credit, for it had it before") {
  auto out = new_outbox(10);
  open(out);
  out.send(1, 9, "nine");
  out.send(2, 200, "large");
  CHECK_FALSE(out.link().has_credit());
  CHECK(resume(out, out.say_hello("a"), {1, 0, 9}) == frames{"large"});
  CHECK(out.link().in_flight_items() == 209);
  CHECK_FALSE(out.link().has_credit());
  REQUIRE(out.acknowledge(owner, 2).has_value());
  CHECK(out.link().has_credit());
}

TEST_CASE("a receiver that lacks what is no longer held is a fault") {
  auto out = new_outbox();
  open(out);
  out.send(1, 1, "one");
  out.send(2, 1, "two");
  REQUIRE(out.acknowledge(owner, 1).has_value());
  auto sent_on = [](const std::string&) {};
  auto lacking = out.resume(owner, out.say_hello("a"), {0, 0, 0}, sent_on);
  REQUIRE_FALSE(lacking.has_value());
  CHECK(lacking.error().message == "it has frames up to 0, and was done with 1");
}

TEST_CASE("a receiver that has lost what it acknowledged is a fault, though nothing is held") {
  auto out = new_outbox();
  open(out);
  out.send(1, 1, "one");
  REQUIRE(out.acknowledge(owner, 1).has_value());
  auto lacking = out.resume(owner, out.say_hello("a"), {0, 0, 0}, [](const std::string&) {});
  CHECK_FALSE(lacking.has_value());
}

TEST_CASE("a new owner holds nothing, and begins where the former one has come to") {
  auto out = new_outbox();
  CHECK(resume(out, out.say_hello("a"), {7, 4, 3}).empty());
  CHECK(out.link().last_number() == 7);
  CHECK(out.link().in_flight_items() == 3);
  out.send(9, 1, "nine");
  CHECK(resume(out, out.say_hello("a"), {7, 7, 0}) == frames{"nine"});
}

TEST_CASE(
    "a receiver that owes a word and is silent is to be greeted, and is well when it speaks") {
  auto out = new_outbox();
  auto hello = out.say_hello("a");
  CHECK_FALSE(out.is_greeting_due(milliseconds{0})); // it owes the answer to the hello
  CHECK(out.is_greeting_due(milliseconds{1001}));
  CHECK(out.suspect_silence(milliseconds{1001}) == milliseconds{1001});
  CHECK_FALSE(out.is_greeting_due(milliseconds{2000}));
  resume(out, hello, {});
  CHECK_FALSE(out.is_greeting_due(milliseconds{9000})); // nothing is awaited of it
  CHECK_FALSE(out.suspect_silence(milliseconds{9000}));
  out.send(1, 0, "one");
  CHECK_FALSE(out.is_greeting_due(milliseconds{10'000}));
  CHECK(out.is_greeting_due(milliseconds{10'001}));
  REQUIRE(out.acknowledge(owner, 1).has_value());
  CHECK_FALSE(out.is_greeting_due(milliseconds{20'000}));
  CHECK_FALSE(out.suspect_silence(milliseconds{20'000}));
}

TEST_CASE("a link that is greeted again and again without an answer stays suspect") {
  auto out = new_outbox();
  int greetings = 0;
  for (int ms = 0; ms <= 17'000; ms += 500)
    if (out.is_greeting_due(milliseconds{ms})) {
      ++greetings;
      out.say_hello("a");
    }
  CHECK(greetings == 4);
  CHECK(out.suspect_silence(milliseconds{17'000}) == milliseconds{17'000});
}

TEST_CASE("a receiver that answers hellos and is done with nothing stays suspect") {
  auto out = new_outbox();
  open(out);
  out.send(1, 1, "one");
  int greetings = 0;
  for (int ms = 0; ms <= 17'000; ms += 500)
    if (out.is_greeting_due(milliseconds{ms})) {
      ++greetings;
      CHECK(resume(out, out.say_hello("a"), {0, 0, 0}) == frames{"one"});
    }
  CHECK(greetings == 4);
  CHECK(out.suspect_silence(milliseconds{17'000}) == milliseconds{17'000});
}

TEST_CASE("a slot's links are open when each is, and not before the peers are known") {
  outboxes out;
  CHECK_FALSE(out.is_connected());
  CHECK_FALSE(out.all_open());
  auto first = out.greet(exec_0, "a", owner, 10, patience);
  auto second = out.greet(exec_1, "b", owner, 10, patience);
  CHECK_FALSE(out.is_connected());
  out.connected();
  CHECK(out.is_connected());
  CHECK_FALSE(out.all_open());
  resume(*out.find(exec_0), first, {});
  CHECK_FALSE(out.all_open());
  resume(*out.find(exec_1), second, {});
  CHECK(out.all_open());
  CHECK(out.find({role::exec, 2}) == nullptr);
  out.greet(exec_0, "c", owner, 10, patience); // it was lost and found
  CHECK_FALSE(out.all_open());
}

TEST_CASE("a slot without anyone downstream is open at once") {
  outboxes out;
  out.connected();
  CHECK(out.all_open());
  CHECK(out.all_acknowledged());
}

TEST_CASE("all is acknowledged when each receiver has all") {
  outboxes out;
  out.greet(exec_1, "b", owner, 10, patience);
  out.greet(exec_0, "a", owner, 10, patience);
  out.connected();
  std::vector<std::string> order;
  for (auto& [to, link] : out) {
    order.push_back(link.receiver());
    resume(link, link.say_hello(link.receiver()), {});
    link.send(1, 1, "one");
  }
  CHECK(order == std::vector<std::string>{"a", "b"});
  REQUIRE(out.find(exec_0)->acknowledge(owner, 1).has_value());
  CHECK_FALSE(out.all_acknowledged());
  REQUIRE(out.find(exec_1)->acknowledge(owner, 1).has_value());
  CHECK(out.all_acknowledged());
}

TEST_CASE("a peer that is found again keeps its end, with what it has not acknowledged") {
  outboxes out;
  auto first = out.greet(exec_0, "a", owner, 10, patience);
  auto& link = *out.find(exec_0);
  resume(link, first, {6, 6, 0});
  link.send(7, 4, "seven");
  auto hello = out.greet(exec_0, "b", owner, 10, patience);
  REQUIRE(out.find(exec_0) == &link);
  CHECK(link.receiver() == "b");
  CHECK_FALSE(link.is_open());
  CHECK_FALSE(out.all_acknowledged());
  CHECK(resume(link, hello, {6, 6, 0}) == frames{"seven"});
  CHECK(link.link().in_flight_items() == 4);
}

} // namespace tickmesh::link_outbox_test
