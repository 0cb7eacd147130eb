#include "actors/calc/slot/symbol_calculator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>

namespace tickmesh {

namespace {

bool any_pattern_fits(const std::vector<std::string>& patterns, std::string_view symbol) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](auto& pattern) { return matches_pattern(pattern, symbol); });
}

/// Prices that are decided on at once, at most.
constexpr std::size_t batch_points = 256;

/// Memory that all calculators of a thread use in turn.
struct calculation_scratch {
  std::vector<std::int64_t> kinds;
  std::vector<std::int64_t> values;
  std::vector<std::int64_t> more_values;
  std::vector<std::int64_t> times;  ///< effective times of the run's ticks
  std::vector<std::int64_t> points; ///< prices that enter the windows
  std::vector<std::uint32_t> rows;  ///< and the rows of their ticks
  /// Columns of the run that were read as a whole, for its signals and rows; see run_progress.
  std::array<std::vector<std::int64_t>, tick_column_count> columns;
  price_window window;
  std::vector<std::int64_t> states;  ///< of a strategy at each point of a batch
  std::vector<std::uint64_t> events; ///< point of the batch << 32 | strategy << 2 | direction + 1
};
calculation_scratch& scratch() {
  static thread_local calculation_scratch memory;
  return memory;
}

bool decode_into(std::vector<std::int64_t>& out, const tick_run_view& run, tick_column column) {
  out.resize(run.count);
  return run.decode(column, out).has_value();
}

std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

constexpr auto trade_kind = static_cast<std::int64_t>(record_kind::trade);
constexpr auto quote_kind = static_cast<std::int64_t>(record_kind::quote);

} // namespace

strategy_list share_strategies(const std::vector<strategy_settings>& settings) {
  std::vector<shared_strategy> out;
  for (auto& s : settings)
    out.push_back({s, bollinger{s.period, s.width}});
  return std::make_shared<const std::vector<shared_strategy>>(std::move(out));
}

symbol_calculator::symbol_calculator(symbol_id id, std::string symbol, price_source price_from,
                                     strategy_list strategies, bool write_rows)
    : id_(id), symbol_(std::move(symbol)), price_from_(price_from), write_rows_(write_rows),
      strategies_(std::move(strategies)), history_(0) {
  std::uint32_t longest = 0;
  for (std::size_t i = 0; i < strategies_->size(); ++i) {
    auto& shared = (*strategies_)[i];
    auto& s = shared.settings;
    if (!any_pattern_fits(s.symbols, symbol_)) continue;
    bool windowed = s.mode == strategy_mode::windowed;
    (windowed ? windowed_ : reactive_)
        .push_back({.shared = &shared, .id = strategy_id{static_cast<std::uint16_t>(i)}});
    longest = std::max(longest, s.period);
    if (windowed) times_length_ = std::max(times_length_, s.period);
  }
  history_ = price_history{longest};
}

result<void> symbol_calculator::add_run(const tick_run_view& run, calculation_output& out) {
  history_.prefetch_prices();
  prefetch(reactive_.data(), reactive_.size() * sizeof reactive_[0]);
  auto& memory = scratch();
  run_progress progress{.run = run};
  auto malformed = [&] {
    return fail(fmt::format("a run of {} with values that no tick has", symbol_));
  };
  if (!run.is_zero(tick_column::kind)) {
    if (!decode_into(memory.kinds, run, tick_column::kind)) return malformed();
    progress.kinds = memory.kinds.data();
  }
  if (!read_points(run, progress.kinds)) return malformed();
  bool is_traded = !reactive_.empty() || !windowed_.empty();
  out.unpriced += is_traded ? run.count - memory.points.size() : 0;
  if (!windowed_.empty() && !read_times(run)) return malformed();

  if (first_tick_ == sequence{}) first_tick_ = run.first_number;
  std::size_t point = 0;
  auto digested = next_digested_tick(run.first_number.value);
  for (std::size_t row = 0; row < run.count;) {
    auto limit = std::min<std::size_t>(run.count, digested - run.first_number.value + 1);
    auto end = limit;
    if (!windowed_.empty()) {
      auto time_of = [&](std::size_t at) { return from_ns(memory.times[at]); };
      if (time_of(row) >= next_close_) {
        update_book(progress, row);
        close_all_windows(time_of(row), run.ingest_ns, out);
      }
      end = row + 1;
      while (end < limit && time_of(end) < next_close_)
        ++end;
    }
    auto point_end = point;
    while (point_end < memory.points.size() && memory.rows[point_end] < end)
      ++point_end;
    for (; point < point_end; point += std::min(batch_points, point_end - point))
      take_points(progress, point, std::min(point_end, point + batch_points), out);
    row = end;
    auto last = run.first_number.value + row - 1;
    if (last != digested) continue;
    update_book(progress, row);
    add_digest(sequence{last}, run.data_epoch, out);
    digested = next_digested_tick(last + 1);
  }
  update_book(progress, run.count);
  if (!progress.valid) return malformed();
  return {};
}

/// A value of the run; of a column that was read before, or is worth to be read, as a whole.
std::int64_t symbol_calculator::read_value(run_progress& progress, tick_column column,
                                           std::size_t row) {
  auto at = static_cast<std::size_t>(column);
  auto& values = scratch().columns[at];
  if (progress.reads_columns && !progress.is_read[at]) {
    progress.is_read[at] = true;
    progress.valid = decode_into(values, progress.run, column) && progress.valid;
  }
  if (progress.is_read[at]) return values[row];
  if (!progress.places) progress.places.emplace(progress.run);
  auto value = progress.places->value(progress.run, column, row);
  progress.valid = progress.valid && value.has_value();
  return value.value_or(no_price.value);
}

/// Gathers the prices that enter the windows, and their rows.
bool symbol_calculator::read_points(const tick_run_view& run, const std::int64_t* kinds) {
  auto& memory = scratch();
  bool mid = price_from_ == price_source::mid;
  if (!decode_into(memory.values, run, mid ? tick_column::bid : tick_column::last)) return false;
  if (mid && !decode_into(memory.more_values, run, tick_column::ask)) return false;
  memory.points.resize(run.count);
  memory.rows.resize(run.count);
  auto without = mid ? trade_kind : quote_kind;
  std::size_t count = 0;
  for (std::uint32_t row = 0; row < run.count; ++row) {
    auto value = memory.values[row];
    bool present = value != no_price.value && (kinds == nullptr || kinds[row] != without);
    if (mid) {
      auto ask = memory.more_values[row];
      present = present && ask != no_price.value;
      value = wrapping_sum(value, ask) >> 1; // rounds down below 0, too
    }
    memory.points[count] = value;
    memory.rows[count] = row;
    count += present ? 1 : 0;
  }
  memory.points.resize(count);
  memory.rows.resize(count);
  return true;
}

bool symbol_calculator::read_times(const tick_run_view& run) {
  auto& memory = scratch();
  if (!decode_into(memory.times, run, tick_column::event_time)) return false;
  if (run.is_zero(tick_column::effective_lag)) return true;
  if (!decode_into(memory.more_values, run, tick_column::effective_lag)) return false;
  for (std::size_t row = 0; row < run.count; ++row)
    memory.times[row] = wrapping_sum(memory.times[row], memory.more_values[row]);
  return true;
}

/// The book and the last trade as they were after the first `rows` rows.
void symbol_calculator::update_book(run_progress& progress, std::size_t rows) {
  auto read = [&](tick_column column, std::size_t row) {
    return price{read_value(progress, column, row)};
  };
  bool book = false, trade = false;
  for (auto row = rows; row-- > progress.book_rows && !(book && trade);) {
    auto kind = progress.kinds != nullptr ? progress.kinds[row] : 0;
    if (!book && kind != trade_kind) {
      bid_ = read(tick_column::bid, row);
      ask_ = read(tick_column::ask, row);
      book = true;
    }
    if (trade || kind == quote_kind) continue;
    auto last = read(tick_column::last, row);
    trade = last != no_price;
    if (trade) last_trade_ = last;
  }
  progress.book_rows = std::max(progress.book_rows, rows);
}

/// Makes a point of the run the last one.
void symbol_calculator::go_to_point(run_progress& progress, std::size_t point) {
  auto& memory = scratch();
  auto row = memory.rows[point];
  auto& run = progress.run;
  point_ = price{memory.points[point]};
  last_tick_ = run.first_number + sequence{row};
  data_epoch_ = run.data_epoch;
  if (!windowed_.empty()) point_time_ = from_ns(memory.times[row]);
}

/// The effective time of a point of the run.
timestamp symbol_calculator::read_time(run_progress& progress, std::size_t point) {
  auto row = scratch().rows[point];
  return from_ns(wrapping_sum(read_value(progress, tick_column::event_time, row),
                              read_value(progress, tick_column::effective_lag, row)));
}

/// Adds the points [begin, end) to the windows; no window of time ends between them.
void symbol_calculator::take_points(run_progress& progress, std::size_t begin, std::size_t end,
                                    calculation_output& out) {
  auto& memory = scratch();
  history_.extend(std::span{memory.points}.subspan(begin, end - begin), memory.window);
  if (times_length_ > 0) {
    for (auto point = begin; point < end; ++point)
      times_.push_back(from_ns(memory.times[memory.rows[point]]));
    if (times_.size() > times_length_)
      times_.erase(times_.begin(), times_.end() - static_cast<std::ptrdiff_t>(times_length_));
  }
  decide_reactive(end - begin, out);
  emit_reactive(progress, begin, end - begin, out);
  go_to_point(progress, end - 1);
}

/// Decides each reactive strategy at each of the `count` newest points, one strategy after the
/// other, and notes where one has a signal to send.
void symbol_calculator::decide_reactive(std::size_t count, calculation_output& out) {
  auto& memory = scratch();
  memory.states.resize(count);
  memory.events.clear();
  for (std::size_t i = 0; i < reactive_.size(); ++i) {
    auto& s = reactive_[i];
    bool any = memory.window.decide(s.bands(), memory.states);
    out.factors += count - std::min(count, memory.window.missing(s.bands().period()));
    if (!any) { // by far the most frequent case
      s.last_signal = 0;
      continue;
    }
    bool every = s.settings().emit == emit_mode::every;
    std::int64_t before = s.last_signal;
    for (std::size_t point = 0; point < count; ++point) {
      auto state = memory.states[point];
      if (state != 0 && (every || state != before))
        memory.events.push_back(point << 32 | i << 2 | static_cast<std::uint64_t>(state + 1));
      before = state;
    }
    s.last_signal = static_cast<std::int8_t>(before);
  }
  std::sort(memory.events.begin(), memory.events.end());
}

/// Writes the rows and the signals of the newest points, one point after the other.
void symbol_calculator::emit_reactive(run_progress& progress, std::size_t first_point,
                                      std::size_t count, calculation_output& out) {
  auto& memory = scratch();
  progress.reads_columns = write_rows_ || memory.events.size() > 2;
  if (write_rows_)
    for (std::size_t point = 0; point < count; ++point) {
      go_to_point(progress, first_point + point);
      auto time = read_time(progress, first_point + point);
      for (auto& s : reactive_) {
        auto period = s.bands().period();
        if (!memory.window.is_full(point, period)) continue;
        auto value = s.bands().value(memory.window.sums(point, period));
        add_row(s, value, time, timestamp{}, out);
      }
    }
  for (auto event : memory.events) {
    auto point = first_point + static_cast<std::size_t>(event >> 32);
    auto& s = reactive_[(event & UINT32_MAX) >> 2];
    update_book(progress, memory.rows[point] + 1);
    go_to_point(progress, point);
    add_signal(s, static_cast<std::int8_t>(static_cast<int>(event & 3) - 1),
               read_time(progress, point), timestamp{}, progress.run.ingest_ns, out);
  }
}

void symbol_calculator::advance(timestamp mark, calculation_output& out) {
  if (!windowed_.empty() && mark >= next_close_) close_all_windows(mark, 0, out);
}

void symbol_calculator::close_all_windows(timestamp now, std::int64_t ingest_ns,
                                          calculation_output& out) {
  next_close_ = end_of_time;
  for (auto& s : windowed_) {
    close_windows(s, now, ingest_ns, out);
    auto closed = last_multiple(now, s.settings().step);
    if (closed < end_of_time - s.settings().step)
      next_close_ = std::min(next_close_, closed + s.settings().step);
  }
}

void symbol_calculator::close_windows(strategy_state& s, timestamp now, std::int64_t ingest_ns,
                                      calculation_output& out) {
  if (point_ == no_price) return;
  auto step = s.settings().step;
  auto period = s.bands().period();
  // A window that ends at T holds [T - window, T): the last one that can hold the last price ends
  // at the last multiple of the step at or before its time + window.
  auto last_end =
      std::min(last_multiple(now, step), last_multiple(point_time_ + s.settings().window, step));
  auto first_end = std::max(next_multiple(point_time_, step),
                            s.closed_until == timestamp{} ? timestamp{} : s.closed_until + step);
  for (auto end = first_end; end <= last_end; end += step) {
    s.closed_until = end;
    if (history_.size() < period || times_[times_.size() - period] < end - s.settings().window)
      continue;
    auto value = s.bands().value(history_.sums(period));
    ++out.factors;
    if (write_rows_) add_row(s, value, end, end, out);
    bool changed = value.signal != s.last_signal;
    s.last_signal = value.signal;
    if (value.signal != 0 && (changed || s.settings().emit == emit_mode::every))
      add_signal(s, value.signal, end, end, ingest_ns, out);
  }
}

void symbol_calculator::add_signal(const strategy_state& s, std::int8_t direction, timestamp at,
                                   timestamp window_end, std::int64_t ingest_ns,
                                   calculation_output& out) {
  auto opposite = direction > 0 ? ask_ : bid_;
  signal& out_signal = out.signals.emplace_back();
  out_signal.name = {id_, s.id, 1, data_epoch_, last_tick_, window_end};
  out_signal.effective_time = at;
  out_signal.direction = direction;
  out_signal.volume = s.settings().volume;
  out_signal.last = last_trade_ != no_price ? last_trade_ : point_;
  out_signal.limit = opposite != no_price ? opposite : out_signal.last;
  out_signal.bid = bid_;
  out_signal.ask = ask_;
  out_signal.ingest_ns = ingest_ns;
  digest_signal(out_signal);
}

void symbol_calculator::add_row(const strategy_state& s, const bollinger_value& v, timestamp at,
                                timestamp window_end, calculation_output& out) const {
  out.rows.push_back({at, id_, s.id, static_cast<std::int8_t>(v.signal), data_epoch_, last_tick_,
                      window_end, point_, v.percent_b, v.lower, v.middle, v.upper});
}

} // namespace tickmesh
