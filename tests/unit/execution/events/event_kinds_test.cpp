// What the kinds of events, commands and operators' actions say of themselves.
#include "actors/execution/events/operator_command.hpp"
#include "actors/execution/events/venue_command.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace tickmesh::event_kinds_test {

constexpr broker_id broker{3};
constexpr order_id order{77};

/// One of each kind, of that order and that broker where the kind has them.
std::vector<venue_command> one_of_each_command() {
  std::vector<venue_command> out{order_request{.id = order, .broker = broker},
                                 cancel_request{.order = order, .broker = broker},
                                 status_query{.order = order, .broker = broker},
                                 timer_request{{.order = order}},
                                 replace_request{.order = order, .broker = broker},
                                 broker_probe{broker},
                                 snapshot_request{broker},
                                 executions_request{.broker = broker}};
  REQUIRE(out.size() == std::variant_size_v<venue_command>);
  return out;
}

TEST_CASE("every command but a timer goes to the broker that it names") {
  for (auto& command : one_of_each_command()) {
    CAPTURE(command.index());
    bool is_timer = std::holds_alternative<timer_request>(command);
    CHECK(broker_of(command) == (is_timer ? std::nullopt : std::optional{broker}));
  }
}

TEST_CASE("a command is about the order that it tells a broker of, a timer about none") {
  std::vector<std::size_t> about;
  for (auto& command : one_of_each_command())
    if (order_of(command) == order)
      about.push_back(command.index());
    else
      CHECK(order_of(command) == std::nullopt);
  CHECK(about == std::vector<std::size_t>{0, 1, 2, 4});
}

TEST_CASE("brokers limit the rate of orders, cancels and replaces") {
  std::vector<std::size_t> counted;
  for (auto& command : one_of_each_command())
    if (counts_for_rate(command)) counted.push_back(command.index());
  CHECK(counted == std::vector<std::size_t>{0, 1, 4});
}

TEST_CASE("reports, news and snapshots are a broker's, and no other event is") {
  std::vector<decltype(sequenced_event::what)> all{market_mark{},
                                                   signal{},
                                                   execution_report{.broker = broker},
                                                   timer_due{},
                                                   broker_event{.broker = broker},
                                                   broker_snapshot{.broker = broker},
                                                   slot_recovered{},
                                                   operator_command{},
                                                   clock_mark{},
                                                   slot_configured{}};
  std::vector<std::size_t> told;
  for (auto& what : all)
    if (broker_of(sequenced_event{.what = what}) == broker) told.push_back(what.index());
  CHECK(told == std::vector<std::size_t>{2, 4, 5});
}

TEST_CASE("a cancel, a replace and a settlement name their order, other actions none") {
  std::vector<operator_action> all{
      trading_switch{}, operator_cancel{order}, operator_replace{.order = order},
      limits_change{},  books_acceptance{},     order_settlement{order}};
  std::vector<std::size_t> naming;
  for (auto& action : all)
    if (order_of(action) == order)
      naming.push_back(action.index());
    else
      CHECK(order_of(action) == std::nullopt);
  CHECK(naming == std::vector<std::size_t>{1, 2, 5});
}

} // namespace tickmesh::event_kinds_test
