#include "actors/calc/symbol_calculator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>

namespace tickmesh {

namespace {

/// Shortest text that reads back as the same double.
void append_double(std::string& out, double value) {
  char buffer[32];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  assert(error == std::errc{});
  out.append(buffer, end);
}

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

bool any_pattern_fits(const std::vector<std::string>& patterns, std::string_view symbol) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](auto& pattern) { return matches_pattern(pattern, symbol); });
}

/// The price that `t` adds to the series, or no_price.
price point_of(const tick& t, price_source from) {
  if (from == price_source::last) return t.kind == record_kind::quote ? no_price : t.last;
  if (t.kind == record_kind::trade || t.bid == no_price || t.ask == no_price) return no_price;
  return price{(t.bid.value + t.ask.value) / 2};
}

} // namespace

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

symbol_calculator::symbol_calculator(symbol_id id, std::string symbol, price_source price_from,
                                     const std::vector<strategy_settings>& strategies,
                                     bool write_rows)
    : id_(id), symbol_(std::move(symbol)), price_from_(price_from), write_rows_(write_rows),
      settings_(strategies) {
  for (std::size_t i = 0; i < settings_.size(); ++i) {
    auto& s = settings_[i];
    if (!any_pattern_fits(s.symbols, symbol_)) continue;
    strategies_.push_back({strategy_id{static_cast<std::uint16_t>(i)}, &s,
                           bollinger{s.period, s.width}, 0, timestamp{}});
  }
}

void symbol_calculator::add_ticks(std::span<const tick> ticks, epoch data_epoch,
                                  std::int64_t ingest_ns, calculation_output& out) {
  for (auto& t : ticks) {
    for (auto& s : strategies_)
      if (s.settings->mode == strategy_mode::windowed)
        close_windows(s, t.effective_time, ingest_ns, out);
    if (t.kind != record_kind::quote && t.last != no_price) last_trade_ = t.last;
    if (t.kind != record_kind::trade) {
      bid_ = t.bid;
      ask_ = t.ask;
    }
    auto point = point_of(t, price_from_);
    if (point == no_price) continue;
    point_ = point;
    point_time_ = t.effective_time;
    last_tick_ = t.number;
    data_epoch_ = data_epoch;
    for (auto& s : strategies_) {
      s.bands.push(point, t.effective_time);
      if (s.settings->mode == strategy_mode::reactive && s.bands.full())
        emit(s, t.effective_time, timestamp{}, ingest_ns, out);
    }
  }
}

void symbol_calculator::advance(timestamp mark, calculation_output& out) {
  for (auto& s : strategies_)
    if (s.settings->mode == strategy_mode::windowed) close_windows(s, mark, 0, out);
}

void symbol_calculator::close_windows(strategy_state& s, timestamp now, std::int64_t ingest_ns,
                                      calculation_output& out) {
  if (point_ == no_price) return;
  auto step = s.settings->step;
  // A window that ends at T holds [T - window, T): the last one that can hold the last price ends
  // at the last multiple of the step at or before its time + window.
  auto last_end =
      std::min(last_multiple(now, step), last_multiple(point_time_ + s.settings->window, step));
  auto first_end = std::max(next_multiple(point_time_, step),
                            s.closed_until == timestamp{} ? timestamp{} : s.closed_until + step);
  for (auto end = first_end; end <= last_end; end += step) {
    s.closed_until = end;
    if (s.bands.full() && s.bands.oldest() >= end - s.settings->window)
      emit(s, end, end, ingest_ns, out);
  }
}

void symbol_calculator::emit(strategy_state& s, timestamp at, timestamp window_end,
                             std::int64_t ingest_ns, calculation_output& out) {
  auto value = s.bands.value();
  ++out.factors;
  if (write_rows_) append_factor_row(s, value, at, window_end, out);
  bool changed = value.signal != s.last_signal;
  s.last_signal = value.signal;
  if (value.signal == 0) return;
  if (s.settings->emit == emit_mode::on_change && !changed) return;
  auto opposite = value.signal > 0 ? ask_ : bid_;
  signal& out_signal = out.signals.emplace_back();
  out_signal.name = {id_, s.id, 1, data_epoch_, last_tick_, window_end};
  out_signal.effective_time = at;
  out_signal.direction = value.signal;
  out_signal.volume = s.settings->volume;
  out_signal.last = last_trade_ != no_price ? last_trade_ : point_;
  out_signal.limit = opposite != no_price ? opposite : out_signal.last;
  out_signal.bid = bid_;
  out_signal.ask = ask_;
  out_signal.ingest_ns = ingest_ns;
}

void symbol_calculator::append_factor_row(const strategy_state& s, const bollinger_value& v,
                                          timestamp at, timestamp window_end,
                                          calculation_output& out) const {
  auto& row = out.factor_rows;
  append_timestamp(row, at);
  row += ',';
  row += symbol_;
  row += ",bollinger,";
  if (v.percent_b) append_double(row, *v.percent_b);
  row += v.signal > 0 ? ",1," : v.signal < 0 ? ",-1," : ",0,";
  row += s.settings->name;
  row += ',';
  append_number(row, data_epoch_.value);
  row += ',';
  append_number(row, last_tick_.value);
  row += ',';
  append_window_end(row, window_end);
  row += ',';
  append_price(row, point_);
  for (double band : {v.lower, v.middle, v.upper}) {
    row += ',';
    append_double(row, band);
  }
  row += '\n';
}

} // namespace tickmesh
