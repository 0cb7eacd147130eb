#include "actors/execution/events/operator_codec.hpp"

#include "actors/execution/values/value_checker.hpp"

#include <cassert>
#include <type_traits>

namespace tickmesh {

namespace {

/// No limit in money is above what a configuration can say.
std::int64_t as_int64(money m) {
  assert(m.value == static_cast<std::int64_t>(m.value));
  return static_cast<std::int64_t>(m.value);
}

void write_limits(const risk_limits& from, wire::LimitScope& out) {
  if (from.position_max) out.set_position_max(from.position_max->value);
  if (from.order_value_max) out.set_order_value_max(as_int64(*from.order_value_max));
  if (from.daily_loss_max) out.set_daily_loss_max(as_int64(*from.daily_loss_max));
  if (from.orders_max) out.set_orders_max(*from.orders_max);
  if (from.order_size_max) out.set_order_size_max(from.order_size_max->value);
  if (from.collar_ratio) out.set_collar_ratio(*from.collar_ratio);
  if (from.orders_per_second_max) out.set_orders_per_second_max(*from.orders_per_second_max);
  if (from.orders_per_day_max) out.set_orders_per_day_max(*from.orders_per_day_max);
  if (from.cancels_per_second_max) out.set_cancels_per_second_max(*from.cancels_per_second_max);
  if (from.cancels_per_day_max) out.set_cancels_per_day_max(*from.cancels_per_day_max);
  if (from.duplicate_window) out.set_duplicate_window_ns(from.duplicate_window->count());
  if (from.gross_exposure_max) out.set_gross_exposure_max(as_int64(*from.gross_exposure_max));
  if (from.net_exposure_max) out.set_net_exposure_max(as_int64(*from.net_exposure_max));
  if (from.mark_age_max) out.set_mark_age_max_ns(from.mark_age_max->count());
  if (from.frozen_mark_max) out.set_frozen_mark_max_ns(from.frozen_mark_max->count());
  if (from.signal_age_max) out.set_signal_age_max_ns(from.signal_age_max->count());
  out.set_refuse_self_trade(from.refuse_self_trade);
  out.set_in_session_only(from.in_session_only);
  for (auto& pattern : from.symbols_restricted)
    out.add_symbols_restricted(pattern);
  for (auto& pattern : from.symbols_allowed)
    out.add_symbols_allowed(pattern);
}

risk_limits read_limits(const wire::LimitScope& from) {
  risk_limits out;
  if (from.has_position_max()) out.position_max = quantity{from.position_max()};
  if (from.has_order_value_max()) out.order_value_max = money{from.order_value_max()};
  if (from.has_daily_loss_max()) out.daily_loss_max = money{from.daily_loss_max()};
  if (from.has_orders_max()) out.orders_max = from.orders_max();
  if (from.has_order_size_max()) out.order_size_max = quantity{from.order_size_max()};
  if (from.has_collar_ratio()) out.collar_ratio = from.collar_ratio();
  if (from.has_orders_per_second_max()) out.orders_per_second_max = from.orders_per_second_max();
  if (from.has_orders_per_day_max()) out.orders_per_day_max = from.orders_per_day_max();
  if (from.has_cancels_per_second_max()) out.cancels_per_second_max = from.cancels_per_second_max();
  if (from.has_cancels_per_day_max()) out.cancels_per_day_max = from.cancels_per_day_max();
  if (from.has_duplicate_window_ns())
    out.duplicate_window = nanoseconds{from.duplicate_window_ns()};
  if (from.has_gross_exposure_max()) out.gross_exposure_max = money{from.gross_exposure_max()};
  if (from.has_net_exposure_max()) out.net_exposure_max = money{from.net_exposure_max()};
  if (from.has_mark_age_max_ns()) out.mark_age_max = nanoseconds{from.mark_age_max_ns()};
  if (from.has_frozen_mark_max_ns()) out.frozen_mark_max = nanoseconds{from.frozen_mark_max_ns()};
  if (from.has_signal_age_max_ns()) out.signal_age_max = nanoseconds{from.signal_age_max_ns()};
  out.refuse_self_trade = from.refuse_self_trade();
  out.in_session_only = from.in_session_only();
  out.symbols_restricted.assign(from.symbols_restricted().begin(), from.symbols_restricted().end());
  out.symbols_allowed.assign(from.symbols_allowed().begin(), from.symbols_allowed().end());
  return out;
}

void write(const trading_switch& action, wire::OperatorCommand& out) {
  auto& to = *out.mutable_trading();
  to.set_mode(static_cast<std::uint32_t>(action.mode));
  to.set_cancel_all(action.cancel_all);
  to.set_flatten(action.flatten);
}

void write(const operator_cancel& action, wire::OperatorCommand& out) {
  out.set_cancel_order(action.order.value);
}

void write(const operator_replace& action, wire::OperatorCommand& out) {
  auto& to = *out.mutable_replace();
  to.set_order(action.order.value);
  to.set_limit(action.limit.value);
  to.set_volume(action.volume.value);
}

template <class Message>
void write_scopes(const std::vector<limit_scope>& scopes, Message& out) {
  for (auto& scope : scopes)
    write_limit_scope(scope, *out.add_scopes());
}

template <class Message>
std::vector<limit_scope> read_scopes(const Message& from, value_checker& values) {
  std::vector<limit_scope> out;
  for (auto& entry : from.scopes())
    out.push_back(
        {values.enumerator<scope_kind>(entry.kind(), "scope"), entry.name(), read_limits(entry)});
  return out;
}

void write(const limits_change& action, wire::OperatorCommand& out) {
  auto& to = *out.mutable_limits();
  write_scopes(action.limits, to);
  if (action.base) to.set_base(*action.base);
}

void write(const books_acceptance& action, wire::OperatorCommand& out) {
  out.set_accept_books(action.broker);
}

void write(const order_settlement& action, wire::OperatorCommand& out) {
  out.set_settle_order(action.order.value);
}

} // namespace

void write_operator_command(const operator_command& command, wire::OperatorCommand& out) {
  out.set_who(command.who);
  out.set_reason(command.reason);
  out.set_asked_ns(to_ns(command.asked));
  std::visit([&out](auto& action) { write(action, out); }, command.action);
}

// The switch has no default: -Wswitch names a member of operator.proto that is not read.
result<operator_command> read_operator_command(const wire::OperatorCommand& from) {
  value_checker values;
  operator_command out{
      .who = from.who(), .reason = from.reason(), .asked = from_ns(from.asked_ns())};
  switch (from.action_case()) {
  case wire::OperatorCommand::kTrading: {
    auto& action = from.trading();
    out.action = trading_switch{values.enumerator<trading_mode>(action.mode(), "trading state"),
                                action.cancel_all(), action.flatten()};
    return values.finish(std::move(out));
  }
  case wire::OperatorCommand::kCancelOrder:
    out.action = operator_cancel{order_id{from.cancel_order()}};
    return out;
  case wire::OperatorCommand::kReplace:
    out.action = operator_replace{order_id{from.replace().order()}, price{from.replace().limit()},
                                  quantity{from.replace().volume()}};
    return out;
  case wire::OperatorCommand::kLimits: {
    limits_change change{read_scopes(from.limits(), values)};
    if (from.limits().has_base()) change.base = from.limits().base();
    if (auto good = check_limits(change.limits); !good) return tl::make_unexpected(good.error());
    out.action = std::move(change);
    return values.finish(std::move(out));
  }
  case wire::OperatorCommand::kAcceptBooks:
    out.action = books_acceptance{from.accept_books()};
    return out;
  case wire::OperatorCommand::kSettleOrder:
    out.action = order_settlement{order_id{from.settle_order()}};
    return out;
  case wire::OperatorCommand::ACTION_NOT_SET: break;
  }
  return fail("an operator's command of an unknown kind; a newer version may have sent it");
}

void write_limit_scope(const limit_scope& scope, wire::LimitScope& out) {
  out.set_kind(static_cast<std::uint32_t>(scope.kind));
  out.set_name(scope.name);
  write_limits(scope.limits, out);
}

result<limit_scope> read_limit_scope(const wire::LimitScope& from) {
  value_checker values;
  return values.finish(limit_scope{values.enumerator<scope_kind>(from.kind(), "scope"), from.name(),
                                   read_limits(from)});
}

void write_limits_in_force(const limits_in_force& limits, wire::LimitsInForce& out) {
  write_scopes(limits.scopes, out);
  out.set_account(limits.account);
  for (auto& strategy : limits.strategies)
    out.add_strategies(strategy);
}

result<limits_in_force> read_limits_in_force(const wire::LimitsInForce& from) {
  value_checker values;
  limits_in_force out{read_scopes(from, values),
                      from.account(),
                      {from.strategies().begin(), from.strategies().end()}};
  if (auto good = check_limits(out.scopes); !good) return tl::make_unexpected(good.error());
  return values.finish(std::move(out));
}

std::string encode_operator_answer(const operator_outcome& outcome) {
  wire::OperatorAnswer answer;
  answer.set_is_done(outcome.is_done);
  answer.set_text(outcome.text);
  return answer.SerializeAsString();
}

std::string encode_limits_answer(const limits_in_force& limits) {
  wire::OperatorAnswer answer;
  answer.set_is_done(true);
  write_limits_in_force(limits, *answer.mutable_limits());
  return answer.SerializeAsString();
}

} // namespace tickmesh
