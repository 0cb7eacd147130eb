// Digests of an owner and its replica: each pair is compared once both are there, in either order,
// and what is kept is bounded.
#include "actors/calc/slot/digest_book.hpp"

#include <doctest/doctest.h>

namespace tickmesh::digest_book_test {
namespace {

symbol_digest at(std::uint64_t tick, std::uint64_t digest, std::uint32_t symbol = 3) {
  return {{symbol, 1, 1, tick}, digest};
}

} // namespace

TEST_CASE("two digests of one place are compared, whichever comes first") {
  for (bool own_first : {false, true})
    for (bool differs : {false, true}) {
      digest_book book{false};
      auto own = at(32, 5), replicas = at(32, differs ? 6 : 5);
      auto found = own_first ? book.add_own(own) : book.add_replicas(replicas);
      CHECK(!found);
      CHECK(book.compared() == 0);
      found = own_first ? book.add_replicas(replicas) : book.add_own(own);
      CHECK(book.compared() == 1);
      REQUIRE(found.has_value() == differs);
      if (!differs) continue;
      CHECK(found->at == own.at);
      CHECK(found->own == 5);
      CHECK(found->replicas == 6);
    }
}

TEST_CASE("digests of another symbol, data epoch, beginning or tick are not compared") {
  digest_book book{false};
  CHECK(!book.add_own(at(32, 5)));
  auto other = at(32, 6, 4);
  CHECK(!book.add_replicas(other));
  other = at(32, 6), other.at.data_epoch = 2;
  CHECK(!book.add_replicas(other));
  other = at(32, 6), other.at.first_tick = 2;
  CHECK(!book.add_replicas(other));
  CHECK(!book.add_replicas(at(64, 6)));
  CHECK(book.compared() == 0);
}

TEST_CASE("a replica that begins again is compared from its start, and not with what one said") {
  digest_book book{false};
  CHECK(!book.add_own(at(32, 5)));
  CHECK(book.add_replicas(at(32, 6)));
  CHECK(!book.add_replicas(at(64, 9)));
  book.forget_replica();
  CHECK(!book.add_replicas(at(32, 5)));
  CHECK(!book.add_own(at(64, 7)));
  CHECK(!book.add_replicas(at(64, 7)));
  CHECK(book.compared() == 3);
}

TEST_CASE("only the newest digests are kept, of each side") {
  digest_book book{false, 4};
  for (std::uint64_t i = 1; i <= 10; ++i)
    CHECK(!book.add_own(at(i, 0)));
  for (std::uint64_t i = 1; i <= 10; ++i)
    CHECK(book.add_replicas(at(i, 1)).has_value() == (i > 6));
  digest_book other{false, 4};
  for (std::uint64_t i = 1; i <= 10; ++i)
    CHECK(!other.add_replicas(at(i, 0)));
  for (std::uint64_t i = 1; i <= 10; ++i)
    CHECK(other.add_own(at(i, 1)).has_value() == (i > 6));
}

TEST_CASE("a replica tells each digest once, the oldest first, and as an owner none") {
  digest_book book{true, 4};
  for (std::uint64_t i = 1; i <= 6; ++i)
    CHECK(!book.add_own(at(i, i)));
  CHECK(book.take_untold(3) == std::vector{at(3, 3), at(4, 4), at(5, 5)});
  CHECK(book.take_untold(3) == std::vector{at(6, 6)});
  CHECK(book.take_untold(3).empty());
  CHECK(!book.add_own(at(7, 7)));
  book.become_owner();
  CHECK(!book.add_own(at(8, 8)));
  CHECK(book.take_untold(3).empty());
  CHECK(book.add_replicas(at(7, 0))); // its own replica is compared with what it was
}

TEST_CASE("a state is digested early, then ever more seldom, then at a fixed interval") {
  std::vector<std::uint64_t> all;
  for (std::uint64_t tick = 1; tick <= 5000; ++tick)
    if (next_digested_tick(tick) == tick) all.push_back(tick);
  CHECK(all == std::vector<std::uint64_t>{32, 64, 128, 256, 512, 1024, 2048, 3072, 4096});
}

} // namespace tickmesh::digest_book_test
