// What each broker that has a limit of its own was sent in the last second. Part of trading_state;
// time is the event log's.
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "actors/execution/events/venue_command.hpp"
#include "actors/execution/orders/order_rates.hpp"

#include <optional>
#include <vector>

namespace tickmesh {

class broker_rates {
public:
  /// By broker id.
  explicit broker_rates(const std::vector<broker_settings>& brokers) {
    for (auto& broker : brokers)
      rates_.push_back({broker.orders_per_second_max, {}});
  }

  /// Other limits from now on. Precondition: not fewer brokers than there are.
  void configure(const std::vector<broker_settings>& brokers) {
    rates_.resize(brokers.size());
    for (std::size_t i = 0; i < brokers.size(); ++i)
      rates_[i].per_second_max = brokers[i].orders_per_second_max;
  }

  /// Counts an order, a replace or a cancel. `t` never falls.
  void note(const venue_command& command, timestamp t) {
    if (counts_for_rate(command)) add(*broker_of(command), t);
  }

  broker_rate of(broker_id broker, timestamp now) {
    auto& [per_second_max, sent] = rates_[broker.value];
    if (!per_second_max) return {};
    return {per_second_max, sent.count(now)};
  }

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    archive(rates_);
  }

private:
  struct limited_rate {
    std::optional<std::uint32_t> per_second_max{};
    rate_window sent{}; ///< empty where there is no limit

    template <class Archive>
    void persist(Archive& archive) {
      archive(per_second_max, sent);
    }
  };

  void add(broker_id broker, timestamp t) {
    auto& rate = rates_[broker.value];
    if (rate.per_second_max) rate.sent.add(t);
  }

  std::vector<limited_rate> rates_;
};

} // namespace tickmesh
