// Orders that are sent as several, each with one part.
#include "actors/execution/gateways/order_legs.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace tickmesh::order_legs_test {

namespace {

using st = order_status;
using kind = report_kind;

constexpr quantity lots(std::int64_t n) {
  return quantity{n * decimal_scale};
}

/// A gateway of an order of 10 under the number 7: 2 of today and 3 of before closed, 5 opened.
struct legs_desk {
  order_request order{.id = order_id{77},
                      .direction = side::sell,
                      .limit = price{decimal_scale},
                      .volume = lots(10),
                      .reference = 7,
                      .parts = order_split{lots(2), lots(3), lots(5)}};
  order_legs legs;
  leg_traffic out;
  int trades = 0;

  void submit() {
    out = {};
    legs.submit(order, out);
  }
  void cancel() {
    out = {};
    legs.cancel({order.id, {}, {order.reference, {}, order.parts}}, out);
  }
  void query() {
    out = {};
    legs.query({order.id, {}, {order.reference, {}, order.parts}}, out);
  }
  execution_report make(leg_kind leg, kind what, st status, std::int64_t filled = 0) const {
    return {.kind = what,
            .status = status,
            .cumulative = lots(filled),
            .reference = leg_reference(order.reference, leg)};
  }
  void say(const execution_report& r) {
    out = {};
    legs.take(r, out);
  }
  void say(leg_kind leg, kind what, st status, std::int64_t filled = 0) {
    say(make(leg, what, status, filled));
  }
  void say_unknown(leg_kind leg, refusal_cause cause, kind what = kind::rejected) {
    auto r = make(leg, what, st::rejected);
    r.refusal = cause;
    say(r);
  }
  void fill(leg_kind leg, std::int64_t volume, std::int64_t filled, st status) {
    auto r = make(leg, kind::fill, status, filled);
    r.last_quantity = lots(volume);
    r.words = broker_words{.execution = "T" + std::to_string(++trades)};
    say(r);
  }
  /// The one report that is passed on; its absence fails.
  execution_report told() const {
    REQUIRE(out.to_slot.size() == 1);
    CHECK(out.to_slot[0].reference == order.reference);
    return out.to_slot[0];
  }
  bool is_silent() const { return out.to_slot.empty() && out.to_broker.empty(); }
  template <class Command>
  std::vector<std::uint32_t> asked() const {
    std::vector<std::uint32_t> found;
    for (auto& c : out.to_broker)
      if (auto* one = std::get_if<Command>(&c)) found.push_back(one->names.reference);
    return found;
  }
};

constexpr auto today = leg_kind::close_today, before = leg_kind::close, opens = leg_kind::open;
constexpr std::uint32_t today_number = 29, before_number = 30, opens_number = 31;

} // namespace

TEST_CASE("order and part follow from a leg's number, and a broker's next number is kept") {
  for (std::uint32_t order : {1U, 7U, split_reference_most})
    for (auto leg : {leg_kind::whole, today, before, opens}) {
      CHECK(order_of_leg(leg_reference(order, leg)) == order);
      CHECK(kind_of_leg(leg_reference(order, leg)) == leg);
    }
  for (std::uint32_t next : {0U, 1U, 28U, 29U, 31U, 32U}) {
    auto order = order_reference_next(next);
    CHECK(leg_reference(order, leg_kind::whole) >= next);
    if (order > 0) CHECK(leg_reference(order - 1, leg_kind::whole) < next);
  }
}

TEST_CASE("an order is sent as a leg for each of its parts, one without parts as it is") {
  legs_desk d;
  d.submit();
  REQUIRE(d.out.to_broker.size() == 3);
  CHECK(d.out.to_slot.empty());
  order_split sum{};
  for (auto& command : d.out.to_broker) {
    auto& leg = std::get<order_request>(command);
    CHECK(leg.id == d.order.id);
    CHECK(leg.limit == d.order.limit);
    CHECK(leg.parts->close() + leg.parts->open == leg.volume);
    sum.close_today += leg.parts->close_today;
    sum.close_yesterday += leg.parts->close_yesterday;
    sum.open += leg.parts->open;
  }
  CHECK(sum == *d.order.parts);
  CHECK(std::get<order_request>(d.out.to_broker[2]).reference == opens_number);
  legs_desk whole;
  whole.order.parts = {};
  whole.submit();
  REQUIRE(whole.out.to_broker.size() == 1);
  CHECK(std::get<order_request>(whole.out.to_broker[0]).volume == lots(10));
  CHECK(std::get<order_request>(whole.out.to_broker[0]).reference == 28);
}

TEST_CASE("what cannot be sent in legs has certainly not been taken") {
  for (int fault = 0; fault < 4; ++fault) {
    legs_desk d;
    if (fault == 0) d.order.parts = order_split{lots(2), lots(3), lots(6)};
    if (fault == 1) d.order.reference = 0;
    if (fault == 2) d.order.reference = split_reference_most + 1;
    if (fault == 3) d.submit(); // twice
    d.submit();
    CHECK(d.out.to_broker.empty());
    CHECK(d.told().kind == kind::rejected);
    CHECK(d.told().refusal == refusal_cause::not_taken);
  }
}

TEST_CASE("an order is accepted once, and filled by the fills of its legs under their names") {
  legs_desk d;
  d.submit();
  d.say(before, kind::accepted, st::accepted);
  CHECK(d.told().kind == kind::accepted);
  d.say(opens, kind::accepted, st::accepted);
  CHECK(d.is_silent());
  d.fill(before, 3, 3, st::filled);
  CHECK(d.told().words->execution == "T1");
  CHECK(d.told().status == st::partially_filled);
  CHECK(d.told().cumulative == lots(3));
  d.fill(opens, 5, 5, st::filled);
  CHECK(d.told().cumulative == lots(8));
  d.fill(today, 2, 2, st::filled);
  CHECK(d.told().status == st::filled);
  CHECK(d.told().cumulative == lots(10));
}

TEST_CASE("executions that legs number alike have names of their own") {
  legs_desk d;
  d.submit();
  std::vector<std::string> names;
  for (auto leg : {today, opens}) {
    auto r = d.make(leg, kind::fill, st::partially_filled, 1);
    r.id = {d.order.id, 2};
    r.last_quantity = lots(1);
    d.say(r);
    CHECK(d.told().id.counter == 0);
    names.push_back(d.told().words->execution);
  }
  CHECK(names[0] != names[1]);
}

TEST_CASE("a cancel goes to the legs that are left, and the last of them ends the order") {
  legs_desk d;
  d.submit();
  d.say(today, kind::accepted, st::accepted);
  d.fill(today, 2, 2, st::filled);
  d.cancel();
  CHECK(d.asked<cancel_request>() == std::vector{before_number, opens_number});
  d.say(before, kind::canceled, st::canceled);
  CHECK(d.is_silent());
  d.fill(opens, 1, 1, st::partially_filled);
  d.say(opens, kind::canceled, st::canceled, 1);
  CHECK(d.told().kind == kind::canceled);
  CHECK(d.told().cumulative == lots(3));
  d.say(opens, kind::canceled, st::canceled, 1);
  CHECK(d.is_silent());
}

TEST_CASE("a cancel that any leg refuses is refused when all have answered") {
  legs_desk d;
  d.submit();
  d.say(today, kind::accepted, st::accepted);
  d.cancel();
  auto busy = d.make(opens, kind::cancel_rejected, st::accepted);
  busy.refusal = refusal_cause::throttled;
  d.say(busy);
  CHECK(d.is_silent());
  d.say(before, kind::canceled, st::canceled);
  CHECK(d.is_silent());
  d.say(today, kind::cancel_rejected, st::accepted);
  CHECK(d.told().kind == kind::cancel_rejected);
  CHECK(d.told().refusal == refusal_cause::throttled);
  d.say(today, kind::cancel_rejected, st::accepted);
  CHECK(d.is_silent());
}

TEST_CASE("that a leg never was there refuses a cancel, and does not end the order") {
  legs_desk d;
  d.submit();
  d.say(today, kind::accepted, st::accepted);
  d.cancel();
  d.say_unknown(opens, refusal_cause::unknown_for_good, kind::cancel_rejected);
  d.say(before, kind::cancel_rejected, st::accepted);
  d.say(today, kind::cancel_rejected, st::accepted);
  REQUIRE(d.out.to_slot.size() == 1);
  CHECK(d.told().kind == kind::cancel_rejected);
  CHECK(d.told().refusal == refusal_cause::none);
}

TEST_CASE("a leg that is rejected cancels the others, and the order ends canceled with its fills") {
  legs_desk d;
  d.submit();
  d.say(today, kind::accepted, st::accepted);
  d.say(before, kind::rejected, st::rejected);
  CHECK(d.out.to_slot.empty());
  CHECK(d.asked<cancel_request>() == std::vector{today_number, opens_number});
  d.fill(opens, 5, 5, st::filled); // crosses the cancel
  d.say(opens, kind::cancel_rejected, st::filled, 5);
  CHECK(d.is_silent()); // the slot has asked for no cancel
  d.say(today, kind::canceled, st::canceled);
  CHECK(d.told().kind == kind::canceled);
  CHECK(d.told().cumulative == lots(5));
}

TEST_CASE("an order whose legs are all rejected is rejected, and may go elsewhere if untaken") {
  for (auto cause : {refusal_cause::none, refusal_cause::not_taken, refusal_cause::throttled}) {
    legs_desk d;
    d.submit();
    d.say_unknown(today, cause);
    d.say_unknown(before, cause);
    d.say_unknown(opens, refusal_cause::not_taken);
    CHECK(d.told().kind == kind::rejected);
    CHECK(d.told().status == st::rejected);
    CHECK(d.told().refusal ==
          (cause == refusal_cause::none ? refusal_cause::none : refusal_cause::not_taken));
  }
}

TEST_CASE("legs that all expire let the order expire") {
  legs_desk d;
  d.submit();
  d.fill(today, 2, 2, st::filled);
  d.say(before, kind::expired, st::expired);
  d.say(opens, kind::expired, st::expired);
  CHECK(d.told().kind == kind::expired);
}

TEST_CASE("a query is answered when all legs have answered, by the worst of them") {
  legs_desk d;
  d.submit();
  d.query();
  CHECK(d.asked<status_query>() == std::vector{today_number, before_number, opens_number});
  d.say(today, kind::status, st::accepted);
  d.query(); // who has answered is not asked again
  CHECK(d.asked<status_query>() == std::vector{before_number, opens_number});
  SUBCASE("open") {
    d.say(before, kind::status, st::partially_filled, 1);
    CHECK(d.out.to_slot.empty());
    d.say(opens, kind::status, st::canceled);
    CHECK(d.told().kind == kind::status);
    CHECK(d.told().status == st::partially_filled);
    CHECK(d.told().cumulative == lots(1));
  }
  SUBCASE("not known now") {
    d.say_unknown(before, refusal_cause::unknown_now);
    d.say(opens, kind::status, st::accepted);
    CHECK(d.told().kind == kind::rejected);
    CHECK(d.told().refusal == refusal_cause::unknown_now);
  }
  SUBCASE("never to be known") {
    d.say_unknown(before, refusal_cause::unknown_for_good);
    d.say_unknown(opens, refusal_cause::unknown_for_good);
    CHECK(d.told().kind == kind::status); // one is open
    d.say(today, kind::canceled, st::canceled);
    CHECK(d.told().refusal == refusal_cause::unknown_for_good);
  }
  SUBCASE("not to be queried") {
    d.say(before, kind::status, st::accepted);
    d.say_unknown(opens, refusal_cause::unsupported);
    CHECK(d.told().refusal == refusal_cause::unsupported);
  }
}

TEST_CASE("a leg that shows up behind its presumed end opens the order again") {
  legs_desk d;
  d.submit();
  for (auto leg : {today, before, opens})
    d.say_unknown(leg, refusal_cause::unknown_for_good);
  CHECK(d.told().refusal == refusal_cause::unknown_for_good);
  d.say(before, kind::accepted, st::accepted);
  REQUIRE_FALSE(d.out.to_slot.empty());
  CHECK(d.out.to_slot[0].kind == kind::status);
  CHECK(d.out.to_slot[0].status == st::accepted);
  d.say(before, kind::canceled, st::canceled);
  CHECK(d.told().refusal == refusal_cause::unknown_for_good); // of the others
}

TEST_CASE("behind a restart nothing is said that is not known, until the slot has asked") {
  legs_desk d;
  d.fill(opens, 1, 1, st::partially_filled);
  CHECK(d.told().is_told_again);
  CHECK(d.told().order == order_id{});
  d.say(opens, kind::canceled, st::canceled, 1);
  CHECK(d.is_silent());
  d.query();
  CHECK(d.asked<status_query>().size() == 3);
  d.say(opens, kind::status, st::canceled, 1);
  d.say(today, kind::status, st::canceled);
  d.say(before, kind::status, st::filled, 3);
  REQUIRE(d.out.to_slot.size() == 1);
  CHECK(d.told().kind == kind::canceled);
  CHECK(d.told().cumulative == lots(4));
  CHECK(d.told().order == d.order.id);
}

TEST_CASE("a replace is refused, and of reports of no leg only executions are passed on") {
  legs_desk d;
  d.submit();
  d.out = {};
  d.legs.replace({.order = d.order.id, .revision = 3, .names = {7, {}, d.order.parts}}, d.out);
  CHECK(d.told().kind == kind::cancel_rejected);
  CHECK(d.told().revision == 3);
  CHECK(d.told().refusal == refusal_cause::unsupported);
  d.say({.kind = kind::canceled, .status = st::canceled});
  CHECK(d.is_silent());
  d.say({.kind = kind::fill, .status = st::filled, .words = broker_words{.execution = "X"}});
  CHECK(d.out.to_slot.size() == 1);
  CHECK(d.legs.strays() == 2);
}

TEST_CASE("a leg is found by the broker's own id, and a snapshot shows one order for its legs") {
  legs_desk d;
  d.submit();
  auto accepted = d.make(today, kind::accepted, st::accepted);
  accepted.words = broker_words{.order = "SYS 1"};
  d.say(accepted);
  d.say({.kind = kind::status,
         .status = st::partially_filled,
         .cumulative = lots(1),
         .words = broker_words{.order = "SYS 1"}});
  auto listed = d.legs.put_together({{.cumulative = lots(2), .broker_order = "SYS 1"},
                                     {.cumulative = lots(4), .reference = opens_number},
                                     {.cumulative = lots(9), .broker_order = "of somebody else"}});
  REQUIRE(listed.size() == 2);
  CHECK(listed[0].order == d.order.id);
  CHECK(listed[0].reference == 7);
  CHECK(listed[0].cumulative == lots(6));
  CHECK(listed[1].cumulative == lots(9));
}

TEST_CASE("orders that have ended are forgotten in the end") {
  legs_desk d;
  for (std::uint32_t i = 1; i <= order_legs::ended_kept_max + 50; ++i) {
    d.order.reference = i;
    d.submit();
    for (auto leg : {today, before, opens})
      d.say(leg, kind::canceled, st::canceled);
  }
  CHECK(d.legs.orders_known() == order_legs::ended_kept_max);
}

} // namespace tickmesh::order_legs_test
