// The broker for load tests, asked for all that a broker may be asked for.
#include "actors/execution/venues/accept_venue.hpp"

#include <doctest/doctest.h>

namespace tickmesh::accept_venue_test {

TEST_CASE("the broker that accepts all answers every request, of orders that it has or had") {
  for (bool is_filled : {false, true}) {
    accept_venue broker;
    order_request order{.id = order_id{1}, .direction = side::buy, .limit = price{decimal_scale}};
    order.volume = quantity{decimal_scale};
    broker.submit(order, from_ns(1'000));
    if (is_filled)
      while (broker.next_time())
        broker.take_next();
    broker.request_replace({.order = order.id, .revision = 3}, from_ns(3'000));
    broker.request_cancel({.order = order.id}, from_ns(3'000));
    broker.query({.order = order.id}, from_ns(3'000));
    broker.probe(from_ns(3'000));
    broker.request_snapshot(from_ns(3'000));
    std::vector<report_kind> kinds;
    std::size_t others = 0;
    while (broker.next_time()) {
      auto news = *broker.take_next();
      if (auto* report = std::get_if<execution_report>(&news)) {
        kinds.push_back(report->kind);
        if (report->kind == report_kind::cancel_rejected && report->revision != 0)
          CHECK(report->revision == 3);
        CHECK((report->refusal == refusal_cause::unknown_now) == is_filled);
      } else {
        ++others;
      }
    }
    using k = report_kind;
    CHECK(kinds == (is_filled ? std::vector{k::cancel_rejected, k::cancel_rejected, k::rejected}
                              : std::vector{k::accepted, k::fill, k::cancel_rejected}));
    CHECK(others == 2);
  }
}

} // namespace tickmesh::accept_venue_test
