#include "actors/execution/slot/risk_checker_actor.hpp"

#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/replay/event_application.hpp"
#include "actors/execution/trading/trading_csv.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/results/row_writer_actor.hpp"
#include "runtime/telemetry/log.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace tickmesh {

namespace {

using risk_checker_actor = caf::stateful_actor<risk_checker_state>;

constexpr const char* orders_file = "orders";
constexpr const char* fills_file = "fills";
constexpr const char* positions_file = "positions";
constexpr const char* profit_file = "pnl";
constexpr const char* bars_file = "bars";

/// Rows on their way to the writer, which is not woken for each batch of events.
class row_gathering {
public:
  row_gathering(risk_checker_actor* self, std::shared_ptr<const risk_checker_options> options)
      : self_(self), options_(std::move(options)) {}

  template <class Row>
  void add(const char* file, const std::vector<Row>& rows) {
    if (options_->write_rows) add_always(file, rows);
  }

  /// Where no other rows are wanted, too.
  template <class Row>
  void add_always(const char* file, const std::vector<Row>& rows) {
    if (rows.empty()) return;
    auto& lines = lines_[file];
    for (auto& row : rows)
      append_row(lines, row, options_->universe);
    if (lines.size() >= bytes_max) return send();
    if (!std::exchange(is_due_, true)) self_->delayed_send(self_, rows_wait, rows_due{});
  }

  void send() {
    for (auto& [file, lines] : lines_)
      if (!lines.empty())
        self_->send(options_->writer,
                    write_rows{rows_name(file, options_->rows), std::exchange(lines, {})});
  }

  void due() {
    is_due_ = false;
    send();
  }

private:
  static constexpr std::size_t bytes_max = 65'536;
  static constexpr std::chrono::milliseconds rows_wait{50};

  risk_checker_actor* self_;
  std::shared_ptr<const risk_checker_options> options_;
  std::map<const char*, std::string> lines_; ///< by file; a name's address is enough
  bool is_due_ = false;
};

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
  set_fault_handlers(self);
  auto options = std::make_shared<const risk_checker_options>(std::move(given));
  auto trading = options->trading;
  auto encoder = std::make_shared<event_encoder>();
  auto rows = std::make_shared<row_gathering>(self, options);
  auto frozen_told = std::make_shared<std::uint64_t>(trading->frozen().alarms);
  auto ledger = std::make_shared<ledger_sender>(self, options->ledger, trading);
  self->set_down_handler(
      [ledger](const caf::down_msg& down) { ledger->lost(describe(down.reason)); });
  return {
      // The next events of the log.
      [options, trading, encoder, ledger, rows,
       frozen_told](const event_batch& batch) -> trading_answer {
        auto answer = answer_to(*options, *trading, batch, *encoder);
        warn_of_frozen_marks(*options, *trading, *frozen_told);
        ledger->step();
        if (!options->write_rows) return answer;
        std::vector<order_row> orders;
        std::vector<fill_row> fills;
        trading->take_finished(orders, fills);
        rows->add(orders_file, orders);
        rows->add(fills_file, fills);
        rows->add(profit_file, trading->take_profits());
        return answer;
      },
      // The log has ended: writes what is still open, and the positions.
      [self, trading, ledger, rows](finish_trading) {
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
      [rows](rows_due) { rows->due(); },
      [ledger](const ledger_answer& answer) { ledger->answered(answer); },
      [ledger](ledger_overdue) { ledger->overdue(); },
  };
}

} // namespace tickmesh
