// Events at which another program decided: what the journal says of its decisions holds.
#include "actors/execution/trading/trading_state.hpp"

#include "messages/overloaded.hpp"

#include <algorithm>
#include <utility>

namespace tickmesh {

void trading_state::apply_recorded(const sequenced_event& event,
                                   std::span<const order_verdict> verdicts,
                                   std::span<const venue_command> commands) {
  auto at = begin_event(event);
  auto sent = known_commands(commands);
  recorded_event record{verdicts, sent};
  recorded_ = &record;
  std::vector<venue_command> own; // is not sent, nor was it
  apply_content(event, at, own);
  for (auto& verdict : verdicts)
    adopt(verdict, event, at);
  for (auto& command : sent)
    adopt(command, at);
  recorded_ = nullptr;
  std::erase_if(sent, [this](auto& command) {
    auto* replace = std::get_if<replace_request>(&command);
    return replace != nullptr && !orders_.knows(replace->order);
  });
  note_commands(sent, at.time);
  collect_finished();
  explains_ = false;
}

/// Without those of which this program could make nothing.
std::vector<venue_command>
trading_state::known_commands(std::span<const venue_command> commands) const {
  if (commands.empty()) return {};
  auto brokers = settings_.all_brokers().size();
  auto is_known = [&](const venue_command& command) {
    auto* order = std::get_if<order_request>(&command);
    if (order != nullptr &&
        (order->symbol.value >= universe_.symbols.size() || !knows(order->strategy) ||
         order->direction == side::none || order->volume.value <= 0))
      return false;
    auto broker = broker_of(command);
    return !broker || broker->value < brokers;
  };
  std::vector<venue_command> out;
  for (auto& command : commands)
    if (is_known(command)) out.push_back(command);
  return out;
}

/// An order that was approved is the one that the commands show; one that was refused counts as
/// refused.
void trading_state::adopt(const order_verdict& verdict, const sequenced_event& event,
                          log_position at) {
  verdicts_.push_back(verdict); // of an order that was adopted, too: see adopt_lost()
  ++by_verdict_[static_cast<std::size_t>(verdict.risk.outcome)];
  auto* s = std::get_if<signal>(&event.what);
  if (explains_ && s != nullptr && knows(*s)) // by the rules of this program
    explanations_.push_back(
        risk_.report(request_of(*s), surroundings(s->effective_time, last_time_), universe_));
  auto source = s != nullptr ? std::optional{s->name} : std::nullopt;
  std::vector<venue_command> own; // is not sent, nor was it
  if (verdict.risk.outcome == verdict::adopted) return;
  if (verdict.risk.outcome != verdict::approved) {
    auto request = verdict.form;
    if (s != nullptr && knows(*s)) request = request_of(*s);
    bool is_known = request && request->symbol.value < universe_.symbols.size() &&
                    knows(request->strategy) && !orders_.knows(verdict.order);
    if (is_known && (makes_rows_ || keeps_changes_)) {
      request->id = verdict.order;
      refuse(*request, source, verdict.risk, at);
    }
    return;
  }
  for (auto& command : recorded_->commands) {
    auto* order = std::get_if<order_request>(&command);
    if (order == nullptr || order->id != verdict.order || orders_.knows(order->id)) continue;
    orders_.open(*order, source, verdict.risk, at, own);
    return risk_.update_open(*order, orders_.still_open());
  }
  for (auto& command : recorded_->commands) {
    auto* replace = std::get_if<replace_request>(&command);
    if (replace == nullptr || replace->order != verdict.order) continue;
    order_form form{replace->limit, replace->volume};
    if (!orders_.check_replaceable(replace->order, form)) continue;
    orders_.replace(replace->order, form, at, own);
    risk_.update_open(*orders_.request_of(replace->order), orders_.still_open());
  }
}

void trading_state::adopt(const venue_command& command, log_position at) {
  std::visit(
      overloaded{
          [&](const order_request& order) {
            if (!orders_.knows(order.id)) return;
            orders_.adopt_sent(order, at);
            risk_.update_open(*orders_.request_of(order.id), orders_.still_open());
          },
          // Its timers are told from those of this program by their numbers, which only rise.
          [&](const timer_request& wish) {
            if (wish.timer.purpose != timer_purpose::reconciliation) return;
            reconciliations_ = std::max(reconciliations_, wish.timer.attempt);
            reconciles_at_ = wish.timer.due;
          },
          [](const one_of<cancel_request, status_query, replace_request, broker_probe,
                          snapshot_request, executions_request> auto&) {},
      },
      command);
}

} // namespace tickmesh
