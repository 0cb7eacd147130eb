// The broker for load tests: acknowledges every order and fills it in full at its limit price, at
// once. It refuses nothing and loses nothing. Used by event_sequencer.
#pragma once

#include "actors/execution/order_venue.hpp"

#include <deque>
#include <vector>

namespace tickmesh {

/// The reports of an order sent at t are due at t + report_delay.
class accept_broker final : public order_venue {
public:
  static constexpr std::chrono::microseconds report_delay{1};

  /// Precondition: calls come in the order of `now`.
  void submit(const order_request& request, timestamp now) override;

  /// The fill of the order, which is on its way, is the answer. Comes only for an order that was
  /// another broker's at first, and so is old: see order_manager.
  void request_cancel(order_id, timestamp) override {}
  /// Precondition of these: none is ever sent, since an order's reports are due before any time-out
  /// of the order here, and the broker never fails.
  void request_replace(const replace_request& request, timestamp now) override;
  void query(order_id id, timestamp now) override;
  void probe(timestamp now) override;
  void request_snapshot(timestamp now) override;

  void on_mark(const market_mark&) override {}
  std::optional<timestamp> next_time() const override;
  std::optional<venue_news> take_next() override;

private:
  struct pending_order {
    order_request request;
    timestamp due{};
    bool is_acknowledged = false;
  };
  std::deque<pending_order> pending_;
  std::vector<quantity> positions_; ///< by symbol
  std::deque<timestamp> snapshots_; ///< when those asked for are due
};

} // namespace tickmesh
