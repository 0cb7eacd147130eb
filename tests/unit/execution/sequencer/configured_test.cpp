// What a trading state makes of a slot_configured, event by event.
#include "actors/execution/sequencer/event_sequencer.hpp"
#include "actors/execution/trading/trading_state.hpp"
#include "tests/support/random_trading.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace tickmesh::configured_test {

using namespace random_trading;

namespace {

/// Gives a state numbered events.
struct event_feeder {
  explicit event_feeder(const slot_configuration& first)
      : state(first.settings, first.universe, false) {
    apply(slot_configured{std::make_shared<const slot_configuration>(first)});
  }
  std::vector<venue_command> apply(decltype(sequenced_event::what) what) {
    std::vector<venue_command> out;
    now += std::chrono::milliseconds{1};
    state.apply({.number = ++number, .time = now, .what = std::move(what)}, out);
    return out;
  }
  void configure(const slot_configuration& next) {
    apply(slot_configured{std::make_shared<const slot_configuration>(next)});
  }

  trading_state state;
  std::uint64_t number = 0;
  timestamp now = from_ns(1'000'000'000);
};

slot_configuration first_configuration() {
  return begin_configuration(settings_of(1, odd_delay), universe(), "one");
}

signal buy(std::uint64_t tick, std::int64_t limit) {
  return {.name = {.symbol = symbol_id{0}, .strategy = strategy_id{0}, .last_tick = sequence{tick}},
          .effective_time = from_ns(1'000'000'000),
          .direction = 1,
          .volume = quantity{unit},
          .limit = price{limit}};
}

} // namespace

TEST_CASE("what stands of a broker that is configured no more keeps no order back") {
  for (std::uint8_t gone = 0; gone < 2; ++gone) {
    auto configuration = first_configuration();
    event_feeder feeder{configuration};
    broker_snapshot theirs{.broker = broker_id{gone},
                           .positions = {{symbol_id{3}, quantity{unit}}}};
    feeder.apply(theirs);
    feeder.apply(theirs);
    REQUIRE_FALSE(feeder.state.comparison().is_clean());
    feeder.apply(buy(1, 100 * unit));
    CHECK(feeder.state.verdicts().front().risk.outcome == verdict::not_reconciled);
    auto& settings = configuration.settings;
    settings.brokers[gone].is_gone = true;
    settings.primary_broker = settings.brokers[1U - gone].name;
    settings.backup_broker = {};
    feeder.configure(configuration);
    CHECK(feeder.state.comparison().is_clean());
    feeder.apply(buy(2, 100 * unit));
    CHECK(feeder.state.verdicts().front().risk.outcome == verdict::approved);
  }
}

TEST_CASE("a symbol whose instrument is gone is filled and valued by its last terms") {
  auto configuration = first_configuration();
  configuration.universe.instruments[0]->limits.price_min = price{-100 * unit};
  event_feeder feeder{configuration};
  auto sent = feeder.apply(buy(1, 10 * unit));
  REQUIRE(feeder.state.verdicts().front().risk.outcome == verdict::approved);
  configuration.universe.instruments[0].reset();
  feeder.configure(configuration);
  auto order = feeder.state.orders().unfinished().front()->request;
  execution_report fill{.id = {order.id, 1},
                        .order = order.id,
                        .broker = order.broker,
                        .kind = report_kind::fill,
                        .status = order_status::filled,
                        .last_price = price{-150 * unit},
                        .last_quantity = order.volume,
                        .cumulative = order.volume};
  feeder.apply(fill);
  CHECK(feeder.state.totals().fills == 0); // below the last price_min
  ++fill.id.counter;
  fill.last_price = price{-5 * unit};
  feeder.apply(fill);
  REQUIRE(feeder.state.totals().fills == 1);
  feeder.apply(market_mark{.symbol = symbol_id{0},
                           .trading_day = 20240102,
                           .number = sequence{2},
                           .last = price{-3 * unit}});
  CHECK(feeder.state.totals().unrealised.value == 2 * 5 * unit); // the multiplier is 5
  feeder.apply(buy(2, 10 * unit));
  CHECK(feeder.state.verdicts().front().risk.outcome == verdict::invalid_order);
}

TEST_CASE("an order that another program has sent elsewhere is where it was sent") {
  auto configuration = first_configuration();
  configuration.build = "other";
  event_feeder feeder{configuration};
  auto s = buy(1, 10 * unit);
  auto request = feeder.state.request_of(s);
  request.broker = broker_id{1};
  order_verdict approval{request.id, {}, {}};
  std::vector<venue_command> sent{request};
  feeder.now += std::chrono::milliseconds{1};
  feeder.state.apply_recorded({.number = ++feeder.number, .time = feeder.now, .what = s},
                              std::span{&approval, 1}, sent);
  REQUIRE(feeder.state.orders().knows(request.id));
  CHECK(feeder.state.orders().find(request.id)->request.broker == broker_id{1});
  CHECK(feeder.state.exposure(symbol_id{0}).open_buys == quantity{unit});
}

TEST_CASE(
    "a new program asks for what the one before has left, but not where answers come at once") {
  for (auto kind : {broker_kind::sim, broker_kind::accept}) {
    auto configuration = first_configuration();
    configuration.build = "other";
    configuration.settings.brokers[1].kind = kind;
    event_feeder feeder{configuration};
    auto s = buy(1, 10 * unit);
    auto request = feeder.state.request_of(s);
    request.broker = broker_id{1};
    order_verdict approval{request.id, {}, {}};
    std::vector<venue_command> sent{request};
    feeder.now += std::chrono::milliseconds{1};
    feeder.state.apply_recorded({.number = ++feeder.number, .time = feeder.now, .what = s},
                                std::span{&approval, 1}, sent);
    configuration.build = "newer";
    auto asked =
        feeder.apply(slot_configured{std::make_shared<const slot_configuration>(configuration)});
    CHECK(std::ranges::any_of(asked, [](auto& command) {
            return std::holds_alternative<status_query>(command);
          }) == (kind == broker_kind::sim));
  }
}

TEST_CASE("a signal whose order would have another order's id is refused, and counted") {
  auto configuration = first_configuration();
  configuration.build = "other";
  event_feeder feeder{configuration};
  auto second = buy(2, 10 * unit);
  auto request = feeder.state.request_of(second); // as if both names had the same hash
  order_verdict approval{request.id, {}, {}};
  std::vector<venue_command> sent{request};
  feeder.now += std::chrono::milliseconds{1};
  feeder.state.apply_recorded(
      {.number = ++feeder.number, .time = feeder.now, .what = buy(1, 10 * unit)},
      std::span{&approval, 1}, sent);
  REQUIRE(feeder.state.orders().knows(request.id));
  CHECK(feeder.apply(second).empty());
  CHECK(feeder.state.verdicts().front().risk.outcome == verdict::invalid_order);
  CHECK(feeder.state.totals().anomalies.of(order_anomaly::id_collision) == 1);
}

TEST_CASE(
    "a venue keeps its orders while its kind is the same, and is another one when it changes") {
  auto configuration = first_configuration();
  for (auto& broker : configuration.settings.brokers)
    broker.sim = {.delay = std::chrono::milliseconds{1}, .reject_share = 0, .lost_ack_share = 0};
  for (bool is_same : {true, false}) {
    CAPTURE(is_same);
    event_sequencer sequencer{configuration.settings};
    auto next_after = [&](posted_event event, venue_command command) {
      sequencer.post(std::move(event));
      REQUIRE(sequencer.next().has_value());
      sequencer.execute(std::vector{std::move(command)});
      auto answer = sequencer.next();
      sequencer.execute(std::vector<venue_command>{});
      REQUIRE(answer.has_value());
      return std::get<execution_report>(answer->what);
    };
    order_request order{.id = order_id{7},
                        .symbol = symbol_id{0},
                        .strategy = {},
                        .direction = side::buy,
                        .limit = price{10 * unit},
                        .volume = quantity{unit}};
    CHECK(next_after(slot_recovered{}, order).status == order_status::accepted);
    auto next = configuration;
    next.settings.brokers[0].sim.seed += 1;
    next.settings.report_timeout *= 2;
    if (!is_same) next.settings.brokers[0].name = "another";
    auto answer = next_after(slot_configured{std::make_shared<const slot_configuration>(next)},
                             status_query{order.id, order.broker});
    CHECK(answer.status == (is_same ? order_status::accepted : order_status::rejected));
  }
}

} // namespace tickmesh::configured_test
