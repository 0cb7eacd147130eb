#include "actors/execution/risk_checker.hpp"

#include "actors/execution/trading_csv.hpp"
#include "runtime/actor_system.hpp"
#include "runtime/row_writer.hpp"

#include <memory>

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

} // namespace

caf::behavior risk_checker(risk_checker_actor* self, risk_checker_options given) {
  keep_crash_reason(self);
  auto options = std::make_shared<const risk_checker_options>(std::move(given));
  auto trading = std::make_shared<trading_state>(options->settings, options->universe);
  return {
      // The next events of the log.
      [self, options, trading](const event_batch& batch) -> trading_answer {
        trading_answer answer;
        for (auto& event : batch.events) {
          if (options->probe) options->probe(event);
          trading->apply(event, answer.commands);
        }
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
