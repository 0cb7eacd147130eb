// How a data slot ends.
#include "actors/market/slot/slot_end.hpp"

#include <doctest/doctest.h>

namespace tickmesh::slot_end_test {

using step = slot_end::step;

TEST_CASE("a slot ends once: passed on, rejected rows written, subscribers waited for") {
  slot_end end{true};
  CHECK(end.next(false, true) == step::wait);
  CHECK(end.next(true, true) == step::write_rejected);
  CHECK(end.next(true, true) == step::wait);
  end.rejected_written(12);
  CHECK(end.next(true, false) == step::wait_for_subscribers);
  CHECK(end.next(true, false) == step::wait_for_subscribers);
  CHECK_FALSE(end.is_over());
  CHECK(end.next(true, true) == step::report);
  CHECK(end.is_over());
  CHECK(end.next(true, true) == step::wait);
  CHECK(end.rejected_rows() == 12);
  CHECK(end.writes_rows());
}

TEST_CASE("without rows there are none to wait for, and a slot that failed never finishes") {
  slot_end end{false};
  CHECK_FALSE(end.writes_rows());
  CHECK(end.next(true, true) == step::report);
  slot_end failed{false};
  failed.fail();
  CHECK(failed.is_over());
  CHECK(failed.next(true, true) == step::wait);
}

} // namespace tickmesh::slot_end_test
