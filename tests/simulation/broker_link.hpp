// How an execution reaches a broker of the simulation.
#pragma once

#include "actors/execution/venues/order_venue.hpp"
#include "tests/simulation/hostile_broker.hpp"

#include <algorithm>
#include <optional>

namespace tickmesh {

/// A broker outside of the process: it outlives the execution that talks to it. By arrival it says
/// nothing before its time has come.
class broker_link final : public order_venue {
public:
  broker_link(hostile_broker& broker, const timestamp* clock) : broker_(broker), clock_(clock) {}
  bool is_external() const override { return true; }
  void submit(const order_request& r, timestamp t) override { broker_.submit(r, at(t)); }
  void request_cancel(const cancel_request& r, timestamp t) override {
    broker_.request_cancel(r, at(t));
  }
  void request_replace(const replace_request& r, timestamp t) override {
    broker_.request_replace(r, at(t));
  }
  void query(const status_query& r, timestamp t) override { broker_.query(r, at(t)); }
  void probe(timestamp t) override { broker_.probe(at(t)); }
  void request_snapshot(timestamp t) override { broker_.request_snapshot(at(t)); }
  void request_executions(timestamp since, timestamp t) override {
    broker_.request_executions(since, at(t));
  }
  void on_mark(const market_mark&) override {}
  std::optional<timestamp> next_time() const override {
    auto next = broker_.next_time();
    return next && clock_ != nullptr && *next > *clock_ ? std::nullopt : next;
  }
  std::optional<venue_news> take_next() override { return broker_.take_next(); }

private:
  /// When something is asked: the event log may be behind the clock.
  timestamp at(timestamp logged) const {
    return clock_ == nullptr ? logged : std::max(logged, *clock_);
  }

  hostile_broker& broker_;
  const timestamp* clock_; ///< null: the merge waits for what is to come
};

} // namespace tickmesh
