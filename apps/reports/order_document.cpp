#include "apps/reports/order_document.hpp"

#include "apps/reports/audit_document.hpp"
#include "apps/reports/json_fields.hpp"
#include "messages/overloaded.hpp"

#include <fmt/format.h>

#include <array>

namespace tickmesh {

namespace {

using json = nlohmann::ordered_json;

constexpr std::array<std::string_view, timer_purpose_count> timer_names{
    "order_answer", "cancel_answer",  "query_answer", "order_lifetime",
    "broker_probe", "reconciliation", "halt_work",    "replace_answer"};

json text_of(price p) {
  return p == no_price ? json{} : json(format_decimal(p.value));
}

template <class Tag>
json text_of(named_number<Tag, std::int64_t> n) {
  return format_decimal(n.value);
}

json text_of(money m) {
  return format_decimal(m.value);
}

/// Null where nothing was refused.
json refusal_text(refusal_cause cause) {
  if (cause == refusal_cause::none) return nullptr;
  return refusal_cause_names.at(static_cast<std::size_t>(cause));
}

json usage_text(int128 usage) {
  return usage == usage_overflow ? json{} : json(format_decimal(usage));
}

/// Whether a rule compares a usage with a limit.
bool is_measured(const risk_check& check) {
  switch (check.rule) {
  case verdict::currency_mismatch:
  case verdict::invalid_order:
  case verdict::symbol_restricted:
  case verdict::outside_session:
  case verdict::not_reconciled: return false;
  case verdict::trading_halted: return !check.passed;
  default: return true;
  }
}

/// Builds the list of steps, each with its time and the delay since the one before.
class step_list {
public:
  step_list(const order_story& story, const story_surroundings& around)
      : story_(story), around_(around) {}

  json build() {
    if (auto* trigger = story_.trigger()) add_tick(*trigger);
    for (auto& step : story_.steps()) {
      bool is_first = &step == &story_.steps().front();
      if (is_first && step.halt) add_halt(*step.halt);
      add(step);
    }
    return std::move(steps_);
  }

private:
  void begin(std::optional<timestamp> time, std::uint64_t event) {
    common_ = json::object();
    common_["time"] = time ? json(format_timestamp(*time)) : json{};
    common_["delay_ns"] = time && last_time_ ? json((*time - *last_time_).count()) : json{};
    common_["event"] = event == 0 ? json{} : json(event);
    if (time) last_time_ = time;
  }

  void push(std::string_view kind, const json& fields) {
    json step{{"step", kind}};
    step.update(common_);
    step.update(fields);
    steps_.push_back(std::move(step));
    if (!common_["delay_ns"].is_null()) common_["delay_ns"] = 0;
  }

  std::string broker(broker_id id) const {
    return id.value < around_.brokers.size() ? around_.brokers[id.value]
                                             : fmt::format("broker {}", id.value);
  }

  void add_tick(const signal& s) {
    auto& name = s.name;
    auto& symbol = around_.universe.symbols[name.symbol.value];
    auto* mark = story_.tick() ? std::get_if<market_mark>(&story_.tick()->what) : nullptr;
    std::optional<timestamp> time;
    if (mark != nullptr) time = mark->effective_time;
    if (mark == nullptr && name.window_end == timestamp{}) time = s.effective_time;
    begin(time, mark != nullptr ? story_.tick()->number : 0);
    push("tick",
         {{"name", fmt::format("{}/{}/{}", symbol, name.data_epoch.value, name.last_tick.value)},
          {"symbol", symbol},
          {"data_epoch", name.data_epoch.value},
          {"sequence", name.last_tick.value},
          {"last", text_of(s.last)},
          {"bid", text_of(s.bid)},
          {"ask", text_of(s.ask)}});
    add_factors();
  }

  void add_factors() {
    auto& found = around_.factors;
    if (!found) return push("factors", {{"missing", found.error().message}});
    push("factors", {{"factor_value", text_or_null(found->factor_value)},
                     {"price", text_or_null(found->price)},
                     {"lower", text_or_null(found->lower)},
                     {"middle", text_or_null(found->middle)},
                     {"upper", text_or_null(found->upper)},
                     {"log", found->log.string()},
                     {"first_tick", found->first.value}});
  }

  void add(const story_step& step) {
    begin(step.event.time, step.event.number);
    std::visit(
        overloaded{
            [&](const signal& s) { add_signal(s, step); },
            [&](const execution_report& report) { add_report(report, step); },
            [&](const timer_due& timer) { add_timer(timer, step); },
            [&](const broker_event& event) {
              auto name = broker_news_names[static_cast<std::size_t>(event.news)];
              add_event(fmt::format("{}: {}", broker(event.broker), name), step);
            },
            [&](const broker_snapshot& snapshot) {
              add_event(broker(snapshot.broker) + " says what it holds", step);
            },
            [&](const slot_recovered&) { add_event("execution goes on from its journal", step); },
            [&](const operator_command& command) {
              push("command", with_status(step, describe_command(command, step.outcome)));
            },
            // They change no order; what execution does there, the rest of the step says.
            [](const one_of<market_mark, clock_mark, slot_configured> auto&) {},
        },
        step.event.what);
    if (step.judged) add_verdict(*step.judged);
    if (step.routing) add_routing(*step.routing);
    for (auto& command : step.sent)
      add_sent(command);
    if (step.position) add_position(*step.position);
  }

  void add_event(const std::string& what, const story_step& step) {
    push("event", with_status(step, {{"what", what}}));
  }

  static json with_status(const story_step& step, json fields) {
    auto name = [](auto& status) { return status ? json(to_string(*status)) : json{}; };
    fields["status_before"] = name(step.status_before);
    fields["status_after"] = name(step.status_after);
    fields["halt"] = nullptr;
    if (!step.halt) return fields;
    auto& command = std::get<operator_command>(step.halt->command.what);
    fields["halt"] = {{"event", step.halt->command.number},
                      {"who", command.who},
                      {"reason", text_or_null(command.reason)}};
    return fields;
  }

  /// The command behind the timer that made an order.
  void add_halt(const story_halt& halt) {
    begin(halt.command.time, halt.command.number);
    push("command", with_status({.event = halt.command},
                                describe_command(std::get<operator_command>(halt.command.what),
                                                 halt.outcome)));
  }

  void add_signal(const signal& s, const story_step& step) {
    auto& universe = around_.universe;
    auto& strategy = universe.strategies[s.name.strategy.value];
    bool is_timed = s.ingest_ns != 0 && s.sent_ns != 0;
    push("signal",
         {{"name", format_signal_name(s.name, strategy, universe.symbols[s.name.symbol.value])},
          {"strategy", strategy},
          {"direction", s.direction},
          {"volume", text_of(s.volume)},
          {"price", text_of(s.limit)},
          {"window_end",
           s.name.window_end == timestamp{} ? json{} : json(format_timestamp(s.name.window_end))},
          {"effective_time", format_timestamp(s.effective_time)},
          {"ingest_to_sent_ns", is_timed ? json(s.sent_ns - s.ingest_ns) : json{}}});
    if (!step.judged) push("repeated", json::object());
  }

  void add_verdict(const story_verdict& judged) {
    auto checks = json::array();
    for (auto& check : judged.checks)
      checks.push_back(describe(check));
    json form;
    if (judged.form)
      form = {{"side", to_string(judged.form->direction)},
              {"volume", text_of(judged.form->volume)},
              {"price", text_of(judged.form->limit)}};
    push("verdict", {{"verdict", to_string(judged.risk.outcome)},
                     {"form", std::move(form)},
                     {"usage", usage_text(judged.risk.usage)},
                     {"limit", format_decimal(judged.risk.limit)},
                     {"scope", text_or_null(judged.scope)},
                     {"checks", std::move(checks)}});
  }

  static json describe(const story_check& check) {
    auto& r = check.result;
    bool measured = is_measured(r);
    return {{"rule", to_string(r.rule)},
            {"scope", measured ? json(check.scope) : json{}},
            {"usage", measured ? usage_text(r.usage) : json{}},
            {"limit", measured ? json(format_decimal(r.limit)) : json{}},
            {"passed", r.passed}};
  }

  void add_routing(const story_routing& routing) {
    auto passed = json::array();
    for (auto& p : routing.passed)
      passed.push_back({{"broker", broker(p.broker)},
                        {"has_refused_this_order", p.has_refused},
                        {"failures_in_a_row", p.failures},
                        {"is_connected", p.is_connected}});
    push("routing", {{"broker", broker(routing.broker)},
                     {"is_primary", routing.is_primary},
                     {"is_usable", routing.is_usable},
                     {"passed_over", std::move(passed)}});
  }

  void add_sent(const venue_command& command) {
    std::visit(overloaded{
                   [this](const order_request& o) {
                     push("sent", {{"what", "order"},
                                   {"broker", broker(o.broker)},
                                   {"side", to_string(o.direction)},
                                   {"volume", text_of(o.volume)},
                                   {"symbol", around_.universe.symbols[o.symbol.value]},
                                   {"price", text_of(o.limit)},
                                   {"time_in_force", to_string(o.lifetime)}});
                   },
                   [this](const cancel_request& c) {
                     push("sent", {{"what", "cancel"}, {"broker", broker(c.broker)}});
                   },
                   [this](const status_query& q) {
                     push("sent", {{"what", "query"}, {"broker", broker(q.broker)}});
                   },
                   [this](const replace_request& r) {
                     push("sent", {{"what", "replace"},
                                   {"broker", broker(r.broker)},
                                   {"revision", r.revision},
                                   {"volume", text_of(r.volume)},
                                   {"price", text_of(r.limit)}});
                   },
                   // None is sent for an order: see order_of().
                   [](const one_of<timer_request, broker_probe, snapshot_request,
                                   executions_request> auto&) {},
               },
               command);
  }

  void add_report(const execution_report& r, const story_step& step) {
    json fields{
        {"broker", broker(r.broker)},
        {"execution", r.words->execution.empty() ? format_execution_id(r.id) : r.words->execution},
        {"kind", to_string(r.kind)},
        {"status_there", to_string(r.status)},
        {"venue_time", format_timestamp(r.time)},
        {"since_venue_ns", (step.event.time - r.time).count()},
        {"cumulative", text_of(r.cumulative)},
        {"refusal", refusal_text(r.refusal)},
        {"text", text_or_null(*r.text)}};
    if (!r.words->original.empty()) fields["original"] = r.words->original;
    if (r.kind == report_kind::fill || r.kind == report_kind::correction) {
      fields["volume"] = text_of(r.last_quantity);
      fields["price"] = text_of(r.last_price);
      fields["is_booked"] = step.position.has_value();
      fields["filled"] = text_of(step.filled);
      fields["order_volume"] = text_of(step.volume);
    }
    push(r.kind == report_kind::fill ? "fill" : "report", with_status(step, std::move(fields)));
  }

  void add_timer(const timer_due& timer, const story_step& step) {
    push("timer",
         with_status(step, {{"purpose", timer_names.at(static_cast<std::size_t>(timer.purpose))},
                            {"attempt", timer.attempt},
                            {"acts", step.changes() || step.judged}}));
  }

  void add_position(const position_step& change) {
    auto& row = change.after;
    json fields{{"symbol", around_.universe.symbols[row.symbol.value]},
                {"strategy", around_.universe.name_of(row.strategy)}};
    auto add = [&](const char* key, auto member) {
      fields[key] = {{"before", text_of(change.before.*member)}, {"after", text_of(row.*member)}};
    };
    add("held", &position_row::held);
    add("average_cost", &position_row::average_cost);
    add("realised", &position_row::realised);
    add("fees", &position_row::fees);
    push("position", fields);
  }

  const order_story& story_;
  const story_surroundings& around_;
  std::optional<timestamp> last_time_;
  json common_;
  json steps_ = json::array();
};

} // namespace

json describe_order(const order_story& story, const story_surroundings& around) {
  auto* order = story.order();
  auto form = order != nullptr ? order->request : story.request();
  auto judged = story.steps().front().judged.value_or(story_verdict{}).risk;
  auto filled = order != nullptr ? order->filled : quantity{};
  auto position = story.position();
  json history = json::array();
  if (order != nullptr)
    for (auto status : order->history)
      history.push_back(to_string(static_cast<order_status>(status)));
  else
    history.push_back(to_string(order_status::rejected));
  json out{{"order", format_order_id(story.id())},
           {"origin", story.trigger() != nullptr           ? "signal"
                      : judged.outcome == verdict::adopted ? "broker"
                                                           : "operator"},
           {"replaces", nullptr},
           {"replaced_by", nullptr},
           {"symbol", around.universe.symbols[form.symbol.value]},
           {"strategy", around.universe.name_of(form.strategy)},
           {"account", around.account},
           {"trading", "PAPER"},
           {"side", to_string(form.direction)},
           {"volume", text_of(form.volume)},
           {"price", text_of(form.limit)},
           {"verdict", to_string(judged.outcome)},
           {"status", history.back()},
           {"filled", text_of(filled)},
           {"average_price", nullptr},
           {"history", history},
           {"verdict_to_end_ns", nullptr},
           {"position",
            {{"held", text_of(position.held)},
             {"average_cost", text_of(position.average_cost)},
             {"realised", text_of(position.realised)},
             {"fees", text_of(position.fees)}}},
           {"journal", around.journal},
           {"first_event", around.known_after + 1},
           {"events", around.events}};
  auto& replaces = story.trading().replaces();
  if (auto* old = replaces.replaced_by(story.id())) out["replaces"] = format_order_id(old->order);
  if (auto next = replaces.successor_of(story.id())) out["replaced_by"] = format_order_id(*next);
  if (filled.value > 0)
    out["average_price"] = format_decimal(order->filled_value / static_cast<int128>(filled.value));
  if (order != nullptr && is_terminal(order->status()))
    out["verdict_to_end_ns"] = (order->updated.time - order->created.time).count();
  out["steps"] = step_list{story, around}.build();
  return out;
}

} // namespace tickmesh
