// What one message to a replica holds.
#include "actors/market/slot/replica_records.hpp"

#include "actors/market/tick_log/record_codec.hpp"
#include "tests/support/market_log.hpp"

#include <doctest/doctest.h>

namespace tickmesh::replica_records_test {

TEST_CASE("a message to a replica has the records behind what it has, as many as fit") {
  market_log market{1}; // the older ones are read from the disk
  for (int i = 1; i <= 3; ++i)
    market.add(30'000, 30'000, market_second(i));
  for (int i = 4; i <= 12; ++i)
    market.add(60'000, 60'000, market_second(i));
  record_cursor cursor;
  record_number after{1};
  int messages = 0;
  for (; after < market.log().last_record(); ++messages) {
    auto sent = read_replica_records(after, market.recent(), market.log(), cursor);
    REQUIRE(sent.has_value());
    CHECK(sent->first == after + record_number{1});
    auto records = read_log_records(sent->bytes);
    REQUIRE(records.has_value());
    REQUIRE(records->size() == sent->count);
    for (std::size_t i = 0; i < records->size(); ++i) {
      CHECK((*records)[i].number.value == sent->first.value + i);
      CHECK((*records)[i].writer == epoch{7});
    }
    CHECK(records->back().number == sent->last);
    bool is_full = sent->bytes.size() >= 1 << 20;
    CHECK((is_full || sent->last == market.log().last_record()));
    after = sent->last;
  }
  CHECK(messages >= 2);
  CHECK(messages < 11);
}

TEST_CASE("records that are no longer kept can't be sent") {
  market_log market;
  REQUIRE(market.log().start_after(record_number{5}, epoch{7}).has_value());
  market.add(1, 0, market_second(1));
  record_cursor cursor;
  auto gone = read_replica_records(record_number{3}, market.recent(), market.log(), cursor);
  REQUIRE_FALSE(gone.has_value());
  CHECK(gone.error().message.find("no longer kept") != std::string::npos);
}

} // namespace tickmesh::replica_records_test
