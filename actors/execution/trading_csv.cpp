#include "actors/execution/trading_csv.hpp"

#include <fmt/format.h>

#include <iterator>

namespace tickmesh {

namespace {

/// Text of a price; empty when there is none.
std::string price_text(price p) {
  return p == no_price ? std::string{} : format_decimal(p.value);
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
  fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{}\n",
                 format_timestamp(row.updated), universe.symbols[row.symbol.value],
                 universe.strategies[row.strategy.value], format_decimal(row.held.value),
                 price_text(row.average_cost), format_decimal(row.realised.value),
                 format_decimal(row.unrealised.value), price_text(row.mark));
}

} // namespace tickmesh
