#include "actors/execution/replay/order_story.hpp"

#include "messages/overloaded.hpp"

#include <algorithm>

namespace tickmesh {

namespace {

/// Whether the event itself is about the order.
bool names(const sequenced_event& event, order_id id, trading_state& trading) {
  return std::visit(
      overloaded{
          [&](const signal& s) { return trading.knows(s) && trading.request_of(s).id == id; },
          [&](const execution_report& report) {
            auto* known = trading.orders().order_of(report);
            return known != nullptr && known->request.id == id;
          },
          [&](const timer_due& timer) { return !is_recurring(timer.purpose) && timer.order == id; },
          [&](const operator_command& command) { return order_of(command.action) == id; },
          [](const one_of<market_mark, broker_event, broker_snapshot, slot_recovered, clock_mark,
                          slot_configured> auto&) { return false; },
      },
      event.what);
}

} // namespace

order_request order_story::request() const {
  auto* s = trigger();
  return s != nullptr ? trading_.request_of(*s) : std::get<order_request>(origin_);
}

position_row order_story::position() const {
  auto wanted = request();
  position_row flat{.symbol = wanted.symbol, .strategy = wanted.strategy};
  for (auto& row : trading_.positions())
    if (row.symbol == flat.symbol && row.strategy == flat.strategy) return row;
  return flat;
}

void order_story::mark(const sequenced_event& event) {
  if (trigger() == nullptr) return;
  auto& m = std::get<market_mark>(event.what);
  auto& name = trigger()->name;
  if (m.number == name.last_tick && m.symbol == name.symbol && m.data_epoch == name.data_epoch)
    tick_ = event;
}

void order_story::before(const sequenced_event& event) {
  names_order_ = event.number == origin_event_ ||
                 (event.number > origin_event_ && names(event, id_, trading_));
  if (names_order_) trading_.explain_next();
  auto* known = order();
  status_before_ = known ? std::optional{known->status()} : std::nullopt;
  filled_before_ = known ? known->filled : quantity{};
  auto* report = std::get_if<execution_report>(&event.what);
  if (names_order_ && report && report->kind == report_kind::fill) position_before_ = position();
}

void order_story::after(const sequenced_event& event, const batch_decisions& decided) {
  story_step step{.event = event};
  if (!decided.outcomes.empty()) step.outcome = decided.outcomes.front();
  note_switch(step);
  for (auto& placed : decided.commands)
    if (order_of(placed.command) == id_) step.sent.push_back(placed.command);
  auto* known = order();
  step.status_before = status_before_;
  step.status_after = known ? std::optional{known->status()} : std::nullopt;
  step.filled = known ? known->filled : quantity{};
  step.volume = known ? known->request.volume : quantity{};
  bool was_filled = step.filled != filled_before_;
  if (was_filled) step.position = {position_before_, position()};
  if (!names_order_ && !step.changes()) return;
  step.halt = halt_behind(step);
  step.judged = find_verdict();
  for (auto& command : step.sent)
    if (auto* request = std::get_if<order_request>(&command)) step.routing = route(request->broker);
  steps_.push_back(std::move(step));
}

void order_story::note_switch(const story_step& step) {
  auto* command = std::get_if<operator_command>(&step.event.what);
  auto* change = command ? std::get_if<trading_switch>(&command->action) : nullptr;
  if (!change || !step.outcome || !step.outcome->is_done) return;
  halt_.reset();
  if (change->cancel_all || change->flatten) halt_ = {step.event, *step.outcome};
}

/// A halt that cancels acts on by its timer, and when an order's doubt ends.
std::optional<story_halt> order_story::halt_behind(const story_step& step) const {
  auto* timer = std::get_if<timer_due>(&step.event.what);
  bool is_halt_work = timer != nullptr && timer->purpose == timer_purpose::halt_work;
  bool cancels_by_report = std::holds_alternative<execution_report>(step.event.what) &&
                           std::ranges::any_of(step.sent, [](auto& command) {
                             return std::holds_alternative<cancel_request>(command);
                           });
  return is_halt_work || cancels_by_report ? halt_ : std::nullopt;
}

/// Of the event that was applied last.
std::optional<story_verdict> order_story::find_verdict() const {
  auto& verdicts = trading_.verdicts();
  auto found = std::ranges::find(verdicts, id_, &order_verdict::order);
  if (found == verdicts.end()) return std::nullopt;
  auto& limits = trading_.limits();
  story_verdict out{found->risk, refusing_scope(found->risk, limits), found->form};
  auto& explained = trading_.explanations();
  if (explained.size() != verdicts.size()) return out; // nobody asked
  for (auto& check : explained[static_cast<std::size_t>(found - verdicts.begin())])
    out.checks.push_back({check, format_scope(limits.scopes()[check.scope])});
  std::ranges::stable_partition(out.checks, [](auto& check) { return !check.result.passed; });
  return out;
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
