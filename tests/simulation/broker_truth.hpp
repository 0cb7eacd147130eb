// What hostile brokers know of themselves, against what an execution believes. Used by the
// simulations.
#pragma once

#include "actors/execution/trading_state.hpp"
#include "tests/simulation/hostile_broker.hpp"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tickmesh {

using hostile_brokers = std::vector<std::unique_ptr<hostile_broker>>;

/// Executions that were taken back or corrected.
inline std::uint64_t taken_back(const hostile_brokers& brokers) {
  std::uint64_t sum = 0;
  for (auto& broker : brokers)
    sum += broker->taken_back();
  return sum;
}

/// What the brokers really have never goes beyond the limit, whatever becomes of open orders; only
/// a broker that takes executions back can bring it there.
inline std::vector<std::string> limits_broken(const hostile_brokers& brokers, std::uint32_t symbols,
                                              quantity position_max) {
  std::vector<std::string> out;
  if (taken_back(brokers) > 0) return out;
  for (std::uint32_t i = 0; i < symbols; ++i) {
    quantity highest, lowest;
    for (auto& broker : brokers) {
      highest += broker->highest_position(symbol_id{i});
      lowest += broker->lowest_position(symbol_id{i});
    }
    if (highest > position_max || -lowest > position_max)
      out.push_back(fmt::format("symbol {}: the position could become {} or {}", i,
                                format_decimal(highest.value), format_decimal(lowest.value)));
  }
  return out;
}

struct truth_counts {
  std::uint64_t orders = 0; ///< taken
  std::uint64_t fills = 0;
};

inline truth_counts count_truth(const hostile_brokers& brokers) {
  truth_counts out;
  for (auto& broker : brokers) {
    out.orders += broker->orders().size();
    for (auto& [id, order] : broker->orders())
      out.fills += order.fills;
  }
  return out;
}

/// What each order has been filled for, there and here.
inline void compare_orders(trading_state& trading, const hostile_brokers& brokers,
                           std::vector<std::string>& out) {
  std::vector<order_row> rows;
  std::vector<fill_row> fills;
  trading.finish(rows, fills);
  std::map<order_id, order_row> ours;
  for (auto& row : rows)
    ours[row.id] = row; // the last one holds
  std::map<order_id, int> taken;
  for (auto& broker : brokers) {
    if (broker->doubled() > 0) out.emplace_back("an order came to a broker twice");
    for (auto& [id, order] : broker->orders()) {
      if (++taken[id] > 1) out.push_back(format_order_id(id) + ": two brokers have taken it");
      auto found = ours.find(id);
      if (found == ours.end())
        out.push_back(format_order_id(id) + " is known to a broker alone");
      else if (found->second.filled != order.filled)
        out.push_back(fmt::format(
            "{}: the broker has filled {} of {}, {} are booked; {}", format_order_id(id),
            format_decimal(order.filled.value), format_decimal(order.request.volume.value),
            format_decimal(found->second.filled.value), found->second.history));
    }
  }
}

/// At the end, when the brokers were calm for long enough: nothing may differ. Takes the state's
/// rows.
inline std::vector<std::string> differences_from_truth(trading_state& trading,
                                                       const hostile_brokers& brokers,
                                                       std::uint32_t symbols) {
  std::vector<std::string> out;
  compare_orders(trading, brokers, out);
  for (std::uint32_t i = 0; i < symbols; ++i) {
    quantity held;
    for (auto& broker : brokers)
      held += broker->position(symbol_id{i});
    auto ours = trading.exposure(symbol_id{i});
    if (held != ours.position)
      out.push_back(fmt::format("symbol {}: the brokers hold {}, our books {}", i,
                                format_decimal(held.value), format_decimal(ours.position.value)));
  }
  auto totals = trading.totals();
  auto fills = count_truth(brokers).fills;
  money commissions;
  for (auto& broker : brokers)
    commissions += broker->commissions();
  if (totals.fees != commissions)
    out.push_back(fmt::format("{} are booked as fees, {} were charged",
                              format_decimal(totals.fees.value),
                              format_decimal(commissions.value)));
  if (totals.fills != fills && taken_back(brokers) == 0) // one that is taken back at once is none
    out.push_back(fmt::format("{} fills are booked, {} were made", totals.fills, fills));
  if (totals.in_doubt() > 0)
    out.push_back(fmt::format("{} orders stay in doubt", totals.in_doubt()));
  for (std::uint8_t broker = 0; broker < brokers.size(); ++broker)
    for (auto& difference : trading.comparison().standing(broker_id{broker}))
      out.push_back(fmt::format(
          "a difference with broker {} stands: {} of symbol {} or order {}, {} here, {} there",
          broker, difference_kind_names[static_cast<std::size_t>(difference.kind)],
          difference.symbol.value, format_order_id(difference.order),
          format_decimal(difference.ours.value), format_decimal(difference.theirs.value)));
  return out;
}

} // namespace tickmesh
