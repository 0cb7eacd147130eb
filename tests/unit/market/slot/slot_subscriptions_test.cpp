// Who may subscribe to a data slot, and who is told what.
#include "actors/market/slot/slot_subscriptions.hpp"

#include <doctest/doctest.h>

namespace tickmesh::slot_subscriptions_test {

namespace {

const std::vector<std::string> symbols{"a", "b", "c"};
const std::vector<bool> own{true, false, true};

result<std::vector<wanted_ticks>> ask(std::uint16_t slot, std::vector<std::string> names,
                                      std::vector<std::uint64_t> first, std::size_t open = 0) {
  return read_request({slot, names, first}, {{role::data, 1}, symbols, own, open, 2});
}

} // namespace

TEST_CASE("a request is granted for a slot's own symbols, each from its number on") {
  auto wanted = ask(1, {"c", "a"}, {5, 0}, 1);
  REQUIRE(wanted.has_value());
  REQUIRE(wanted->size() == 2);
  CHECK((*wanted)[0].symbol == symbol_id{2});
  CHECK((*wanted)[0].first == sequence{5});
  CHECK((*wanted)[1].symbol == symbol_id{0});
  CHECK(ask(1, {}, {})->empty());
}

TEST_CASE("a request that can't be granted is told why") {
  auto why = [](const auto& refused) { return refused.error().message; };
  CHECK(why(ask(0, {"a"}, {0})) == "data/0 is asked for, and this is data/1");
  CHECK(why(ask(1, {"a"}, {0}, 2)) ==
        "data/1 has 2 subscriptions, as many as tick_log.subscriptions_max allows");
  CHECK(why(ask(1, {"a", "c"}, {0})) == "the request does not say for each symbol where to begin");
  CHECK(why(ask(1, {"a", "b"}, {0, 0})) == "b is no symbol of data/1");
  CHECK(why(ask(1, {"z"}, {0})) == "z is no symbol of data/1");
}

TEST_CASE("a subscription that waits is told of what it does not know, once") {
  slot_subscriptions<int> subscriptions;
  std::vector<int> told;
  auto tell = [&](std::uint64_t accepted) {
    told.clear();
    subscriptions.tell_accepted(record_number{accepted}, [&](int who) { told.push_back(who); });
    return told;
  };
  subscriptions.add(1, record_number{4}, record_number{0});
  subscriptions.add(2, record_number{4}, record_number{4});
  CHECK(tell(5).empty()); // none waits
  subscriptions.wait_for_more(2, record_number{5});
  CHECK(tell(5).empty());
  CHECK(tell(6) == std::vector{2});
  CHECK(tell(7).empty());
  subscriptions.wait_for_more(2, record_number{6});
  subscriptions.wait_for_more(1, record_number{4});
  CHECK(tell(7) == std::vector{1, 2});
}

TEST_CASE("a log keeps what the slowest subscription has yet to read") {
  slot_subscriptions<int> subscriptions;
  CHECK(subscriptions.read_by_all(record_number{9}).value == 9);
  subscriptions.add(1, record_number{4}, record_number{2});
  subscriptions.add(2, record_number{4}, record_number{4});
  CHECK(subscriptions.size() == 2);
  CHECK(subscriptions.read_by_all(record_number{9}).value == 2);
  subscriptions.wait_for_more(1, record_number{7});
  CHECK(subscriptions.read_by_all(record_number{9}).value == 4);
  CHECK_FALSE(subscriptions.remove_if([](int who) { return who == 3; }));
  CHECK(subscriptions.remove_if([](int who) { return who == 2; }));
  CHECK(subscriptions.read_by_all(record_number{9}).value == 7);
}

TEST_CASE("a slot that is done waits for its subscribers once, and not for ever") {
  slot_subscriptions<int> subscriptions;
  CHECK(subscriptions.are_done());
  subscriptions.add(1, record_number{}, record_number{});
  CHECK_FALSE(subscriptions.are_done());
  CHECK(subscriptions.begin_linger());
  CHECK_FALSE(subscriptions.begin_linger());
  CHECK_FALSE(subscriptions.are_done());
  subscriptions.end_linger();
  CHECK(subscriptions.are_done());
}

} // namespace tickmesh::slot_subscriptions_test
