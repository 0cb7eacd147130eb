#include "actors/execution/trading/command_audit.hpp"

#include <fmt/format.h>

namespace tickmesh {

namespace {

std::string text_of(const trading_switch& action) {
  std::string out;
  switch (action.mode) {
  case trading_mode::active: out = "resume"; break;
  case trading_mode::reducing: out = "only orders that reduce a position"; break;
  case trading_mode::halted: out = "halt"; break;
  }
  if (action.cancel_all || action.flatten) out += ", cancel all open orders";
  return action.flatten ? out + ", flatten all positions" : out;
}

std::string text_of(const operator_cancel& action) {
  return fmt::format("cancel order {}", format_order_id(action.order));
}

std::string text_of(const operator_replace& action) {
  return fmt::format("replace order {}: {} at {}", format_order_id(action.order),
                     format_decimal(action.volume.value), format_decimal(action.limit.value));
}

std::string text_of(const limits_change& action) {
  return fmt::format("change limits, {} scopes", action.limits.size());
}

std::string text_of(const books_acceptance& action) {
  return fmt::format("accept what {} holds", action.broker);
}

std::string text_of(const order_settlement& action) {
  return fmt::format("settle order {}: nothing of it is open", format_order_id(action.order));
}

} // namespace

std::string format_action(const operator_action& action) {
  return std::visit([](auto& a) { return text_of(a); }, action);
}

void command_audit::before(const sequenced_event& event) {
  auto* command = std::get_if<operator_command>(&event.what);
  if (command == nullptr) return;
  auto& next = commands_.emplace_back();
  next.event = event.number;
  next.time = event.time;
  next.command = *command;
  if (auto* change = std::get_if<limits_change>(&command->action))
    next.changes = compare_limits(trading_.limits().scopes(), change->limits);
}

void command_audit::after(const sequenced_event& event, const batch_decisions& decided) {
  if (!std::holds_alternative<operator_command>(event.what)) return;
  if (!decided.outcomes.empty()) commands_.back().outcome = decided.outcomes.front();
}

} // namespace tickmesh
