// Orders that are to be replaced at brokers that have no replace: each is canceled, and when it
// has ended, another one takes its place (docs/decisions/0034). Which they are, and whose place an
// order has taken. Part of trading_state.
#pragma once

#include "actors/execution/events/broker_news.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

/// The form that an operator wants, the volume in all, what is filled of the old order included.
struct replace_wish {
  order_form form;
  std::uint64_t event = 0; ///< at which it was asked for
  template <class Archive>
  void persist(Archive& archive) {
    archive(form, event);
  }
  friend bool operator==(const replace_wish&, const replace_wish&) = default;
};

/// Whose place an order has taken, or was to take.
struct replaced_order {
  order_id order{};
  std::uint64_t event = 0; ///< as in replace_wish
  template <class Archive>
  void persist(Archive& archive) {
    archive(order, event);
  }
  friend bool operator==(const replaced_order&, const replaced_order&) = default;
};

/// What stands in place of the name of a signal: `operator/replace/O00000000000000ff/17`. The id of
/// the new order is made of it.
std::string format_replaced(const replaced_order& replaced);

class replace_wishes {
public:
  /// A wish that stood for the order is void.
  void add(order_id order, const replace_wish& wish) { wishes_.insert_or_assign(order, wish); }
  bool drop(order_id order) { return wishes_.erase(order) > 0; }
  /// How many there were.
  std::size_t drop_all() { return std::exchange(wishes_, {}).size(); }

  bool stands_for(order_id order) const { return wishes_.contains(order); }
  bool empty() const { return wishes_.empty(); }
  /// The orders that are to be replaced, by rising id.
  std::vector<order_id> orders() const;

  /// The old order has ended: its wish stands no more. Precondition: stands_for(order).
  replace_wish take(order_id order);
  /// `successor` was judged, and opened or refused, in place of the old order.
  void note_successor(order_id successor, const replaced_order& replaced);

  /// Whose place the order was to take; null when nobody's.
  const replaced_order* replaced_by(order_id successor) const;
  /// The other way round.
  std::optional<order_id> successor_of(order_id order) const;

  template <class Archive>
  void persist(Archive& archive) {
    archive(wishes_, replaced_, successors_);
  }

private:
  std::map<order_id, replace_wish> wishes_;
  std::map<order_id, replaced_order> replaced_; ///< by the new order
  std::map<order_id, order_id> successors_;     ///< by the old one
};

} // namespace tickmesh
