// The sending ends of a slot's links: when they are open, and when all has arrived.
#include "runtime/links/link_outbox.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

namespace tickmesh::link_outbox_test {

constexpr slot_name exec_0{role::exec, 0};
constexpr slot_name exec_1{role::exec, 1};

TEST_CASE("a link is open when its receiver has said where to begin") {
  link_outbox<std::string> out{"a", epoch{3}, 10};
  CHECK_FALSE(out.is_open());
  CHECK_FALSE(out.resume(epoch{2}, 4)); // answers an older hello
  CHECK_FALSE(out.is_open());
  CHECK(out.resume(epoch{3}, 4));
  CHECK(out.is_open());
  CHECK(out.send(5, 1) == 4);
  CHECK(out.link().last_number() == 5);
  CHECK(out.receiver() == "a");
  CHECK_FALSE(out.acknowledge(epoch{3}, 6).has_value());
  REQUIRE(out.acknowledge(epoch{3}, 5).has_value());
  CHECK(out.link().all_acknowledged());
}

TEST_CASE("a slot's links are open when each is, and not before the peers are known") {
  link_outboxes<std::string> out;
  CHECK_FALSE(out.is_connected());
  CHECK_FALSE(out.all_open());
  out.connect({{exec_0, "a"}, {exec_1, "b"}}, epoch{3}, 10);
  CHECK(out.is_connected());
  CHECK_FALSE(out.all_open());
  REQUIRE(out.find(exec_0)->resume(epoch{3}, 0));
  CHECK_FALSE(out.all_open());
  REQUIRE(out.find(exec_1)->resume(epoch{3}, 0));
  CHECK(out.all_open());
  CHECK(out.find({role::exec, 2}) == nullptr);
}

TEST_CASE("a slot without anyone downstream is open at once") {
  link_outboxes<std::string> out;
  out.connect({}, epoch{3}, 10);
  CHECK(out.all_open());
  CHECK(out.all_acknowledged());
}

TEST_CASE("all is acknowledged when each receiver has all") {
  link_outboxes<std::string> out;
  out.connect({{exec_1, "b"}, {exec_0, "a"}}, epoch{3}, 10);
  std::vector<std::string> order;
  for (auto& [to, link] : out) {
    order.push_back(link.receiver());
    REQUIRE(link.resume(epoch{3}, 0));
    link.send(1, 1);
  }
  CHECK(order == std::vector<std::string>{"a", "b"});
  REQUIRE(out.find(exec_0)->acknowledge(epoch{3}, 1).has_value());
  CHECK_FALSE(out.all_acknowledged());
  REQUIRE(out.find(exec_1)->acknowledge(epoch{3}, 1).has_value());
  CHECK(out.all_acknowledged());
}

TEST_CASE("peers that are named again keep their ends") {
  link_outboxes<std::string> out;
  std::map<slot_name, std::string> peers{{exec_0, "a"}};
  out.connect(peers, epoch{3}, 10);
  REQUIRE(out.find(exec_0)->resume(epoch{3}, 6));
  out.connect(peers, epoch{3}, 10);
  CHECK(out.find(exec_0)->link().last_number() == 6);
}

} // namespace tickmesh::link_outbox_test
