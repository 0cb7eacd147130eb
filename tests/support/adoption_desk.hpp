// An execution desk whose brokers have orders that its log has lost. Used by the tests of adoption.
#pragma once

#include "tests/support/doubt_desk.hpp"

#include <string>
#include <vector>

namespace tickmesh::risk_desk {

inline constexpr broker_id ctp{0};
inline constexpr symbol_id first_symbol{0};
inline constexpr order_id lost_id{0x77};

inline broker_snapshot::open_order listed(std::int64_t volume = 10, std::int64_t filled = 0) {
  return {.order = lost_id,
          .cumulative = lots(filled),
          .symbol = first_symbol,
          .direction = side::buy,
          .form = {at(100), lots(volume)},
          .reference = 41,
          .broker_order = "SYS 9"};
}

struct adoption_desk : doubt_desk {
  explicit adoption_desk(std::int64_t position_max = 20) : doubt_desk(limited(position_max)) {
    mark(ms(0), 0, at(100));
  }
  static execution_settings limited(std::int64_t position_max) {
    auto s = two_brokers();
    s.limits.position_max = lots(position_max);
    return s;
  }
  void list(std::vector<broker_snapshot::open_order> orders,
            std::vector<broker_snapshot::net_position> held = {}) {
    apply(now + std::chrono::milliseconds{1},
          broker_snapshot{.orders = std::move(orders), .positions = std::move(held)});
  }
  execution_report lost_fill(std::int64_t volume, std::int64_t filled, std::string name) {
    return {.order = lost_id,
            .broker = ctp,
            .kind = report_kind::fill,
            .status = order_status::partially_filled,
            .last_price = at(100),
            .last_quantity = lots(volume),
            .cumulative = lots(filled),
            .time = now,
            .form = {at(100), lots(10)},
            .reference = 41,
            .words = broker_words{.order = "SYS 9",
                                  .execution = std::move(name),
                                  .symbol = first_symbol,
                                  .direction = side::buy}};
  }
  const managed_order& lost() const {
    auto* found = state.orders().find(lost_id);
    REQUIRE(found != nullptr);
    return *found;
  }
  quantity held_outside() const {
    for (auto& row : state.positions())
      if (row.symbol == first_symbol && row.strategy == no_strategy) return row.held;
    return {};
  }
  template <class Command>
  Command last_sent() const {
    for (auto c = out.rbegin(); c != out.rend(); ++c)
      if (auto* wanted = std::get_if<Command>(&*c)) return *wanted;
    FAIL("nothing of the kind was sent");
    return {};
  }
};

} // namespace tickmesh::risk_desk
