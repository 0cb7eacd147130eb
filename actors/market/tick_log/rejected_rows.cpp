#include "actors/market/tick_log/rejected_rows.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace tickmesh {

std::string_view record_kind_name(record_kind kind) {
  constexpr std::array<std::string_view, 3> names{"snapshot", "quote", "trade"};
  return names[static_cast<std::size_t>(kind)];
}

void append_rejected_row(std::string& out, const rejected_tick& rejected,
                         const log_description& names) {
  auto& t = rejected.record;
  append_timestamp(out, t.event_time);
  fmt::format_to(std::back_inserter(out), ",{},{},{},{},{}", names.symbols.at(t.symbol.value),
                 to_string(rejected.reason), names.sources.at(t.source.value), t.position.value,
                 record_kind_name(t.kind));
  auto append_price = [&](price p) {
    out += ',';
    if (p != no_price) append_decimal(out, p.value);
  };
  auto append_quantity = [&](quantity q) {
    out += ',';
    append_decimal(out, q.value);
  };
  append_price(t.last);
  append_quantity(t.volume);
  append_price(t.bid);
  append_quantity(t.bid_volume);
  append_price(t.ask);
  append_quantity(t.ask_volume);
  out += '\n';
}

} // namespace tickmesh
