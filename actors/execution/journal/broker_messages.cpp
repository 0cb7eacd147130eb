#include "actors/execution/journal/broker_messages.hpp"

#include "actors/execution/journal/int128_halves.hpp"
#include "actors/execution/values/value_checker.hpp"

namespace tickmesh {

namespace {

void write(money amount, wire::MoneyAmount& out) {
  out.set_low(low_half(amount.value));
  out.set_high(high_half(amount.value));
}

money read(const wire::MoneyAmount& from) {
  return money{join_halves(from.low(), from.high())};
}

void write_words(const broker_words& words, wire::BrokerWords& out) {
  out.set_order(words.order);
  out.set_execution(words.execution);
  out.set_original(words.original);
  out.set_code(words.code);
  if (words.commission != money{}) write(words.commission, *out.mutable_commission());
  if (words.symbol != no_symbol) out.set_symbol(words.symbol.value);
  out.set_direction(static_cast<std::uint32_t>(words.direction));
}

broker_words read_words(const wire::BrokerWords& from, value_checker& values) {
  return {.order = from.order(),
          .execution = from.execution(),
          .original = from.original(),
          .code = from.code(),
          .commission = read(from.commission()),
          .symbol = from.has_symbol() ? symbol_id{from.symbol()} : no_symbol,
          .direction = values.enumerator<side>(from.direction(), "side")};
}

broker_snapshot::open_order read(const wire::BrokerSnapshot::OpenOrder& from,
                                 value_checker& values) {
  return {.order = order_id{from.order()},
          .cumulative = quantity{from.cumulative()},
          .symbol = from.has_symbol() ? symbol_id{from.symbol()} : no_symbol,
          .direction = values.enumerator<side>(from.direction(), "side"),
          .form = {from.has_form_limit() ? price{from.form_limit()} : no_price,
                   quantity{from.form_volume()}},
          .reference = from.reference(),
          .broker_order = from.broker_order()};
}

broker_snapshot::net_position read(const wire::BrokerSnapshot::NetPosition& from) {
  broker_snapshot::net_position out{.symbol = symbol_id{from.symbol()},
                                    .held = quantity{from.held()},
                                    .instrument = from.instrument()};
  if (!from.has_apart()) return out;
  auto& apart = from.apart();
  out.apart = {quantity{apart.long_today()}, quantity{apart.long_earlier()},
               quantity{apart.short_today()}, quantity{apart.short_earlier()}};
  return out;
}

/// Older records have a flag for the one cause that they know.
refusal_cause read_refusal(const wire::VenueReport& from, value_checker& values) {
  if (from.was_not_taken()) return refusal_cause::not_taken;
  return values.enumerator<refusal_cause>(from.refusal(), "cause of a refusal");
}

} // namespace

void write_report(const execution_report& report, wire::VenueReport& out) {
  out.set_order(report.order.value);
  out.set_execution_order(report.id.order.value);
  out.set_execution_counter(report.id.counter);
  out.set_kind(static_cast<std::uint32_t>(report.kind));
  out.set_status(static_cast<std::uint32_t>(report.status));
  out.set_last_price(report.last_price.value);
  out.set_last_quantity(report.last_quantity.value);
  out.set_cumulative(report.cumulative.value);
  out.set_time_ns(to_ns(report.time));
  out.set_text(*report.text);
  out.set_broker(report.broker.value);
  out.set_refusal(static_cast<std::uint32_t>(report.refusal));
  if (report.form != order_form{}) {
    out.set_form_limit(report.form.limit.value);
    out.set_form_volume(report.form.volume.value);
  }
  out.set_revision(report.revision);
  out.set_reference(report.reference);
  out.set_is_told_again(report.is_told_again);
  if (*report.words != broker_words{}) write_words(*report.words, *out.mutable_words());
}

result<execution_report> read_report(const wire::VenueReport& from) {
  value_checker values;
  return values.finish(execution_report{
      .id = {order_id{from.execution_order()}, from.execution_counter()},
      .order = order_id{from.order()},
      .broker = values.broker(from.broker()),
      .kind = values.enumerator<report_kind>(from.kind(), "kind of report"),
      .status = values.enumerator<order_status>(from.status(), "order status"),
      .last_price = price{from.last_price()},
      .last_quantity = quantity{from.last_quantity()},
      .cumulative = quantity{from.cumulative()},
      .time = from_ns(from.time_ns()),
      .revision = from.revision(),
      .refusal = read_refusal(from, values),
      .form = {from.has_form_limit() ? price{from.form_limit()} : no_price,
               quantity{from.form_volume()}},
      .text = from.text(),
      .reference = from.reference(),
      .is_told_again = from.is_told_again(),
      .words = from.has_words() ? read_words(from.words(), values) : broker_words{}});
}

void write_broker_event(const broker_event& said, wire::BrokerEvent& out) {
  out.set_broker(said.broker.value);
  out.set_news(static_cast<std::uint32_t>(said.news));
  out.set_text(said.text);
  out.set_trading_day(static_cast<std::uint32_t>(said.trading_day));
  out.set_reference_next(said.reference_next);
}

result<broker_event> read_broker_event(const wire::BrokerEvent& from) {
  value_checker values;
  return values.finish(
      broker_event{.broker = values.broker(from.broker()),
                   .news = values.enumerator<broker_news>(from.news(), "news of a broker"),
                   .text = from.text(),
                   .trading_day = static_cast<std::int32_t>(from.trading_day()),
                   .reference_next = from.reference_next()});
}

void write_snapshot(const broker_snapshot& snapshot, wire::BrokerSnapshot& out) {
  out.set_broker(snapshot.broker.value);
  for (auto& open : snapshot.orders) {
    auto& to = *out.add_orders();
    to.set_order(open.order.value);
    to.set_cumulative(open.cumulative.value);
    if (open.symbol != no_symbol) to.set_symbol(open.symbol.value);
    to.set_direction(static_cast<std::uint32_t>(open.direction));
    if (open.form.limit != no_price) to.set_form_limit(open.form.limit.value);
    to.set_form_volume(open.form.volume.value);
    to.set_reference(open.reference);
    to.set_broker_order(open.broker_order);
  }
  for (auto& position : snapshot.positions) {
    auto& to = *out.add_positions();
    to.set_symbol(position.symbol.value);
    to.set_held(position.held.value);
    to.set_instrument(position.instrument);
    if (!position.apart) continue;
    auto& apart = *to.mutable_apart();
    apart.set_long_today(position.apart->long_today.value);
    apart.set_long_earlier(position.apart->long_earlier.value);
    apart.set_short_today(position.apart->short_today.value);
    apart.set_short_earlier(position.apart->short_earlier.value);
  }
  auto& funds = *snapshot.funds;
  out.set_account(funds.account);
  if (funds.cash) write(*funds.cash, *out.mutable_cash());
  if (funds.available) write(*funds.available, *out.mutable_available());
  if (funds.margin) write(*funds.margin, *out.mutable_margin());
}

result<broker_snapshot> read_snapshot(const wire::BrokerSnapshot& from) {
  value_checker values;
  broker_snapshot out{.broker = values.broker(from.broker())};
  for (auto& open : from.orders())
    out.orders.push_back(read(open, values));
  for (auto& position : from.positions())
    out.positions.push_back(read(position));
  account_funds funds{.account = from.account()};
  if (from.has_cash()) funds.cash = read(from.cash());
  if (from.has_available()) funds.available = read(from.available());
  if (from.has_margin()) funds.margin = read(from.margin());
  out.funds = std::move(funds);
  return values.finish(std::move(out));
}

} // namespace tickmesh
