#include "actors/execution/order_story.hpp"

#include <algorithm>

namespace tickmesh {

namespace {

/// Whether the event itself is about the order.
bool names(const sequenced_event& event, order_id id, trading_state& trading) {
  if (auto* s = std::get_if<signal>(&event.what))
    return trading.knows(*s) && trading.request_of(*s).id == id;
  if (auto* report = std::get_if<execution_report>(&event.what)) return report->order == id;
  if (auto* timer = std::get_if<timer_due>(&event.what))
    return !is_recurring(timer->purpose) && timer->order == id;
  return false;
}

/// Whether it goes to a broker and is about the order.
bool is_sent_for(const venue_command& command, order_id id) {
  if (auto* order = std::get_if<order_request>(&command)) return order->id == id;
  if (auto* cancel = std::get_if<cancel_request>(&command)) return cancel->order == id;
  if (auto* query = std::get_if<status_query>(&command)) return query->order == id;
  if (auto* replace = std::get_if<replace_request>(&command)) return replace->order == id;
  return false;
}

} // namespace

position_row order_story::position() const {
  position_row flat{.symbol = trigger_.name.symbol, .strategy = trigger_.name.strategy};
  for (auto& row : trading_.positions())
    if (row.symbol == flat.symbol && row.strategy == flat.strategy) return row;
  return flat;
}

void order_story::mark(const sequenced_event& event) {
  auto& m = std::get<market_mark>(event.what);
  auto& name = trigger_.name;
  if (m.number == name.last_tick && m.symbol == name.symbol && m.data_epoch == name.data_epoch)
    tick_ = event;
}

void order_story::before(const sequenced_event& event) {
  names_order_ = names(event, id_, trading_);
  if (event.number == trigger_event_) check_rules(event);
  auto* known = order();
  status_before_ = known ? std::optional{known->status()} : std::nullopt;
  filled_before_ = known ? known->filled : quantity{};
  auto* report = std::get_if<execution_report>(&event.what);
  if (names_order_ && report && report->kind == report_kind::fill) position_before_ = position();
}

void order_story::check_rules(const sequenced_event& event) {
  auto& limits = trading_.limits();
  for (auto& check :
       trading_.explain(trading_.request_of(trigger_), trigger_.effective_time, event.time))
    checks_.push_back({check, format_scope(limits.scopes()[check.scope])});
  std::ranges::stable_partition(checks_, [](auto& check) { return !check.result.passed; });
}

void order_story::after(const sequenced_event& event, const batch_decisions& decided) {
  story_step step{.event = event};
  for (auto& placed : decided.commands)
    if (is_sent_for(placed.command, id_)) step.sent.push_back(placed.command);
  auto* known = order();
  step.status_before = status_before_;
  step.status_after = known ? std::optional{known->status()} : std::nullopt;
  step.filled = known ? known->filled : quantity{};
  bool was_filled = step.filled != filled_before_;
  if (was_filled) step.position = {position_before_, position()};
  if (!names_order_ && !step.changes()) return;
  for (auto& placed : decided.verdicts) {
    step.judged = placed.verdict.risk;
    step.scope = refusing_scope(placed.verdict.risk, trading_.limits());
  }
  for (auto& command : step.sent)
    if (auto* request = std::get_if<order_request>(&command)) step.routing = route(request->broker);
  steps_.push_back(std::move(step));
}

/// As the router stands behind the event at which it chose.
story_routing order_story::route(broker_id chosen) const {
  auto& router = trading_.orders().router();
  auto& preference = router.rules().preference;
  auto& refused_by = order()->refused_by;
  story_routing out{.broker = chosen,
                    .is_primary = chosen == preference.front(),
                    .is_usable = router.is_usable(chosen)};
  for (auto broker : preference) {
    if (broker == chosen && out.is_usable) break;
    out.passed.push_back({broker, std::ranges::find(refused_by, broker) != refused_by.end(),
                          router.failures(broker), router.is_connected(broker)});
  }
  return out;
}

} // namespace tickmesh
