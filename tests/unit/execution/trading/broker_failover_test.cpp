// Orders between two brokers, with settings as the loader reads them and the path as it runs.
#include "apps/settings/load_settings.hpp"
#include "tests/support/random_trading.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace tickmesh::broker_failover_test {

namespace {

constexpr broker_id primary{0};
constexpr broker_id backup{1};

/// What one run sent to whom, and what came of it.
struct routed_run {
  std::map<order_id, std::vector<broker_id>> sent; ///< the brokers of each order, in turn
  std::size_t straight_to_backup = 0;              ///< orders that the primary never had
  std::map<broker_id, std::size_t> not_taken;
  std::map<broker_id, std::size_t> fills;
  std::vector<order_row> rows;
  trading_totals totals;
};

execution_settings execution_of(std::string_view text) {
  temporary_directory directory;
  auto file = (directory.path() / "t.toml").string();
  std::ofstream{file, std::ios::binary} << text;
  auto loaded = load_settings({file, {}, {}});
  REQUIRE(loaded.faults == std::vector<std::string>{});
  return loaded.value.execution;
}

/// A random market of less than a probe interval. Checks that each order goes to the primary first
/// until `failover_threshold` orders came back, and never after.
routed_run run(const execution_settings& settings) {
  event_sequencer sequencer(settings);
  trading_state state(settings, random_trading::universe());
  auto feeds = random_trading::feeds_of(random_trading::random_market(1), 1, 1);
  for (std::size_t i = 0; i < feeds.size(); ++i)
    sequencer.inputs().add_link(std::to_string(i));
  routed_run out;
  std::vector<venue_command> commands;
  std::vector<fill_row> fills;
  random_trading::bring(std::move(feeds), sequencer.inputs(), 1, [&] {
    while (auto event = sequencer.next()) {
      if (auto* report = std::get_if<execution_report>(&event->what)) {
        if (report->refusal == refusal_cause::not_taken) ++out.not_taken[report->broker];
        if (report->kind == report_kind::fill) ++out.fills[report->broker];
      }
      commands.clear();
      state.apply(*event, commands);
      for (auto& command : commands)
        if (auto* order = std::get_if<order_request>(&command)) {
          auto& brokers = out.sent[order->id];
          bool is_passed_over = out.not_taken[primary] >= settings.failover_threshold;
          if (brokers.empty()) CHECK((order->broker == backup) == is_passed_over);
          if (brokers.empty() && order->broker == backup) ++out.straight_to_backup;
          brokers.push_back(order->broker);
          CHECK(order->lifetime == settings.order_time_in_force);
        }
      sequencer.execute(commands, event->time);
    }
  });
  CHECK(sequencer.finished());
  state.finish(out.rows, fills);
  out.totals = state.totals();
  CHECK(out.totals.anomalies.total() == 0);
  return out;
}

std::uint64_t count_of(const routed_run& r, order_status status) {
  return r.totals.by_status[static_cast<std::size_t>(status)];
}

constexpr std::string_view broken_primary = "[[execution.brokers]]\nname = \"ctp\"\n"
                                            "unavailable_share = 1\n"
                                            "[[execution.brokers]]\nname = \"ib\"\n";

} // namespace

TEST_CASE(
    "every order that the primary does not take goes to the backup, and soon straight there") {
  auto got = run(execution_of(broken_primary));
  std::size_t came_back = 0;
  for (auto& [id, brokers] : got.sent) {
    CHECK(brokers.back() == backup);
    CHECK(brokers.size() <= 2);
    if (brokers.size() == 2) ++came_back;
  }
  CHECK(came_back >= 3); // and those that were on their way at the third
  CHECK(came_back < 10); // within the delay of a report
  CHECK(got.not_taken[primary] == came_back);
  CHECK(got.straight_to_backup > 100);
  CHECK(got.straight_to_backup + came_back == got.sent.size());
  CHECK(got.fills[primary] == 0);
  CHECK(got.fills[backup] > 50);
}

TEST_CASE("the threshold of the configuration decides when the primary is passed over") {
  auto text = std::string{broken_primary} + "[execution.routing]\nfailover_threshold = 40\n";
  auto got = run(execution_of(text));
  CHECK(got.not_taken[primary] >= 40);
  CHECK(got.straight_to_backup > 50);
}

TEST_CASE("without a backup an order that is not taken is rejected") {
  auto settings = execution_of("[execution.sim]\nunavailable_share = 1\n"
                               "[execution.routing]\nbackup = \"\"\nfailover_threshold = 1000\n");
  auto got = run(settings);
  CHECK(got.not_taken[primary] == got.sent.size());
  CHECK(got.straight_to_backup == 0);
  CHECK(got.totals.fills == 0);
  CHECK(count_of(got, order_status::rejected) == got.rows.size());
}

TEST_CASE("a primary that works gets every order") {
  auto got = run(execution_of("[execution]\n"));
  CHECK(got.not_taken[primary] == 0);
  CHECK(got.fills[primary] > 50);
  CHECK(got.fills[backup] == 0);
}

TEST_CASE("an order may be due to be canceled when the backup gets it, of another kind even") {
  // The report that sends an order on comes at the end of its lifetime.
  auto got = run(execution_of("[execution]\norder_lifetime_ms = 1\n"
                              "[[execution.brokers]]\nname = \"ctp\"\nunavailable_share = 1\n"
                              "[[execution.brokers]]\nname = \"ib\"\nkind = \"accept\"\n"));
  CHECK(got.not_taken[primary] >= 3);
  CHECK(got.fills[backup] == got.sent.size());
  CHECK(std::ranges::any_of(
      got.rows, [](auto& row) { return row.history.find("PendingCancel") != std::string::npos; }));
  CHECK(count_of(got, order_status::filled) == got.sent.size());
}

TEST_CASE("orders carry the time in force of the configuration") {
  auto got = run(execution_of("[execution]\ntime_in_force = \"IOC\"\n"));
  CHECK(count_of(got, order_status::expired) > 20);
  CHECK(count_of(got, order_status::canceled) == 0);
}

TEST_CASE("comparisons with the brokers find nothing, and end with the run") {
  auto text = std::string{broken_primary} + "[execution.routing]\nreconcile_interval_ms = 5\n";
  auto got = run(execution_of(text));
  CHECK(got.fills[backup] > 50);
}

} // namespace tickmesh::broker_failover_test
