// What brokers really hold and have open, by whom, and what it has earned: of limit_truth.
#include "tests/simulation/limit_truth.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

namespace {

/// Of two forms the larger volume and the keener price.
void worsen(order_request& order, const replace_request& form) {
  bool buys = order.direction == side::buy;
  order.limit = buys ? std::max(order.limit, form.limit) : std::min(order.limit, form.limit);
  order.volume = std::max(order.volume, form.volume);
}

} // namespace

/// `but_not`: what of this order is open is to be replaced. Nobody can know what the journal has
/// forgotten of a broker that has no session, which opening orders do not wait for.
void limit_truth::look_at_brokers(const trading_state& trading, order_id but_not) {
  exposures_.clear();
  live_.clear();
  for (std::uint8_t place = 0; place < brokers_.size(); ++place) {
    auto& broker = brokers_[place];
    bool is_unheard = trading.comparison().is_awaited(broker_id{place}) && !broker->is_connected();
    auto forms = broker->under_way<replace_request>();
    auto add = [&](order_request request, std::int64_t filled, std::int64_t gone, bool is_open) {
      bool is_known = trading.orders().knows(request.id);
      if (is_unheard && lost_.contains(request.id) && !is_known) return;
      for (auto& form : forms)
        if (form.order == request.id) worsen(request, form);
      auto* booked = booked_as(trading, broker_id{place}, request);
      bool is_adopted = booked != nullptr && booked->request.strategy == no_strategy;
      bool is_of_none = is_adopted || lost_.contains(request.id);
      auto slot = slot_of(is_of_none ? no_strategy : request.strategy);
      auto& sum = exposures_[{request.symbol.value, slot}];
      sum.held += buys(request) ? filled : -filled;
      auto rest = request.volume.value - filled - gone;
      if (!is_open || request.id == but_not || rest <= 0) return;
      (buys(request) ? sum.buys : sum.sells) += rest;
      live_.push_back({request, rest});
    };
    for (auto& [id, order] : broker->orders())
      add(order.request, order.filled.value, order.taken_back.value, order.is_open);
    for (auto& request : broker->under_way<order_request>())
      if (!broker->orders().contains(request.id)) add(request, 0, 0, true);
  }
}

bool limit_truth::is_in(const limit_scope& scope, symbol_id symbol, strategy_id strategy) const {
  auto& universe = world_.universe;
  switch (scope.kind) {
  case scope_kind::global:
  case scope_kind::account: return true;
  case scope_kind::strategy:
    return strategy != no_strategy && universe.strategies[strategy.value] == scope.name;
  case scope_kind::symbol: return matches_pattern(scope.name, universe.symbols[symbol.value]);
  }
  return false;
}

bool limit_truth::covers(const limit_scope& scope, const order_request& request) const {
  return is_in(scope, request.symbol, request.strategy);
}

/// In the order's symbol: all of it, or the strategy's own.
limit_truth::true_exposure limit_truth::exposure(const limit_scope& scope,
                                                 const order_request& request) const {
  true_exposure out;
  for (auto& [at, held] : exposures_) {
    if (at.first != request.symbol.value) continue;
    if (scope.kind == scope_kind::strategy && at.second != slot_of(request.strategy)) continue;
    out.held += held.held;
    out.buys += held.buys;
    out.sells += held.sells;
  }
  return out;
}

bool limit_truth::is_closing(const true_exposure& held, const order_request& request) const {
  auto left = buys(request) ? -held.held - held.buys : held.held - held.sells;
  return request.volume.value <= left;
}

std::map<limit_truth::cell, money> limit_truth::fees_of(const trading_state& trading) {
  std::map<cell, money> out;
  for (auto& row : trading.positions())
    out[{row.symbol.value, slot_of(row.strategy)}] += row.fees;
  return out;
}

money limit_truth::profit(cell at, const std::map<cell, money>& fees) const {
  money out;
  if (auto found = profits_.find(at); found != profits_.end()) {
    auto worth = marks_[at.first].last;
    if (worth == no_price) worth = filled_at_[at.first];
    auto lots = int128{found->second.held / decimal_scale};
    out = money{found->second.cash +
                lots * worth.value * (multiplier(symbol_id{at.first}) / decimal_scale)};
  }
  if (auto paid = fees.find(at); paid != fees.end()) out.value -= paid->second.value;
  return out;
}

/// Of the account, of the order's strategy, or of its symbol.
money limit_truth::day_pnl(const limit_scope& scope, const order_request& request,
                           const trading_state& trading) const {
  auto fees = fees_of(trading);
  money out;
  for (std::uint32_t symbol = 0; symbol < random_trading::symbol_count; ++symbol)
    for (std::size_t slot = 0; slot < strategy_slots; ++slot) {
      if (scope.kind == scope_kind::symbol && symbol != request.symbol.value) continue;
      if (scope.kind == scope_kind::strategy && slot != slot_of(request.strategy)) continue;
      cell at{symbol, slot};
      out += profit(at, fees);
      if (auto found = profits_.find(at); found != profits_.end())
        out.value -= found->second.day_start.value;
    }
  return out;
}

void limit_truth::judge_days(const trading_state& trading,
                             std::vector<std::string>& violations) const {
  for (auto& row : trading.positions()) {
    auto found = profits_.find({row.symbol.value, slot_of(row.strategy)});
    if (found == profits_.end()) continue;
    auto& sums = found->second;
    bool is_long = row.held.value > 0;
    auto opened = is_long ? sums.bought_today : sums.sold_today;
    auto before = std::max<std::int64_t>(is_long ? sums.held_at_start : -sums.held_at_start, 0);
    auto& traded = world_.universe.instruments[row.symbol.value];
    bool fits = traded->positions == position_model::net
                    ? row.today == quantity{}
                    : row.today.value <= opened && row.yesterday().value <= before;
    if (row.held.value == sums.held && fits) continue;
    violations.push_back(fmt::format(
        "symbol {}: {} are held, {} of them since the day began; {} before it, {} bought, {} sold",
        row.symbol.value, format_decimal(row.held.value), format_decimal(row.today.value),
        format_decimal(sums.held_at_start), format_decimal(sums.bought_today),
        format_decimal(sums.sold_today)));
  }
}

void limit_truth::note(const sequenced_event& event, const std::vector<venue_command>& commands,
                       std::span<const fill_row> fills, const trading_state& trading) {
  if (auto* mark = std::get_if<market_mark>(&event.what)) {
    if (mark->trading_day > day_) { // before the mark's own price counts
      auto fees = fees_of(trading);
      for (auto& [at, sums] : profits_) {
        sums.day_start = profit(at, fees);
        sums.held_at_start = sums.held;
        sums.bought_today = sums.sold_today = 0;
      }
      day_ = mark->trading_day;
      opened_today_ = 0;
    }
    marks_[mark->symbol.value] = {mark->last, mark->effective_time};
  }
  if (auto* command = std::get_if<operator_command>(&event.what))
    if (auto* change = std::get_if<trading_switch>(&command->action)) {
      bool is_refused =
          change->mode != trading_mode::halted && (change->cancel_all || change->flatten);
      if (!is_refused) mode_ = change->mode;
    }
  for (auto& fill : fills) {
    auto& sums = profits_[{fill.symbol.value, slot_of(fill.strategy)}];
    auto volume = fill.direction == side::buy ? fill.volume.value : -fill.volume.value;
    sums.held += volume;
    (volume > 0 ? sums.bought_today : sums.sold_today) += fill.volume.value;
    sums.cash -=
        int128{volume / decimal_scale} * fill.at.value * (multiplier(fill.symbol) / decimal_scale);
    filled_at_[fill.symbol.value] = fill.at;
  }
  for (auto& verdict : trading.verdicts())
    if (verdict.risk.outcome == verdict::adopted) {
      orders_.emplace(verdict.order, *verdict.form);
      ++opened_today_;
    }
  for (auto& command : commands) {
    sent_request sent{.time = event.time, .day = day_, .order = {}};
    if (auto* order = std::get_if<order_request>(&command)) {
      sent.order = *order;
      sent.is_reroute = !orders_.emplace(order->id, *order).second;
      if (!sent.is_reroute) ++opened_today_;
    } else if (auto* form = std::get_if<replace_request>(&command)) {
      sent.order = orders_[form->order];
      sent.order.limit = form->limit;
      sent.order.volume = form->volume;
      sent.order.broker = form->broker;
      sent.is_form = true;
    } else if (auto* cancel = std::get_if<cancel_request>(&command)) {
      sent.order = orders_.at(cancel->order);
      sent.order.broker = cancel->broker;
      sent.is_cancel = true;
    } else {
      continue;
    }
    sent_.push_back(std::move(sent));
  }
}

} // namespace tickmesh
