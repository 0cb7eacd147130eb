// Any record of a source, as a row of our own format.
#include "actors/market/sources/file/csv_records.hpp"
#include "actors/market/transfer/tick_csv.hpp"
#include "tests/support/any_tick.hpp"

#include <string>

namespace tickmesh::tick_csv_property_test {

namespace {

/// Without what a row does not have, and what a source never says.
tick as_of_row(tick t) {
  t.source = {};
  t.position = {};
  t.cumulative_volume = {};
  if (t.kind != record_kind::trade && t.volume == quantity{} && t.last == price{})
    t.last = no_price;
  return t;
}

} // namespace

TEST_CASE("any tick that is written as a row is read as the same") {
  auto parser = make_own_record_parser();
  auto header = csv_header::match(parser->format(), tick_columns);
  REQUIRE(header.has_value());
  check_property([&] {
    auto written = as_of_row(*any_tick().as("tick"));
    std::string line;
    append_tick_row(line, written, "S1");
    csv_row row{"ticks.csv", *header};
    row.assign(line, 2);
    parsed_record read;
    parser->parse(row, read);
    RC_LOG() << line << '\n';
    RC_ASSERT_FALSE(row.failed());
    RC_ASSERT(read.symbol == "S1");
    RC_ASSERT(read.record == written);
  });
}

} // namespace tickmesh::tick_csv_property_test
