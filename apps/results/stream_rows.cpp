#include "apps/results/stream_rows.hpp"

#include "actors/market/transfer/tick_csv.hpp"
#include "apps/results/result_rows.hpp"
#include "runtime/results/json_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace tickmesh {

namespace {

/// Columns whose values are no numbers.
constexpr std::array<std::string_view, 8> text_columns{
    "timestamp", "symbol", "kind", "aggressor", "factor_type", "strategy", "window_end", "name"};

std::string columns_of(stream_kind kind) {
  switch (kind) {
  case stream_kind::ticks: return std::string{tick_columns} + ",sequence";
  case stream_kind::factors: return std::string{factor_columns};
  case stream_kind::signals: return std::string{signal_columns};
  }
  return {};
}

void append_text(std::string& out, std::string_view text) {
  using nlohmann::json;
  out += json_text(json(std::string{text}));
}

bool is_windowed_for(const strategy_settings& s, const std::string& symbol) {
  return s.mode == strategy_mode::windowed &&
         std::ranges::any_of(s.symbols, [&](auto& p) { return matches_pattern(p, symbol); });
}

} // namespace

stream_rows::stream_rows(stream_rows_options options, const std::vector<streamed_symbol>& symbols)
    : options_(std::move(options)), columns_(columns_of(options_.kind)) {
  for (auto& [name, price_from] : symbols) {
    auto& state = states_.emplace_back();
    state.name = name;
    if (options_.kind == stream_kind::ticks) continue;
    // The id is in no row: the calculator may have the symbol's place in the list.
    state.calculator.emplace(symbol_id{static_cast<std::uint32_t>(states_.size() - 1)}, name,
                             price_from, options_.strategies,
                             options_.kind == stream_kind::factors);
    for (auto& s : *options_.strategies)
      needs_all_marks_ = needs_all_marks_ || is_windowed_for(s.settings, name);
  }
  auto columns = split_fields(columns_);
  for (auto column : columns) {
    json_keys_.push_back(json_text(nlohmann::json(std::string{column})) + ':');
    is_text_.push_back(std::ranges::find(text_columns, column) != text_columns.end());
  }
}

std::string stream_rows::header() const {
  return options_.json ? std::string{} : columns_ + '\n';
}

sequence stream_rows::needed(std::size_t symbol) const {
  auto& state = states_[symbol];
  if (state.next != sequence{}) return state.next;
  // Factors and signals are a function of all ticks.
  if (state.calculator) return sequence{1};
  return options_.from.value_or(sequence{});
}

result<void> stream_rows::check_number(symbol_state& state, const tick_run_view& run) {
  auto symbol = static_cast<std::size_t>(&state - states_.data());
  auto wanted = needed(symbol);
  if (wanted == sequence{} || run.first_number == wanted) return {};
  if (run.first_number < wanted)
    return fail(fmt::format("ticks {} to {} of {} came, but {} is next: ticks are repeated",
                            run.first_number.value, run.first_number.value + run.count - 1,
                            state.name, wanted.value));
  if (state.next != sequence{})
    return fail(fmt::format("ticks {} to {} of {} are missing: they are not kept any more",
                            wanted.value, run.first_number.value - 1, state.name));
  notes_.push_back(fmt::format("ticks {} to {} of {} are not kept any more{}", wanted.value,
                               run.first_number.value - 1, state.name,
                               state.calculator ? "; what is calculated without them may differ "
                                                  "from the cluster's rows at first"
                                                : ""));
  return {};
}

result<void> stream_rows::add_run(std::size_t symbol, const tick_run_view& run, std::string& out) {
  auto& state = states_[symbol];
  auto behind = run.first_number + sequence{run.count};
  if (state.next != sequence{} && behind <= state.next) return {};
  if (auto checked = check_number(state, run); !checked) return checked;
  state.next = behind;
  if (!state.calculator) return add_ticks(state, run, out);
  calculation_output output;
  if (auto added = state.calculator->add_run(run, output); !added) return added;
  add_output(state, output, out);
  return {};
}

result<void> stream_rows::add_ticks(symbol_state& state, const tick_run_view& run,
                                    std::string& out) {
  ticks_.clear();
  if (auto decoded = run.decode_ticks(ticks_); !decoded) return decoded;
  for (auto& t : ticks_) {
    row_.clear();
    append_tick_row(row_, t, state.name);
    fmt::format_to(std::back_inserter(row_), ",{}", t.number.value);
    add_row(state, t.number, row_, out);
  }
  return {};
}

result<void> stream_rows::advance(timestamp mark, std::string& out) {
  for (auto& state : states_) {
    if (!state.calculator) continue;
    calculation_output output;
    state.calculator->advance(mark, output);
    add_output(state, output, out);
  }
  return {};
}

void stream_rows::add_output(symbol_state& state, const calculation_output& output,
                             std::string& out) {
  if (options_.kind == stream_kind::signals) {
    for (auto& s : output.signals) {
      row_.clear();
      append_signal_row(row_, s, state.name,
                        (*options_.strategies)[s.name.strategy.value].settings.name);
      row_.pop_back(); // the line break
      add_row(state, s.name.last_tick, row_, out);
    }
    return;
  }
  for (auto& row : output.rows) {
    row_.clear();
    append_factor_row(row_, row, state.name,
                      (*options_.strategies)[row.strategy.value].settings.name);
    row_.pop_back(); // the line break
    add_row(state, row.last_tick, row_, out);
  }
}

void stream_rows::add_row(const symbol_state& state, sequence number, std::string_view row,
                          std::string& out) {
  bool is_wanted = options_.from ? number >= *options_.from : state.is_live;
  if (!is_wanted || is_full()) return;
  ++rows_;
  if (options_.json)
    append_json(row, out);
  else
    out.append(row).append("\n");
}

/// Numbers stand as they do in CSV, so that none loses a digit; what is empty there is null.
void stream_rows::append_json(std::string_view row, std::string& out) const {
  auto fields = split_fields(row);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    out.append(i == 0 ? "{" : ",").append(json_keys_[i]);
    if (fields[i].empty())
      out += "null";
    else if (is_text_[i])
      append_text(out, fields[i]);
    else
      out += fields[i];
  }
  out += "}\n";
}

std::vector<std::string> stream_rows::take_notes() {
  return std::exchange(notes_, {});
}

} // namespace tickmesh
