// Ticks of any content, for properties; a counterexample shows the fields that are set.
#pragma once

#include "actors/market/sources/file/source_stamps.hpp"
#include "messages/tick.hpp"
#include "tests/support/property.hpp"

#include <cstdint>
#include <ostream>

namespace tickmesh {

template <class Number>
rc::Gen<Number> any_number() {
  return rc::gen::map(rc::gen::arbitrary<typename Number::rep>(),
                      [](typename Number::rep value) { return Number{value}; });
}

/// Becomes absent when it shrinks.
inline rc::Gen<price> any_price() {
  auto perhaps = rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t n) {
    if (n == 0) return no_price;
    return price{n > 0 ? n - 1 : n};
  });
  return rc::gen::weightedOneOf<price>({{1, rc::gen::just(no_price)}, {4, perhaps}});
}

inline rc::Gen<quantity> any_quantity() {
  return rc::gen::weightedOneOf<quantity>(
      {{1, rc::gen::just(quantity{})}, {3, any_number<quantity>()}});
}

/// Within what stamps of sources may be.
inline rc::Gen<timestamp> any_stamp() {
  return rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), [](std::uint64_t ns) {
    auto range = static_cast<std::uint64_t>((stamp_end - stamp_begin).count());
    return stamp_begin + nanoseconds{static_cast<std::int64_t>(ns % range)};
  });
}

inline rc::Gen<money> any_turnover() {
  return rc::gen::apply(
      [](std::int64_t units, std::int32_t times) { return money{int128{units} * times}; },
      rc::gen::arbitrary<std::int64_t>(), rc::gen::arbitrary<std::int32_t>());
}

template <class Enum>
rc::Gen<Enum> any_of_three() {
  return rc::gen::map(rc::gen::inRange(0, 3), [](int value) { return static_cast<Enum>(value); });
}

/// All that a source says of a record; what the symbol stream sets is absent.
inline rc::Gen<tick> any_tick() {
  using rc::gen::set;
  return rc::gen::build<tick>(
      set(&tick::kind, any_of_three<record_kind>()), set(&tick::aggressor, any_of_three<side>()),
      set(&tick::source, any_number<source_id>()),
      set(&tick::position, any_number<source_position>()),
      set(&tick::record_id, rc::gen::cast<std::uint64_t>(rc::gen::nonNegative<std::int64_t>())),
      set(&tick::trading_day, rc::gen::inRange(20240101, 20240132)),
      set(&tick::event_time, any_stamp()), set(&tick::last, any_price()),
      set(&tick::volume, any_quantity()), set(&tick::cumulative_volume, any_quantity()),
      set(&tick::turnover, any_turnover()), set(&tick::open_interest, any_quantity()),
      set(&tick::bid, any_price()), set(&tick::bid_volume, any_quantity()),
      set(&tick::ask, any_price()), set(&tick::ask_volume, any_quantity()));
}

/// RapidCheck finds it by its name.
inline void showValue(const tick& t, std::ostream& out) {
  auto show = [&out](const char* name, auto value, auto absent) {
    if (value != absent) out << ' ' << name << ' ' << value;
  };
  out << "{day " << t.trading_day << " kind " << static_cast<int>(t.kind);
  show("aggressor", static_cast<int>(t.aggressor), 0);
  show("source", t.source.value, 0);
  show("position", t.position.value, 0U);
  show("id", t.record_id, 0U);
  show("number", t.number.value, 0U);
  show("ns", (t.event_time - stamp_begin).count(), 0);
  show("effective", (t.effective_time - stamp_begin).count(), -to_ns(stamp_begin));
  show("last", t.last.value, no_price.value);
  show("volume", t.volume.value, 0);
  show("cumulative", t.cumulative_volume.value, 0);
  show("turnover", format_decimal(t.turnover.value), "0");
  show("interest", t.open_interest.value, 0);
  show("bid", t.bid.value, no_price.value);
  show("bid_volume", t.bid_volume.value, 0);
  show("ask", t.ask.value, no_price.value);
  show("ask_volume", t.ask_volume.value, 0);
  out << '}';
}

} // namespace tickmesh
