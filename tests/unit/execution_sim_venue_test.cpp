// The simulated venue: prices, displayed volume, queues, cancel races and withheld reports.
#include "actors/execution/sim_venue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

using namespace tickmesh;

namespace {

constexpr auto unit = decimal_scale;
constexpr nanoseconds delay{1'000'000};
constexpr timestamp ms(std::int64_t n) {
  return from_ns(n * 1'000'000);
}

/// A venue with one symbol; prices and volumes in whole units, 0 for an absent price.
struct venue_test {
  explicit venue_test(double rejects = 0, double lost = 0)
      : venue({.seed = 7, .delay = delay, .reject_share = rejects, .lost_ack_share = lost}) {}

  void book(timestamp t, std::int64_t bid, std::int64_t bids, std::int64_t ask, std::int64_t asks) {
    run_until(t);
    auto at = [](std::int64_t p) { return p == 0 ? no_price : price{p * unit}; };
    venue.on_mark({.effective_time = t,
                   .bid = at(bid),
                   .bid_volume = quantity{bids * unit},
                   .ask = at(ask),
                   .ask_volume = quantity{asks * unit}});
  }
  void trade(timestamp t) {
    run_until(t);
    venue.on_mark({.effective_time = t, .has_book = false});
  }
  void submit(timestamp t, std::uint64_t id, side s, std::int64_t p, std::int64_t q) {
    run_until(t);
    venue.submit({.id = order_id{id},
                  .direction = s,
                  .limit = price{p * unit},
                  .volume = quantity{q * unit}},
                 t);
  }
  void run_until(timestamp t) {
    while (venue.next_time() && *venue.next_time() <= t) {
      auto due = *venue.next_time();
      if (auto r = venue.take_next()) {
        CHECK(r->time <= due);
        log.push_back(std::to_string(to_ns(due) / 1'000'000) + " " + describe(*r));
        reports.push_back(*r);
      }
    }
  }
  /// `order kind status [quantity@price] cumulative`
  static std::string describe(const execution_report& r) {
    constexpr const char* kinds[] = {"accepted",        "rejected", "fill",  "canceled",
                                     "cancel_rejected", "expired",  "status"};
    auto text = std::to_string(r.order.value) + " " + kinds[static_cast<int>(r.kind)] + " " +
                std::string{to_string(r.status)};
    if (r.kind == report_kind::fill)
      text +=
          " " + format_decimal(r.last_quantity.value) + "@" + format_decimal(r.last_price.value);
    return text + " " + format_decimal(r.cumulative.value);
  }

  sim_venue venue;
  std::vector<std::string> log;
  std::vector<execution_report> reports;
};

using lines = std::vector<std::string>;

} // namespace

TEST_CASE("a buy above the ask fills at the ask, up to the displayed volume, and the rest rests") {
  venue_test v;
  v.book(ms(0), 99, 4, 100, 3);
  v.submit(ms(10), 1, side::buy, 105, 5);
  v.run_until(ms(20));
  CHECK(v.log == lines{"11 1 accepted New 0", "11 1 fill PartiallyFilled 3@100 3"});
  v.book(ms(30), 99, 4, 104, 1);
  v.book(ms(31), 99, 4, 106, 9); // does not cross
  v.book(ms(32), 99, 4, 103, 9);
  v.run_until(ms(40));
  CHECK(v.log == lines{"11 1 accepted New 0", "11 1 fill PartiallyFilled 3@100 3",
                       "31 1 fill PartiallyFilled 1@104 4", "33 1 fill Filled 1@103 5"});
}

TEST_CASE("a sell fills at the bid and uses the displayed volume up until the next book") {
  venue_test v;
  v.book(ms(0), 99, 4, 100, 3);
  v.submit(ms(10), 1, side::sell, 99, 3);
  v.submit(ms(10), 2, side::sell, 98, 3);
  v.trade(ms(12)); // nothing is refilled
  v.run_until(ms(20));
  CHECK(v.log == lines{"11 1 accepted New 0", "11 1 fill Filled 3@99 3", "11 2 accepted New 0",
                       "11 2 fill PartiallyFilled 1@99 1"});
  v.book(ms(30), 98, 1, 100, 3);
  v.run_until(ms(40));
  CHECK(v.log.back() == "31 2 fill PartiallyFilled 1@98 2");
}

TEST_CASE("a trade leaves the book as it was") {
  venue_test v;
  v.book(ms(0), 99, 4, 100, 3);
  v.trade(ms(5));
  v.submit(ms(10), 1, side::buy, 100, 1);
  v.run_until(ms(20));
  CHECK(v.log == lines{"11 1 accepted New 0", "11 1 fill Filled 1@100 1"});
}

TEST_CASE("a snapshot with an empty book leaves nothing to trade with") {
  venue_test v;
  v.book(ms(0), 99, 4, 100, 3);
  v.book(ms(5), 0, 0, 0, 0);
  v.submit(ms(10), 1, side::buy, 100, 1);
  v.run_until(ms(20));
  CHECK(v.log == lines{"11 1 accepted New 0"});
}

TEST_CASE("the answer comes after the delay, against the book of the marks before it") {
  venue_test v;
  v.book(ms(0), 99, 4, 100, 3);
  v.submit(ms(10), 1, side::buy, 100, 1);
  REQUIRE(v.venue.next_time());
  CHECK(*v.venue.next_time() == ms(11));
  v.venue.on_mark({.effective_time = from_ns(10'999'999),
                   .ask = price{101 * unit},
                   .ask_volume = quantity{unit}});
  v.run_until(ms(20));
  CHECK(v.log == lines{"11 1 accepted New 0"}); // 100 was gone when it arrived
}

TEST_CASE("an order rests while the other side of the book is empty") {
  venue_test v;
  v.book(ms(0), 99, 4, 0, 0);
  v.submit(ms(10), 1, side::buy, 105, 1);
  v.book(ms(20), 100, 4, 0, 0);
  v.run_until(ms(30));
  CHECK(v.log == lines{"11 1 accepted New 0"});
}

TEST_CASE("resting orders are filled by price, then by time") {
  venue_test v;
  v.book(ms(0), 90, 1, 110, 1);
  v.submit(ms(1), 1, side::buy, 100, 1);
  v.submit(ms(2), 2, side::buy, 101, 1);
  v.submit(ms(3), 3, side::buy, 101, 1);
  v.submit(ms(4), 4, side::buy, 100, 1);
  v.run_until(ms(8));
  v.log.clear();
  v.book(ms(10), 90, 1, 100, 3);
  v.run_until(ms(20));
  CHECK(v.log ==
        lines{"11 2 fill Filled 1@100 1", "11 3 fill Filled 1@100 1", "11 1 fill Filled 1@100 1"});
}

TEST_CASE("a cancel takes an open order out, and reports what was filled before") {
  venue_test v;
  v.book(ms(0), 99, 4, 100, 2);
  v.submit(ms(10), 1, side::buy, 100, 5);
  v.run_until(ms(19));
  v.venue.request_cancel(order_id{1}, ms(20));
  v.run_until(ms(25));
  CHECK(v.log.back() == "21 1 canceled Canceled 2");
  v.book(ms(30), 99, 4, 100, 9);
  v.run_until(ms(40));
  CHECK(v.log.back() == "21 1 canceled Canceled 2");
}

TEST_CASE("a fill on the way beats the cancel, and its report comes first") {
  venue_test v;
  v.book(ms(0), 90, 1, 110, 1);
  v.submit(ms(1), 1, side::buy, 100, 2);
  v.submit(ms(1), 2, side::buy, 99, 2);
  v.run_until(ms(9));
  v.log.clear();
  v.venue.request_cancel(order_id{1}, ms(10));
  v.venue.request_cancel(order_id{2}, ms(10));
  v.venue.on_mark({.effective_time = from_ns(10'500'000),
                   .ask = price{99 * unit},
                   .ask_volume = quantity{3 * unit}});
  while (v.venue.next_time())
    if (auto r = v.venue.take_next()) v.log.push_back(v.describe(*r));
  CHECK(v.log == lines{"1 fill Filled 2@99 2", "2 fill PartiallyFilled 1@99 1",
                       "1 cancel_rejected Filled 2", "2 canceled Canceled 1"});
}

TEST_CASE("a refused order has one report, and nothing to cancel") {
  venue_test v(1.0);
  v.book(ms(0), 99, 4, 100, 2);
  v.submit(ms(10), 1, side::buy, 100, 1);
  v.run_until(ms(15));
  v.venue.request_cancel(order_id{1}, ms(15));
  v.run_until(ms(20));
  CHECK(v.log == lines{"11 1 rejected Rejected 0", "16 1 cancel_rejected Rejected 0"});
  CHECK(!v.reports[0].text.empty());
}

TEST_CASE("withheld reports are delivered in order when the venue is asked") {
  venue_test v(0, 1.0);
  v.book(ms(0), 99, 4, 100, 2);
  v.submit(ms(10), 1, side::buy, 100, 3);
  v.book(ms(50), 99, 4, 100, 1);
  v.run_until(ms(999));
  CHECK(v.log.empty());
  v.venue.query(order_id{1}, ms(1000));
  v.run_until(ms(2000));
  CHECK(v.log == lines{"1001 1 accepted New 0", "1001 1 fill PartiallyFilled 2@100 2",
                       "1001 1 fill Filled 1@100 3"});
  CHECK(v.reports.back().time == ms(50)); // when it happened
  v.venue.query(order_id{1}, ms(3000));
  v.run_until(ms(4000));
  CHECK(v.log.back() == "3001 1 status Filled 3");
}

TEST_CASE("an id that is submitted again is not worked again") {
  venue_test v;
  v.book(ms(0), 99, 4, 100, 9);
  v.submit(ms(10), 1, side::buy, 100, 1);
  v.submit(ms(11), 1, side::buy, 100, 1);
  v.run_until(ms(20));
  CHECK(v.reports.size() == 2);
  CHECK(v.venue.repeated_submissions() == 1);
}

TEST_CASE("the share of refused orders is drawn from their ids and does not depend on the order") {
  auto refused = [](bool backwards) {
    venue_test v(0.1);
    v.book(ms(0), 99, 4, 100, 1);
    for (std::uint64_t i = 1; i <= 2000; ++i)
      v.submit(ms(10), backwards ? 2001 - i : i, side::buy, 1, 1);
    v.run_until(ms(20));
    std::vector<bool> refused_ids(2001);
    for (auto& r : v.reports)
      refused_ids[r.order.value] = r.kind == report_kind::rejected;
    return refused_ids;
  };
  auto ids = refused(false);
  CHECK(ids == refused(true));
  auto count = std::count(ids.begin(), ids.end(), true);
  CHECK(count > 150);
  CHECK(count < 250);
}
