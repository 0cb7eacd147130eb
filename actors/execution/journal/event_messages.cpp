#include "actors/execution/journal/event_messages.hpp"

#include "actors/execution/configuration/configuration_codec.hpp"
#include "actors/execution/events/operator_codec.hpp"
#include "actors/execution/journal/broker_messages.hpp"
#include "actors/execution/journal/int128_halves.hpp"
#include "actors/execution/values/value_checker.hpp"
#include "messages/signal_codec.hpp"

#include <fmt/format.h>

#include <cassert>
#include <memory>
#include <utility>

namespace tickmesh {

namespace {

void write(const timer_due& timer, wire::TimerDue& out) {
  out.set_due_ns(to_ns(timer.due));
  out.set_order(timer.order.value);
  out.set_purpose(static_cast<std::uint32_t>(timer.purpose));
  out.set_attempt(timer.attempt);
}

result<timer_due> read(const wire::TimerDue& from) {
  value_checker values;
  return values.finish(
      timer_due{.due = from_ns(from.due_ns()),
                .order = order_id{from.order()},
                .purpose = values.enumerator<timer_purpose>(from.purpose(), "purpose of a timer"),
                .attempt = from.attempt()});
}

// Events: one `write` for each alternative of sequenced_event::what, else write_event does not
// compile.

void write(const market_mark&, wire::JournalEvent&) {
  assert(false && "marks are written in columns");
}

void write(const signal& s, wire::JournalEvent& event) {
  write_signal(s, *event.mutable_signal());
}

void write(const timer_due& timer, wire::JournalEvent& event) {
  write(timer, *event.mutable_timer());
}

void write(const execution_report& report, wire::JournalEvent& event) {
  write_report(report, *event.mutable_report());
}

void write(const broker_event& said, wire::JournalEvent& event) {
  write_broker_event(said, *event.mutable_broker());
}

void write(const broker_snapshot& snapshot, wire::JournalEvent& event) {
  write_snapshot(snapshot, *event.mutable_snapshot());
}

void write(const slot_recovered& recovered, wire::JournalEvent& event) {
  auto& out = *event.mutable_recovered();
  out.set_writer(recovered.writer.value);
  for (auto broker : recovered.external)
    out.add_external(broker.value);
  out.set_may_lack_end(recovered.may_lack_end);
}

result<slot_recovered> read(const wire::SlotRecovered& from) {
  value_checker values;
  slot_recovered out{.writer = epoch{from.writer()}, .may_lack_end = from.may_lack_end()};
  for (auto broker : from.external())
    out.external.push_back(values.broker(broker));
  return values.finish(std::move(out));
}

void write(const operator_command& command, wire::JournalEvent& event) {
  write_operator_command(command, *event.mutable_operator_());
}

void write(const clock_mark&, wire::JournalEvent& event) {
  event.mutable_clock();
}

void write(const slot_configured& configured, wire::JournalEvent& event) {
  write_configuration(*configured.configuration, *event.mutable_configured());
}

result<slot_configured> read(const wire::SlotConfigured& from) {
  return read_configuration(from).map([](slot_configuration read) {
    return slot_configured{std::make_shared<const slot_configuration>(std::move(read))};
  });
}

/// `out.what` from what was read, or its fault.
template <class Content>
result<sequenced_event> with_content(sequenced_event out, result<Content> content) {
  if (!content) return tl::make_unexpected(content.error());
  out.what = std::move(*content);
  return out;
}

// Commands: the same for venue_command and write_command.

void write(const order_request& order, wire::OrderIntent& out) {
  out.set_id(order.id.value);
  out.set_symbol(order.symbol.value);
  out.set_strategy(order.strategy.value);
  out.set_direction(static_cast<std::uint32_t>(order.direction));
  out.set_limit(order.limit.value);
  out.set_volume(order.volume.value);
  out.set_lifetime(static_cast<std::uint32_t>(order.lifetime));
  out.set_type(static_cast<std::uint32_t>(order.type));
  out.set_reference(order.reference);
  out.set_close_today(order.parts->close_today.value);
  out.set_close_yesterday(order.parts->close_yesterday.value);
  out.set_open(order.parts->open.value);
}

void write(const order_request& order, wire::JournalCommand& command) {
  command.set_broker(order.broker.value);
  write(order, *command.mutable_order());
}

template <class Message>
order_split read_parts(const Message& from) {
  return {.close_today = quantity{from.close_today()},
          .close_yesterday = quantity{from.close_yesterday()},
          .open = quantity{from.open()}};
}

order_request read(const wire::OrderIntent& from, broker_id broker, value_checker& values) {
  order_request out{.id = order_id{from.id()},
                    .symbol = symbol_id{from.symbol()},
                    .strategy =
                        strategy_id{values.number<strategy_id::rep>(from.strategy(), "strategy")},
                    .direction = values.enumerator<side>(from.direction(), "side"),
                    .limit = price{from.limit()},
                    .volume = quantity{from.volume()},
                    .lifetime = time_in_force::good_till_cancel,
                    .broker = broker,
                    .type = values.enumerator<order_type>(from.type(), "order type"),
                    .reference = from.reference(),
                    .parts = read_parts(from)};
  if (from.has_lifetime())
    out.lifetime = values.enumerator<time_in_force>(from.lifetime(), "time in force");
  return out;
}

void write_names(const order_names& names, wire::JournalCommand& command) {
  command.set_reference(names.reference);
  command.set_broker_order(*names.broker_order);
  command.set_close_today(names.parts->close_today.value);
  command.set_close_yesterday(names.parts->close_yesterday.value);
  command.set_open(names.parts->open.value);
}

order_names read_names(const wire::JournalCommand& from) {
  return {from.reference(), from.broker_order(), read_parts(from)};
}

void write(const replace_request& request, wire::JournalCommand& command) {
  command.set_broker(request.broker.value);
  write_names(request.names, command);
  auto& out = *command.mutable_replace();
  out.set_order(request.order.value);
  out.set_revision(request.revision);
  out.set_limit(request.limit.value);
  out.set_volume(request.volume.value);
}

replace_request read(const wire::ReplaceIntent& from, broker_id broker, order_names names) {
  return {.order = order_id{from.order()},
          .broker = broker,
          .revision = from.revision(),
          .limit = price{from.limit()},
          .volume = quantity{from.volume()},
          .names = std::move(names)};
}

void write(const cancel_request& request, wire::JournalCommand& command) {
  command.set_broker(request.broker.value);
  write_names(request.names, command);
  command.set_cancel_order(request.order.value);
}

void write(const status_query& query, wire::JournalCommand& command) {
  command.set_broker(query.broker.value);
  write_names(query.names, command);
  command.set_query_order(query.order.value);
}

void write(const broker_probe& probe, wire::JournalCommand& command) {
  command.set_broker(probe.broker.value);
  command.mutable_probe();
}

void write(const snapshot_request& request, wire::JournalCommand& command) {
  command.set_broker(request.broker.value);
  command.mutable_snapshot();
}

void write(const executions_request& request, wire::JournalCommand& command) {
  command.set_broker(request.broker.value);
  command.mutable_executions()->set_since_ns(to_ns(request.since));
}

void write(const timer_request& request, wire::JournalCommand& command) {
  write(request.timer, *command.mutable_arm_timer());
}

} // namespace

void write_event(const sequenced_event& event, wire::JournalEvent& out) {
  out.set_time_ns(to_ns(event.time));
  std::visit([&out](const auto& content) { write(content, out); }, event.what);
}

void write_verdict(const order_verdict& verdict, wire::JournalVerdict& out) {
  out.set_order(verdict.order.value);
  out.set_outcome(static_cast<std::uint32_t>(verdict.risk.outcome));
  out.set_usage_low(low_half(verdict.risk.usage));
  out.set_usage_high(high_half(verdict.risk.usage));
  out.set_limit_low(low_half(verdict.risk.limit));
  out.set_limit_high(high_half(verdict.risk.limit));
  out.set_scope(verdict.risk.scope);
  if (verdict.form) write(*verdict.form, *out.mutable_form());
}

void write_command(const venue_command& command, wire::JournalCommand& out) {
  std::visit([&out](const auto& content) { write(content, out); }, command);
}

// The switches have no default: -Wswitch names a member of journal.proto that is not read.

result<sequenced_event> read_event(const wire::JournalEvent& from) {
  sequenced_event out;
  out.time = from_ns(from.time_ns());
  switch (from.what_case()) {
  case wire::JournalEvent::kSignal: return with_content(std::move(out), read_signal(from.signal()));
  case wire::JournalEvent::kReport: return with_content(std::move(out), read_report(from.report()));
  case wire::JournalEvent::kTimer: return with_content(std::move(out), read(from.timer()));
  case wire::JournalEvent::kBroker:
    return with_content(std::move(out), read_broker_event(from.broker()));
  case wire::JournalEvent::kSnapshot:
    return with_content(std::move(out), read_snapshot(from.snapshot()));
  case wire::JournalEvent::kRecovered: return with_content(std::move(out), read(from.recovered()));
  case wire::JournalEvent::kOperator:
    return with_content(std::move(out), read_operator_command(from.operator_()));
  case wire::JournalEvent::kConfigured:
    return with_content(std::move(out), read(from.configured()));
  case wire::JournalEvent::kClock: out.what = clock_mark{}; return out;
  case wire::JournalEvent::WHAT_NOT_SET: break;
  }
  return fail("an event of an unknown kind; a newer version may have written it");
}

result<order_verdict> read_verdict(const wire::JournalVerdict& from) {
  value_checker values;
  order_verdict out{order_id{from.order()},
                    {.outcome = values.enumerator<verdict>(from.outcome(), "verdict"),
                     .usage = join_halves(from.usage_low(), from.usage_high()),
                     .limit = join_halves(from.limit_low(), from.limit_high()),
                     .scope = values.number<std::uint16_t>(from.scope(), "scope of a limit")},
                    {}};
  if (from.has_form()) out.form = read(from.form(), broker_id{}, values);
  return values.finish(std::move(out));
}

result<venue_command> read_command(const wire::JournalCommand& from) {
  value_checker values;
  auto broker = values.broker(from.broker());
  auto finish = [&values](venue_command read) { return values.finish(std::move(read)); };
  switch (from.what_case()) {
  case wire::JournalCommand::kOrder: return finish(read(from.order(), broker, values));
  case wire::JournalCommand::kReplace:
    return finish(read(from.replace(), broker, read_names(from)));
  case wire::JournalCommand::kCancelOrder:
    return finish(cancel_request{order_id{from.cancel_order()}, broker, read_names(from)});
  case wire::JournalCommand::kQueryOrder:
    return finish(status_query{order_id{from.query_order()}, broker, read_names(from)});
  case wire::JournalCommand::kProbe: return finish(broker_probe{broker});
  case wire::JournalCommand::kSnapshot: return finish(snapshot_request{broker});
  case wire::JournalCommand::kExecutions:
    return finish(executions_request{broker, from_ns(from.executions().since_ns())});
  case wire::JournalCommand::kArmTimer:
    return read(from.arm_timer()).map([](timer_due t) -> venue_command {
      return timer_request{t};
    });
  case wire::JournalCommand::WHAT_NOT_SET: break;
  }
  return fail("a command of an unknown kind; a newer version may have written it");
}

} // namespace tickmesh
