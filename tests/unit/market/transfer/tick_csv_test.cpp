// A row of our own format is read as the tick that it was written of.
#include "actors/market/transfer/tick_csv.hpp"

#include "actors/market/sources/file/csv_records.hpp"

#include <doctest/doctest.h>

namespace tickmesh::tick_csv_test {

namespace {

tick read_row(std::string_view line) {
  auto parser = make_own_record_parser();
  auto header = csv_header::match(parser->format(), tick_columns);
  REQUIRE(header.has_value());
  csv_row row{"ticks.csv", *header};
  row.assign(line, 2);
  parsed_record out;
  parser->parse(row, out);
  REQUIRE_FALSE(row.failed());
  return out.record;
}

tick trade(price last, quantity volume) {
  tick out;
  out.kind = record_kind::trade;
  out.trading_day = 20240102;
  out.event_time = from_ns(1'704'157'200'000'000'000);
  out.last = last;
  out.volume = volume;
  return out;
}

} // namespace

TEST_CASE("a trade keeps its price through a row, with its volume or without one") {
  price some{5 * decimal_scale}, zero{};
  quantity one{decimal_scale}, none{};
  for (auto& t : {trade(some, one), trade(some, none), trade(no_price, none), trade(zero, none)}) {
    CAPTURE(t.last.value);
    CAPTURE(t.volume.value);
    std::string row;
    append_tick_row(row, t, "S1");
    CHECK((read_row(row) == t));
  }
}

} // namespace tickmesh::tick_csv_test
