// What is ours at each broker, and how that compares with what the broker says. Part of
// trading_state.
#pragma once

#include "actors/execution/orders/order_manager.hpp"
#include "actors/execution/reconciliation/reconciler.hpp"

#include <vector>

namespace tickmesh {

class broker_books {
public:
  explicit broker_books(std::size_t symbols) : symbols_(symbols) {}

  /// Precondition: not fewer symbols than there are.
  void grow(std::size_t symbols) { symbols_ = symbols; }

  void book_fill(broker_id broker, symbol_id symbol, side direction, quantity volume);

  /// An execution of this time, by the broker's clock, has been reported.
  void note_execution(broker_id broker, timestamp time);
  /// Since when executions may be missing, when the broker's session is back: a while before the
  /// last one that is known, or ever.
  timestamp executions_known_until(broker_id broker) const;

  /// Compares a snapshot with our books; names the orders that the broker should be asked for.
  std::vector<order_id> compare(const broker_snapshot& theirs, const order_manager& orders);

  /// No order may be sent while a difference stands.
  bool is_clean() const { return reconciler_.is_clean(); }
  const reconciler& comparison() const { return reconciler_; }
  reconciler& comparison() { return reconciler_; }

  /// What our fills hold at the broker, by symbol; as far as one was booked.
  std::vector<own_books::net_position> positions(broker_id broker) const {
    return broker.value < positions_.size() ? positions_[broker.value]
                                            : std::vector<own_books::net_position>{};
  }

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    auto& [symbols, positions, last_executions, reconciler] = *this;
    archive(symbols, positions, last_executions, reconciler);
  }

private:
  std::vector<own_books::net_position>& positions_at(broker_id broker);

  std::size_t symbols_;
  std::vector<std::vector<own_books::net_position>> positions_; ///< by broker and symbol
  std::vector<timestamp> last_executions_;                      ///< by broker
  reconciler reconciler_;
};

} // namespace tickmesh
