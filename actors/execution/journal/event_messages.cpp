#include "actors/execution/journal/event_messages.hpp"

#include "messages/signal_codec.hpp"

#include <fmt/format.h>

#include <cassert>
#include <limits>

namespace tickmesh {

namespace {

/// `value` as an enumerator up to `last`.
template <class Enum>
result<Enum> read_enum(std::uint32_t value, Enum last, std::string_view what) {
  if (value > static_cast<std::uint32_t>(last))
    return fail(fmt::format("{} is no {}; a newer version may have written it", value, what));
  return static_cast<Enum>(value);
}

std::uint64_t low_half(int128 v) {
  return static_cast<std::uint64_t>(v);
}

std::int64_t high_half(int128 v) {
  return static_cast<std::int64_t>(v >> 64);
}

int128 join_halves(std::uint64_t low, std::int64_t high) {
  return static_cast<int128>((static_cast<uint128>(static_cast<std::uint64_t>(high)) << 64) | low);
}

void write(const execution_report& report, wire::VenueReport& out) {
  out.set_order(report.order.value);
  out.set_execution_order(report.id.order.value);
  out.set_execution_counter(report.id.counter);
  out.set_kind(static_cast<std::uint32_t>(report.kind));
  out.set_status(static_cast<std::uint32_t>(report.status));
  out.set_last_price(report.last_price.value);
  out.set_last_quantity(report.last_quantity.value);
  out.set_cumulative(report.cumulative.value);
  out.set_time_ns(to_ns(report.time));
  out.set_text(report.text);
}

result<execution_report> read(const wire::VenueReport& from) {
  auto kind = read_enum(from.kind(), report_kind::status, "kind of report");
  if (!kind) return tl::make_unexpected(kind.error());
  auto status = read_enum(from.status(), order_status::in_doubt, "order status");
  if (!status) return tl::make_unexpected(status.error());
  return execution_report{.id = {order_id{from.execution_order()}, from.execution_counter()},
                          .order = order_id{from.order()},
                          .kind = *kind,
                          .status = *status,
                          .last_price = price{from.last_price()},
                          .last_quantity = quantity{from.last_quantity()},
                          .cumulative = quantity{from.cumulative()},
                          .time = from_ns(from.time_ns()),
                          .text = from.text()};
}

void write(const timer_due& timer, wire::TimerDue& out) {
  out.set_due_ns(to_ns(timer.due));
  out.set_order(timer.order.value);
  out.set_purpose(static_cast<std::uint32_t>(timer.purpose));
  out.set_attempt(timer.attempt);
}

result<timer_due> read(const wire::TimerDue& from) {
  auto purpose = read_enum(from.purpose(), timer_purpose::order_lifetime, "purpose of a timer");
  if (!purpose) return tl::make_unexpected(purpose.error());
  return timer_due{.due = from_ns(from.due_ns()),
                   .order = order_id{from.order()},
                   .purpose = *purpose,
                   .attempt = from.attempt()};
}

void write(const order_request& order, wire::OrderIntent& out) {
  out.set_id(order.id.value);
  out.set_symbol(order.symbol.value);
  out.set_strategy(order.strategy.value);
  out.set_direction(static_cast<std::uint32_t>(order.direction));
  out.set_limit(order.limit.value);
  out.set_volume(order.volume.value);
}

result<order_request> read(const wire::OrderIntent& from) {
  auto direction = read_enum(from.direction(), side::sell, "side");
  if (!direction) return tl::make_unexpected(direction.error());
  if (from.strategy() > std::numeric_limits<strategy_id::rep>::max())
    return fail(fmt::format("an order of strategy {}; at most {}", from.strategy(),
                            std::numeric_limits<strategy_id::rep>::max()));
  return order_request{.id = order_id{from.id()},
                       .symbol = symbol_id{from.symbol()},
                       .strategy = strategy_id{static_cast<strategy_id::rep>(from.strategy())},
                       .direction = *direction,
                       .limit = price{from.limit()},
                       .volume = quantity{from.volume()}};
}

/// `out.what` from what was read, or its fault.
template <class Content>
result<sequenced_event> with_content(sequenced_event out, result<Content> content) {
  if (!content) return tl::make_unexpected(content.error());
  out.what = std::move(*content);
  return out;
}

} // namespace

void write_event(const sequenced_event& event, wire::JournalEvent& out) {
  assert(!std::holds_alternative<market_mark>(event.what));
  out.set_time_ns(to_ns(event.time));
  if (auto* s = std::get_if<signal>(&event.what))
    write_signal(*s, *out.mutable_signal());
  else if (auto* report = std::get_if<execution_report>(&event.what))
    write(*report, *out.mutable_report());
  else
    write(std::get<timer_due>(event.what), *out.mutable_timer());
}

void write_verdict(const order_verdict& verdict, wire::JournalVerdict& out) {
  out.set_order(verdict.order.value);
  out.set_outcome(static_cast<std::uint32_t>(verdict.risk.outcome));
  out.set_usage_low(low_half(verdict.risk.usage));
  out.set_usage_high(high_half(verdict.risk.usage));
  out.set_limit_low(low_half(verdict.risk.limit));
  out.set_limit_high(high_half(verdict.risk.limit));
}

void write_command(const venue_command& command, wire::JournalCommand& out) {
  if (auto* order = std::get_if<order_request>(&command))
    write(*order, *out.mutable_order());
  else if (auto* cancel = std::get_if<cancel_request>(&command))
    out.set_cancel_order(cancel->order.value);
  else if (auto* query = std::get_if<status_query>(&command))
    out.set_query_order(query->order.value);
  else
    write(std::get<timer_request>(command).timer, *out.mutable_arm_timer());
}

result<sequenced_event> read_event(const wire::JournalEvent& from) {
  sequenced_event out;
  out.time = from_ns(from.time_ns());
  switch (from.what_case()) {
  case wire::JournalEvent::kSignal: return with_content(std::move(out), read_signal(from.signal()));
  case wire::JournalEvent::kReport: return with_content(std::move(out), read(from.report()));
  case wire::JournalEvent::kTimer: return with_content(std::move(out), read(from.timer()));
  default: return fail("an event of an unknown kind; a newer version may have written it");
  }
}

result<order_verdict> read_verdict(const wire::JournalVerdict& from) {
  auto outcome = read_enum(from.outcome(), verdict::order_count_exceeded, "verdict");
  if (!outcome) return tl::make_unexpected(outcome.error());
  return order_verdict{order_id{from.order()},
                       {.outcome = *outcome,
                        .usage = join_halves(from.usage_low(), from.usage_high()),
                        .limit = join_halves(from.limit_low(), from.limit_high())}};
}

result<venue_command> read_command(const wire::JournalCommand& from) {
  switch (from.what_case()) {
  case wire::JournalCommand::kOrder: return read(from.order());
  case wire::JournalCommand::kCancelOrder: return cancel_request{order_id{from.cancel_order()}};
  case wire::JournalCommand::kQueryOrder: return status_query{order_id{from.query_order()}};
  case wire::JournalCommand::kArmTimer:
    return read(from.arm_timer()).map([](timer_due t) -> venue_command {
      return timer_request{t};
    });
  default: return fail("a command of an unknown kind; a newer version may have written it");
  }
}

} // namespace tickmesh
