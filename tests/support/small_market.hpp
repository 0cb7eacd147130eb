// A small random market for the tests of slots: numbered ticks, their frames in any slicing, and
// what strategies make of them without actors and frames.
#pragma once

#include "actors/calc/slot/symbol_calculator.hpp"
#include "messages/caf_types.hpp"
#include "messages/instrument.hpp"
#include "messages/signal_codec.hpp"
#include "messages/tick_codec.hpp"
#include "runtime/cluster/cluster_view.hpp"
#include "tests/support/tick_runs.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace tickmesh {

inline constexpr epoch small_market_epoch{7};

inline std::vector<std::string> small_market_symbols(std::uint32_t count) {
  std::vector<std::string> out;
  for (std::uint32_t i = 0; i < count; ++i)
    out.push_back("sym" + std::to_string(i));
  return out;
}

inline instrument_table small_market_instruments() {
  instrument entry;
  entry.pattern = "sym#";
  entry.exchange = "TEST";
  entry.currency = "CNY";
  return instrument_table{{entry}};
}

/// Ticks of all symbols in the order of their effective times, numbered; some share a time.
inline std::vector<tick> make_small_market(std::uint32_t symbols, std::size_t ticks,
                                           std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::vector<std::int64_t> level(symbols, 100);
  std::vector<std::uint64_t> number(symbols, 0);
  std::vector<tick> out;
  auto now = std::int64_t{1'700'000'000'000'000'000};
  for (std::size_t i = 0; i < ticks; ++i) {
    auto s = static_cast<std::uint32_t>(random() % symbols);
    now += random() % 4 == 0 ? 0 : static_cast<std::int64_t>(random() % 4'000'000);
    level[s] =
        std::clamp<std::int64_t>(level[s] + static_cast<std::int64_t>(random() % 5) - 2, 80, 120);
    tick t;
    t.symbol = symbol_id{s};
    t.kind = random() % 8 == 0 ? record_kind::trade : record_kind::snapshot;
    t.position = source_position{i + 1};
    t.trading_day = 20231114;
    t.event_time = t.effective_time = from_ns(now);
    t.number = sequence{++number[s]};
    t.last = price{level[s] * decimal_scale};
    t.volume = quantity{decimal_scale};
    if (t.kind == record_kind::snapshot) {
      t.bid = price{(level[s] - 1) * decimal_scale};
      t.ask = price{(level[s] + 1) * decimal_scale};
      t.bid_volume = t.ask_volume = quantity{5 * decimal_scale};
    }
    out.push_back(t);
  }
  return out;
}

/// The ticks of the symbols whose id leaves `part` when divided by `parts`.
inline std::vector<tick> part_of(const std::vector<tick>& ticks, std::uint32_t part,
                                 std::uint32_t parts) {
  std::vector<tick> out;
  for (auto& t : ticks)
    if (t.symbol.value % parts == part) out.push_back(t);
  return out;
}

inline link_frame make_frame(slot_name from, std::uint64_t number, std::size_t items,
                             std::string payload) {
  link_frame out;
  out.from_role = static_cast<std::uint8_t>(from.of);
  out.from_index = from.index;
  out.epoch = small_market_epoch.value;
  out.after = number - 1;
  out.number = number;
  out.items = static_cast<std::uint32_t>(items);
  out.payload = std::move(payload);
  return out;
}

/// A time mark at or before `next`, lagging as marks do, and never before `mark`.
inline timestamp later_mark(timestamp mark, timestamp next, std::mt19937_64& random) {
  if (random() % 3 == 0) return mark;
  return std::max(mark, next - nanoseconds{random() % 20'000'000});
}

/// The ticks as a data slot's frames, cut at random; the runs of a frame are those of one symbol
/// after the other. Some frames hold a mark only, or nothing new at all.
inline std::vector<link_frame> slice_ticks(slot_name from, const std::vector<tick>& ticks,
                                           std::mt19937_64& random) {
  std::vector<link_frame> out;
  timestamp mark{};
  for (std::size_t begin = 0; begin < ticks.size();) {
    auto end = std::min<std::size_t>(ticks.size(), begin + random() % 40);
    std::map<symbol_id, std::vector<tick>> by_symbol;
    for (auto i = begin; i < end; ++i)
      by_symbol[ticks[i].symbol].push_back(ticks[i]);
    std::string payload;
    for (auto& [symbol, run] : by_symbol) {
      std::span<const tick> all{run};
      auto cut = random() % (all.size() + 1);
      for (auto part : {all.first(cut), all.subspan(cut)})
        if (!part.empty()) append_tick_run(payload, part, first_data_epoch, 0);
    }
    if (end < ticks.size()) mark = later_mark(mark, ticks[end].effective_time, random);
    append_tick_frame_end(payload, mark, false);
    out.push_back(make_frame(from, out.size() + 1, end - begin, std::move(payload)));
    begin = end;
  }
  std::string last;
  append_tick_frame_end(last, end_of_time, true);
  out.push_back(make_frame(from, out.size() + 1, 0, std::move(last)));
  return out;
}

/// The signals, in the order of their effective times, as a calculation slot's frames.
inline std::vector<link_frame> slice_signals(slot_name from, const std::vector<signal>& signals,
                                             std::mt19937_64& random) {
  std::vector<link_frame> out;
  timestamp mark{};
  for (std::size_t begin = 0; begin < signals.size();) {
    auto end = std::min<std::size_t>(signals.size(), begin + random() % 6);
    std::span<const signal> piece{signals.data() + begin, end - begin};
    if (end < signals.size()) mark = later_mark(mark, signals[end].effective_time, random);
    out.push_back(
        make_frame(from, out.size() + 1, piece.size(), encode_signal_frame(piece, mark, false)));
    begin = end;
  }
  out.push_back(make_frame(from, out.size() + 1, 0, encode_signal_frame({}, end_of_time, true)));
  return out;
}

/// Two reactive strategies and a windowed one, short enough for a small market.
inline std::vector<strategy_settings> small_strategies() {
  strategy_settings fast;
  fast.name = "fast";
  fast.period = 6;
  fast.width = decimal_scale;
  auto every = fast;
  every.name = "every";
  every.width = decimal_scale * 3 / 2;
  every.emit = emit_mode::every;
  auto windowed = fast;
  windowed.name = "windowed";
  windowed.mode = strategy_mode::windowed;
  windowed.window = std::chrono::milliseconds{400};
  windowed.step = std::chrono::milliseconds{100};
  return {fast, every, windowed};
}

inline void sort_by_time(std::vector<signal>& signals) {
  std::sort(signals.begin(), signals.end(), [](auto& a, auto& b) {
    return std::pair{a.effective_time, a.name} < std::pair{b.effective_time, b.name};
  });
}

/// What the strategies make of the ticks: signals in the order of time, factor rows as text.
struct calculated_market {
  std::vector<signal> signals;
  std::string factor_rows;
  std::uint64_t factors = 0;
};
/// A symbol in `poison` is calculated up to its tick of that number, and no further.
inline calculated_market calculate(const std::vector<tick>& ticks,
                                   const std::vector<std::string>& symbols,
                                   const std::vector<strategy_settings>& strategies,
                                   const std::map<std::uint32_t, std::uint64_t>& poison = {}) {
  calculation_output out;
  for (std::uint32_t s = 0; s < symbols.size(); ++s) {
    symbol_calculator calculator{symbol_id{s}, symbols[s], price_source::last,
                                 share_strategies(strategies), true};
    auto end = end_of_time;
    auto found = poison.find(s);
    for (auto& t : ticks) {
      if (t.symbol.value != s || end != end_of_time) continue;
      if (found != poison.end() && t.number.value == found->second)
        end = t.effective_time;
      else
        add_ticks(calculator, {&t, 1}, first_data_epoch, out);
    }
    calculator.advance(end, out);
  }
  sort_by_time(out.signals);
  std::string rows;
  for (auto& row : out.rows)
    append_factor_row(rows, row, symbols[row.symbol.value], strategies[row.strategy.value].name);
  return {out.signals, rows, out.factors};
}

/// All ticks of the frames by symbol, in the order of arrival.
inline std::map<symbol_id, std::vector<tick>> ticks_in(const std::vector<link_frame>& frames) {
  std::map<symbol_id, std::vector<tick>> out;
  for (auto& bytes : frames) {
    auto frame = decode_tick_frame(bytes.payload);
    REQUIRE(frame.has_value());
    REQUIRE(frame->ticks.size() == bytes.items);
    for (auto& run : frame->runs)
      for (auto i = run.begin; i < run.end; ++i)
        out[run.symbol].push_back(frame->ticks[i]);
  }
  return out;
}

/// All signals of the frames in the order of time, without the moments of their sending.
inline std::vector<signal> signals_in(const std::vector<link_frame>& frames) {
  std::vector<signal> out;
  for (auto& bytes : frames) {
    auto frame = decode_signal_frame(bytes.payload);
    REQUIRE(frame.has_value());
    REQUIRE(frame->signals.size() == bytes.items);
    for (auto& s : frame->signals) {
      out.push_back(s);
      out.back().ingest_ns = out.back().sent_ns = 0;
    }
  }
  sort_by_time(out);
  return out;
}

/// What a mark promises: frames are numbered from 1, marks never fall, nothing comes behind a mark
/// that covers it, and the last frame alone is final. Returns how often the mark rose.
inline std::size_t check_promises(const std::vector<link_frame>& frames) {
  std::size_t risen = 0;
  timestamp mark{};
  bool final = false;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    CAPTURE(i);
    auto& bytes = frames[i];
    REQUIRE(bytes.after == (i == 0 ? 0 : frames[i - 1].number));
    REQUIRE(bytes.number > bytes.after);
    REQUIRE_FALSE(final);
    auto before = mark;
    auto take = [&](timestamp at) { REQUIRE(at >= before); };
    if (static_cast<role>(bytes.from_role) == role::data) {
      auto frame = decode_tick_frame(bytes.payload).value();
      for (auto& t : frame.ticks)
        take(t.effective_time);
      mark = frame.time_mark;
      final = frame.final;
    } else {
      auto frame = decode_signal_frame(bytes.payload).value();
      for (auto& s : frame.signals)
        take(s.effective_time);
      mark = frame.time_mark;
      final = frame.final;
    }
    REQUIRE(mark >= before);
    risen += mark > before ? 1 : 0;
  }
  CHECK(final);
  CHECK(mark == end_of_time);
  return risen;
}

} // namespace tickmesh
