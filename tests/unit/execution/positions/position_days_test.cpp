// Today's and yesterday's positions, fees, cost by lots and accounts, against figures worked out by
// hand.
#include "actors/execution/positions/position_book.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <limits>

namespace tickmesh::position_days_test {

namespace {

constexpr auto unit = decimal_scale;
constexpr symbol_id first{0};
constexpr strategy_id one{0};
constexpr std::int32_t monday = 20181008;
constexpr std::int32_t tuesday = 20181009;

constexpr money cash(std::int64_t n) {
  return money{int128{n} * unit};
}
constexpr money cents(std::int64_t n) {
  return money{int128{n} * (unit / 100)};
}
constexpr quantity lots(std::int64_t n) {
  return quantity{n * unit};
}

position_book make_book(const position_terms& terms, std::uint16_t accounts = 1) {
  return position_book{std::vector<position_terms>{terms}, accounts};
}

position_terms terms_of(position_model model) {
  return {.multiplier = 10 * unit, .fees = {}, .model = model};
}

position_fill fill(side direction, std::int64_t at, std::int64_t volume) {
  return {.symbol = first,
          .strategy = one,
          .direction = direction,
          .at = price{at * unit},
          .volume = lots(volume)};
}

market_mark mark(std::int64_t last, std::int32_t day) {
  return {.symbol = first, .trading_day = day, .last = price{last * unit}};
}

/// Yesterday's 3 at 100, today's 2 at 110.
position_book two_days(position_model model) {
  auto book = make_book(terms_of(model));
  book.apply_mark(mark(100, monday));
  book.apply_fill(fill(side::buy, 100, 3));
  book.apply_mark(mark(105, tuesday));
  book.apply_fill(fill(side::buy, 110, 2));
  return book;
}

/// True when `run` ends its process by an assertion. Runs it in a child.
template <class Run>
bool aborts(Run run) {
  auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    ::close(STDERR_FILENO);
    run();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

} // namespace

TEST_CASE("a new trading day makes today's positions yesterday's") {
  auto book = make_book(terms_of(position_model::yesterday_first));
  book.apply_mark(mark(100, monday));
  book.apply_fill(fill(side::sell, 100, 3));
  auto row = book.rows().at(0);
  CHECK(row.today == lots(3));
  CHECK(row.yesterday() == lots(0));
  book.apply_mark(mark(100, monday - 1)); // a straggler
  CHECK(book.rows().at(0).today == lots(3));
  book.apply_mark(mark(100, tuesday));
  row = book.rows().at(0);
  CHECK(row.held == lots(-3));
  CHECK(row.today == lots(0));
  CHECK(row.yesterday() == lots(3));
  CHECK(row.days_apart);
}

TEST_CASE("an order closes yesterday's or today's first, as the position model says") {
  auto book = two_days(position_model::yesterday_first);
  auto split = [&](side direction, std::int64_t volume) {
    return book.split(first, one, direction, lots(volume));
  };
  CHECK(split(side::sell, 2) == order_split{lots(0), lots(2), lots(0)});
  CHECK(split(side::sell, 4) == order_split{lots(1), lots(3), lots(0)});
  CHECK(split(side::sell, 9) == order_split{lots(2), lots(3), lots(4)});
  CHECK(split(side::buy, 9) == order_split{lots(0), lots(0), lots(9)});
  CHECK(split(side::sell, 9).close() == lots(5));
  // Another strategy holds nothing, and what it does is its own.
  CHECK(book.split(first, strategy_id{7}, side::sell, lots(2)) ==
        order_split{lots(0), lots(0), lots(2)});
  book.apply_fill(fill(side::sell, 120, 4));
  auto row = book.rows().at(0);
  CHECK(row.today == lots(1));
  CHECK(row.yesterday() == lots(0));
  CHECK(row.fifo_cost == price{110 * unit});
  CHECK(row.average_cost == price{104 * unit});
  CHECK(row.realised_fifo == cash(700)); // (3 x 20 + 10) x 10
  CHECK(row.realised == cash(640));      // 4 x (120 - 104) x 10

  book = two_days(position_model::today_first);
  CHECK(split(side::sell, 2) == order_split{lots(2), lots(0), lots(0)});
  CHECK(split(side::sell, 4) == order_split{lots(2), lots(2), lots(0)});
  CHECK(split(side::sell, 9) == order_split{lots(2), lots(3), lots(4)});
  book.apply_fill(fill(side::sell, 120, 4));
  row = book.rows().at(0);
  CHECK(row.today == lots(0));
  CHECK(row.yesterday() == lots(1));
  CHECK(row.fifo_cost == price{100 * unit});
  CHECK(row.realised_fifo == cash(600)); // (2 x 10 + 2 x 20) x 10
  CHECK(row.realised == cash(640));      // the average knows no days
}

TEST_CASE("a net position knows no days and closes at the closing fee") {
  auto terms = terms_of(position_model::net);
  terms.fees = {.open = {0, unit}, .close = {0, 2 * unit}, .close_today = {0, 50 * unit}};
  auto book = make_book(terms);
  book.apply_mark(mark(100, monday));
  book.apply_fill(fill(side::buy, 100, 3));
  CHECK(book.split(first, one, side::sell, lots(4)) == order_split{lots(0), lots(3), lots(1)});
  book.apply_fill(fill(side::sell, 100, 4));
  CHECK(book.fees() == cash(3 * 1 + 3 * 2 + 1 * 1));
  auto row = book.rows().at(0);
  CHECK_FALSE(row.days_apart);
  CHECK(row.today == lots(0));
}

// Multiplier 10 and a tick of 5 are those of ru at SHFE (instruments_792_2025.csv: VolumeMultiple,
// PriceTick). That file has no fees. 0.45 in 10000 of the turnover, closing today's included, is
// the rate that ricequant/rqalpha lists (rqalpha/utils/default_future_info.py, RU: 4.5e-05).
TEST_CASE("two days of rubber come to the cents that were worked out by hand") {
  constexpr fill_fee fee{4'500, 0};
  auto book = make_book({.multiplier = 10 * unit,
                         .fees = {.open = fee, .close = fee, .close_today = fee},
                         .model = position_model::yesterday_first});
  book.apply_mark(mark(12'000, monday));
  book.apply_fill(fill(side::buy, 12'000, 3)); // 360 000 x 0.000045 = 16.20
  book.apply_fill(fill(side::buy, 12'100, 2)); // 242 000 x 0.000045 = 10.89
  CHECK(book.fees() == cents(27'09));
  book.apply_mark(mark(12'050, monday)); // 3 x 50 x 10 - 2 x 50 x 10 = 500
  CHECK(book.day_pnl() == cents(500'00 - 27'09));
  book.apply_mark(mark(12'150, tuesday)); // 5 x 100 x 10 = 5000 more
  CHECK(book.day_pnl() == cash(5'000));
  book.apply_fill(fill(side::buy, 12'200, 1));  // 122 000 x 0.000045 = 5.49
  book.apply_fill(fill(side::sell, 12'150, 4)); // 486 000 x 0.000045 = 21.87, all of Monday's
  book.apply_mark(mark(12'180, tuesday));
  auto row = book.rows().at(0);
  CHECK(row.held == lots(2));
  CHECK(row.today == lots(1));
  CHECK(row.yesterday() == lots(1));
  CHECK(row.fees == cents(54'45));
  // By lots: 3 from 12000 and 1 from 12100 to 12150; left are 12100 and 12200.
  CHECK(row.realised_fifo == cash(5'000));
  CHECK(row.unrealised_fifo() == cash(600));
  CHECK(row.fifo_cost == price{12'150 * unit});
  // By average: 72400 / 6 = 12066.66..., so 4 x 83.33... x 10 and 2 x 113.33... x 10.
  CHECK(row.realised == money{3'333'33333333});
  CHECK(row.unrealised == money{2'266'66666667});
  CHECK(row.average_cost == price{12'066'66666666});
  CHECK(row.net_realised() == money{3'278'88333333});
  CHECK(book.total_pnl() == cents(5'600'00 - 54'45));
  CHECK(book.account_totals(account_id{}).total() == book.total_pnl());
  // Tuesday, from Monday's 12050: 130 on the one kept, 100 on each of four, -20 on the new.
  CHECK(book.day_pnl() == cents((130 + 4 * 100 - 20) * 10 * 100 - 27'36));
}

// Index futures at CFFEX with rates of 0.23 in 10000 for opening and closing and 3.45 in 10000 for
// closing today's, as backtests of Chinese index futures often assume.
TEST_CASE("closing today's index futures costs fifteen times as much") {
  constexpr fill_fee fee{2'300, 0};
  auto book = make_book({.multiplier = 300 * unit,
                         .fees = {.open = fee, .close = fee, .close_today = {34'500, 0}},
                         .model = position_model::yesterday_first});
  book.apply_mark(mark(4'000, monday));
  book.apply_fill(fill(side::buy, 4'000, 1)); // 1 200 000 x 0.000023 = 27.60
  CHECK(book.fees() == cents(27'60));
  book.apply_fill(fill(side::sell, 4'000, 1)); // x 0.000345 = 414
  CHECK(book.fees() == cents(441'60));
  CHECK(book.total_pnl() == -cents(441'60));
  book.apply_fill(fill(side::buy, 4'000, 2)); // 55.20
  book.apply_mark(mark(4'000, tuesday));
  book.apply_fill(fill(side::buy, 4'000, 1));  // 27.60
  book.apply_fill(fill(side::sell, 4'000, 4)); // two of Monday's 55.20, one 414, one opened 27.60
  CHECK(book.fees() == cents(441'60 + 55'20 + 27'60 + 55'20 + 414'00 + 27'60));
  CHECK(book.day_pnl() == -cents(27'60 + 55'20 + 414'00 + 27'60));
}

TEST_CASE("ratio and amount of a fee add up, and each is rounded down part by part") {
  auto terms = terms_of(position_model::today_first);
  terms.multiplier = unit;
  terms.fees.open = {1, 3}; // 1e-8 of the turnover and 3e-8 a lot
  auto book = make_book(terms);
  auto buy = [&](std::int64_t at, std::int64_t volume) {
    book.apply_fill({.symbol = first,
                     .strategy = one,
                     .direction = side::buy,
                     .at = price{at},
                     .volume = quantity{volume}});
  };
  buy(unit, unit); // turnover 1: 1e-8, and 3e-8
  CHECK(book.fees() == money{4});
  buy(unit, unit - 1); // turnover 0.99999999: 0.99..e-8 and 2.99..e-8, rounded down
  CHECK(book.fees() == money{6});
  buy(unit, unit / 4); // nothing of either
  CHECK(book.fees() == money{6});
}

TEST_CASE("a step of zero changes no profit, and a fill at the mark none but its fee") {
  auto terms = terms_of(position_model::yesterday_first);
  terms.fees.open = {0, 7 * unit};
  auto book = make_book(terms);
  book.apply_mark(mark(100, monday));
  book.apply_fill(fill(side::buy, 100, 1));
  book.apply_mark(mark(100, monday));
  book.apply_mark(mark(100, tuesday));
  CHECK(book.unrealised_pnl() == cash(0));
  CHECK(book.total_pnl() == cash(-7));
  CHECK(book.day_pnl() == cash(0));
}

TEST_CASE("accounts have their own positions, profit and fees under one price") {
  auto terms = terms_of(position_model::yesterday_first);
  terms.fees.open = {0, unit};
  auto book = make_book(terms, 2);
  auto of_second = fill(side::sell, 104, 2);
  of_second.account = account_id{1};
  book.apply_mark(mark(100, monday));
  book.apply_fill(fill(side::buy, 100, 3));
  book.apply_fill(of_second);
  book.apply_mark(mark(102, tuesday));
  CHECK(book.net_position(first) == lots(3));
  CHECK(book.net_position(first, account_id{1}) == lots(-2));
  CHECK(book.total_pnl() == cash(3 * 2 * 10 - 3));
  CHECK(book.total_pnl(account_id{1}) == cash(2 * 2 * 10 - 2));
  CHECK(book.day_pnl(account_id{1}) == cash(-2 * 2 * 10)); // from 100, where Monday left it
  CHECK(book.split(first, one, side::buy, lots(1), account_id{1}) ==
        order_split{lots(0), lots(1), lots(0)});
  CHECK(book.rows().size() == 2);
}

TEST_CASE("a position through many lots frees what it has closed and keeps the order") {
  lot_queue queue;
  for (std::int64_t i = 1; i <= 1'000; ++i)
    queue.push(price{i}, quantity{2});
  queue.push(price{1'000}, quantity{1}); // joins its neighbour
  CHECK(queue.size() == 1'000);
  CHECK(queue.volume() == quantity{2'001});
  int128 taken = 0;
  for (int i = 0; i < 500; ++i)
    taken += queue.pop(quantity{3});
  CHECK(taken == int128{750} * 751); // twice 1 + ... + 750
  CHECK(queue.size() == 250);
  lot_queue later;
  later.push(price{5}, quantity{1});
  queue.append(later);
  CHECK(later.size() == 0);
  CHECK(queue.size() == 251);
  CHECK(queue.pop(quantity{501}) == int128{2} * (1'000 * 1'001 / 2 - 750 * 751 / 2) + 1'000);
  CHECK(queue.pop(quantity{1}) == 5);
  CHECK(queue.volume() == quantity{0});
}

TEST_CASE("the greatest price and quantity are exact, and what lies beyond is refused loudly") {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  position_fill huge{.symbol = first,
                     .strategy = one,
                     .direction = side::buy,
                     .at = price{most},
                     .volume = quantity{most}};
  auto terms = terms_of(position_model::yesterday_first);
  terms.multiplier = unit;
  auto book = make_book(terms);
  book.apply_fill(huge);
  CHECK(book.total_pnl() == money{0});
  book.apply_mark({.symbol = first, .trading_day = monday, .last = price{most - unit}});
  CHECK(book.total_pnl() == money{-int128{most}}); // one less on each of `most` x 1e-8
  CHECK(book.rows().at(0).fifo_cost == price{most});
  CHECK(aborts([book, huge]() mutable { book.apply_fill(huge); })); // held

  huge.direction = side::sell;
  book.apply_fill(huge);
  CHECK(book.total_pnl() == money{0});
  CHECK(book.open_positions() == 0);

  terms.multiplier = 10 * unit; // the value of the position is beyond money
  CHECK(aborts([book = make_book(terms), huge]() mutable {
    book.apply_fill(huge);
    book.apply_mark({.symbol = first, .trading_day = monday, .last = price{1}});
  }));
  terms.fees.open.ratio = 1; // its turnover, too
  CHECK(aborts([book = make_book(terms), huge]() mutable { book.apply_fill(huge); }));
  huge.symbol = symbol_id{1}; // unknown
  CHECK(aborts([book = make_book(terms), huge]() mutable { book.apply_fill(huge); }));
  CHECK_FALSE(aborts([] {}));
}

} // namespace tickmesh::position_days_test
