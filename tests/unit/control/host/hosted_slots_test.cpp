// What a host runs as views come. Peers that are lost: lost_peers_test.cpp.
#include "actors/control/host/hosted_slots.hpp"

#include <doctest/doctest.h>

namespace tickmesh::hosted_slots_test {

namespace {

constexpr slot_name data0{role::data, 0}, data1{role::data, 1}, calc0{role::calc, 0},
    calc1{role::calc, 1}, exec0{role::exec, 0};

using slots_here = hosted_slots<std::string>;
using found_peers = slots_here::found_peers;

/// data/0 on host a, with a replica on b; data/1 the other way round; the rest on c.
cluster_view make_view(std::uint64_t number = 1) {
  cluster_view out;
  out.number = epoch{number};
  out.slots = {{data0, "a", epoch{1}, {{"b", true, epoch{1}}}},
               {data1, "b", epoch{1}, {{"a", true, epoch{1}}}},
               {calc0, "c", epoch{1}},
               {calc1, "c", epoch{1}},
               {exec0, "c", epoch{1}}};
  return out;
}

slots_here make_slots(const std::string& host, bool keeps_replicas = true) {
  slots_here out;
  out.begin(host, keeps_replicas);
  return out;
}

std::vector<slots_here::lost_slot> take(slots_here& slots, const cluster_view& view) {
  CHECK(slots.is_newer(view));
  auto lost = slots.take_view(std::make_shared<const cluster_view>(view));
  CHECK_FALSE(slots.is_newer(view));
  return lost;
}

/// Starts what is missing; its names in order.
std::vector<std::string> start(slots_here& slots) {
  std::vector<std::string> out;
  for (auto& order : slots.missing()) {
    out.push_back((order.as_replica ? "copy of " : "") + format_slot(order.assignment.slot));
    slots.started(order, out.back());
  }
  return out;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("a host starts its slots and replicas once, those downstream first") {
  auto last = make_slots("c");
  take(last, make_view());
  CHECK(start(last) == names{"exec/0", "calc/0", "calc/1"});
  CHECK(start(last).empty());
  auto first = make_slots("a");
  take(first, make_view());
  CHECK(start(first) == names{"data/0", "copy of data/1"});
  CHECK(start(first).empty());
  CHECK(first.find(data0)->handle == "data/0");
  CHECK(first.find(data1) == nullptr);
  CHECK(first.find_replica(data1)->handle == "copy of data/1");
  CHECK(first.find_replica(data0) == nullptr);
  auto without = make_slots("a", false);
  take(without, make_view());
  CHECK(start(without) == names{"data/0"});
}

TEST_CASE("what a view takes away is ended, and what follows on it waits for that") {
  auto slots = make_slots("a");
  CHECK(take(slots, make_view()).empty());
  start(slots);
  auto moved = make_view(2); // the slot's owner and its replica change places
  moved.slots[1] = {data1, "a", epoch{2}, {{"b", false, epoch{2}}}};
  auto lost = take(slots, moved);
  REQUIRE(lost.size() == 1);
  CHECK(lost[0].slot == data1);
  CHECK(lost[0].handle == "copy of data/1");
  CHECK(slots.replicas().empty());
  CHECK(slots.missing().empty()); // it holds the log still
  CHECK_FALSE(slots.remove_ending([](auto& handle) { return handle == "data/0"; }));
  CHECK(slots.missing().empty());
  CHECK(slots.remove_ending([](auto& handle) { return handle == "copy of data/1"; }));
  CHECK(start(slots) == names{"data/1"});
}

TEST_CASE("a slot that was given to this host again is another one") {
  auto slots = make_slots("a");
  take(slots, make_view());
  start(slots);
  auto again = make_view(2);
  again.slots[0].since = epoch{2};
  auto lost = take(slots, again);
  REQUIRE(lost.size() == 1);
  CHECK(lost[0].handle == "data/0");
  cluster_view empty;
  empty.number = epoch{3};
  lost = take(slots, empty);
  REQUIRE(lost.size() == 1); // slots that are gone from the view are lost, too
  CHECK(lost[0].slot == data1);
}

TEST_CASE("a slot has its peers when all of them are found") {
  auto slots = make_slots("a");
  take(slots, make_view());
  start(slots);
  auto searches = slots.search_peers(data0, false);
  REQUIRE(searches.size() == 3);
  CHECK(searches[0].peer == calc0);
  CHECK(searches[2].peer == exec0);
  CHECK(slots.seeker(searches[0]) == "data/0");
  CHECK(slots.add_peer(searches[0], "c0").empty());
  CHECK(slots.add_peer(searches[2], "e0").empty());
  CHECK_FALSE(slots.find(data0)->is_wired);
  CHECK(slots.add_peer(searches[1], "c1") ==
        found_peers{{calc0, "c0"}, {calc1, "c1"}, {exec0, "e0"}});
  CHECK(slots.find(data0)->is_wired);
  auto last = make_slots("c");
  take(last, make_view());
  start(last);
  CHECK(last.search_peers(exec0, false).empty());
  CHECK(last.search_peers(calc1, false).size() == 1);
}

TEST_CASE("a search is void when the slot is gone, or another's") {
  auto slots = make_slots("a");
  take(slots, make_view());
  start(slots);
  auto search = slots.search_peers(data0, false).at(0);
  CHECK(slots.is_wanted(search));
  auto wrong = search;
  wrong.since = epoch{2};
  CHECK_FALSE(slots.is_wanted(wrong));
  CHECK(slots.add_peer(wrong, "c0").empty());
  CHECK(slots.find(data0)->peers.empty());
  wrong = search;
  wrong.for_replica = true;
  CHECK_FALSE(slots.is_wanted(wrong));
}

TEST_CASE("a replica looks for its slot's owner, and again when that has changed") {
  auto slots = make_slots("b");
  take(slots, make_view());
  start(slots);
  auto search = slots.search_peers(data0, true).at(0);
  CHECK(search.peer == data0);
  CHECK(slots.take_new_owners().empty());
  CHECK(slots.seeker(search) == "copy of data/0");
  CHECK(slots.add_peer(search, "owner") == found_peers{{data0, "owner"}});
  auto moved = make_view(2);
  moved.slots[0].host_id = "c";
  moved.slots[0].since = epoch{2};
  CHECK(take(slots, moved).empty());
  CHECK(slots.take_new_owners() == std::vector{data0});
  CHECK(slots.take_new_owners().empty());
  CHECK_FALSE(slots.is_wanted(search));
  search = slots.search_peers(data0, true).at(0);
  CHECK(search.since == epoch{2});
  CHECK(slots.find_replica(data0)->peers.empty());
}

TEST_CASE("a slot is ready when it says so, and another one in its place is not") {
  auto slots = make_slots("a");
  take(slots, make_view());
  start(slots);
  CHECK_FALSE(slots.find(data0)->is_ready);
  slots.is_ready(data0);
  slots.is_ready(calc0); // runs elsewhere
  slots.is_ready(data1); // is a replica here
  CHECK(slots.find(data0)->is_ready);
  CHECK_FALSE(slots.find_replica(data1)->is_ready);
  auto again = make_view(2);
  again.slots[0].since = epoch{2};
  take(slots, again);
  slots.remove_ending([](auto&) { return true; });
  start(slots);
  CHECK_FALSE(slots.find(data0)->is_ready);
}

TEST_CASE("what a host has given up is ended, and not started again before it is given anew") {
  auto slots = make_slots("a");
  take(slots, make_view());
  start(slots);
  CHECK_FALSE(slots.give_up(calc0, false)); // runs elsewhere
  CHECK_FALSE(slots.give_up(data0, true));  // is no replica here
  CHECK(slots.give_up(data0, false) == "data/0");
  CHECK_FALSE(slots.give_up(data0, false)); // once
  CHECK(slots.find(data0) == nullptr);
  CHECK(slots.missing().empty()); // it holds its files still
  CHECK(slots.remove_ending([](auto& handle) { return handle == "data/0"; }));
  CHECK(slots.missing().empty());
  take(slots, make_view(2)); // changes nothing for this host
  CHECK(slots.missing().empty());
  auto again = make_view(3);
  again.slots[0].since = epoch{3};
  take(slots, again);
  CHECK(start(slots) == names{"data/0"});
}

TEST_CASE("a slot that is given up here may leave its copy here, and the other way round") {
  auto slots = make_slots("a");
  take(slots, make_view());
  start(slots);
  CHECK(slots.give_up(data1, true) == "copy of data/1");
  slots.remove_ending([](auto&) { return true; });
  CHECK(slots.missing().empty());
  auto moved = make_view(2); // the owner changes, and the copy that failed is the same one
  moved.slots[1] = {data1, "c", epoch{2}, {{"a", false, epoch{1}}}};
  take(slots, moved);
  CHECK(slots.missing().empty());
  auto renewed = moved;
  renewed.number = epoch{3};
  renewed.slots[1].replicas[0].since = epoch{3};
  take(slots, renewed);
  CHECK(start(slots) == names{"copy of data/1"});
  CHECK(slots.give_up(data1, true));
  slots.remove_ending([](auto&) { return true; });
  auto owned = renewed;
  owned.number = epoch{4};
  owned.slots[1] = {data1, "a", epoch{4}, {}}; // the slot is another thing than its copy
  take(slots, owned);
  CHECK(start(slots) == names{"data/1"});
}

} // namespace tickmesh::hosted_slots_test
