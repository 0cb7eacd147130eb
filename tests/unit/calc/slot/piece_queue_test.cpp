// The order of a calculation slot's work.
#include "actors/calc/slot/piece_queue.hpp"

#include <doctest/doctest.h>

namespace tickmesh::piece_queue_test {

namespace {

/// Opens a piece of so many parts.
std::shared_ptr<calc_piece> open_piece(piece_queue& pieces, std::size_t parts) {
  auto piece = pieces.make();
  piece->open_parts(parts);
  pieces.open(piece);
  return piece;
}

} // namespace

TEST_CASE("pieces are passed on in the order in which they were opened") {
  piece_queue pieces;
  CHECK(pieces.take_complete() == nullptr);
  auto first = open_piece(pieces, 2);
  auto second = open_piece(pieces, 1);
  CHECK(second->progress.finish(0));
  CHECK(pieces.take_complete() == nullptr); // the first is not complete
  first->progress.finish(1);
  CHECK(pieces.take_complete() == nullptr);
  first->progress.finish(0);
  CHECK(pieces.take_complete() == first);
  CHECK(pieces.take_complete() == second);
  CHECK(pieces.take_complete() == nullptr);
}

TEST_CASE("a piece without parts is complete at once") {
  piece_queue pieces;
  auto piece = open_piece(pieces, 0);
  CHECK(pieces.take_complete() == piece);
}

TEST_CASE("pieces are numbered from 1, and found until they are taken") {
  piece_queue pieces;
  auto first = pieces.make();
  first->open_parts(0);
  CHECK(pieces.open(first) == 1);
  auto second = pieces.make();
  second->open_parts(1);
  CHECK(pieces.open(second) == 2);
  CHECK(pieces.find(1) == first);
  CHECK(pieces.find(2) == second);
  REQUIRE(pieces.take_complete() == first);
  CHECK(pieces.find(1) == nullptr);
  CHECK(pieces.find(2) == second);
  auto third = pieces.make();
  third->open_parts(1);
  CHECK(pieces.open(third) == 3);
  CHECK(pieces.find(3) == third);
}

TEST_CASE("the memory of a piece that was given back is used again") {
  piece_queue pieces;
  auto piece = open_piece(pieces, 0);
  CHECK(pieces.make() != piece);
  auto* memory = piece.get();
  auto taken = pieces.take_complete();
  REQUIRE(taken == piece);
  piece.reset();
  pieces.give_back(std::move(taken));
  auto again = pieces.make();
  CHECK(again.get() == memory);
  CHECK(again->frame == nullptr);
  CHECK(pieces.make().get() != memory);
}

} // namespace tickmesh::piece_queue_test
