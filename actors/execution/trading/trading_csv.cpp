#include "actors/execution/trading/trading_csv.hpp"

#include <charconv>
#include <chrono>
#include <concepts>

namespace tickmesh {

namespace {

void append_field(std::string& out, std::string_view text) {
  out += text;
}

void append_field(std::string& out, timestamp t) {
  append_timestamp(out, t);
}

void append_field(std::string& out, std::same_as<int128> auto units) {
  append_decimal(out, units);
}

template <class Tag, class Rep>
void append_field(std::string& out, named_number<Tag, Rep> units) {
  append_decimal(out, units.value);
}

/// Empty when there is none.
void append_field(std::string& out, price p) {
  if (p != no_price) append_decimal(out, p.value);
}

void append_field(std::string& out, std::uint64_t number) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

/// A line is not formatted by a pattern, since orders and fills are many.
template <class First, class... Rest>
void append_line(std::string& out, const First& first, const Rest&... rest) {
  append_field(out, first);
  ((out += ',', append_field(out, rest)), ...);
  out += '\n';
}

/// Long today, long yesterday, short today, short yesterday; empty when they are not kept apart.
std::string days_text(const position_row& row) {
  if (!row.days_apart) return ",,,";
  auto today = format_decimal(row.today.value);
  auto both = today + "," + format_decimal(row.yesterday().value);
  return row.held.value < 0 ? "0,0," + both : both + ",0,0";
}

} // namespace

void append_row(std::string& out, const order_row& row, const trading_universe& universe) {
  append_line(out, row.created, universe.symbols[row.symbol.value], to_string(row.direction),
              row.limit, row.volume, to_string(row.status), universe.name_of(row.strategy),
              row.signal_sequence.value, format_order_id(row.id), to_string(row.outcome), row.usage,
              row.limit_of_rule, row.filled, row.average_price, row.updated, row.history,
              row.updated_event, row.signal, row.scope);
}

void append_row(std::string& out, const fill_row& row, const trading_universe& universe) {
  append_line(out, row.time, universe.symbols[row.symbol.value], to_string(row.direction), row.at,
              row.volume, format_order_id(row.order), format_execution_id(row.execution),
              universe.name_of(row.strategy), row.signal_sequence.value, row.event, row.signal,
              row.broker);
}

void append_row(std::string& out, const position_row& row, const trading_universe& universe) {
  append_line(out, row.updated, universe.symbols[row.symbol.value], universe.name_of(row.strategy),
              row.held, row.average_cost, row.realised, row.unrealised, row.mark, universe.account,
              days_text(row), row.fees, row.net_realised(), row.fifo_cost, row.realised_fifo,
              row.unrealised_fifo());
}

void append_row(std::string& out, const profit_row& row, const trading_universe& universe) {
  append_line(out, row.time, universe.account, row.realised, row.unrealised, row.fees, row.total());
}

void append_row(std::string& out, const price_bar& row, const trading_universe& universe) {
  auto interval = std::chrono::duration_cast<std::chrono::milliseconds>(row.interval);
  append_line(out, row.begin, universe.symbols[row.symbol.value],
              static_cast<std::uint64_t>(interval.count()), row.open, row.high, row.low, row.close);
}

} // namespace tickmesh
