#include "actors/execution/venues/order_venue.hpp"

#include "actors/execution/venues/accept_venue.hpp"
#include "actors/execution/venues/sim_venue.hpp"
#include "messages/overloaded.hpp"

#include <cassert>

namespace tickmesh {

namespace {

class gone_venue final : public order_venue {
public:
  void submit(const order_request&, timestamp) override {}
  void request_cancel(const cancel_request&, timestamp) override {}
  void request_replace(const replace_request&, timestamp) override {}
  void query(const status_query&, timestamp) override {}
  void probe(timestamp) override {}
  void request_snapshot(timestamp) override {}
  void request_executions(timestamp, timestamp) override {}
  void on_mark(const market_mark&) override {}
  std::optional<timestamp> next_time() const override { return std::nullopt; }
  std::optional<venue_news> take_next() override { return std::nullopt; }
};

} // namespace

void order_venue::execute(const venue_command& command, timestamp now) {
  std::visit(overloaded{
                 [&](const order_request& order) { submit(order, now); },
                 [&](const cancel_request& cancel) { request_cancel(cancel, now); },
                 [&](const replace_request& replace) { request_replace(replace, now); },
                 [&](const status_query& question) { query(question, now); },
                 [&](const broker_probe&) { probe(now); },
                 [&](const snapshot_request&) { request_snapshot(now); },
                 [&](const executions_request& wish) { request_executions(wish.since, now); },
                 [](const timer_request&) { assert(!"a timer goes to no broker"); },
             },
             command);
}

std::unique_ptr<order_venue> make_gone_venue() {
  return std::make_unique<gone_venue>();
}

std::unique_ptr<order_venue> make_venue(const broker_settings& settings) {
  if (settings.kind == broker_kind::accept) return std::make_unique<accept_venue>();
  return std::make_unique<sim_venue>(settings.sim);
}

} // namespace tickmesh
