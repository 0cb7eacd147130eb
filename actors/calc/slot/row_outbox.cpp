#include "actors/calc/slot/row_outbox.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace tickmesh {

namespace {

/// Rows that are worth a task of their own while the writer is at work.
constexpr std::size_t task_rows = 4'096;
/// A row of either kind, with its text.
constexpr std::uint64_t row_bytes = sizeof(factor_row) + 150;

/// By id, the place of each name among all, in the order of names.
std::vector<std::uint16_t> places_of(const std::vector<std::string>& names) {
  std::vector<std::uint16_t> order(names.size()), out(names.size());
  std::iota(order.begin(), order.end(), std::uint16_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return names[a] < names[b]; });
  for (std::size_t place = 0; place < order.size(); ++place)
    out[order[place]] = static_cast<std::uint16_t>(place);
  return out;
}

} // namespace

/// What only the writer's thread uses.
struct row_outbox::in_writer {
  std::vector<std::string> symbols;
  std::vector<std::string> strategies;
  std::vector<std::uint16_t> places; ///< of strategies
  row_sorter<factor_row> factors;
  row_sorter<signal> signals;

  in_writer(std::vector<std::string> symbol_names, std::vector<std::string> strategy_names,
            std::size_t rows_max)
      : symbols(std::move(symbol_names)), strategies(std::move(strategy_names)),
        places(places_of(strategies)), factors(rows_max), signals(rows_max) {}

  void append(row_batch<factor_row>&& batch, std::string& out) {
    factors.take(
        std::move(batch),
        [&](const factor_row& row) {
          return row_key{row.effective_time, row.symbol, places[row.strategy.value], row.last_tick};
        },
        [&](const factor_row& row) {
          append_factor_row(out, row, symbols[row.symbol.value], strategies[row.strategy.value]);
        });
  }

  void append(row_batch<signal>&& batch, std::string& out) {
    signals.take(
        std::move(batch),
        [&](const signal& s) {
          auto& name = s.name;
          return row_key{s.effective_time, name.symbol, places[name.strategy.value],
                         name.last_tick};
        },
        [&](const signal& s) {
          append_signal_row(out, s, symbols[s.name.symbol.value],
                            strategies[s.name.strategy.value]);
        });
  }
};

row_outbox::row_outbox(std::vector<std::string> symbols, std::vector<std::string> strategies,
                       std::uint64_t held_bytes_max)
    : held_bytes_max_(held_bytes_max),
      writer_(std::make_shared<in_writer>(std::move(symbols), std::move(strategies),
                                          std::max<std::size_t>(held_bytes_max / row_bytes, 1))) {}

std::vector<row_outbox::task> row_outbox::take_tasks() {
  std::vector<task> out;
  bool is_idle = unwritten_bytes_ == 0;
  auto add = [&](auto& rows, const char* file) {
    if (!rows.has_news() || (!is_idle && rows.size() < task_rows)) return;
    // A task without rows writes such as were settled; it is waited for, too.
    auto bytes = rows.size() * row_bytes + 1;
    unwritten_bytes_ += bytes;
    auto batch = std::make_shared<decltype(rows.take())>(rows.take());
    out.push_back({file, bytes, [writer = writer_, batch](std::string& text) {
                     writer->append(std::move(*batch), text);
                   }});
  };
  add(factors_, "factors");
  add(signals_, "signals");
  return out;
}

} // namespace tickmesh
