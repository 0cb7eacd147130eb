// When a log's keeper is woken.
#include "actors/market/keeper_notice.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>

namespace tickmesh::keeper_notice_test {

namespace {

record_number at(std::uint64_t number) {
  return record_number{number};
}

} // namespace

TEST_CASE("a keeper is told once of many records, and again when it has answered") {
  keeper_notice notice{log_durability::interval};
  CHECK(notice.appended(at(1)));
  for (std::uint64_t i = 2; i < 100; ++i)
    CHECK_FALSE(notice.appended(at(i)));
  CHECK(notice.answered(at(99)));
  CHECK_FALSE(notice.appended(at(100)));
}

TEST_CASE("a keeper that has answered with nothing new is told of the next record") {
  keeper_notice notice{log_durability::interval};
  CHECK(notice.appended(at(1)));
  CHECK_FALSE(notice.answered(at(1)));
  CHECK_FALSE(notice.appended(at(1)));
  CHECK(notice.appended(at(2)));
}

TEST_CASE("a keeper that syncs always is told of every record") {
  keeper_notice notice{log_durability::always};
  for (std::uint64_t i = 1; i < 100; ++i) {
    CHECK(notice.appended(at(i)));
    CHECK_FALSE(notice.appended(at(i)));
  }
}

TEST_CASE("whenever a keeper answers, every record gets known to it, with one notice on its way") {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    keeper_notice notice{log_durability::interval};
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
      say(notice.answered(at(last)));
    };
    for (int step = 0; step < 200; ++step) {
      if (random() % 3 == 0)
        answer();
      else
        say(notice.appended(at(++last)));
    }
    answer();
    answer();
    CHECK(on_the_way == 0);
    CHECK(known == last);
  }
}

} // namespace tickmesh::keeper_notice_test
