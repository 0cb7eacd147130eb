// Where other hosts are, and who connects to whom.
#include "actors/control/host/host_directory.hpp"

#include <doctest/doctest.h>

namespace tickmesh::host_directory_test {

using std::chrono::milliseconds;

namespace {

using directory = host_directory<std::string>;

const endpoint at_a{"192.0.2.1", 1}, at_b{"192.0.2.2", 2}, at_c{"192.0.2.3", 3};
constexpr std::size_t many = 100;

directory make_directory(const std::string& own, const std::string& control = "control") {
  directory out;
  out.begin(own);
  out.control_host_is(control);
  return out;
}

/// Host a, which has something to say to b.
directory with_b() {
  auto out = make_directory("a");
  out.take_hosts({{"b", at_b}, {"c", at_c}}, {"b"});
  return out;
}

std::optional<std::string> lose(directory& hosts, const std::string& agent) {
  return hosts.lost([&](const std::string& other) { return other == agent; });
}

} // namespace

TEST_CASE("of two hosts exactly one connects to the other") {
  const std::vector<std::string> ids{"a", "b", "control", "z"};
  for (auto& first : ids)
    for (auto& second : ids) {
      CAPTURE(first);
      CAPTURE(second);
      auto one = make_directory(first).connects_to(second);
      auto other = make_directory(second).connects_to(first);
      if (first == second)
        CHECK_FALSE(one);
      else
        CHECK(one != other);
    }
  CHECK(make_directory("control").connects_to("a"));
  CHECK(make_directory("control").connects_to("z"));
  CHECK(make_directory("a").connects_to("b"));
}

TEST_CASE("before the control host is known, the lesser id connects") {
  directory hosts;
  hosts.begin("b");
  CHECK(hosts.connects_to("c"));
  CHECK_FALSE(hosts.connects_to("a"));
}

TEST_CASE("a host is tried once at a time, where it listens, as long as it is of interest") {
  auto hosts = with_b();
  CHECK_FALSE(hosts.begin_attempt("c")); // there is nothing to say to it
  CHECK_FALSE(hosts.begin_attempt("d")); // unknown
  CHECK(hosts.begin_attempt("b") == at_b);
  CHECK_FALSE(hosts.begin_attempt("b")); // is looked for
  hosts.end_attempt("b");
  CHECK(hosts.begin_attempt("b") == at_b);
  CHECK(hosts.find("b") == nullptr);
  CHECK(hosts.reached("b", "agent of b", many));
  CHECK(*hosts.find("b") == "agent of b");
  CHECK_FALSE(hosts.begin_attempt("b")); // is there
  hosts.end_attempt("b");
  CHECK_FALSE(hosts.begin_attempt("b"));
  hosts.end_attempt("d"); // nothing comes of it
}

TEST_CASE("a host that has come itself need not be looked for") {
  auto hosts = make_directory("b");
  hosts.take_hosts({{"a", at_a}}, {"a"});
  CHECK_FALSE(hosts.connects_to("a"));
  CHECK(hosts.begin_attempt("a") == at_a); // whoever asks may know better
  CHECK(hosts.reached("a", "agent of a", many));
  CHECK(*hosts.find("a") == "agent of a");
  hosts.end_attempt("a");
  CHECK_FALSE(hosts.begin_attempt("a"));
}

TEST_CASE("a view decides whom a host looks for, and an address may change") {
  auto hosts = with_b();
  hosts.take_hosts({{"b", at_a}, {"c", at_c}}, {"c"});
  CHECK_FALSE(hosts.begin_attempt("b")); // of no interest any more
  CHECK(hosts.begin_attempt("c") == at_c);
  hosts.take_hosts({}, {"b"});
  CHECK(hosts.begin_attempt("b") == at_a); // its last address
}

TEST_CASE("a host that is of interest, and of which nobody says where it listens, can't be tried") {
  auto hosts = make_directory("a");
  hosts.take_hosts({}, {"b"});
  CHECK_FALSE(hosts.begin_attempt("b"));
  hosts.take_hosts({{"b", at_b}}, {"b"});
  CHECK(hosts.begin_attempt("b") == at_b);
}

TEST_CASE("a control host looks for whoever has joined, whatever views say, until it has left") {
  auto hosts = make_directory("control");
  hosts.joined("b", at_b);
  CHECK(hosts.find("b") == nullptr);
  CHECK(hosts.begin_attempt("b") == at_b);
  CHECK(hosts.reached("b", "agent of b", many));
  hosts.take_hosts({{"c", at_c}}, {"c"}); // b has no slot by this view
  CHECK(*hosts.find("b") == "agent of b");
  CHECK(lose(hosts, "agent of b") == "b");
  CHECK(hosts.begin_attempt("b") == at_b);
  hosts.left("b");
  hosts.end_attempt("b");
  CHECK_FALSE(hosts.begin_attempt("b"));
  CHECK(hosts.find("b") == nullptr);
}

TEST_CASE("another process that joins under an id is looked for where it listens, and at once") {
  auto hosts = make_directory("control");
  hosts.joined("b", at_b);
  for (int times : {1, 2}) {
    CHECK(hosts.begin_attempt("b"));
    CHECK(hosts.attempt_failed("b", milliseconds{200}) == milliseconds{200 * times});
    hosts.end_attempt("b");
  }
  CHECK(hosts.reached("b", "agent of b", many));
  hosts.joined("b", at_a);
  CHECK(hosts.find("b") == nullptr); // that was the former process
  CHECK_FALSE(lose(hosts, "agent of b"));
  CHECK(hosts.begin_attempt("b") == at_a);
  CHECK(hosts.attempt_failed("b", milliseconds{200}) == milliseconds{200});
}

TEST_CASE("the wait until the next attempt doubles up to eight times, and begins anew") {
  auto hosts = with_b();
  for (int round = 0; round < 2; ++round) {
    for (int times : {1, 2, 4, 8, 8, 8}) {
      REQUIRE(hosts.begin_attempt("b"));
      CHECK(hosts.attempt_failed("b", milliseconds{200}) == milliseconds{200 * times});
      CHECK_FALSE(hosts.begin_attempt("b")); // it waits
      hosts.end_attempt("b");
    }
    CHECK(hosts.reached("b", "agent of b", many));
    CHECK(lose(hosts, "agent of b") == "b");
  }
}

TEST_CASE("an agent that is gone is known by its host, once") {
  auto hosts = with_b();
  CHECK(hosts.reached("b", "agent of b", many));
  CHECK(hosts.reached("c", "agent of c", many));
  CHECK_FALSE(lose(hosts, "a stranger"));
  CHECK(lose(hosts, "agent of c") == "c");
  CHECK_FALSE(lose(hosts, "agent of c"));
  CHECK(hosts.find("c") == nullptr);
  CHECK(*hosts.find("b") == "agent of b");
  CHECK(hosts.reached("b", "its next agent", many));
  CHECK_FALSE(lose(hosts, "agent of b")); // its end is no news
  CHECK(*hosts.find("b") == "its next agent");
}

TEST_CASE("the way to a host can be forgotten, to be found again") {
  auto hosts = with_b();
  CHECK(hosts.reached("b", "agent of b", many));
  hosts.forget("b");
  hosts.forget("d");
  CHECK(hosts.find("b") == nullptr);
  CHECK_FALSE(lose(hosts, "agent of b"));
  CHECK(hosts.begin_attempt("b") == at_b);
}

TEST_CASE("a host may come before the view that tells of it, and no more than so many") {
  auto hosts = with_b();
  CHECK(hosts.reached("d", "agent of d", 3));
  CHECK_FALSE(hosts.reached("e", "agent of e", 3));
  CHECK(hosts.find("e") == nullptr);
  CHECK(hosts.reached("b", "agent of b", 3)); // who is known is none too many
  CHECK(hosts.reached("d", "its next agent", 3));
  hosts.take_hosts({{"d", at_a}}, {"d"});
  CHECK(*hosts.find("d") == "its next agent");
  CHECK(lose(hosts, "its next agent") == "d");
  CHECK(hosts.begin_attempt("d") == at_a);
}

TEST_CASE("an attempt that fails when its host has left leaves no trace") {
  auto hosts = make_directory("control");
  hosts.joined("b", at_b);
  CHECK(hosts.begin_attempt("b"));
  hosts.left("b");
  hosts.attempt_failed("b", milliseconds{200});
  hosts.end_attempt("b");
  CHECK(hosts.reached("c", "agent of c", 1)); // there is nobody
}

} // namespace tickmesh::host_directory_test
