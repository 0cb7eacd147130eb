// What leaves for a broker is what was approved, once.
#include "actors/execution/risk/send_guard.hpp"

#include "actors/execution/replay/event_application.hpp"

#include <doctest/doctest.h>

namespace tickmesh::send_guard_test {

namespace {

constexpr broker_id primary{0}, backup{1};

order_request make_request(std::uint64_t id = 1) {
  return {.id = order_id{id},
          .symbol = symbol_id{2},
          .strategy = strategy_id{3},
          .direction = side::buy,
          .limit = price{100 * decimal_scale},
          .volume = quantity{5 * decimal_scale},
          .broker = primary};
}

} // namespace

TEST_CASE("a broker that is too busy for a cancel has not let go of the order") {
  for (auto kind : {report_kind::cancel_rejected, report_kind::rejected}) {
    send_guard guard;
    auto request = make_request();
    request.reference = 7;
    guard.approve(request);
    REQUIRE(guard.admit(request));
    event_batch batch; // by the number under which the order was sent
    batch.others.push_back(
        {0,
         {.what = execution_report{
              .kind = kind, .refusal = refusal_cause::throttled, .reference = 7}}});
    show_reports(batch, guard);
    request.broker = backup;
    CHECK(guard.admit(request).has_value() == (kind == report_kind::rejected));
  }
}

TEST_CASE("only the end of an order closes it to the last look") {
  for (auto kind : {report_kind::canceled, report_kind::cancel_rejected, report_kind::rejected}) {
    for (auto cause : {refusal_cause::none, refusal_cause::unknown_now}) {
      send_guard guard;
      order_request request{.id = order_id{7}, .direction = side::buy, .limit = price{1}};
      guard.approve(request);
      REQUIRE(guard.admit(request));
      event_batch batch;
      // A refused cancel says what the order is by now, if only as it was when it was asked.
      batch.others.push_back({0,
                              {.what = execution_report{.order = request.id,
                                                        .kind = kind,
                                                        .status = order_status::canceled,
                                                        .refusal = cause}}});
      show_reports(batch, guard);
      bool has_ended = kind != report_kind::cancel_rejected && cause == refusal_cause::none;
      CHECK(guard.knows(request.id) == !has_ended);
    }
  }
}

TEST_CASE("an order leaves once, and not without an approval") {
  send_guard guard;
  auto request = make_request();
  CHECK_FALSE(guard.admit(request).has_value());
  guard.approve(request);
  CHECK(guard.admit(request).has_value());
  auto again = guard.admit(request);
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().message.find("O0000000000000001") != std::string::npos);
  CHECK(guard.violations() == 2);
}

TEST_CASE("an order whose fields are not those approved does not leave") {
  for (int field = 0; field < 5; ++field) {
    CAPTURE(field);
    send_guard guard;
    auto request = make_request();
    guard.approve(request);
    switch (field) {
    case 0: request.symbol = symbol_id{7}; break;
    case 1: request.strategy = strategy_id{7}; break;
    case 2: request.direction = side::sell; break;
    case 3: request.limit += price{1}; break;
    default: request.volume += quantity{1};
    }
    CHECK_FALSE(guard.admit(request).has_value());
    CHECK(guard.violations() == 1);
  }
}

TEST_CASE("an order goes to a second broker only when the first has definitely not taken it") {
  send_guard guard;
  auto request = make_request();
  guard.approve(request);
  REQUIRE(guard.admit(request).has_value());
  auto elsewhere = request;
  elsewhere.broker = backup;
  CHECK_FALSE(guard.admit(elsewhere).has_value());
  guard.release(request.id, backup); // not the one that has it
  CHECK_FALSE(guard.admit(elsewhere).has_value());
  guard.release(request.id, primary);
  CHECK_FALSE(guard.admit(request).has_value()); // it has said no
  CHECK(guard.admit(elsewhere).has_value());
  CHECK_FALSE(guard.admit(elsewhere).has_value());
}

TEST_CASE("an order that has ended does not leave any more") {
  send_guard guard;
  auto request = make_request();
  guard.approve(request);
  REQUIRE(guard.admit(request).has_value());
  guard.release(request.id, primary);
  guard.close(request.id);
  request.broker = backup;
  CHECK_FALSE(guard.admit(request).has_value());
}

TEST_CASE("a new form of an order leaves when it was approved and the order is out") {
  send_guard guard;
  auto request = make_request();
  replace_request replace{.order = request.id,
                          .broker = primary,
                          .revision = 1,
                          .limit = price{101 * decimal_scale},
                          .volume = quantity{4 * decimal_scale}};
  guard.approve_form(request); // of an order that nobody approved
  CHECK_FALSE(guard.knows(request.id));
  guard.approve(request);
  CHECK_FALSE(guard.admit(replace).has_value()); // not sent yet
  REQUIRE(guard.admit(request).has_value());
  CHECK_FALSE(guard.admit(replace).has_value()); // not approved
  request.limit = replace.limit;
  request.volume = replace.volume;
  request.broker = backup; // who approves a new form does not say where the order is
  guard.approve_form(request);
  CHECK(guard.admit(replace).has_value());
  replace.broker = backup;
  CHECK_FALSE(guard.admit(replace).has_value());
}

} // namespace tickmesh::send_guard_test
