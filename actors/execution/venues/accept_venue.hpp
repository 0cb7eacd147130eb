// The broker for load tests: acknowledges every order and fills it in full at its limit price, at
// once. It refuses no order, loses nothing, and remembers no order that it has filled. Used by
// event_sequencer.
#pragma once

#include "actors/execution/venues/order_venue.hpp"

#include <deque>
#include <variant>
#include <vector>

namespace tickmesh {

/// The reports of an order sent at t are due at t + report_delay.
class accept_venue final : public order_venue {
public:
  static constexpr std::chrono::microseconds report_delay{1};

  /// Precondition: calls come in the order of `now`.
  void submit(const order_request& request, timestamp now) override;

  /// Of an order whose fill is on its way, that is the answer; another one it does not know any
  /// more.
  void request_cancel(const cancel_request& request, timestamp now) override;
  void request_replace(const replace_request& request, timestamp now) override;
  void query(const status_query& request, timestamp now) override;
  void probe(timestamp now) override;
  void request_snapshot(timestamp now) override;
  void request_executions(timestamp since, timestamp now) override;

  void on_mark(const market_mark&) override {}
  void save(state_writer& archive) override;
  void load(state_reader& archive) override;
  std::optional<timestamp> next_time() const override;
  std::optional<venue_news> take_next() override;

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    auto& [pending, positions, answers] = *this;
    archive(pending, positions, answers);
  }

private:
  bool is_pending(order_id id) const;
  void deny(order_id id, report_kind kind, std::uint32_t revision, timestamp now);
  broker_snapshot make_snapshot() const;

  struct pending_order {
    order_request request;
    timestamp due{};
    bool is_acknowledged = false;

    template <class Archive>
    void persist(Archive& archive) {
      archive(request, due, is_acknowledged);
    }
  };
  std::deque<pending_order> pending_;
  std::vector<quantity> positions_; ///< by symbol
  struct pending_answer {
    timestamp due{};
    std::variant<snapshot_request, execution_report, broker_event> what{};

    template <class Archive>
    void persist(Archive& archive) {
      archive(due, what);
    }
  };
  std::deque<pending_answer> answers_;
};

} // namespace tickmesh
