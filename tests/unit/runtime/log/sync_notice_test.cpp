// When a log's keeper is woken.
#include "runtime/log/sync_notice.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>

namespace tickmesh::sync_notice_test {

TEST_CASE("a keeper is told once of many records, and again when it has answered") {
  sync_notice<std::uint64_t> notice;
  CHECK(notice.appended(1));
  for (std::uint64_t i = 2; i < 100; ++i)
    CHECK_FALSE(notice.appended(i));
  CHECK(notice.answered(99));
  CHECK_FALSE(notice.appended(100));
}

TEST_CASE("a keeper that has answered with nothing new is told of the next record") {
  sync_notice<std::uint64_t> notice;
  CHECK(notice.appended(1));
  CHECK_FALSE(notice.answered(1));
  CHECK_FALSE(notice.appended(1));
  CHECK(notice.appended(2));
}

TEST_CASE("a keeper that is told later is not told again of what it was told then") {
  sync_notice<std::uint64_t> notice;
  CHECK(notice.appended(1));
  CHECK_FALSE(notice.appended(2));
  notice.told(2);
  CHECK_FALSE(notice.answered(2));
  CHECK(notice.appended(3));
}

TEST_CASE("a keeper that syncs always is told of every record") {
  sync_notice<std::uint64_t> notice{sync_wish::each};
  for (std::uint64_t i = 1; i < 100; ++i) {
    CHECK(notice.appended(i));
    CHECK_FALSE(notice.appended(i));
  }
}

TEST_CASE("whenever a keeper answers, every record gets known to it, with one notice on its way") {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    sync_notice<std::uint64_t> notice;
    std::uint64_t last = 0, known = 0, on_the_way = 0;
    auto say = [&](bool wanted) {
      if (!wanted) return;
      CHECK(on_the_way == 0);
      on_the_way = last;
    };
    auto answer = [&] {
      if (on_the_way == 0) return;
      known = on_the_way;
      on_the_way = 0;
      say(notice.answered(last));
    };
    for (int step = 0; step < 200; ++step) {
      if (random() % 3 == 0)
        answer();
      else
        say(notice.appended(++last));
    }
    answer();
    answer();
    CHECK(on_the_way == 0);
    CHECK(known == last);
  }
}

TEST_CASE("a keeper that syncs always is told of each record, one that never does of none") {
  sync_notice<std::uint64_t> always{sync_wish::each}, never{sync_wish::nothing};
  for (std::uint64_t event = 1; event < 4; ++event) {
    CHECK(always.appended(event));
    CHECK(!always.appended(event));
    CHECK(!never.appended(event));
  }
}

} // namespace tickmesh::sync_notice_test
