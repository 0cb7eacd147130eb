// What a fill does to a position and what it costs, by the terms of its instrument: pure functions.
// Used by position_book; brokers and risk use order_split.
#pragma once

#include "messages/instrument.hpp"
#include "messages/signal.hpp"

namespace tickmesh {

/// The part of an instrument that positions need; a symbol without an instrument has a multiplier
/// of 0 and gets no fills.
struct position_terms {
  std::int64_t multiplier = 0; ///< in 1e-8
  instrument_fees fees{};
  position_model model = position_model::net;
};

/// How much is held on one side, and how much of it the current trading day opened.
struct held_quantity {
  quantity net{};   ///< below 0 when short
  quantity today{}; ///< magnitude; 0 where the model is net
};

/// What an order or fill does to a holding: it closes what is held on the other side, and the rest
/// opens. Where the model is net, all that is closed is close_yesterday.
struct order_split {
  quantity close_today{};
  quantity close_yesterday{}; ///< of all earlier days
  quantity open{};
  /// For exchanges whose orders do not name the day (instrument::close_today is false).
  quantity close() const { return close_today + close_yesterday; }
  friend bool operator==(const order_split&, const order_split&) = default;
};

/// Precondition: a side, and a volume above 0.
order_split split_order(position_model model, held_quantity held, side direction, quantity volume);

/// Fees of the three parts of a fill at `at`. The turnover of a part is rounded down to 1e-8, and
/// so are its fee by ratio and its fee by amount. Overflow is an assertion.
money fees_of(const position_terms& terms, const order_split& parts, price at);

} // namespace tickmesh
