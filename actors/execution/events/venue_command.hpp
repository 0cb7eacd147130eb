// What execution asks of brokers and of its own clock. Plain values; each is journaled before it is
// carried out.
#pragma once

#include "actors/execution/events/execution_events.hpp"
#include "actors/execution/values/boxed.hpp"
#include "actors/execution/values/position_terms.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace tickmesh {

/// How a broker knows an order, as far as it was told or has said: requests bring it along, so that
/// a gateway need not remember.
struct order_names {
  std::uint32_t reference = 0;
  boxed<std::string> broker_order{}; ///< as in broker_words
  boxed<order_split> parts{};        ///< those of the order_request
  friend bool operator==(const order_names&, const order_names&) = default;
};

/// An approved order, for one broker.
struct order_request {
  order_id id{};
  symbol_id symbol{};
  strategy_id strategy{};
  side direction = side::none;
  price limit = no_price; ///< of a market order none
  quantity volume{};
  time_in_force lifetime = time_in_force::good_till_cancel;
  broker_id broker{};
  order_type type = order_type::limit;
  /// Counted by broker, first is 1, never twice: what the broker's own id of the order is made of,
  /// where that must be a number.
  std::uint32_t reference = 0;
  /// What it closes and opens, where the exchange wants that said; a broker there may need several
  /// orders of its own for it. All 0: nothing is to be said.
  boxed<order_split> parts{};
  friend bool operator==(const order_request&, const order_request&) = default;
};

/// Gives an open order another limit price and another volume, in all (FIX
/// OrderCancelReplaceRequest).
struct replace_request {
  order_id order{};
  broker_id broker{};
  std::uint32_t revision = 0; ///< of the order, first is 1
  price limit = no_price;
  quantity volume{};
  order_names names{};
  friend bool operator==(const replace_request&, const replace_request&) = default;
};

struct cancel_request {
  order_id order{};
  broker_id broker{};
  order_names names{};
  friend bool operator==(const cancel_request&, const cancel_request&) = default;
};

/// Asks what became of an order; never creates one.
struct status_query {
  order_id order{};
  broker_id broker{};
  order_names names{};
  friend bool operator==(const status_query&, const status_query&) = default;
};

/// Asks a broker that is passed over whether it works.
struct broker_probe {
  broker_id broker{};
  friend bool operator==(const broker_probe&, const broker_probe&) = default;
};

/// Asks a broker what it holds.
struct snapshot_request {
  broker_id broker{};
  friend bool operator==(const snapshot_request&, const snapshot_request&) = default;
};

/// Asks a broker to report again all executions of its venue's time `since` and later. The last of
/// them is followed by broker_news::executions_told.
struct executions_request {
  broker_id broker{};
  timestamp since{};
  friend bool operator==(const executions_request&, const executions_request&) = default;
};

/// Asks for `timer` as an event at its due time.
struct timer_request {
  timer_due timer{};
  friend bool operator==(const timer_request&, const timer_request&) = default;
};

using venue_command =
    std::variant<order_request, cancel_request, status_query, timer_request, replace_request,
                 broker_probe, snapshot_request, executions_request>;

/// A command with the event at which it was decided.
struct decided_command {
  venue_command command;
  std::uint64_t event = 0; ///< number in the event log
  timestamp time{};        ///< of the event
  friend bool operator==(const decided_command&, const decided_command&) = default;
};

/// To whom it goes; nothing where it goes to no broker.
std::optional<broker_id> broker_of(const venue_command& command);

/// Which order a broker is told or asked about; nothing where it is about none, or goes to none.
std::optional<order_id> order_of(const venue_command& command);

/// What brokers limit the rate of: an order, a replace or a cancel.
bool counts_for_rate(const venue_command& command);

} // namespace tickmesh
