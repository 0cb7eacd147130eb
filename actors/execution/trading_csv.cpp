#include "actors/execution/trading_csv.hpp"

#include <fmt/format.h>

#include <iterator>

namespace tickmesh {

namespace {

/// Text of a price; empty when there is none.
std::string price_text(price p) {
  return p == no_price ? std::string{} : format_decimal(p.value);
}

/// Long today, long yesterday, short today, short yesterday; empty when they are not kept apart.
std::string days_text(const position_row& row) {
  if (!row.days_apart) return ",,,";
  auto today = format_decimal(row.today.value);
  auto yesterday = format_decimal(row.yesterday().value);
  return row.held.value < 0 ? fmt::format("0,0,{},{}", today, yesterday)
                            : fmt::format("{},{},0,0", today, yesterday);
}

} // namespace

void append_row(std::string& out, const order_row& row, const trading_universe& universe) {
  fmt::format_to(
      std::back_inserter(out), "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
      format_timestamp(row.created), universe.symbols[row.symbol.value], to_string(row.direction),
      price_text(row.limit), format_decimal(row.volume.value), to_string(row.status),
      universe.strategies[row.strategy.value], row.signal_sequence.value, format_order_id(row.id),
      to_string(row.outcome), format_decimal(row.usage), format_decimal(row.limit_of_rule),
      format_decimal(row.filled.value), price_text(row.average_price),
      format_timestamp(row.updated), row.history, row.updated_event, row.signal, row.scope);
}

void append_row(std::string& out, const fill_row& row, const trading_universe& universe) {
  fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{},{},{},{}\n",
                 format_timestamp(row.time), universe.symbols[row.symbol.value],
                 to_string(row.direction), price_text(row.at), format_decimal(row.volume.value),
                 format_order_id(row.order), format_execution_id(row.execution),
                 universe.strategies[row.strategy.value], row.signal_sequence.value, row.event,
                 row.signal);
}

void append_row(std::string& out, const position_row& row, const trading_universe& universe) {
  fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                 format_timestamp(row.updated), universe.symbols[row.symbol.value],
                 universe.strategies[row.strategy.value], format_decimal(row.held.value),
                 price_text(row.average_cost), format_decimal(row.realised.value),
                 format_decimal(row.unrealised.value), price_text(row.mark), universe.account,
                 days_text(row), format_decimal(row.fees.value),
                 format_decimal(row.net_realised().value), price_text(row.fifo_cost),
                 format_decimal(row.realised_fifo.value),
                 format_decimal(row.unrealised_fifo().value));
}

} // namespace tickmesh
