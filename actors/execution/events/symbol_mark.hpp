// The one price by which a symbol's positions are valued, whoever asks: profit, loss limits, rows
// and exposures. Used by position_book and exposure_book, which so agree to the last 1e-8.
#pragma once

#include "actors/execution/events/execution_events.hpp"

namespace tickmesh {

/// The middle of a book with both sides (rounded down), else the side that is there, else no_price.
inline price quoted_price(price bid, price ask) {
  if (bid == no_price) return ask;
  if (ask == no_price) return bid;
  return price{static_cast<std::int64_t>((int128{bid.value} + ask.value) >> 1)};
}

/// The last price, once there is one, however new the quotes are; else what the last book with a
/// side was worth, which holds on when the book empties; else the last fill. The middle and not the
/// closing side, so that an account is the sum of its strategies: docs/decisions/0027.
class symbol_mark {
public:
  /// False when the mark tells no price that counts.
  bool apply(const market_mark& mark) {
    if (mark.last != no_price) {
      last_ = mark.last;
      return true;
    }
    if (last_ != no_price || !mark.has_book) return false;
    auto quoted = quoted_price(mark.bid, mark.ask);
    if (quoted == no_price) return false;
    quoted_ = quoted;
    return true;
  }
  void apply_fill(price at) { filled_ = at; }

  /// no_price before the first of them.
  price value() const {
    if (last_ != no_price) return last_;
    return quoted_ != no_price ? quoted_ : filled_;
  }
  price last() const { return last_; }

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    auto& [last, quoted, filled] = *this;
    archive(last, quoted, filled);
  }

private:
  price last_ = no_price;
  price quoted_ = no_price;
  price filled_ = no_price;
};

} // namespace tickmesh
