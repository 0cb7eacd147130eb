// The last look at what leaves for a broker: never more than was approved. It keeps its own books,
// from the approvals alone, so that a fault in the order life cycle can't speak for itself.
#pragma once

#include "actors/execution/events/venue_command.hpp"
#include "messages/result.hpp"

#include <cstdint>
#include <unordered_map>

namespace tickmesh {

class send_guard {
public:
  /// A verdict has approved this order.
  void approve(const order_request& request);
  /// A verdict has approved a new form of an order; one that has ended stays so.
  void approve_form(const order_request& request);

  /// Whether the order may leave now. It may when its instrument, strategy, side, price and volume
  /// are what was approved and it is not where it could be taken twice: it goes to one broker only,
  /// until that one has definitely not taken it. A fault stands for a violation: trading must halt.
  result<void> admit(const order_request& request);

  /// The same for a new form of an order that is at its broker. Precondition: knows() it.
  result<void> admit(const replace_request& request);

  /// The broker says that it has definitely not taken the order: it may go to another one.
  void release(order_id id, broker_id broker);

  /// The order has ended: nothing of it may leave any more, and its approval is forgotten.
  void close(order_id id) { orders_.erase(id); }

  /// The order that was sent under this number; 0 when there is none. O(n).
  order_id order_under(broker_id broker, std::uint32_t reference) const;

  bool knows(order_id id) const { return orders_.contains(id); }
  std::uint64_t violations() const { return violations_; }

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    auto& [orders, violations] = *this;
    archive(orders, violations);
  }

private:
  struct guarded_order {
    order_request approved;
    bool is_out = false;          ///< a broker may have it
    std::uint64_t refused_by = 0; ///< a bit for each broker that has not taken it

    template <class Archive>
    void persist(Archive& archive) {
      archive(approved, is_out, refused_by);
    }
  };

  result<void> violation(order_id id, std::string what);

  std::unordered_map<order_id, guarded_order> orders_;
  std::uint64_t violations_ = 0;
};

} // namespace tickmesh
