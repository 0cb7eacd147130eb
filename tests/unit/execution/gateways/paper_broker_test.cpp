// paper_broker: the simulated venue by the clock, outside of the event log.
#include "actors/execution/gateways/paper_broker.hpp"

#include <doctest/doctest.h>

namespace tickmesh::paper_broker_test {

namespace {

constexpr auto unit = decimal_scale;

timestamp ms(std::int64_t n) {
  return from_ns(n * 1'000'000);
}

order_request buy(std::uint64_t id, std::int64_t at, std::int64_t volume) {
  return {.id = order_id{id},
          .direction = side::buy,
          .limit = price{at * unit},
          .volume = quantity{volume * unit}};
}

/// Its event time is far from the broker's clock.
market_mark mark_of(std::int64_t ask, std::int64_t volume) {
  return {.trading_day = 20240102,
          .effective_time = from_ns(1),
          .bid = price{(ask - 1) * unit},
          .bid_volume = quantity{volume * unit},
          .ask = price{ask * unit},
          .ask_volume = quantity{volume * unit}};
}

std::vector<report_kind> kinds_of(const std::vector<venue_news>& news) {
  std::vector<report_kind> out;
  for (auto& what : news)
    if (auto* report = std::get_if<execution_report>(&what)) out.push_back(report->kind);
  return out;
}

using kinds = std::vector<report_kind>;
constexpr sim_venue_settings faultless{.reject_share = 0, .lost_ack_share = 0};

} // namespace

TEST_CASE("an order is answered after the delay, by the clock") {
  paper_broker broker{faultless};
  broker.take_mark(mark_of(100, 5), ms(1'000));
  broker.take(buy(1, 100, 2), ms(1'000));
  CHECK(broker.next_time() == ms(1'001));
  CHECK(broker.take_news(ms(1'000)).empty());
  CHECK(kinds_of(broker.take_news(ms(1'001))) == kinds{report_kind::accepted, report_kind::fill});
  CHECK(broker.take_news(ms(1'002)).empty());
}

TEST_CASE("who asks for an order hears its fills again, under their own names") {
  paper_broker broker{faultless};
  broker.take_mark(mark_of(100, 2), ms(1));
  broker.take(buy(1, 100, 5), ms(1));
  auto first = broker.take_news(ms(5)); // to nobody
  broker.take_mark(mark_of(100, 2), ms(6));
  broker.take_news(ms(10));
  broker.take(status_query{.order = order_id{1}}, ms(10));
  auto answer = broker.take_news(ms(20));
  REQUIRE(kinds_of(answer) == kinds{report_kind::fill, report_kind::fill, report_kind::status});
  auto again = std::get<execution_report>(first[1]);
  again.is_told_again = true;
  CHECK(std::get<execution_report>(answer[0]) == again);
  CHECK(std::get<execution_report>(answer[2]).cumulative == quantity{4 * unit});
  broker.take(status_query{.order = order_id{2}}, ms(20));
  auto unknown = broker.take_news(ms(30));
  REQUIRE(kinds_of(unknown) == kinds{report_kind::rejected});
  CHECK(std::get<execution_report>(unknown[0]).refusal == refusal_cause::unknown_for_good);
}

TEST_CASE("what is open is canceled when it must be, and nothing else") {
  paper_broker broker{faultless};
  broker.take_mark(mark_of(100, 1), ms(1));
  broker.take(buy(1, 100, 1), ms(1)); // fills
  broker.take(buy(2, 90, 1), ms(1));
  broker.take(buy(3, 91, 1), ms(1));
  broker.take_news(ms(5));
  broker.cancel_open(ms(5));
  CHECK(kinds_of(broker.take_news(ms(10))) == kinds{report_kind::canceled, report_kind::canceled});
  broker.cancel_open(ms(10));
  CHECK(broker.take_news(ms(20)).empty());
  broker.take(snapshot_request{}, ms(20));
  auto news = broker.take_news(ms(30));
  REQUIRE(news.size() == 1);
  auto& snapshot = std::get<broker_snapshot>(news[0]);
  CHECK(snapshot.orders.empty());
  REQUIRE(snapshot.positions.size() == 1);
  CHECK(snapshot.positions[0].held == quantity{unit});
}

} // namespace tickmesh::paper_broker_test
