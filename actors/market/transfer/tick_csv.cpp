#include "actors/market/transfer/tick_csv.hpp"

#include "actors/market/tick_log/rejected_rows.hpp"

#include <fmt/format.h>

#include <iterator>

namespace tickmesh {

void append_tick_row(std::string& out, const tick& t, std::string_view symbol) {
  auto append_price = [&](price p) {
    out += ',';
    if (p != no_price) append_decimal(out, p.value);
  };
  auto append_number = [&](int128 units) {
    out += ',';
    append_decimal(out, units);
  };
  append_timestamp(out, t.event_time);
  out.append(",").append(symbol).append(",").append(record_kind_name(t.kind));
  append_price(t.last);
  // A trade whose volume was not stated has a price, which one of volume 0 has not.
  bool is_stated = t.kind != record_kind::trade || t.volume != quantity{} || t.last == no_price;
  if (is_stated)
    append_number(t.volume.value);
  else
    out += ',';
  append_price(t.bid);
  append_number(t.bid_volume.value);
  append_price(t.ask);
  append_number(t.ask_volume.value);
  append_number(t.turnover.value);
  append_number(t.open_interest.value);
  fmt::format_to(std::back_inserter(out), ",{},", t.trading_day);
  if (t.aggressor != side::none) out += t.aggressor == side::buy ? 'B' : 'S';
  out += ',';
  if (t.record_id != 0) fmt::format_to(std::back_inserter(out), "{}", t.record_id);
}

} // namespace tickmesh
