#include "actors/execution/venues/order_venue.hpp"

#include "actors/execution/venues/accept_venue.hpp"
#include "actors/execution/venues/sim_venue.hpp"

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

std::unique_ptr<order_venue> make_gone_venue() {
  return std::make_unique<gone_venue>();
}

std::unique_ptr<order_venue> make_venue(const broker_settings& settings) {
  if (settings.kind == broker_kind::accept) return std::make_unique<accept_venue>();
  return std::make_unique<sim_venue>(settings.sim);
}

} // namespace tickmesh
