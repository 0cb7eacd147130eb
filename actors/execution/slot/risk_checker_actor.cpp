#include "actors/execution/slot/risk_checker_actor.hpp"

#include "actors/execution/replay/event_application.hpp"
#include "actors/execution/trading/trading_csv.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/results/row_writer_actor.hpp"
#include "runtime/telemetry/log.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace tickmesh {

/// Rows on their way to the writer, which is not woken for each batch of events. One that takes the
/// place of another makes the same rows from the start, and leaves those out that were handed over.
class row_gathering {
public:
  row_gathering(caf::event_based_actor* self, std::shared_ptr<const risk_checker_options> options)
      : self_(self), options_(std::move(options)), to_skip_(*options_->rows_before) {}

  template <class Row>
  void add(const char* file, const std::vector<Row>& rows) {
    if (options_->write_rows) add_always(file, rows);
  }

  /// Where no other rows are wanted, too.
  template <class Row>
  void add_always(const char* file, const std::vector<Row>& rows) {
    auto& skip = to_skip_[file];
    auto skipped = std::min<std::uint64_t>(skip, rows.size());
    skip -= skipped;
    if (skipped == rows.size()) return;
    auto& gathered = files_[file];
    gathered.rows += rows.size() - skipped;
    for (auto row = rows.begin() + static_cast<std::ptrdiff_t>(skipped); row != rows.end(); ++row)
      append_row(gathered.lines, *row, options_->universe);
    if (gathered.lines.size() >= bytes_max) return send();
    if (!std::exchange(is_due_, true)) self_->delayed_send(self_, rows_wait, rows_due{});
  }

  void send() {
    for (auto& [file, gathered] : files_) {
      if (gathered.rows == 0) continue;
      (*options_->rows_before)[file] += std::exchange(gathered.rows, 0);
      self_->send(options_->writer,
                  write_rows{rows_name(file, options_->rows), std::exchange(gathered.lines, {})});
    }
  }

  void due() {
    is_due_ = false;
    send();
  }

private:
  static constexpr std::size_t bytes_max = 65'536;
  static constexpr std::chrono::milliseconds rows_wait{50};

  struct file_rows {
    std::string lines;
    std::uint64_t rows = 0;
  };

  caf::event_based_actor* self_;
  std::shared_ptr<const risk_checker_options> options_;
  rows_written_before to_skip_;
  std::map<std::string, file_rows> files_;
  bool is_due_ = false;
};

namespace {

using risk_checker_actor = caf::stateful_actor<risk_checker_state>;

constexpr const char* orders_file = "orders";
constexpr const char* fills_file = "fills";
constexpr const char* positions_file = "positions";
constexpr const char* profit_file = "pnl";
constexpr const char* bars_file = "bars";

/// Applies a batch and writes down what the journal is to hold of it.
trading_answer answer_to(const risk_checker_options& options, trading_state& trading,
                         const event_batch& batch, event_encoder& encoder) {
  batch_decisions decisions;
  apply_batch(trading, batch, decisions, options.probe);
  trading_answer answer;
  answer.first_event = batch.first_number;
  answer.events = static_cast<std::uint32_t>(batch.size());
  encoder.encode(batch, decisions, answer.record);
  answer.commands = commands_of(batch, decisions);
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
void warn_of_frozen_marks(risk_checker_state& state) {
  constexpr std::size_t names_max = 10;
  auto& frozen = state.trading->frozen();
  if (frozen.alarms == state.frozen_told) return;
  state.frozen_told = frozen.alarms;
  if (frozen.now.empty()) return; // they have had a mark since
  std::string names;
  for (std::size_t i = 0; i < std::min(frozen.now.size(), names_max); ++i)
    names += (i == 0 ? "" : ", ") + state.options->universe.symbols[frozen.now[i].value];
  log_warning("positions in {} symbols are valued at old marks: {}{}; profit and loss limits do "
              "not see what has happened since",
              frozen.now.size(), names, frozen.now.size() > names_max ? ", ..." : "");
}

void begin(risk_checker_actor* self, const begin_trading& start) {
  auto& state = self->state;
  state.trading = start.trading;
  if (state.trading == nullptr) {
    auto rebuilt = state.options->rebuild(start.through);
    if (!rebuilt) throw std::runtime_error{rebuilt.error().message};
    state.trading = std::move(*rebuilt);
  }
  state.frozen_told = state.trading->frozen().alarms;
  state.rows = std::make_shared<row_gathering>(self, state.options);
  state.ledger = std::make_shared<ledger_sender>(self, state.options->ledger, state.trading);
  self->set_down_handler(
      [ledger = state.ledger](const caf::down_msg& down) { ledger->lost(describe(down.reason)); });
}

trading_answer take_batch(risk_checker_state& state, const event_batch& batch) {
  auto answer = answer_to(*state.options, *state.trading, batch, state.encoder);
  warn_of_frozen_marks(state);
  state.ledger->step();
  if (!state.options->write_rows) return answer;
  std::vector<order_row> orders;
  std::vector<fill_row> fills;
  state.trading->take_finished(orders, fills);
  state.rows->add(orders_file, orders);
  state.rows->add(fills_file, fills);
  state.rows->add(profit_file, state.trading->take_profits());
  return answer;
}

/// Writes what is still open, and the positions.
caf::typed_response_promise<trading_finished> finish(risk_checker_actor* self) {
  auto& [options, trading, ledger, rows, encoder, told, name] = self->state;
  std::vector<order_row> orders;
  std::vector<fill_row> fills;
  trading->finish(orders, fills);
  rows->add(orders_file, orders);
  rows->add(fills_file, fills);
  rows->add_always(positions_file, trading->positions());
  rows->add(profit_file, trading->finish_profits());
  rows->add(bars_file, trading->bars().rows());
  rows->send();
  auto promise = self->make_response_promise<trading_finished>();
  ledger->finish([promise, state = trading](const ledger_counts& counts) mutable {
    promise.deliver(trading_finished{state->totals(), counts});
  });
  return promise;
}

} // namespace

caf::behavior risk_checker(risk_checker_actor* self, risk_checker_options options) {
  set_fault_handlers(self);
  self->state.options = std::make_shared<const risk_checker_options>(std::move(options));
  return {
      // The next events of the log.
      [self](const event_batch& batch) -> trading_answer { return take_batch(self->state, batch); },
      [self](const begin_trading& start) { begin(self, start); },
      // The log has ended.
      [self](finish_trading) { return finish(self); },
      [self](totals_query) -> trading_totals { return self->state.trading->totals(); },
      [self](limits_query) -> limits_in_force {
        auto& universe = self->state.options->universe;
        return {self->state.trading->limits().scopes(), universe.account, universe.strategies};
      },
      [](const rows_written&) {},
      [self](rows_due) { self->state.rows->due(); },
      [self](const ledger_answer& answer) { self->state.ledger->answered(answer); },
      [self](ledger_overdue) { self->state.ledger->overdue(); },
  };
}

} // namespace tickmesh
