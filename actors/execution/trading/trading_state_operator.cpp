// What operators command: halt and resume, cancel and replace, limits, differences of the books.
#include "actors/execution/risk/limits_difference.hpp"
#include "actors/execution/trading/flatten.hpp"
#include "actors/execution/trading/trading_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tickmesh {

namespace {

/// Whether nothing of the form is more than the order has: less volume or a less keen price.
bool is_smaller(const order_form& form, const order_request& order) {
  bool is_keener =
      order.direction == side::buy ? form.limit > order.limit : form.limit < order.limit;
  return !is_keener && form.volume <= order.volume;
}

} // namespace

void trading_state::apply_command(const operator_command& command, log_position at,
                                  std::vector<venue_command>& out) {
  auto done =
      std::visit([&](auto& action) { return act(action, command, at, out); }, command.action);
  outcome_ = done ? operator_outcome{true, std::move(*done)}
                  : operator_outcome{false, std::move(done.error().message)};
}

trading_state::outcome_text trading_state::act(const trading_switch& action,
                                               const operator_command& command, log_position at,
                                               std::vector<venue_command>& out) {
  bool is_halt = action.mode == trading_mode::halted;
  if (!is_halt && command.reason.empty()) return fail("a reason is needed to let trading go on");
  if (!is_halt && (action.cancel_all || action.flatten))
    return fail("only a halt cancels all or flattens");
  risk_.set_mode(action.mode);
  notice_ = {action.mode, command.who, command.reason};
  orders_.allow_sending(action.mode == trading_mode::active);
  // A further halt takes nothing back.
  halt_flattens_ = is_halt && (halt_flattens_ || action.flatten);
  halt_cancels_ = is_halt && (halt_cancels_ || action.cancel_all || action.flatten);
  auto given_up = is_halt ? replaces_.drop_all() : 0;
  auto open = orders_.unfinished().size();
  work_on_halt(at, out);
  return fmt::format(
      "{}; {} orders open{}{}{}", to_string(action.mode), open,
      halt_cancels_ ? ", being canceled" : "",
      halt_flattens_ ? fmt::format("; {} positions, being flattened", positions_.open_positions())
                     : "",
      given_up > 0 ? fmt::format("; {} orders are not replaced any more", given_up) : "");
}

trading_state::outcome_text trading_state::act(const operator_cancel& action,
                                               const operator_command&, log_position at,
                                               std::vector<venue_command>& out) {
  bool was_to_be_replaced = replaces_.drop(action.order);
  auto done = orders_.cancel(action.order, at, out);
  auto id = format_order_id(action.order);
  if (was_to_be_replaced)
    return fmt::format("order {}: is not replaced any more{}", id, done ? "; cancel sent" : "");
  if (!done) return tl::make_unexpected(done.error());
  return fmt::format("order {}: cancel sent", id);
}

trading_state::outcome_text trading_state::act(const order_settlement& action,
                                               const operator_command& command, log_position at,
                                               std::vector<venue_command>& out) {
  if (command.reason.empty()) return fail("a reason is needed to settle an order");
  if (auto done = orders_.settle(action.order, at, out); !done)
    return tl::make_unexpected(done.error());
  auto& order = *orders_.find(action.order);
  risk_.update_open(order.request, orders_.still_open());
  return fmt::format("order {}: {}, {} filled, nothing is open", format_order_id(action.order),
                     to_string(order.status()), format_decimal(order.filled.value));
}

trading_state::outcome_text trading_state::act(const operator_replace& action,
                                               const operator_command&, log_position at,
                                               std::vector<venue_command>& out) {
  order_form form{action.limit, action.volume};
  if (recorded_ != nullptr) { // see adopt()
    adopt_wish(action, at);
    return fmt::format("order {}: was judged then", format_order_id(action.order));
  }
  bool is_waited_for = replaces_.stands_for(action.order);
  if (auto fits = orders_.check_replaceable(action.order, form, is_waited_for); !fits)
    return tl::make_unexpected(fits.error());
  auto& order = *orders_.find(action.order);
  auto wanted = order.request;
  wanted.limit = form.limit;
  wanted.volume = form.volume - order.filled;
  // Judged as if the order in its present form were not there.
  auto others = orders_.still_open();
  others.change(order.request, order.open(), {});
  risk_.update_open(wanted, others);
  auto around = surroundings(last_time_, last_time_);
  auto risk = check(wanted, {.open = others,
                             .day_pnl = around.day_pnl,
                             .orders_today = around.orders_today,
                             .now = around.now,
                             .signal_time = around.signal_time,
                             .is_reconciled = around.is_reconciled,
                             .shrinks = is_smaller(form, order.request),
                             .broker = broker_rates_.of(order.request.broker, last_time_)});
  risk_.update_open(wanted, orders_.still_open());
  auto judged = order.request;
  judged.limit = form.limit;
  judged.volume = form.volume;
  judged.broker = {};
  verdicts_.push_back({action.order, risk, judged});
  ++by_verdict_[static_cast<std::size_t>(risk.outcome)];
  if (risk.outcome != verdict::approved)
    return fail(fmt::format("order {}: its new form is refused: {}, {} of {}",
                            format_order_id(action.order), to_string(risk.outcome),
                            format_decimal(risk.usage), format_decimal(risk.limit)));
  if (is_waited_for || !settings_.replaces_at(order.request.broker))
    return wish_for(action, at, out);
  orders_.replace(action.order, form, at, out);
  risk_.update_open(wanted, orders_.still_open());
  return fmt::format("order {}: replace sent", format_order_id(action.order));
}

trading_state::outcome_text trading_state::act(const limits_change& action, const operator_command&,
                                               log_position, std::vector<venue_command>&) {
  if (!is_made_of(action, risk_.limits().scopes()))
    return fail("other limits hold by now than those that this change was made of; look at what it "
                "would change now, and ask again");
  risk_.change_limits(action.limits, universe_);
  return fmt::format("limits of {} scopes hold from now on", action.limits.size());
}

trading_state::outcome_text trading_state::act(const books_acceptance& action,
                                               const operator_command&, log_position at,
                                               std::vector<venue_command>& out) {
  auto brokers = settings_.all_brokers();
  for (std::uint8_t i = 0; i < brokers.size(); ++i) {
    if (brokers[i].name != action.broker) continue;
    if (auto fits = check_countable(broker_id{i}); !fits) return tl::make_unexpected(fits.error());
    auto accepted = at_brokers_.comparison().accept(broker_id{i});
    bool is_waived = at_brokers_.comparison().waive_first(broker_id{i});
    if (accepted.empty() && is_waived)
      return fmt::format("orders go to other brokers before the books of {} have been compared",
                         action.broker);
    if (accepted.empty())
      return fail(fmt::format("broker {}: no position and no order of somebody else stands as a "
                              "difference",
                              action.broker));
    std::string text;
    if (std::ranges::count(accepted, difference_kind::unknown_here, &book_difference::kind) > 0) {
      // Others' orders count from the next snapshot on; until then no order goes out.
      at_brokers_.comparison().await(broker_id{i});
      out.emplace_back(snapshot_request{broker_id{i}});
    }
    for (auto& difference : accepted)
      text += (text.empty() ? "accepted: " : "; ") + describe(broker_id{i}, difference) +
              count_accepted(difference, at);
    return text;
  }
  return fail(fmt::format("there is no broker {}", action.broker));
}

/// Cancels what is open, again where an answer did not come, and then flattens. An order that
/// flattens is canceled, too, and sent anew at the price of that moment.
void trading_state::work_on_halt(log_position at, std::vector<venue_command>& out) {
  if (!halt_cancels_) return;
  orders_.cancel_all(at, out);
  if (halt_flattens_) flatten(at, out);
  // A late fill may open a position again, so flattening goes on for as long as the halt.
  bool is_done = !halt_flattens_ && orders_.unfinished().empty();
  if (is_done || halt_works_ || at.time == timestamp::min()) return; // then nothing was ever sent
  halt_works_ = true;
  out.emplace_back(timer_request{{.due = at.time + settings_.report_timeout,
                                  .purpose = timer_purpose::halt_work,
                                  .attempt = recoveries_}});
}

/// A symbol whose orders have not all ended is left for later: they may still fill.
void trading_state::flatten(log_position at, std::vector<venue_command>& out) {
  if (recorded_ != nullptr) return; // see adopt()
  for (auto& request : orders_to_flatten(positions_.rows())) {
    auto open = orders_.still_open().of(request.symbol);
    auto& traded = universe_.instruments[request.symbol.value];
    if (open.buys + open.sells > quantity{} || !traded) continue;
    auto market = risk_.exposures().market(request.symbol, at.time);
    auto best = request.direction == side::buy ? market.ask : market.bid;
    request.limit = best != no_price ? best : market.last;
    if (request.limit == no_price) continue;
    request.volume = largest_order(request.volume, request.limit,
                                   risk_.limits().of(request.strategy, request.symbol),
                                   traded->multiplier, traded->quantity_step);
    request.id = make_order_id(fmt::format("operator/flatten/{}/{}/{}", at.event,
                                           universe_.name_of(request.strategy),
                                           universe_.symbols[request.symbol.value]));
    auto risk = judge(request, last_time_, true);
    verdicts_.push_back({request.id, risk, request});
    if (risk.outcome == verdict::approved) {
      open_order(request, std::nullopt, risk, at, out);
    } else if (makes_rows_ || keeps_changes_) {
      refuse(request, std::nullopt, risk, at);
    }
  }
}

} // namespace tickmesh
