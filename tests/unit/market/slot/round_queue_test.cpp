// Rounds between the feed and the log.
#include "actors/market/slot/round_queue.hpp"

#include "runtime/actors/part_countdown.hpp"

#include <doctest/doctest.h>

#include <memory>

namespace tickmesh::round_queue_test {

namespace {

struct round_in_work {
  int name = 0;
  part_countdown progress;
};

std::shared_ptr<round_in_work> open_round(int name) {
  auto out = std::make_shared<round_in_work>();
  out->name = name;
  out->progress.open(1);
  return out;
}

} // namespace

TEST_CASE("rounds are granted as far as there is room, those on their way included") {
  round_queue<std::shared_ptr<round_in_work>> rounds{2};
  CHECK(rounds.grant());
  CHECK(rounds.grant());
  CHECK_FALSE(rounds.grant());
  auto round = open_round(1);
  rounds.push(round);
  CHECK_FALSE(rounds.grant());
  round->progress.finish(0);
  CHECK(rounds.oldest_complete() == round.get());
  rounds.drop_oldest();
  CHECK(rounds.grant());
  CHECK_FALSE(rounds.grant());
}

TEST_CASE("grants whose rounds will not come make room again, beside the rounds that are here") {
  round_queue<std::shared_ptr<round_in_work>> rounds{3};
  for (int granted = 0; granted < 3; ++granted)
    CHECK(rounds.grant());
  rounds.push(open_round(7));
  rounds.forget_grants();
  CHECK(rounds.in_flight() == 1);
  CHECK(rounds.open().front()->name == 7);
  CHECK(rounds.grant());
  CHECK(rounds.grant());
  CHECK_FALSE(rounds.grant());
}

TEST_CASE("a round is logged behind all before it, whichever is complete first") {
  round_queue<std::shared_ptr<round_in_work>> rounds{4};
  CHECK(rounds.oldest_complete() == nullptr);
  CHECK(rounds.oldest_number() == 1);
  auto first = open_round(1), second = open_round(2);
  for (auto& round : {first, second}) {
    REQUIRE(rounds.grant());
    rounds.push(round);
  }
  second->progress.finish(0);
  CHECK(rounds.oldest_complete() == nullptr);
  first->progress.finish(0);
  CHECK(rounds.oldest_complete()->name == 1);
  rounds.drop_oldest();
  CHECK(rounds.oldest_number() == 2);
  CHECK(rounds.oldest_complete()->name == 2);
  rounds.drop_oldest();
  CHECK(rounds.oldest_number() == 3);
  CHECK(rounds.oldest_complete() == nullptr);
}

} // namespace tickmesh::round_queue_test
