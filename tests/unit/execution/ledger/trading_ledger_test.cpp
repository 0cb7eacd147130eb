// The ledger's file: what is put in comes out, and what becomes of files that are damaged or full.
#include "actors/execution/ledger/ledger_schema.hpp"
#include "actors/execution/trading/trading_csv.hpp"
#include "tests/support/journal_records.hpp"
#include "tests/support/ledger_contents.hpp"

#include <fmt/format.h>

#include <fstream>
#include <random>

namespace tickmesh::trading_ledger_test {

namespace {

constexpr std::uint64_t identity = 7;

struct ledger_home {
  log_directory directory;
  trading_ledger_options options{.file = ledger_path(directory.log(), "exec-0"),
                                 .run_identity = identity};
};

/// Numbers of every size, negative ones and those beyond 64 bits included.
struct row_maker {
  event_maker numbers{5};
  std::uint64_t event = 0;

  money make_money() {
    auto out = static_cast<int128>(numbers.number()) * (numbers.draw(3) == 0 ? 1'000'000'007 : 1);
    return money{numbers.draw(20) == 0 ? usage_overflow : out};
  }
  price make_price() { return price{numbers.number()}; }
  timestamp make_time() { return from_ns(numbers.number() & INT64_MAX); }
  strategy_id make_strategy() {
    return strategy_id{static_cast<std::uint16_t>(numbers.draw(random_trading::strategy_count))};
  }
  symbol_id make_symbol() {
    return symbol_id{static_cast<std::uint32_t>(numbers.draw(random_trading::symbol_count))};
  }

  order_row make_order() {
    return {.created = make_time(),
            .updated = make_time(),
            .symbol = make_symbol(),
            .direction = side::buy,
            .limit = make_price(),
            .volume = quantity{numbers.number()},
            .status = static_cast<order_status>(numbers.draw(order_status_names.size())),
            .id = order_id{numbers.unsigned_number()},
            .signal = "a/b/1",
            .strategy = make_strategy(),
            .signal_sequence = sequence{numbers.draw(1000)},
            .outcome = static_cast<verdict>(numbers.draw(verdict_names.size())),
            .usage = make_money().value,
            .limit_of_rule = make_money().value,
            .scope = "symbol S#",
            .filled = quantity{numbers.number()},
            .average_price = make_price(),
            .history = "PendingNew>New",
            .created_event = ++event,
            .updated_event = event + numbers.draw(5)};
  }
  fill_row make_fill() {
    return {.time = make_time(),
            .symbol = make_symbol(),
            .direction = side::sell,
            .at = price{static_cast<std::int64_t>(numbers.draw(UINT32_MAX))},
            .volume = quantity{numbers.number()},
            .order = order_id{event},
            .execution = {order_id{event}, 2},
            .strategy = make_strategy(),
            .signal_sequence = sequence{numbers.draw(1000)},
            .signal = "a/b/2",
            .event = ++event,
            .broker = numbers.draw(2) == 0 ? "ctp" : "ib"};
  }
  position_row make_position(symbol_id symbol, strategy_id strategy) {
    auto held = quantity{static_cast<std::int64_t>(numbers.draw(200)) - 100};
    return {.symbol = symbol,
            .strategy = strategy,
            .held = held,
            .average_cost = make_price(),
            .realised = make_money(),
            .unrealised = money{numbers.number()},
            .mark = make_price(),
            .updated = make_time(),
            .days_apart = numbers.draw(2) == 0,
            .today = quantity{held.value < 0 ? 0 : held.value / 2},
            .fifo_cost = make_price(),
            .realised_fifo = money{numbers.number()},
            .fees = money{numbers.number()}};
  }
};

/// The columns of a result file, of a view; NULL as an empty field.
std::string csv_of(const std::filesystem::path& file, std::string_view columns,
                   const std::string& view) {
  std::string list;
  for (auto rest = columns; !rest.empty();) {
    auto column = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(column.size() + 1, rest.size()));
    list += fmt::format("{}ifnull(\"{}\", '')", list.empty() ? "" : ", ", column);
  }
  return query_rows(file, "SELECT " + list + " FROM " + view);
}

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> out;
  for (std::string_view rest = text; !rest.empty();) {
    out.emplace_back(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(out.back().size() + 1);
  }
  std::sort(out.begin(), out.end());
  return out;
}

trading_changes one_order(std::uint64_t updated, order_status status) {
  order_row row;
  row.volume = quantity{5};
  row.status = status;
  row.created_event = 1;
  row.updated_event = updated;
  trading_changes out;
  out.orders.push_back(row);
  out.through = updated;
  return out;
}

std::string status_of(const trading_ledger_options& options) {
  return query_rows(options.file, "SELECT status, updated_event, is_open FROM orders");
}

} // namespace

TEST_CASE("a ledger's views show every row as the result files do, whatever its numbers") {
  ledger_home home;
  auto universe = random_trading::universe();
  row_maker maker;
  trading_changes changes;
  std::string orders, fills, positions;
  for (int i = 0; i < 1'000; ++i) {
    changes.orders.push_back(maker.make_order());
    append_row(orders, changes.orders.back(), universe);
    changes.fills.push_back(maker.make_fill());
    append_row(fills, changes.fills.back(), universe);
  }
  for (std::uint32_t s = 0; s < random_trading::symbol_count; ++s)
    for (std::uint16_t x = 0; x < random_trading::strategy_count; ++x) {
      auto row = maker.make_position(symbol_id{s}, strategy_id{x});
      changes.positions[{row.symbol, row.strategy}] = {row, ++maker.event};
      append_row(positions, row, universe);
    }
  changes.through = maker.event;
  auto ledger = open_ledger(home.options);
  auto written = ledger->write(changes, universe);
  REQUIRE_MESSAGE(written, written.error().message);
  auto& file = home.options.file;
  CHECK(sorted_lines(csv_of(file, order_columns, "orders_readable")) == sorted_lines(orders));
  CHECK(sorted_lines(csv_of(file, fill_columns, "fills_readable")) == sorted_lines(fills));
  CHECK(sorted_lines(csv_of(file, position_columns, "positions_readable")) ==
        sorted_lines(positions));
  CHECK(query_rows(file, "SELECT count(*) FROM orders WHERE typeof(usage_e8) = 'text'") != "0\n");
}

TEST_CASE("of an order's rows the one of the later event holds, in whatever order they come") {
  ledger_home home;
  auto universe = random_trading::universe();
  auto ledger = open_ledger(home.options);
  REQUIRE(ledger->write(one_order(4, order_status::partially_filled), universe));
  CHECK(status_of(home.options) == "PartiallyFilled,4,1\n");
  REQUIRE(ledger->write(one_order(2, order_status::accepted), universe));
  CHECK(status_of(home.options) == "PartiallyFilled,4,1\n");
  REQUIRE(ledger->write(one_order(9, order_status::filled), universe));
  CHECK(status_of(home.options) == "Filled,9,0\n");
}

TEST_CASE("a ledger that is opened again goes on; for another run it counts as empty") {
  ledger_home home;
  auto universe = random_trading::universe();
  auto ledger = open_ledger(home.options);
  CHECK(ledger->last_event() == 0);
  REQUIRE(ledger->write(one_order(4, order_status::accepted), universe));
  ledger.reset();
  ledger = open_ledger(home.options);
  CHECK(ledger->last_event() == 4);
  ledger.reset();
  auto other = home.options;
  other.run_identity = identity + 1;
  ledger = open_ledger(other);
  CHECK(ledger->last_event() == 0);
  REQUIRE(ledger->begin_anew());
  CHECK(status_of(home.options) == "New,4,1\n"); // readers see it until the commit
  REQUIRE(ledger->commit(0, universe));
  CHECK(status_of(home.options).empty());
}

TEST_CASE("a file that is no ledger of this version is set aside, whole, and named") {
  std::string bytes(10'000, 'x');
  auto write_text = [&](const std::filesystem::path& file) {
    std::ofstream{file, std::ios::binary} << bytes;
  };
  auto write_tables = [](const std::filesystem::path& file, const std::string& more) {
    auto database =
        sqlite_database::open(file, sqlite_database::access::write, ledger_settings{}.busy_timeout);
    REQUIRE(database);
    REQUIRE(database->run(("CREATE TABLE mine (a); INSERT INTO mine VALUES (1);" + more).c_str()));
  };
  std::vector<std::pair<std::string, std::function<void(const std::filesystem::path&)>>> cases{
      {"not a database", write_text},
      {"is no ledger of tickmesh", [&](auto& file) { write_tables(file, ""); }},
      {"has the schema version 99; this program has 2", [&](auto& file) {
         write_tables(file, fmt::format("PRAGMA application_id = {}; PRAGMA user_version = 99",
                                        ledger_application));
       }}};
  for (auto& [word, make] : cases) {
    CAPTURE(word);
    ledger_home home;
    auto& file = home.options.file;
    std::filesystem::create_directories(file.parent_path());
    make(file);
    auto size = std::filesystem::file_size(file);
    auto opened = trading_ledger::open(home.options);
    REQUIRE_MESSAGE(opened, opened.error().message);
    CHECK_MESSAGE(opened->note.find(word) != std::string::npos, opened->note);
    CHECK(opened->note.find(file.string() + ".aside-1") != std::string::npos);
    CHECK(std::filesystem::file_size(file.string() + ".aside-1") == size);
    REQUIRE(
        opened->ledger->write(one_order(1, order_status::accepted), random_trading::universe()));
    CHECK(status_of(home.options) == "New,1,1\n");
  }
}

TEST_CASE("damage in a ledger is found when it is met, and said to be damage") {
  ledger_home home;
  auto universe = random_trading::universe();
  row_maker maker;
  trading_changes changes;
  for (int i = 0; i < 5'000; ++i)
    changes.orders.push_back(maker.make_order());
  open_ledger(home.options)->write(changes, universe);
  {
    std::fstream file{home.options.file, std::ios::in | std::ios::out | std::ios::binary};
    std::string zeros(4096, '\0');
    for (int page = 60; page < 160; ++page) {
      file.seekp(page * 4096);
      file << zeros;
    }
  }
  auto ledger = open_ledger(home.options);
  for (auto& row : changes.orders)
    row.updated_event += 10;
  CHECK_FALSE(ledger->write(changes, universe));
  CHECK(ledger->is_damaged());
  ledger.reset();
  REQUIRE(set_ledger_aside(home.options.file));
  REQUIRE(open_ledger(home.options)->write(changes, universe));
}

TEST_CASE("a full disk fails a write as a whole, and is no damage") {
  ledger_home home;
  auto universe = random_trading::universe();
  home.options.pages_max = 60;
  row_maker maker;
  auto ledger = open_ledger(home.options);
  std::string before;
  std::uint64_t last = 0;
  result<void> written;
  for (int i = 0; i < 100 && written; ++i) {
    before = ledger_contents(home.options.file);
    last = ledger->last_event();
    trading_changes changes;
    for (int k = 0; k < 50; ++k)
      changes.orders.push_back(maker.make_order());
    changes.through = maker.event;
    written = ledger->write(changes, universe);
  }
  REQUIRE_FALSE(written);
  CHECK_MESSAGE(written.error().message.find("full") != std::string::npos, written.error().message);
  CHECK(written.error().message.find(home.options.file.string()) != std::string::npos);
  CHECK_FALSE(ledger->is_damaged());
  CHECK(ledger->last_event() == last);
  CHECK(last > 0);
  CHECK(ledger_contents(home.options.file) == before);
  ledger.reset();
  home.options.pages_max = 0;
  ledger = open_ledger(home.options);
  CHECK(ledger->last_event() == last);
  REQUIRE(ledger->write(one_order(last + 1, order_status::accepted), universe));
}

} // namespace tickmesh::trading_ledger_test
