// The broker is a column of fills: in the rows, their text and the ledger.
#include "actors/execution/trading/trading_csv.hpp"
#include "tests/support/doubt_desk.hpp"
#include "tests/support/ledger_contents.hpp"

#include <doctest/doctest.h>

namespace tickmesh::fill_broker_test {

namespace {

using namespace risk_desk;
using st = order_status;
using kind = report_kind;

struct fills_desk : doubt_desk {
  using doubt_desk::doubt_desk;

  std::vector<fill_row> fills() {
    std::vector<order_row> orders;
    std::vector<fill_row> rows;
    state.take_finished(orders, rows);
    return rows;
  }
  execution_report named_fill(const order_request& o, std::string name, std::int64_t volume) {
    auto r = make(o, kind::fill, st::partially_filled);
    r.id.counter = 0;
    r.last_price = o.limit;
    r.last_quantity = r.cumulative = lots(volume);
    r.words = broker_words{.execution = std::move(name)};
    return r;
  }
};

} // namespace

TEST_CASE("a fill's row names the broker that has reported it, not who has the order") {
  fills_desk d;
  REQUIRE(d.ask(ms(1), {.volume = 10}) == verdict::approved);
  auto at_ctp = d.sent.back();
  auto refused = d.make(at_ctp, kind::rejected, st::rejected);
  refused.refusal = refusal_cause::not_taken;
  d.say(refused);
  auto at_ib = d.sent.back();
  REQUIRE(at_ib.broker == broker_id{1});
  d.say_fill(at_ib, 2, 2, st::partially_filled);
  d.say_fill(at_ctp, 3, 3, st::partially_filled); // it has filled what it had not taken
  auto rows = d.fills();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].broker == "ib");
  CHECK(rows[1].broker == "ctp");
  std::string text;
  append_row(text, rows[1], d.state.universe());
  CHECK(text.ends_with(",ctp\n"));
}

TEST_CASE("what is taken back and what is corrected names its broker, too") {
  for (bool has_entries : {true, false}) {
    auto settings = open_settings();
    if (has_entries) settings.brokers = {{.name = "ctp"}, {.name = "ib"}};
    fills_desk d{settings};
    auto order = d.open_order(ms(1), {.volume = 10});
    d.say(d.named_fill(order, "T1", 4));
    auto corrected = d.named_fill(order, "T2", 3);
    corrected.kind = kind::correction;
    corrected.words = broker_words{.execution = "T2", .original = "T1"};
    d.say(corrected);
    auto busted = d.make(order, kind::bust, st::accepted);
    busted.id.counter = 0;
    busted.words = broker_words{.execution = "T3", .original = "T2"};
    d.say(busted);
    auto rows = d.fills();
    REQUIRE(rows.size() == 4); // booked, back and booked, back
    for (auto& row : rows)
      CHECK(row.broker == "ctp");
    CHECK(rows[1].event == rows[2].event);
    CHECK(rows[3].direction == side::sell);
    CHECK(d.held() == quantity{});
  }
}

TEST_CASE("the ledger has both rows of a correction, with their broker") {
  log_directory directory;
  auto file = ledger_path(directory.log(), "exec-0");
  auto ledger = open_ledger({.file = file, .run_identity = 1});
  fill_row back{.direction = side::sell,
                .at = at(100),
                .volume = lots(4),
                .signal = {},
                .event = 7,
                .broker = "ctp"};
  auto booked = back;
  booked.direction = side::buy;
  booked.volume = lots(3);
  trading_changes changes;
  changes.fills = {back, booked};
  changes.through = 7;
  REQUIRE(ledger->write(changes, universe()));
  CHECK(query_rows(file, "SELECT event, direction, volume, broker FROM fills_readable "
                         "ORDER BY direction") == "7,BUY,3,ctp\n7,SELL,4,ctp\n");
}

TEST_CASE("a ledger of the schema before is set aside, and made again") {
  log_directory directory;
  trading_ledger_options options{.file = ledger_path(directory.log(), "exec-0"), .run_identity = 1};
  open_ledger(options).reset();
  {
    auto database =
        sqlite_database::open(options.file, sqlite_database::access::write, options.busy_timeout);
    REQUIRE(database);
    REQUIRE(database->run("PRAGMA user_version = 1"));
  }
  auto opened = trading_ledger::open(options);
  REQUIRE(opened);
  CHECK(opened->note.find("schema version 1") != std::string::npos);
  CHECK(opened->ledger->last_event() == 0);
}

} // namespace tickmesh::fill_broker_test
