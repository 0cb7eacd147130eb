#include "actors/calc/slot/calculation_rows.hpp"

#include <cassert>
#include <charconv>
#include <system_error>

namespace tickmesh {

namespace {

// Absent values are empty.

void append_price(std::string& out, price p) {
  if (p != no_price) append_decimal(out, p.value);
}

void append_number(std::string& out, std::uint64_t value) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

void append_window_end(std::string& out, timestamp window_end) {
  if (window_end != timestamp{}) append_timestamp(out, window_end);
}

} // namespace

void append_double(std::string& out, double value) {
  char buffer[32];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  assert(error == std::errc{});
  out.append(buffer, end);
}

void append_factor_row(std::string& out, const factor_row& row, std::string_view symbol,
                       std::string_view strategy) {
  append_timestamp(out, row.effective_time);
  out += ',';
  out += symbol;
  out += ",bollinger,";
  if (row.percent_b) append_double(out, *row.percent_b);
  out += row.signal > 0 ? ",1," : row.signal < 0 ? ",-1," : ",0,";
  out += strategy;
  out += ',';
  append_number(out, row.data_epoch.value);
  out += ',';
  append_number(out, row.last_tick.value);
  out += ',';
  append_window_end(out, row.window_end);
  out += ',';
  append_price(out, row.last);
  for (double band : {row.lower, row.middle, row.upper}) {
    out += ',';
    append_double(out, band);
  }
  out += '\n';
}

void append_signal_row(std::string& out, const signal& s, const std::string& symbol,
                       const std::string& strategy) {
  append_timestamp(out, s.effective_time);
  out += ',';
  out += symbol;
  out += ',';
  out += strategy;
  out += s.direction > 0 ? ",1," : ",-1,";
  append_price(out, s.limit);
  out += ',';
  append_decimal(out, s.volume.value);
  out += ',';
  append_number(out, s.name.last_tick.value);
  out += ',';
  append_number(out, s.name.data_epoch.value);
  out += ',';
  append_window_end(out, s.name.window_end);
  for (price p : {s.last, s.bid, s.ask}) {
    out += ',';
    append_price(out, p);
  }
  out += ',';
  out += format_signal_name(s.name, strategy, symbol);
  out += '\n';
}

} // namespace tickmesh
