// What an execution slot reports of itself.
#include "actors/execution/slot/exec_report.hpp"
#include "messages/proto/orders.pb.h"

#include <doctest/doctest.h>

namespace tickmesh::exec_report_test {

TEST_CASE("totals are counted by the names of verdicts and statuses") {
  trading_totals totals;
  totals.by_verdict[0] = 3;
  totals.by_status[static_cast<std::size_t>(order_status::filled)] = 4;
  totals.entered[static_cast<std::size_t>(order_status::pending_new)] = 5;
  totals.fills = 6;
  totals.marks_frozen = 7;
  std::map<std::string, std::uint64_t> counts;
  count_totals(totals, {.rows = 8}, counts);
  CHECK(counts.at("orders/" + std::string{verdict_names[0]}) == 3);
  CHECK(counts.at("status/Filled") == 4);
  CHECK(counts.at(orders_sent_count) == 5);
  CHECK(counts.at(fills_count) == 6);
  CHECK(counts.at("marks_frozen") == 7);
  CHECK(counts.at("ledger/rows") == 8);
}

TEST_CASE("delays of orders are from what is known") {
  std::map<std::string, delay_histogram> delays;
  note_order_delays({}, 100, delays);
  CHECK(delays.empty());
  note_order_delays({{.ingest_ns = 90, .sent_ns = 95}, {.ingest_ns = 0, .sent_ns = 99}}, 100,
                    delays);
  CHECK(delays.at(tick_to_order_delay).count() == 1);
  CHECK(delays.at(tick_to_order_delay).max_ns() == 10);
  CHECK(delays.at(signal_to_order_delay).count() == 2);
  CHECK(delays.at(signal_to_order_delay).max_ns() == 5);
}

TEST_CASE("operators see the totals, and which links are waited for") {
  trading_totals totals;
  totals.fills = 6;
  totals.trading = {trading_mode::halted, "a@b", "odd \xff prices"};
  totals.not_reconciled = {"broker far was not compared with"};
  wire::ExecutionTotals read;
  REQUIRE(read.ParseFromString(encode_totals(totals, {"data/0", "calc/1"})));
  CHECK(read.fills() == 6);
  CHECK(read.waiting_for() == "data/0, calc/1");
  CHECK(read.trading_set_by() == "a@b");
  CHECK(read.trading_reason().find('\xff') == std::string::npos);
  CHECK(read.not_reconciled_size() == 1);
  CHECK(read.orders_by_verdict_size() == static_cast<int>(verdict_names.size()));
}

} // namespace tickmesh::exec_report_test
