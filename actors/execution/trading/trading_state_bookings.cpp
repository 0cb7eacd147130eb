// What reports of executions do to the books: fills, what is taken back of them, what they cost.
#include "actors/execution/trading/trading_state.hpp"

namespace tickmesh {

namespace {

side opposite(side s) {
  return s == side::buy ? side::sell : side::buy;
}

} // namespace

void trading_state::apply_report(const execution_report& r, log_position at,
                                 std::vector<venue_command>& out) {
  auto* known = orders_.order_of(r); // stays where it is
  if (known == nullptr && adopt_reported(r, at, out)) known = orders_.order_of(r);
  if (known != nullptr) begin_day_of(known->request.symbol, at.time);
  orders_.allow_rerouting(at_brokers_.is_clean());
  auto booking = orders_.apply_report(r, at, out);
  if (known != nullptr) risk_.update_open(known->request, orders_.still_open());
  if (booking.order == nullptr) return;
  auto& order = *booking.order;
  if (booking.reversed.volume.value > 0) {
    auto back = fill_of(order, booking.reversed.at, booking.reversed.volume, at);
    back.direction = opposite(back.direction);
    book(order, r, back, -booking.reversed.fee, at);
  }
  if (booking.volume.value > 0)
    book(order, r, fill_of(order, booking.at, booking.volume, at), booking.fee, at);
  if (booking.fee_more != money{}) {
    positions_.add_fee(order.request.symbol, order.request.strategy, booking.fee_more);
    risk_.add_fee(order.request.symbol, order.request.strategy, booking.fee_more);
    note_position(order.request, at);
  }
}

position_fill trading_state::fill_of(const managed_order& order, price at_price, quantity volume,
                                     log_position at) {
  return {.symbol = order.request.symbol,
          .strategy = order.request.strategy,
          .direction = order.request.direction,
          .at = at_price,
          .volume = volume,
          .time = at.time};
}

/// `fee` where it is known, else as the instrument has it.
void trading_state::book(const managed_order& order, const execution_report& r,
                         const position_fill& fill, std::optional<money> fee, log_position at) {
  auto fees_before = positions_.fees();
  positions_.apply_fill(fill, fee);
  auto booked = positions_.fees() - fees_before;
  if (!fee) orders_.note_fee(r, booked);
  risk_.apply_fill(fill, booked);
  at_brokers_.book_fill(r.broker, fill.symbol, fill.direction, fill.volume);
  at_brokers_.note_execution(r.broker, r.time);
  ++fill_count_;
  if (makes_rows_ || keeps_changes_) note_fill(order, r, fill, at);
}

/// What is taken back is a fill of the other side, so that rows add up.
void trading_state::note_fill(const managed_order& order, const execution_report& r,
                              const position_fill& fill, log_position at) {
  auto& request = order.request;
  fill_row row{.time = at.time,
               .symbol = fill.symbol,
               .direction = fill.direction,
               .at = fill.at,
               .volume = fill.volume,
               .order = request.id,
               .execution = r.id,
               .strategy = request.strategy,
               .signal_sequence = order.source ? order.source->last_tick : sequence{},
               .signal = name_of(order),
               .event = at.event,
               .broker = {}};
  if (auto* reporter = settings_.broker_name(r.broker)) row.broker = *reporter;
  if (keeps_changes_) changes_.fills.push_back(row);
  note_position(request, at);
  if (makes_rows_) fills_.push_back(std::move(row));
}

void trading_state::note_position(const order_request& request, log_position at) {
  if (keeps_changes_)
    changes_.positions[{request.symbol, request.strategy}] = {
        positions_.row(request.symbol, request.strategy), at.event};
}

} // namespace tickmesh
