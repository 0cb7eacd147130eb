// The copies of a log, as its owner sees them.
#include "runtime/log/replica_links.hpp"

#include <doctest/doctest.h>

namespace tickmesh::replica_links_test {
using std::chrono::milliseconds;

namespace {

using number = std::uint64_t;
using copies = replica_links<number, std::string>;

constexpr epoch owner{7};

/// A log whose records up to 5 were written under epoch 3, the later ones under 7; those before
/// `first` are gone.
struct two_owner_log {
  number first = 1;
  number last = 10;
  number first_record() const { return first; }
  std::optional<number> last_record_of(epoch limit) const {
    if (limit < epoch{3}) return std::nullopt;
    return limit < epoch{7} ? 5 : last;
  }
};

replica_link_settings usual() {
  replica_link_settings out;
  out.owner_since = owner;
  out.window_bytes = 100;
  return out;
}

constexpr nanoseconds at(int ms) {
  return milliseconds{ms};
}

/// Says hello for host `b`, whose log ends at `last`.
std::optional<number> greet(copies& replicas, number last, epoch written = owner,
                            epoch since = epoch{7}, nanoseconds now = {}) {
  return replicas.greet({"b", since, last, written}, "peer", two_owner_log{}, now);
}

/// What is sent: records of `bytes` each, one at a time.
std::vector<number> send(copies& replicas, number last, std::size_t bytes) {
  std::vector<number> out;
  replicas.send_lacking(last, [&](std::string& peer, number after) {
    CHECK(peer == "peer");
    out.push_back(after + 1);
    return std::optional<copies::batch>{{after + 1, bytes}};
  });
  return out;
}

const std::vector<replica_assignment> one_new{{"b", false, epoch{7}}};
const std::vector<replica_assignment> one_trusted{{"b", true, epoch{7}}};

} // namespace

TEST_CASE("a replica keeps what the owner's log has, too, and is sent the rest") {
  copies replicas{usual(), 10, one_new};
  CHECK(greet(replicas, 4, epoch{3}) == 4);
  CHECK(greet(replicas, 9, epoch{3}) == 5); // what a former owner did not pass on
  CHECK(greet(replicas, 12) == 10);
  CHECK(greet(replicas, 0, epoch{}) == 0);
  CHECK(replicas.greet({"b", epoch{7}, 2, epoch{3}}, "peer", two_owner_log{4}, {}) == 3);
  CHECK(replicas.peer("b") == "peer");
  CHECK(send(replicas, 10, 1).empty()); // it has not agreed yet
  CHECK(replicas.acknowledge("b", owner, 3, {}).is_heard);
  CHECK(send(replicas, 6, 1) == std::vector<number>{4, 5, 6});
  CHECK(send(replicas, 6, 1).empty());
}

TEST_CASE("a hello of another view's replica is refused, or kept until the view comes") {
  copies replicas{usual(), 10, one_new};
  CHECK_FALSE(greet(replicas, 4, epoch{3}, epoch{6}));
  CHECK_FALSE(replicas.greet({"c", epoch{}, 0, epoch{}}, "peer", two_owner_log{}, {}));
  CHECK_FALSE(greet(replicas, 4, epoch{3}, epoch{8}));
  CHECK_FALSE(replicas.acknowledge("b", owner, 4, {}).is_heard); // it was not welcomed
  auto welcome = replicas.take_view({{"b", false, epoch{8}}}, two_owner_log{}, {});
  REQUIRE(welcome.size() == 1);
  CHECK(welcome[0].host == "b");
  CHECK(welcome[0].keep == 4);
  CHECK(replicas.acknowledge("b", owner, 4, {}).is_heard);
  CHECK(replicas.take_view({{"b", false, epoch{8}}}, two_owner_log{}, {}).empty());
}

TEST_CASE("acknowledgements to a former owner, and of strangers, are not heard") {
  copies replicas{usual(), 10, one_new};
  greet(replicas, 4);
  CHECK_FALSE(replicas.acknowledge("b", epoch{6}, 10, {}).is_heard);
  CHECK_FALSE(replicas.acknowledge("c", owner, 10, {}).is_heard);
  CHECK(replicas.held_by_all(10) == 0);
}

TEST_CASE("what is on its way fits into the window, but for the last batch") {
  copies replicas{usual(), 10, one_new};
  greet(replicas, 0);
  replicas.acknowledge("b", owner, 0, {});
  CHECK(send(replicas, 10, 40) == std::vector<number>{1, 2, 3});
  replicas.acknowledge("b", owner, 1, {});
  CHECK(send(replicas, 10, 40) == std::vector<number>{4});
  replicas.acknowledge("b", owner, 1, {});
  CHECK(send(replicas, 10, 40).empty());
  CHECK(replicas.held_by_all(10) == 1);
  replicas.acknowledge("b", owner, 4, {});
  replicas.acknowledge("b", owner, 2, {}); // late
  CHECK(replicas.held_by_all(10) == 4);
  CHECK(replicas.held_by_all(3) == 3);
  int asked = 0;
  replicas.send_lacking(10, [&](std::string&, number) {
    ++asked;
    return std::optional<copies::batch>{};
  });
  CHECK(asked == 1); // it can't be read now
}

TEST_CASE("a replica that has caught up is waited for from then on, and is said to be in sync") {
  copies replicas{usual(), 0, one_new};
  CHECK_FALSE(replicas.are_in_sync());
  greet(replicas, 0);
  replicas.logged(6);
  CHECK(replicas.logged() == 6);
  CHECK(replicas.accepted() == 6); // a replica that is behind holds up nothing
  CHECK_FALSE(replicas.acknowledge("b", owner, 5, {}).news);
  auto heard = replicas.acknowledge("b", owner, 6, {});
  CHECK(heard.news == replica_assignment{"b", true, epoch{7}});
  CHECK(replicas.are_in_sync());
  CHECK_FALSE(replicas.acknowledge("b", owner, 6, {}).news); // said once
  replicas.logged(9);
  CHECK(replicas.accepted() == 6);
  replicas.acknowledge("b", owner, 8, {});
  CHECK(replicas.accepted() == 8);
}

TEST_CASE("a replica that the view trusts is waited for before it says hello, and needs no news") {
  copies replicas{usual(), 0, one_trusted};
  replicas.logged(6);
  CHECK(replicas.accepted() == 0);
  greet(replicas, 6);
  CHECK_FALSE(replicas.acknowledge("b", owner, 6, {}).news);
  CHECK(replicas.are_in_sync());
  CHECK(replicas.accepted() == 6);
  auto settings = usual();
  settings.rule = quorum_rule::own_log;
  copies alone{settings, 0, one_trusted};
  alone.logged(6);
  CHECK(alone.accepted() == 6);
}

TEST_CASE("a replica that a newer view trusts is waited for from then on") {
  copies replicas{usual(), 0, one_new};
  replicas.logged(6);
  CHECK(replicas.accepted() == 6);
  replicas.take_view(one_trusted, two_owner_log{}, {});
  replicas.logged(9);
  CHECK(replicas.accepted() == 6); // what is accepted stays accepted
}

TEST_CASE("a replica that is silent is reported once, and waited for until a view is without it") {
  copies replicas{usual(), 0, one_trusted};
  greet(replicas, 0);
  replicas.acknowledge("b", owner, 0, {});
  REQUIRE(replicas.begin_watch());
  CHECK_FALSE(replicas.begin_watch());
  CHECK(replicas.check(0, at(5000)).empty()); // it has nothing to acknowledge
  CHECK_FALSE(replicas.is_watched());
  REQUIRE(replicas.begin_watch());
  replicas.logged(3);
  CHECK(replicas.check(3, at(6000)).empty()); // just the time-out
  CHECK(replicas.is_watched());
  auto silent = replicas.check(3, at(6001));
  REQUIRE(silent.size() == 1);
  CHECK(silent[0].replica == replica_assignment{"b", false, epoch{7}});
  CHECK(silent[0].silence == at(1001));
  CHECK_FALSE(silent[0].is_let_go);
  CHECK_FALSE(replicas.are_in_sync());
  CHECK(replicas.check(3, at(60'000)).empty());
  CHECK(replicas.accepted() == 0);
  replicas.take_view({}, two_owner_log{}, at(60'000));
  CHECK(replicas.accepted() == 3);
  CHECK(replicas.are_in_sync()); // all that the view lists
  CHECK(replicas.held_by_all(3) == 3);
}

TEST_CASE("where two faults allow it, a replica that stays silent is let go") {
  auto settings = usual();
  settings.alone_after_two_faults = true;
  copies replicas{settings, 0, one_trusted};
  greet(replicas, 0);
  replicas.acknowledge("b", owner, 0, {});
  replicas.logged(3);
  CHECK(replicas.check(3, at(1001)).size() == 1);
  CHECK(replicas.check(3, at(2000)).empty());
  CHECK(replicas.accepted() == 0);
  auto let_go = replicas.check(3, at(2001));
  REQUIRE(let_go.size() == 1);
  CHECK(let_go[0].is_let_go);
  CHECK(replicas.accepted() == 3);
  CHECK(replicas.check(3, at(3000)).empty()); // once
}

TEST_CASE("a silent replica that is back is in sync again when it has caught up") {
  copies replicas{usual(), 0, one_trusted};
  greet(replicas, 0);
  replicas.acknowledge("b", owner, 0, {});
  replicas.logged(3);
  REQUIRE(replicas.check(3, at(2000)).size() == 1);
  auto view = one_new; // as the owner has said
  view[0].since = epoch{7};
  replicas.take_view(view, two_owner_log{}, at(2000));
  CHECK(replicas.accepted() == 3); // it can't become the owner now
  CHECK_FALSE(replicas.acknowledge("b", owner, 2, at(2100)).news);
  CHECK(replicas.acknowledge("b", owner, 3, at(2100)).news.has_value());
}

TEST_CASE("nothing is watched where nobody is awaited") {
  copies replicas{usual(), 0, one_new}; // the view does not trust it, and it has not come
  CHECK_FALSE(replicas.begin_watch());
  copies none{usual(), 0, {}};
  CHECK_FALSE(none.begin_watch());
  copies awaited{usual(), 0, one_trusted};
  CHECK(awaited.begin_watch());
  CHECK_FALSE(awaited.begin_watch());
}

} // namespace tickmesh::replica_links_test
