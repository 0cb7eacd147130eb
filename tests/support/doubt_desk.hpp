// An execution desk with two brokers, whose words the test makes up one by one. Used by the tests
// of doubt and of brokers' answers.
#pragma once

#include "tests/support/risk_desk.hpp"

#include <algorithm>

namespace tickmesh::risk_desk {

struct doubt_desk : desk {
  explicit doubt_desk(execution_settings settings = two_brokers()) : desk(settings) {}

  static execution_settings two_brokers() {
    auto s = open_settings();
    s.brokers = {{.name = "ctp"}, {.name = "ib"}};
    return s;
  }

  /// An order that nobody has answered in time.
  order_request doubtful_order(timestamp t, words w = {.volume = 10}) {
    REQUIRE(ask(t, w) == verdict::approved);
    auto order = sent.back();
    apply(last_timer(timer_purpose::order_answer).due, last_timer(timer_purpose::order_answer));
    REQUIRE(status_of(order.id) == order_status::in_doubt);
    return order;
  }
  execution_report make(const order_request& o, report_kind what, order_status status) {
    return {.id = {o.id, ++reports[o.id]},
            .order = o.id,
            .broker = o.broker,
            .kind = what,
            .status = status,
            .time = now};
  }
  execution_report unknown(const order_request& o, refusal_cause cause,
                           report_kind what = report_kind::rejected) {
    auto r = make(o, what, order_status::rejected);
    r.refusal = cause;
    return r;
  }
  void say(const execution_report& r) { apply(now + std::chrono::milliseconds{1}, r); }
  void say(const order_request& o, report_kind what, order_status status, std::int64_t filled = 0) {
    auto r = make(o, what, status);
    r.cumulative = lots(filled);
    say(r);
  }
  void say_fill(const order_request& o, std::int64_t volume, std::int64_t filled,
                order_status status) {
    auto r = make(o, report_kind::fill, status);
    r.last_price = o.limit;
    r.last_quantity = lots(volume);
    r.cumulative = lots(filled);
    say(r);
  }
  quantity open_buys() const { return state.exposure(symbol_id{0}).open_buys; }
  quantity held() const { return state.exposure(symbol_id{0}).position; }
  std::uint64_t count(order_anomaly what) const { return state.totals().anomalies.of(what); }
  template <class Command>
  std::size_t sent_now() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(out, [](auto& c) { return std::holds_alternative<Command>(c); }));
  }
  operator_outcome now_command(operator_action action) {
    return command(now + std::chrono::milliseconds{1}, std::move(action));
  }
};

} // namespace tickmesh::risk_desk
