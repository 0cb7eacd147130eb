// What hostile brokers know of themselves, against what an execution believes. Used by the
// simulations.
#pragma once

#include "actors/execution/trading/trading_state.hpp"
#include "tests/simulation/hostile_broker.hpp"

#include <fmt/format.h>

#include <algorithm>
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

/// Orders that were sent and that the journal has forgotten, with its last records.
using lost_orders = std::map<order_id, order_request>;

/// What our books know an order as: by its number at the broker, which may be all that they were
/// told, or by its id.
inline const managed_order* booked_as(const trading_state& trading, broker_id broker,
                                      const order_request& request) {
  auto* named = trading.orders().order_of({.broker = broker, .reference = request.reference});
  return named != nullptr ? named : trading.orders().find(request.id);
}

/// What each order has been filled for, there and here. One that the journal has forgotten is known
/// once more, or a difference with its broker stands; what of it is held, is compared by symbol.
inline void compare_orders(trading_state& trading, const std::vector<order_row>& rows,
                           const hostile_brokers& brokers, const lost_orders& lost,
                           std::vector<std::string>& out) {
  std::map<order_id, order_row> ours;
  for (auto& row : rows)
    ours[row.id] = row; // the last one holds
  std::map<order_id, int> taken;
  for (std::uint8_t place = 0; place < brokers.size(); ++place) {
    auto& broker = brokers[place];
    bool differs = !trading.comparison().standing(broker_id{place}).empty();
    if (broker->doubled() > 0) out.emplace_back("an order came to a broker twice");
    for (auto& [id, order] : broker->orders()) {
      if (++taken[id] > 1) out.push_back(format_order_id(id) + ": two brokers have taken it");
      auto* known = booked_as(trading, broker_id{place}, order.request);
      auto found = ours.find(known != nullptr ? known->request.id : id);
      bool is_known = found != ours.end() && !is_refusal(found->second.outcome);
      if (!is_known && lost.contains(id) && (!order.is_open || differs)) continue;
      if (!is_known)
        out.push_back(format_order_id(id) + " is known to a broker alone");
      else if (found->second.filled != order.filled)
        out.push_back(fmt::format(
            "{}: the broker has filled {} of {}, {} are booked; {}", format_order_id(id),
            format_decimal(order.filled.value), format_decimal(order.request.volume.value),
            format_decimal(found->second.filled.value), found->second.history));
    }
  }
}

/// What the brokers hold and what we say that we hold; what lies between is a difference that
/// stands, where the journal has forgotten orders.
inline void compare_positions(trading_state& trading, const hostile_brokers& brokers,
                              std::uint32_t symbols, bool may_differ,
                              std::vector<std::string>& out) {
  for (std::uint32_t i = 0; i < symbols; ++i) {
    quantity held;
    auto ours = trading.exposure(symbol_id{i}).position;
    for (std::uint8_t broker = 0; broker < brokers.size(); ++broker) {
      held += brokers[broker]->position(symbol_id{i});
      for (auto& d : trading.comparison().standing(broker_id{broker}))
        if (may_differ && d.kind == difference_kind::position && d.symbol == symbol_id{i})
          ours += d.theirs - d.ours;
    }
    if (held != ours)
      out.push_back(fmt::format("symbol {}: the brokers hold {}, our books {}", i,
                                format_decimal(held.value), format_decimal(ours.value)));
  }
}

inline std::string describe(std::uint8_t broker, const book_difference& difference) {
  return fmt::format("a difference with broker {} stands: {} of symbol {} or order {}, {} here, "
                     "{} there",
                     broker, difference_kind_names[static_cast<std::size_t>(difference.kind)],
                     difference.symbol.value, format_order_id(difference.order),
                     format_decimal(difference.ours.value),
                     format_decimal(difference.theirs.value));
}

/// Whether the journal's loss explains a difference.
inline bool is_of_lost(const book_difference& difference, const lost_orders& lost) {
  if (difference.kind != difference_kind::position) return lost.contains(difference.order);
  return std::ranges::any_of(lost,
                             [&](auto& entry) { return entry.second.symbol == difference.symbol; });
}

/// At the end, when the brokers were calm for long enough: nothing may differ but what the journal
/// has forgotten. `rows` are the state's.
inline std::vector<std::string> differences_from_truth(trading_state& trading,
                                                       const std::vector<order_row>& rows,
                                                       const hostile_brokers& brokers,
                                                       std::uint32_t symbols,
                                                       const lost_orders& lost) {
  std::vector<std::string> out;
  compare_orders(trading, rows, brokers, lost, out);
  compare_positions(trading, brokers, symbols, !lost.empty(), out);
  auto totals = trading.totals();
  auto fills = count_truth(brokers).fills;
  money commissions;
  for (auto& broker : brokers)
    commissions += broker->commissions();
  if (totals.fees != commissions && lost.empty())
    out.push_back(fmt::format("{} are booked as fees, {} were charged",
                              format_decimal(totals.fees.value),
                              format_decimal(commissions.value)));
  // One that is taken back at once is none.
  if (totals.fills != fills && taken_back(brokers) == 0 && lost.empty())
    out.push_back(fmt::format("{} fills are booked, {} were made", totals.fills, fills));
  if (totals.in_doubt() > 0)
    out.push_back(fmt::format("{} orders stay in doubt", totals.in_doubt()));
  for (std::uint8_t broker = 0; broker < brokers.size(); ++broker)
    for (auto& difference : trading.comparison().standing(broker_id{broker})) {
      if (!is_of_lost(difference, lost)) out.push_back(describe(broker, difference));
      if (trading.reconciliation_problems().empty())
        out.emplace_back("a difference stands that nobody is shown");
    }
  return out;
}

/// The same of a state whose rows nobody has taken yet; takes them.
inline std::vector<std::string> differences_from_truth(trading_state& trading,
                                                       const hostile_brokers& brokers,
                                                       std::uint32_t symbols) {
  std::vector<order_row> rows;
  std::vector<fill_row> fills;
  trading.finish(rows, fills);
  return differences_from_truth(trading, rows, brokers, symbols, {});
}

} // namespace tickmesh
