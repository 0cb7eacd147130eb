// The simulated venue: prices, displayed volume, queues, cancel races and withheld reports.
#include "actors/execution/venues/sim_venue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace tickmesh::sim_venue_test {

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
  void submit(timestamp t, std::uint64_t id, side s, std::int64_t p, std::int64_t q,
              time_in_force lifetime = time_in_force::day) {
    run_until(t);
    venue.submit({.id = order_id{id},
                  .direction = s,
                  .limit = price{p * unit},
                  .volume = quantity{q * unit},
                  .lifetime = lifetime},
                 t);
  }
  void replace(timestamp t, std::uint64_t id, std::int64_t p, std::int64_t q) {
    run_until(t);
    venue.request_replace({.order = order_id{id},
                           .revision = 1,
                           .limit = price{p * unit},
                           .volume = quantity{q * unit}},
                          t);
  }
  void run_until(timestamp t) {
    while (venue.next_time() && *venue.next_time() <= t) {
      auto due = *venue.next_time();
      auto news = venue.take_next();
      if (!news) continue;
      auto* r = std::get_if<execution_report>(&*news);
      if (r == nullptr) {
        log.push_back(std::to_string(to_ns(due) / 1'000'000) + " probe answered");
        continue;
      }
      CHECK(r->time <= due);
      log.push_back(std::to_string(to_ns(due) / 1'000'000) + " " + describe(*r));
      reports.push_back(*r);
    }
  }
  /// `order kind status [quantity@price] cumulative`
  static std::string describe(const execution_report& r) {
    constexpr const char* kinds[] = {"accepted",        "rejected", "fill",   "canceled",
                                     "cancel_rejected", "expired",  "status", "replaced"};
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
  v.venue.request_cancel({.order = order_id{1}}, ms(20));
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
  v.venue.request_cancel({.order = order_id{1}}, ms(10));
  v.venue.request_cancel({.order = order_id{2}}, ms(10));
  v.venue.on_mark({.effective_time = from_ns(10'500'000),
                   .ask = price{99 * unit},
                   .ask_volume = quantity{3 * unit}});
  while (v.venue.next_time())
    if (auto r = v.venue.take_next()) v.log.push_back(v.describe(std::get<execution_report>(*r)));
  CHECK(v.log == lines{"1 fill Filled 2@99 2", "2 fill PartiallyFilled 1@99 1",
                       "1 cancel_rejected Filled 2", "2 canceled Canceled 1"});
}

TEST_CASE("a refused order has one report, and nothing to cancel") {
  venue_test v(1.0);
  v.book(ms(0), 99, 4, 100, 2);
  v.submit(ms(10), 1, side::buy, 100, 1);
  v.run_until(ms(15));
  v.venue.request_cancel({.order = order_id{1}}, ms(15));
  v.run_until(ms(20));
  CHECK(v.log == lines{"11 1 rejected Rejected 0", "16 1 cancel_rejected Rejected 0"});
  CHECK(!v.reports[0].text->empty());
}

TEST_CASE("withheld reports are delivered in order when the venue is asked") {
  venue_test v(0, 1.0);
  v.book(ms(0), 99, 4, 100, 2);
  v.submit(ms(10), 1, side::buy, 100, 3);
  v.book(ms(50), 99, 4, 100, 1);
  v.run_until(ms(999));
  CHECK(v.log.empty());
  v.venue.query({.order = order_id{1}}, ms(1000));
  v.run_until(ms(2000));
  CHECK(v.log == lines{"1001 1 accepted New 0", "1001 1 fill PartiallyFilled 2@100 2",
                       "1001 1 fill Filled 1@100 3"});
  CHECK(v.reports.back().time == ms(50)); // when it happened
  v.venue.query({.order = order_id{1}}, ms(3000));
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

TEST_CASE("what an immediate order does not fill at once expires") {
  venue_test v;
  v.book(ms(0), 99, 4, 100, 3);
  v.submit(ms(10), 1, side::buy, 100, 5, time_in_force::immediate_or_cancel);
  v.submit(ms(20), 2, side::buy, 99, 5, time_in_force::immediate_or_cancel);
  v.run_until(ms(30));
  CHECK(v.log == lines{"11 1 accepted New 0", "11 1 fill PartiallyFilled 3@100 3",
                       "11 1 expired Expired 3", "21 2 accepted New 0", "21 2 expired Expired 0"});
}

TEST_CASE("a fill-or-kill order fills in full or not at all") {
  venue_test v;
  v.book(ms(0), 99, 4, 100, 3);
  v.submit(ms(10), 1, side::buy, 100, 4, time_in_force::fill_or_kill);
  v.submit(ms(11), 2, side::buy, 100, 3, time_in_force::fill_or_kill);
  v.run_until(ms(30));
  CHECK(v.log == lines{"11 1 accepted New 0", "11 1 expired Expired 0", "12 2 accepted New 0",
                       "12 2 fill Filled 3@100 3"});
}

TEST_CASE("orders for the day expire when a later day begins, others stay") {
  venue_test v;
  auto book = [&](timestamp t, std::int32_t day, std::int64_t ask) {
    v.run_until(t);
    v.venue.on_mark({.trading_day = day,
                     .effective_time = t,
                     .ask = price{ask * unit},
                     .ask_volume = quantity{10 * unit}});
  };
  book(ms(0), 20240102, 200);
  v.submit(ms(1), 1, side::buy, 100, 1);
  v.submit(ms(2), 2, side::buy, 100, 2, time_in_force::good_till_cancel);
  book(ms(10), 20240102, 201);
  book(ms(20), 20240103, 100);
  v.run_until(ms(30));
  CHECK(v.log == lines{"2 1 accepted New 0", "3 2 accepted New 0", "21 1 expired Expired 0",
                       "21 2 fill Filled 2@100 2"});
}

TEST_CASE("a replaced order is worked in its new form, and goes to the end of the queue") {
  venue_test v;
  v.book(ms(0), 99, 4, 200, 3);
  v.submit(ms(1), 1, side::buy, 100, 2);
  v.submit(ms(2), 2, side::buy, 100, 2);
  v.submit(ms(3), 3, side::buy, 100, 2);
  v.replace(ms(5), 1, 100, 3); // more: behind the others
  v.replace(ms(6), 2, 100, 1); // less: keeps its place
  v.book(ms(10), 99, 4, 100, 4);
  v.run_until(ms(20));
  CHECK(v.log == lines{"2 1 accepted New 0", "3 2 accepted New 0", "4 3 accepted New 0",
                       "6 1 replaced New 0", "7 2 replaced New 0", "11 2 fill Filled 1@100 1",
                       "11 3 fill Filled 2@100 2", "11 1 fill PartiallyFilled 1@100 1"});
  v.replace(ms(21), 1, 200, 1); // not above what is filled
  v.replace(ms(22), 3, 200, 9); // has ended
  v.replace(ms(23), 1, 100, 9);
  v.run_until(ms(30));
  v.book(ms(31), 99, 4, 100, 8);
  v.run_until(ms(40));
  CHECK(lines(v.log.begin() + 8, v.log.end()) ==
        lines{"22 1 cancel_rejected PartiallyFilled 1", "23 3 cancel_rejected Filled 2",
              "24 1 replaced PartiallyFilled 1", "32 1 fill Filled 8@100 9"});
}

TEST_CASE("an order that the venue never had is denied, whatever is asked") {
  venue_test v;
  v.venue.query({.order = order_id{9}}, ms(1));
  v.venue.request_cancel({.order = order_id{9}}, ms(2));
  v.replace(ms(3), 9, 1, 1);
  v.venue.probe(ms(4));
  v.run_until(ms(10));
  CHECK(v.log == lines{"2 9 rejected Rejected 0", "3 9 cancel_rejected Rejected 0",
                       "4 9 cancel_rejected Rejected 0", "5 probe answered"});
  for (auto& report : v.reports)
    CHECK(report.refusal == refusal_cause::unknown_for_good);
}

TEST_CASE("the share of orders that are not taken is drawn from their ids") {
  sim_venue venue{{.seed = 7, .delay = delay, .reject_share = 0, .unavailable_share = 0.3}};
  std::size_t not_taken = 0;
  for (std::uint64_t id = 1; id <= 1'000; ++id)
    venue.submit({.id = order_id{id},
                  .direction = side::buy,
                  .limit = price{unit},
                  .volume = quantity{unit}},
                 ms(1));
  while (venue.next_time())
    if (auto news = venue.take_next())
      if (auto& report = std::get<execution_report>(*news);
          report.refusal == refusal_cause::not_taken) {
        CHECK(report.kind == report_kind::rejected);
        ++not_taken;
      }
  CHECK(not_taken > 250);
  CHECK(not_taken < 350);
}

} // namespace tickmesh::sim_venue_test
