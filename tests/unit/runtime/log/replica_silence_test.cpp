// Replicas that are silent, as a log's owner judges them: when it says so, when it takes that back,
// and that it waits for none of them for ever.
#include "runtime/log/replica_links.hpp"

#include <doctest/doctest.h>

namespace tickmesh::replica_silence_test {
using std::chrono::milliseconds;

namespace {

using number = std::uint64_t;
using copies = replica_links<number, std::string>;
using assignments = std::vector<replica_assignment>;

constexpr epoch owner{7};

struct owned_log {
  number first_record() const { return 1; }
  std::optional<number> last_record_of(epoch) const { return 10; }
};

replica_link_settings usual() {
  replica_link_settings out;
  out.owner_since = owner;
  return out;
}

constexpr nanoseconds at(int ms) {
  return milliseconds{ms};
}

void greet(copies& replicas, number last, int ms, const std::string& host = "b",
           epoch since = epoch{7}) {
  REQUIRE(replicas.greet({host, since, last, owner}, "peer", owned_log{}, at(ms)) == last);
}

std::optional<replica_assignment> acknowledge(copies& replicas, number upto, int ms) {
  auto heard = replicas.acknowledge("b", owner, upto, at(ms));
  CHECK(heard.is_heard);
  return heard.news;
}

/// A view: what the owner says behind it.
assignments take_view(copies& replicas, assignments view, int ms) {
  CHECK(replicas.take_view(std::move(view), owned_log{}, at(ms)).empty());
  return replicas.differences();
}

/// What check() has to say, as "b silent 1001" or "b let go 2001".
std::vector<std::string> check(copies& replicas, number last, int ms) {
  std::vector<std::string> out;
  for (auto& silent : replicas.check(last, at(ms))) {
    CHECK_FALSE(silent.replica.in_sync);
    out.push_back(silent.replica.host_id + (silent.is_let_go ? " let go " : " silent ") +
                  std::to_string(silent.silence / milliseconds{1}));
  }
  return out;
}

using texts = std::vector<std::string>;

const assignments trusted{{"b", true, epoch{7}}}, not_trusted{{"b", false, epoch{7}}};
const replica_assignment is_in_sync{"b", true, epoch{7}}, is_silent{"b", false, epoch{7}};

/// `b` is in sync, three records are logged, and it does not acknowledge them.
copies with_silent_replica(const replica_link_settings& settings = usual()) {
  copies out{settings, 0, trusted};
  greet(out, 0, 0);
  CHECK_FALSE(acknowledge(out, 0, 0));
  out.logged(3);
  CHECK(check(out, 3, 1000) == texts{});
  CHECK(check(out, 3, 1001) == texts{"b silent 1001"});
  CHECK_FALSE(out.are_in_sync());
  return out;
}

} // namespace

TEST_CASE(
    "a replica that catches up before the view that gives it up is said to be in sync again") {
  auto replicas = with_silent_replica();
  // Its word: the view that is out trusts it, but another one may be on its way.
  CHECK(acknowledge(replicas, 3, 1100) == is_in_sync);
  CHECK(replicas.are_in_sync());
  CHECK(replicas.accepted() == 3);
  CHECK_FALSE(acknowledge(replicas, 3, 1101)); // said once
  // The view overtook that word, or it was lost.
  CHECK(take_view(replicas, not_trusted, 1200) == assignments{is_in_sync});
  CHECK(take_view(replicas, not_trusted, 1300) == assignments{is_in_sync}); // still
  CHECK(take_view(replicas, trusted, 1400).empty());
}

TEST_CASE("a replica that is in sync again is waited for, though the view does not say so yet") {
  auto replicas = with_silent_replica();
  CHECK(acknowledge(replicas, 3, 1100));
  take_view(replicas, not_trusted, 1200);
  replicas.logged(5);
  CHECK(replicas.accepted() == 3);
  acknowledge(replicas, 4, 1300);
  CHECK(replicas.accepted() == 4);
}

TEST_CASE("a view that trusts a silent replica is told again, until the replica speaks") {
  auto replicas = with_silent_replica();
  CHECK(take_view(replicas, trusted, 1200) == assignments{is_silent}); // the word was lost
  CHECK(take_view(replicas, trusted, 1300) == assignments{is_silent});
  // Nothing is accepted without it, so that it holds all that is.
  CHECK(acknowledge(replicas, 2, 1400) == is_in_sync);
  CHECK(replicas.accepted() == 2);
  CHECK(take_view(replicas, trusted, 1500).empty());
}

TEST_CASE("behind a view that gives it up, a silent replica is no difference until it catches up") {
  auto replicas = with_silent_replica();
  CHECK(take_view(replicas, not_trusted, 1100).empty());
  CHECK(replicas.accepted() == 3);
  CHECK(check(replicas, 3, 9000) == texts{});
  CHECK(acknowledge(replicas, 3, 9100) == is_in_sync);
  CHECK(replicas.differences() == assignments{is_in_sync});
  CHECK(take_view(replicas, trusted, 9200).empty());
}

TEST_CASE("a replica may be silent again, and again be said to be in sync") {
  auto replicas = with_silent_replica();
  for (int round = 1; round <= 3; ++round) {
    auto last = static_cast<number>(3 * round);
    CHECK(acknowledge(replicas, last, 10'000 * round) == is_in_sync);
    replicas.logged(last + 3);
    CHECK(check(replicas, last + 3, 10'000 * round + 1000) == texts{});
    CHECK(check(replicas, last + 3, 10'000 * round + 1001) == texts{"b silent 1001"});
    CHECK(check(replicas, last + 3, 10'000 * round + 5000) == texts{});
  }
}

TEST_CASE("a replica that says hello anew and catches up is in sync behind the view, too") {
  auto replicas = with_silent_replica();
  greet(replicas, 3, 1050);
  acknowledge(replicas, 3, 1100); // the view still trusts it: there need be no news
  CHECK(replicas.accepted() == 3);
  CHECK(take_view(replicas, not_trusted, 1200) == assignments{is_in_sync});
}

TEST_CASE("differences concern the process that the view means, and nobody else") {
  auto replicas = with_silent_replica();
  CHECK(take_view(replicas, {{"b", true, epoch{9}}}, 1200).empty()); // it was lost, and came back
  CHECK(take_view(replicas, {{"c", false, epoch{9}}}, 1300).empty());
  CHECK(take_view(replicas, {}, 1400).empty());
  CHECK(replicas.accepted() == 3);
}

TEST_CASE("a new owner does not wait for ever for a replica that never says hello") {
  copies replicas{usual(), 0, trusted};
  replicas.logged(3);
  REQUIRE(replicas.begin_watch());
  CHECK(check(replicas, 3, 5000) == texts{}); // from here on it counts
  CHECK(replicas.is_watched());
  CHECK(check(replicas, 3, 6000) == texts{});
  CHECK(check(replicas, 3, 6001) == texts{"b silent 1001"});
  CHECK(check(replicas, 3, 9000) == texts{}); // once
  CHECK(replicas.accepted() == 0);            // until a view says that it can't become the owner
  CHECK(replicas.differences() == assignments{is_silent});
  CHECK(take_view(replicas, trusted, 9100) == assignments{is_silent}); // the word was lost
  CHECK(take_view(replicas, not_trusted, 9200).empty());
  CHECK(replicas.accepted() == 3);
}

TEST_CASE("a replica that never came and that the view no longer lists holds up nothing") {
  copies replicas{usual(), 0, trusted};
  replicas.logged(3);
  CHECK(take_view(replicas, {}, 100).empty());
  CHECK(replicas.accepted() == 3);
}

TEST_CASE("a replica that never came is judged where there is nothing to log, too") {
  copies replicas{usual(), 0, trusted};
  CHECK(check(replicas, 0, 0) == texts{});
  CHECK(check(replicas, 0, 1001) == texts{"b silent 1001"});
}

TEST_CASE("one that comes late is welcome, and in sync when it has caught up") {
  copies replicas{usual(), 0, trusted};
  replicas.logged(3);
  check(replicas, 3, 0);
  REQUIRE(check(replicas, 3, 1001).size() == 1);
  greet(replicas, 0, 1100);
  CHECK(check(replicas, 3, 1200) == texts{});
  acknowledge(replicas, 3, 1300);
  CHECK(replicas.are_in_sync());
  CHECK(take_view(replicas, not_trusted, 1400) == assignments{is_in_sync});
}

TEST_CASE("a new owner does not wait for ever for a replica that says hello and nothing more") {
  copies replicas{usual(), 3, trusted};
  greet(replicas, 0, 100);
  CHECK(replicas.accepted() == 0);
  CHECK(check(replicas, 3, 1100) == texts{});
  CHECK(check(replicas, 3, 1101) == texts{"b silent 1001"});
  CHECK(replicas.differences() == assignments{is_silent});
  CHECK(take_view(replicas, not_trusted, 1200).empty());
  CHECK(replicas.accepted() == 3);
}

TEST_CASE("nor for one that says hello again and again, for the answer does not reach it") {
  copies replicas{usual(), 3, trusted};
  texts said;
  for (int ms = 0; ms <= 10'000; ms += 250) {
    if (ms % 500 == 0) greet(replicas, 0, ms);
    for (auto& text : check(replicas, 3, ms))
      said.push_back(text);
  }
  CHECK(said.size() >= 1);
}

TEST_CASE("where two faults allow it, one that never came is let go") {
  auto settings = usual();
  settings.alone_after_two_faults = true;
  copies replicas{settings, 0, trusted};
  replicas.logged(3);
  CHECK(check(replicas, 3, 0) == texts{});
  CHECK(check(replicas, 3, 1001) == texts{"b silent 1001"});
  CHECK(check(replicas, 3, 2000) == texts{});
  CHECK(replicas.accepted() == 0);
  CHECK(check(replicas, 3, 2001) == texts{"b let go 2001"});
  CHECK(replicas.accepted() == 3);
  CHECK(check(replicas, 3, 9000) == texts{}); // once
}

TEST_CASE("one that was let go is waited for again when it has caught up") {
  auto settings = usual();
  settings.alone_after_two_faults = true;
  auto replicas = with_silent_replica(settings);
  CHECK(check(replicas, 3, 2001) == texts{"b let go 2001"});
  replicas.logged(6);
  CHECK(replicas.accepted() == 6);
  CHECK_FALSE(acknowledge(replicas, 5, 3000)); // it lacks what was accepted without it
  CHECK(acknowledge(replicas, 6, 3100) == is_in_sync);
  replicas.logged(8);
  CHECK(replicas.accepted() == 6);
}

TEST_CASE("replicas are judged each by itself") {
  const assignments both{{"b", true, epoch{7}}, {"c", true, epoch{7}}};
  copies replicas{usual(), 0, both};
  replicas.logged(3);
  greet(replicas, 3, 0);
  acknowledge(replicas, 3, 0);
  CHECK(check(replicas, 3, 0) == texts{});
  CHECK(check(replicas, 3, 1001) == texts{"c silent 1001"}); // b has all
  CHECK(replicas.differences() == assignments{{"c", false, epoch{7}}});
  replicas.logged(4);
  CHECK(check(replicas, 4, 2003) == texts{"b silent 1002"});
  CHECK(replicas.differences().size() == 2);
}

} // namespace tickmesh::replica_silence_test
