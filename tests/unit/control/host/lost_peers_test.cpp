// What the slots of a host need of others: who that is, and peers that are lost and found.
#include "actors/control/host/hosted_slots.hpp"

#include <doctest/doctest.h>

namespace tickmesh::lost_peers_test {

namespace {

constexpr slot_name data0{role::data, 0}, data1{role::data, 1}, calc0{role::calc, 0},
    exec0{role::exec, 0};

using slots_here = hosted_slots<std::string>;
using found_peers = slots_here::found_peers;
using hosts = std::set<std::string>;

/// data/0 on host a, with a replica on b; data/1 the other way round; the rest on c and e.
cluster_view make_view() {
  cluster_view out;
  out.number = epoch{1};
  out.slots = {{data0, "a", epoch{1}, {{"b", true, epoch{1}}}},
               {data1, "b", epoch{1}, {{"a", true, epoch{1}}}},
               {calc0, "c", epoch{1}},
               {exec0, "e", epoch{1}}};
  return out;
}

/// Host a with its slot and its replica, which look for their peers.
slots_here make_slots() {
  slots_here out;
  out.begin("a", true);
  out.take_view(std::make_shared<const cluster_view>(make_view()));
  for (auto& order : out.missing())
    out.started(order, (order.as_replica ? "copy of " : "") + format_slot(order.assignment.slot));
  out.search_peers(data0, false);
  out.search_peers(data1, true);
  return out;
}

peer_search search_of(slot_name slot, slot_name peer) {
  return {slot, slot == peer, epoch{1}, peer, epoch{1}};
}

/// All peers are found: `c`, `e` and the owner of data/1.
slots_here make_wired() {
  auto out = make_slots();
  CHECK(out.add_peer(search_of(data0, calc0), "c").empty());
  CHECK(out.add_peer(search_of(data0, exec0), "e").size() == 2);
  CHECK(out.add_peer(search_of(data1, data1), "owner").size() == 1);
  return out;
}

std::vector<peer_search> lose(slots_here& slots, const std::string& peer) {
  return slots.lose_peer([&](const std::string& handle) { return handle == peer; });
}

using searches = std::vector<peer_search>;

} // namespace

TEST_CASE("partners are who sends to whom, and owners with the hosts that keep their copies") {
  CHECK(partners_of(make_view(), "a") == hosts{"b", "c", "e"});
  CHECK(partners_of(make_view(), "b") == hosts{"a", "c", "e"});
  CHECK(partners_of(make_view(), "c") == hosts{"a", "b", "e"});
  CHECK(partners_of(make_view(), "e") == hosts{"a", "b", "c"});
  CHECK(partners_of(make_view(), "z").empty());
  CHECK(partners_of({}, "a").empty());
}

TEST_CASE("hosts that have nothing to say to each other are no partners") {
  auto view = make_view();
  view.slots[0].replicas.clear();
  view.slots[1].replicas = {{"r", false, epoch{1}}};
  CHECK(partners_of(view, "a") == hosts{"c", "e"}); // not the other data host
  CHECK(partners_of(view, "b") == hosts{"c", "e", "r"});
  CHECK(partners_of(view, "r") == hosts{"b"});
}

TEST_CASE("a host is no partner of its own, whatever it runs") {
  auto view = make_view();
  for (auto& slot : view.slots) {
    slot.host_id = "a";
    slot.replicas.clear();
  }
  CHECK(partners_of(view, "a").empty());
}

TEST_CASE("partners are so from both sides") {
  auto view = make_view();
  view.slots[1].replicas = {{"r", false, epoch{1}}};
  for (std::string first : {"a", "b", "c", "e", "r"})
    for (std::string second : {"a", "b", "c", "e", "r"})
      CHECK(partners_of(view, first).contains(second) == partners_of(view, second).contains(first));
}

TEST_CASE("a peer that is lost is searched by everyone who had it, and told alone when found") {
  auto slots = make_wired();
  CHECK(lose(slots, "a stranger").empty());
  CHECK(lose(slots, "c") == searches{search_of(data0, calc0)});
  CHECK(lose(slots, "c").empty());
  CHECK(slots.find(data0)->peers == found_peers{{exec0, "e"}});
  CHECK(slots.find(data0)->peers_missing == std::set{calc0});
  CHECK(slots.find(data0)->is_wired);
  CHECK(slots.add_peer(search_of(data0, calc0), "c again") == found_peers{{calc0, "c again"}});
  CHECK(slots.find(data0)->peers_missing.empty());
  CHECK(lose(slots, "c again").size() == 1);
}

TEST_CASE("an actor that several had is searched by each of them") {
  auto slots = make_wired();
  slots.add_peer(search_of(data0, exec0), "owner"); // one actor behind all, for the test
  CHECK(lose(slots, "owner") == searches{search_of(data0, exec0), search_of(data1, data1)});
  CHECK(slots.find_replica(data1)->peers.empty());
  CHECK(slots.add_peer(search_of(data1, data1), "owner again") ==
        found_peers{{data1, "owner again"}});
}

TEST_CASE("a peer that is lost before all are found is awaited with the others") {
  auto slots = make_slots();
  CHECK(slots.add_peer(search_of(data0, calc0), "c").empty());
  CHECK(lose(slots, "c") == searches{search_of(data0, calc0)});
  CHECK(slots.add_peer(search_of(data0, exec0), "e").empty());
  CHECK(slots.add_peer(search_of(data0, calc0), "c again") ==
        found_peers{{calc0, "c again"}, {exec0, "e"}});
}

TEST_CASE("a peer that is silent is searched again, and the one that is found is told") {
  auto slots = make_wired();
  CHECK(slots.search_again(data0, calc0) == search_of(data0, calc0));
  CHECK(slots.search_again(data1, data1) == search_of(data1, data1));
  CHECK_FALSE(slots.search_again(calc0, exec0)); // runs elsewhere
  CHECK_FALSE(slots.search_again(data0, data0)); // has no copy here
  CHECK_FALSE(slots.search_again(data1, calc0)); // only its copy is here
  CHECK(slots.add_peer(*slots.search_again(data0, calc0), "c") == found_peers{{calc0, "c"}});
}

TEST_CASE("a new search for all peers forgets those that were found") {
  auto slots = make_wired();
  CHECK(slots.search_peers(data0, false).size() == 2);
  CHECK_FALSE(slots.find(data0)->is_wired);
  CHECK(lose(slots, "c").empty());
  CHECK(slots.add_peer(search_of(data0, calc0), "c").empty());
}

TEST_CASE("a search of what has been given up is void") {
  auto slots = make_wired();
  slots.give_up(data0, false);
  CHECK_FALSE(slots.is_wanted(search_of(data0, calc0)));
  CHECK_FALSE(slots.search_again(data0, calc0));
  CHECK(slots.add_peer(search_of(data0, calc0), "c").empty());
  CHECK(lose(slots, "c").empty());
}

} // namespace tickmesh::lost_peers_test
