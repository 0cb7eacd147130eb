// What a subscriber prints of the ticks that it is sent: the ticks, or the factors and signals that
// it calculates of them as a calculation slot does. Checks that no tick is missing or repeated.
#pragma once

#include "actors/calc/slot/symbol_calculator.hpp"
#include "messages/result.hpp"
#include "messages/tick_run.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

enum class stream_kind : std::uint8_t { ticks, factors, signals };

struct stream_rows_options {
  stream_kind kind = stream_kind::ticks;
  bool json = false;              ///< lines of JSON in place of CSV
  std::optional<sequence> from{}; ///< rows of ticks from this number on; nothing: see begin_live
  std::uint64_t rows_max = 0;     ///< 0: no limit
  strategy_list strategies;       ///< of factors and signals
};

struct streamed_symbol {
  std::string name;
  price_source price_from = price_source::last;
};

class stream_rows {
public:
  stream_rows(stream_rows_options options, const std::vector<streamed_symbol>& symbols);

  /// The line before all rows; empty with JSON.
  std::string header() const;

  /// Number of the first tick that is needed of a symbol, by its place in the list: the next one,
  /// for a symbol of which there has been none, of the first; 0: any.
  sequence needed(std::size_t symbol) const;

  /// Appends the rows of a run of a symbol. Fails when ticks are missing before it, when it repeats
  /// ticks in part, and on malformed bytes; one that is a repeat as a whole is passed over.
  result<void> add_run(std::size_t symbol, const tick_run_view& run, std::string& out);

  /// Appends the rows of windows that end at or before `mark`: no tick before it follows.
  result<void> advance(timestamp mark, std::string& out);

  /// With options.from absent: what has come of this symbol is history, and rows begin here.
  void begin_live(std::size_t symbol) { states_[symbol].is_live = true; }

  /// As many rows as are wanted have been given.
  bool is_full() const { return options_.rows_max > 0 && rows_ >= options_.rows_max; }

  /// True when rows depend on the time marks of all data slots: a strategy of a symbol is windowed.
  bool needs_all_marks() const { return needs_all_marks_; }

  /// Sentences for people about what is no longer kept; each is given once.
  std::vector<std::string> take_notes();

private:
  struct symbol_state {
    std::string name;
    std::optional<symbol_calculator> calculator;
    sequence next{}; ///< 0: none has come
    bool is_live = false;
  };

  result<void> check_number(symbol_state& state, const tick_run_view& run);
  result<void> add_ticks(symbol_state& state, const tick_run_view& run, std::string& out);
  void add_output(symbol_state& state, const calculation_output& output, std::string& out);
  void add_row(const symbol_state& state, sequence number, std::string_view row, std::string& out);
  void append_json(std::string_view row, std::string& out) const;

  stream_rows_options options_;
  std::vector<symbol_state> states_;
  std::string columns_;
  std::vector<std::string> json_keys_; ///< `"name":` of each column
  std::vector<bool> is_text_;          ///< of each column
  std::uint64_t rows_ = 0;
  bool needs_all_marks_ = false;
  std::vector<std::string> notes_;
  std::vector<tick> ticks_;
  std::string row_;
};

} // namespace tickmesh
