// Questions for slots that do not run here, or not yet.
#include "actors/control/host/slot_queries.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

namespace tickmesh::slot_queries_test {

namespace {

constexpr slot_name data0{role::data, 0}, calc0{role::calc, 0}, exec0{role::exec, 0};

using queries = slot_queries<std::string>;
using texts = std::vector<std::string>;

/// Who is answered what, where only `known` is not awaited.
texts settle(queries& waiting, const std::map<slot_name, slot_presence>& known) {
  texts out;
  waiting.settle(
      [&](slot_name slot, epoch) {
        auto found = known.find(slot);
        return found == known.end() ? slot_presence::awaited : found->second;
      },
      [&](queries::query& asked, slot_presence presence) {
        out.push_back(asked.answer + (presence == slot_presence::here ? " here" : " over"));
      });
  return out;
}

} // namespace

TEST_CASE("a question waits until something is known of its slot, and is answered once") {
  queries waiting;
  CHECK_FALSE(waiting.add({data0, epoch{1}, "a"}, 10));
  CHECK_FALSE(waiting.add({calc0, epoch{1}, "b"}, 10));
  CHECK_FALSE(waiting.add({data0, epoch{1}, "c"}, 10));
  CHECK(settle(waiting, {}).empty());
  CHECK(waiting.size() == 3);
  CHECK(settle(waiting, {{data0, slot_presence::here}}) == texts{"a here", "c here"});
  CHECK(waiting.size() == 1);
  CHECK(settle(waiting, {{data0, slot_presence::here}}).empty());
  CHECK(settle(waiting, {{calc0, slot_presence::over}}) == texts{"b over"});
  CHECK(waiting.size() == 0);
}

TEST_CASE("a question is judged by the owner that it means") {
  queries waiting;
  waiting.add({data0, epoch{3}, "former"}, 10);
  waiting.add({data0, epoch{}, "whichever"}, 10);
  waiting.add({data0, epoch{4}, "present"}, 10);
  texts out;
  waiting.settle(
      [](slot_name, epoch since) {
        if (since == epoch{3}) return slot_presence::over;
        return since == epoch{} ? slot_presence::here : slot_presence::awaited;
      },
      [&](queries::query& asked, slot_presence presence) {
        CHECK((presence == slot_presence::over) == (asked.since == epoch{3}));
        out.push_back(asked.answer);
      });
  CHECK(out == texts{"former", "whichever"});
  CHECK(waiting.size() == 1);
}

TEST_CASE("where there are too many questions the oldest is given back, to be refused") {
  queries waiting;
  CHECK_FALSE(waiting.add({data0, epoch{1}, "a"}, 2));
  CHECK_FALSE(waiting.add({data0, epoch{2}, "b"}, 2));
  auto oldest = waiting.add({exec0, epoch{3}, "c"}, 2);
  REQUIRE(oldest.has_value());
  CHECK(oldest->slot == data0);
  CHECK(oldest->since == epoch{1});
  CHECK(oldest->answer == "a");
  CHECK(waiting.size() == 2);
  CHECK(settle(waiting, {}).empty()); // keeps their order
  CHECK(waiting.add({exec0, epoch{3}, "d"}, 2)->answer == "b");
  CHECK(settle(waiting, {{exec0, slot_presence::over}}) == texts{"c over", "d over"});
}

TEST_CASE("where none may wait each question is given back at once") {
  queries waiting;
  CHECK(waiting.add({data0, epoch{1}, "a"}, 0)->answer == "a");
  CHECK(waiting.size() == 0);
}

TEST_CASE("a question that is asked while others are answered waits for the next time") {
  queries waiting;
  waiting.add({data0, epoch{1}, "a"}, 10);
  waiting.settle([](slot_name, epoch) { return slot_presence::here; },
                 [&](queries::query&, slot_presence) {
                   waiting.add({data0, epoch{1}, "b"}, 10);
                 });
  CHECK(waiting.size() == 1);
  CHECK(settle(waiting, {{data0, slot_presence::here}}) == texts{"b here"});
}

} // namespace tickmesh::slot_queries_test
