#include "actors/execution/risk_checker.hpp"

#include "actors/execution/trading_csv.hpp"
#include "runtime/actor_system.hpp"
#include "runtime/row_writer.hpp"

#include <memory>
#include <span>

namespace tickmesh {

namespace {

using risk_checker_actor = caf::stateful_actor<risk_checker_state>;

template <class Row>
void write(risk_checker_actor* self, const risk_checker_options& options, const char* file,
           const std::vector<Row>& rows) {
  if (!options.write_rows || rows.empty()) return;
  std::string lines;
  for (auto& row : rows)
    append_row(lines, row, options.universe);
  self->send(options.writer, write_rows{file, std::move(lines)});
}

/// Shows a test the events of a batch one by one.
void show_marks(const risk_checker_options& options, std::uint64_t first_number,
                std::span<const market_mark> marks) {
  if (!options.probe) return;
  for (auto& mark : marks)
    options.probe({.number = first_number++, .time = mark.effective_time, .what = mark});
}

trading_answer apply(const risk_checker_options& options, trading_state& trading,
                     const event_batch& batch) {
  trading_answer answer;
  auto number = batch.first_number;
  std::span<const market_mark> marks{batch.marks};
  std::size_t taken = 0;
  auto apply_marks = [&](std::size_t end) {
    auto run = marks.subspan(taken, end - taken);
    show_marks(options, number, run);
    trading.apply_marks(number, run);
    number += run.size();
    taken = end;
  };
  for (auto& [marks_before, event] : batch.others) {
    apply_marks(marks_before);
    if (options.probe) options.probe(event);
    auto commands_before = answer.commands.size();
    trading.apply(event, answer.commands);
    ++number;
    auto* s = std::get_if<signal>(&event.what);
    if (s != nullptr && answer.commands.size() > commands_before)
      answer.triggers.push_back({s->ingest_ns, s->sent_ns});
  }
  apply_marks(marks.size());
  return answer;
}

} // namespace

caf::behavior risk_checker(risk_checker_actor* self, risk_checker_options given) {
  keep_crash_reason(self);
  auto options = std::make_shared<const risk_checker_options>(std::move(given));
  auto trading =
      std::make_shared<trading_state>(options->settings, options->universe, options->write_rows);
  return {
      // The next events of the log.
      [self, options, trading](const event_batch& batch) -> trading_answer {
        auto answer = apply(*options, *trading, batch);
        if (!options->write_rows) return answer;
        std::vector<order_row> orders;
        std::vector<fill_row> fills;
        trading->take_finished(orders, fills);
        write(self, *options, "orders", orders);
        write(self, *options, "fills", fills);
        return answer;
      },
      // The log has ended: writes what is still open, and the positions.
      [self, options, trading](finish_trading) -> trading_finished {
        std::vector<order_row> orders;
        std::vector<fill_row> fills;
        trading->finish(orders, fills);
        write(self, *options, "orders", orders);
        write(self, *options, "fills", fills);
        write(self, *options, "positions", trading->positions());
        return {trading->totals()};
      },
      [trading](totals_query) -> trading_totals { return trading->totals(); },
      [](const rows_written&) {},
  };
}

} // namespace tickmesh
