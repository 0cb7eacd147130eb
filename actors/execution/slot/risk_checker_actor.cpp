#include "actors/execution/slot/risk_checker_actor.hpp"

#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/replay/event_application.hpp"
#include "actors/execution/trading/trading_csv.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/results/row_writer_actor.hpp"
#include "runtime/telemetry/log.hpp"

#include <algorithm>
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

/// Applies a batch and writes down what the journal is to hold of it.
trading_answer answer_to(const risk_checker_options& options, trading_state& trading,
                         const event_batch& batch, event_encoder& encoder) {
  batch_decisions decisions;
  apply_batch(trading, batch, decisions, options.probe);
  trading_answer answer;
  answer.first_event = batch.first_number;
  answer.events = static_cast<std::uint32_t>(batch.size());
  encoder.encode(batch, decisions, answer.record);
  answer.commands = commands_of(decisions);
  answer.approved = approved_orders(batch, decisions);
  for (auto& [event, checked] : decisions.verdicts) {
    auto* trigger = std::get_if<signal>(&batch.others[event].event.what);
    if (trigger != nullptr && checked.risk.outcome == verdict::approved)
      answer.triggers.push_back({trigger->ingest_ns, trigger->sent_ns});
  }
  if (!decisions.outcomes.empty()) answer.trading = trading.notice();
  answer.outcomes = std::move(decisions.outcomes);
  return answer;
}

/// One line for what a batch has brought.
void warn_of_frozen_marks(const risk_checker_options& options, const trading_state& trading,
                          std::uint64_t& told) {
  constexpr std::size_t names_max = 10;
  auto& frozen = trading.frozen();
  if (frozen.alarms == told) return;
  told = frozen.alarms;
  if (frozen.now.empty()) return; // they have had a mark since
  std::string names;
  for (std::size_t i = 0; i < std::min(frozen.now.size(), names_max); ++i)
    names += (i == 0 ? "" : ", ") + options.universe.symbols[frozen.now[i].value];
  log_warning("positions in {} symbols are valued at old marks: {}{}; profit and loss limits do "
              "not see what has happened since",
              frozen.now.size(), names, frozen.now.size() > names_max ? ", ..." : "");
}

} // namespace

caf::behavior risk_checker(risk_checker_actor* self, risk_checker_options given) {
  keep_crash_reason(self);
  auto options = std::make_shared<const risk_checker_options>(std::move(given));
  auto trading = options->trading;
  auto encoder = std::make_shared<event_encoder>();
  auto frozen_told = std::make_shared<std::uint64_t>(trading->frozen().alarms);
  auto ledger = std::make_shared<ledger_sender>(self, options->ledger, trading);
  self->set_down_handler(
      [ledger](const caf::down_msg& down) { ledger->lost(describe(down.reason)); });
  return {
      // The next events of the log.
      [self, options, trading, encoder, ledger,
       frozen_told](const event_batch& batch) -> trading_answer {
        auto answer = answer_to(*options, *trading, batch, *encoder);
        warn_of_frozen_marks(*options, *trading, *frozen_told);
        ledger->step();
        if (!options->write_rows) return answer;
        std::vector<order_row> orders;
        std::vector<fill_row> fills;
        trading->take_finished(orders, fills);
        write(self, *options, "orders", orders);
        write(self, *options, "fills", fills);
        return answer;
      },
      // The log has ended: writes what is still open, and the positions.
      [self, options, trading, ledger](finish_trading) {
        std::vector<order_row> orders;
        std::vector<fill_row> fills;
        trading->finish(orders, fills);
        write(self, *options, "orders", orders);
        write(self, *options, "fills", fills);
        write(self, *options, "positions", trading->positions());
        auto promise = self->make_response_promise<trading_finished>();
        ledger->finish([promise, trading](const ledger_counts& counts) mutable {
          promise.deliver(trading_finished{trading->totals(), counts});
        });
        return promise;
      },
      [trading](totals_query) -> trading_totals { return trading->totals(); },
      [trading, options](limits_query) -> limits_in_force {
        return {trading->limits().scopes(), options->universe.account,
                options->universe.strategies};
      },
      [](const rows_written&) {},
      [ledger](const ledger_answer& answer) { ledger->answered(answer); },
      [ledger](ledger_overdue) { ledger->overdue(); },
  };
}

} // namespace tickmesh
