// What a broker holds against what we believe.
#include "actors/execution/reconciliation/reconciler.hpp"

#include <doctest/doctest.h>

namespace tickmesh::reconciler_test {

namespace {

constexpr broker_id broker{1};

quantity lots(std::int64_t n) {
  return quantity{n * decimal_scale};
}

struct books {
  std::vector<own_books::open_order> orders;
  std::vector<own_books::net_position> positions{{lots(0), 0}, {lots(5), 3}, {lots(-3), 1}};
  own_books view() const { return {orders, positions}; }
};

broker_snapshot equal_snapshot() {
  return {.broker = broker, .positions = {{symbol_id{1}, lots(5)}, {symbol_id{2}, lots(-3)}}};
}

} // namespace

TEST_CASE("equal books have no difference, whatever the order of the rows") {
  reconciler r;
  books ours;
  ours.orders = {{order_id{7}, lots(1)}, {order_id{8}, lots(0)}};
  auto theirs = equal_snapshot();
  theirs.orders = {{order_id{8}, lots(0)}, {order_id{7}, lots(1)}};
  std::swap(theirs.positions[0], theirs.positions[1]);
  for (int i = 0; i < 3; ++i)
    CHECK(r.compare(theirs, ours.view()).empty());
  CHECK(r.is_clean());
  CHECK(r.snapshots() == 3);
}

TEST_CASE("a difference counts when it stands in two snapshots in a row, both numbers the same") {
  reconciler r;
  books ours;
  auto theirs = equal_snapshot();
  theirs.positions[0].held = lots(6);
  book_difference expected{.symbol = symbol_id{1}, .ours = lots(5), .theirs = lots(6), .fills = 3};
  CHECK(r.compare(theirs, ours.view()) == std::vector{expected});
  CHECK(r.is_clean());
  ours.positions[1] = {lots(6), 4}; // the fill's report has come
  theirs.positions[0].held = lots(7);
  CHECK(r.compare(theirs, ours.view()).size() == 1);
  CHECK(r.is_clean());
  ours.positions[1].fills += 2; // there and back: the same numbers, but they are not still
  CHECK(r.compare(theirs, ours.view()).size() == 1);
  CHECK(r.is_clean());
  CHECK(r.compare(theirs, ours.view()).size() == 1);
  CHECK_FALSE(r.is_clean());
  CHECK(r.standing(broker).size() == 1);
  CHECK(r.standing(broker_id{0}).empty());
  ours.positions[1] = {lots(7), 5};
  CHECK(r.compare(theirs, ours.view()).empty());
  CHECK(r.is_clean());
}

TEST_CASE("every kind of difference is named") {
  reconciler r;
  books ours;
  ours.orders = {{order_id{1}, lots(0)},       // not open there
                 {order_id{2}, lots(0), true}, // perhaps not there
                 {order_id{3}, lots(1)}};      // filled further there
  auto theirs = equal_snapshot();
  theirs.orders = {{order_id{3}, lots(2)}, {order_id{9}, lots(0)}};
  theirs.positions.push_back({symbol_id{70}, lots(1)}); // a symbol that is not traded here
  theirs.positions.erase(theirs.positions.begin());     // flat there
  auto found = r.compare(theirs, ours.view());
  std::vector<book_difference> expected{
      {.symbol = symbol_id{1}, .ours = lots(5), .fills = 3},
      {.symbol = symbol_id{70}, .theirs = lots(1)},
      {.kind = difference_kind::missing_fill,
       .order = order_id{3},
       .ours = lots(1),
       .theirs = lots(2)},
      {.kind = difference_kind::unknown_there, .order = order_id{1}},
      {.kind = difference_kind::unknown_here, .order = order_id{9}}};
  CHECK(found == expected);
}

TEST_CASE("brokers are compared each with its own last snapshot") {
  reconciler r;
  books ours;
  auto theirs = equal_snapshot();
  theirs.positions[0].held = lots(6);
  r.compare(theirs, ours.view());
  theirs.broker = broker_id{0};
  r.compare(theirs, ours.view());
  CHECK(r.is_clean());
  r.compare(theirs, ours.view());
  CHECK_FALSE(r.is_clean());
  CHECK(r.standing(broker).empty());
}

TEST_CASE("an order of somebody else that was accepted is no difference in later snapshots") {
  reconciler r;
  books ours;
  auto theirs = equal_snapshot();
  theirs.orders = {{order_id{9}, lots(1)}};
  for (int i = 0; i < 2; ++i)
    CHECK(r.compare(theirs, ours.view()).size() == 1);
  CHECK(r.accept(broker).size() == 1);
  for (int i = 0; i < 2; ++i)
    CHECK(r.compare(theirs, ours.view()).empty());
  CHECK(r.is_clean());
}

} // namespace tickmesh::reconciler_test
