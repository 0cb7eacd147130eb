// Risk, orders and positions as a pure function of the numbered event log: the same events give the
// same commands and the same results, live, in replay and in recovery.
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "actors/execution/configuration/slot_configuration.hpp"
#include "actors/execution/events/batch_decisions.hpp"
#include "actors/execution/events/signal_high_water.hpp"
#include "actors/execution/events/trading_universe.hpp"
#include "actors/execution/orders/broker_rates.hpp"
#include "actors/execution/orders/order_manager.hpp"
#include "actors/execution/orders/order_rates.hpp"
#include "actors/execution/orders/replace_wishes.hpp"
#include "actors/execution/positions/position_book.hpp"
#include "actors/execution/reconciliation/broker_books.hpp"
#include "actors/execution/risk/risk_facts_book.hpp"
#include "actors/execution/trading/price_bars.hpp"
#include "actors/execution/trading/profit_curve.hpp"
#include "actors/execution/trading/trading_changes.hpp"
#include "actors/execution/trading/trading_rows.hpp"

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

/// Looks `symbols` up in `table`.
trading_universe make_trading_universe(const instrument_table& table,
                                       const std::vector<std::string>& symbols,
                                       const std::vector<std::string>& strategies);

class trading_state {
public:
  /// Precondition: as many instruments as symbols. Without rows, take_finished() and finish() have
  /// none to give; totals and positions are the same.
  trading_state(const execution_settings& settings, trading_universe universe,
                bool makes_rows = true);

  /// Applies the next event and appends what is to be sent. Precondition: event numbers rise by
  /// one from 1 and times never fall; the configuration of a slot_configured keeps_ids of the one
  /// before, unless it is the first event.
  void apply(const sequenced_event& event, std::vector<venue_command>& out);
  /// The same for an event at which another program, or one that is not known, decided: what it
  /// decided holds, whatever this one would have. Its orders are asked for when this program takes
  /// over, at the slot_configured that says so.
  void apply_recorded(const sequenced_event& event, std::span<const order_verdict> verdicts,
                      std::span<const venue_command> commands);
  /// The same for marks, of which `first_number` is the first one's number.
  void apply_marks(std::uint64_t first_number, std::span<const market_mark> marks);

  /// The verdicts of the event that apply() was last given.
  const std::vector<order_verdict>& verdicts() const { return verdicts_; }
  /// What became of the last event, where it was an operator's command; once.
  std::optional<operator_outcome> take_outcome() { return std::exchange(outcome_, std::nullopt); }

  /// Appends the orders that ended and the fills that were booked since the last call, in the order
  /// of the log. An order that a late fill changes afterwards comes again: the row with the higher
  /// updated_event holds.
  void take_finished(std::vector<order_row>& orders, std::vector<fill_row>& fills);

  /// take_finished(), and then the orders that are still open or in doubt, as they stand. For the
  /// end of the log.
  void finish(std::vector<order_row>& orders, std::vector<fill_row>& fills);

  /// The rows of the account's profit since the last call.
  std::vector<profit_row> take_profits() { return profits_.take(); }
  /// take_profits() for the end of the log.
  std::vector<profit_row> finish_profits() { return profits_.finish(last_time_, positions_); }

  /// Where there are rows, of all marks so far.
  const price_bars& bars() const { return bars_; }

  const trading_status& notice() const { return notice_; }
  const frozen_marks& frozen() const { return risk_.frozen(); }
  /// Whether changes are kept for take_changes() from now on; what was kept is forgotten.
  void keep_changes(bool wanted);
  std::size_t changes_kept() const { return orders_.changed() + changes_.size(); }
  /// The orders that are new or changed, the fills, and the positions that were filled since
  /// keep_changes() or the last call.
  trading_changes take_changes();
  /// Counts every position as changed: it stands as the last marks value it. For the log's end.
  void note_all_positions();
  std::uint64_t last_event() const { return last_event_; }

  const limit_table& limits() const { return risk_.limits(); }

  /// What the rules would look at, if a signal of `signal_time` asked for this order at `now`, or
  /// at the last event where that is later. The facts hold every measure, so that check_order() may
  /// judge them by other limits; they point into this state.
  risk_facts facts(const order_request& request, timestamp signal_time,
                   timestamp now = timestamp::min());

  /// Every rule on what is judged at the next event is kept for explanations().
  void explain_next() { explains_ = true; }
  /// One for each of verdicts(), where they were asked for.
  const std::vector<risk_report>& explanations() const { return explanations_; }

  /// Whether a signal's symbol and strategy are known.
  bool knows(const signal& s) const {
    return s.name.symbol.value < universe_.symbols.size() &&
           s.name.strategy.value < universe_.strategies.size();
  }
  /// The id of a signal's order. Precondition: its symbol and strategy are known.
  order_id name_of_order(const signal_name& source) const;
  bool knows(strategy_id strategy) const {
    return strategy == no_strategy || strategy.value < universe_.strategies.size();
  }
  /// The order that a signal asks for. Precondition: knows(s).
  order_request request_of(const signal& s);

  std::vector<position_row> positions() const { return positions_.rows(); }
  trading_totals totals() const;
  symbol_exposure exposure(symbol_id symbol) const;
  const position_book& book() const { return positions_; }
  /// What keeps orders back, a sentence each.
  std::vector<std::string> reconciliation_problems() const;
  const reconciler& comparison() const { return at_brokers_.comparison(); }
  const order_manager& orders() const { return orders_; }
  const replace_wishes& replaces() const { return replaces_; }
  const trading_universe& universe() const { return universe_; }
  const execution_settings& settings() const { return settings_; }
  /// The program that decides by now; empty: not known, the log does not say it.
  const std::string& build() const { return build_; }
  /// What holds, as a slot_configured would say it.
  slot_configuration configuration() const;

  /// See state_archive.hpp. To be read by a state that has been made with configuration(). What is
  /// kept for take_changes(), and what the last event has led to, is no part of it.
  template <class Archive>
  void persist(Archive& archive) {
    auto& [settings, universe, build, recorded, makes_rows, name_text, orders, positions,
           at_brokers, sessions, replaces, reconciles_at, reconciliations, recoveries, has_outside,
           risk, broker_rates, opened, notice, halt_cancels, halt_flattens, halt_works, verdicts,
           explains, explanations, outcome, seen_signals, finished_orders, fills, profits, bars,
           keeps_changes, changes, last_event, last_time, by_verdict, repeated_signals,
           unknown_signals, fill_count] = *this;
    auto limits = risk.limits().scopes();
    archive(build, limits);
    if (Archive::is_reader) risk.change_limits(std::move(limits), universe);
    archive(orders, positions, at_brokers, sessions, replaces, reconciles_at, reconciliations,
            recoveries, has_outside, risk, broker_rates, opened, notice, halt_cancels,
            halt_flattens, halt_works, seen_signals, last_event, last_time, by_verdict,
            repeated_signals, unknown_signals, fill_count);
  }
  /// The rows that take_finished() would give, which a snapshot keeps apart: not every reader wants
  /// them.
  template <class Archive>
  void persist_rows(Archive& archive) {
    archive(finished_orders_, fills_);
    if (archive.version() >= profits_since_layout) archive(profits_, bars_);
  }

private:
  static constexpr std::uint32_t profits_since_layout = 2;

  /// What an event has led to, by the journal.
  struct recorded_event {
    std::span<const order_verdict> verdicts;
    std::span<const venue_command> commands;
  };

  void apply_mark(const market_mark& mark) {
    positions_.apply_mark(mark);
    risk_.apply_mark(mark);
    if (makes_rows_) bars_.apply(mark);
  }
  void note_profit(timestamp t) {
    if (makes_rows_ && profits_.is_due(t)) profits_.note(t, positions_);
  }
  log_position begin_event(const sequenced_event& event);
  void apply_content(const sequenced_event& event, log_position at,
                     std::vector<venue_command>& out);
  void apply_configuration(const slot_configuration& next, log_position at,
                           std::vector<venue_command>& out);
  void begin_with(const slot_configuration& first, log_position at);
  void change_settings(const slot_configuration& next);
  void follow_brokers(const std::vector<broker_settings>& before, bool was_by_arrival,
                      log_position at, std::vector<venue_command>& out);
  void take_over(log_position at, std::vector<venue_command>& out);
  void adopt(const order_verdict& verdict, const sequenced_event& event, log_position at);
  void adopt(const venue_command& command, log_position at);
  std::vector<venue_command> known_commands(std::span<const venue_command> commands) const;
  void begin_day_of(symbol_id symbol, timestamp t);
  void open_order(const order_request& request, const std::optional<signal_name>& source,
                  const risk_result& risk, log_position at, std::vector<venue_command>& out);
  void apply_signal(const signal& s, log_position at, std::vector<venue_command>& out);
  void apply_report(const execution_report& r, log_position at, std::vector<venue_command>& out);
  void apply_timer(const timer_due& timer, log_position at, std::vector<venue_command>& out);
  void apply_snapshot(const broker_snapshot& snapshot, log_position at,
                      std::vector<venue_command>& out);
  // Orders that brokers have and the log does not know: trading_state_adoption.cpp.
  bool is_lost(const execution_report& names);
  bool adopt_lost(adopted_order lost, log_position at, std::vector<venue_command>& out);
  void adopt_listed(const broker_snapshot& snapshot, log_position at,
                    std::vector<venue_command>& out);
  bool adopt_reported(const execution_report& r, log_position at, std::vector<venue_command>& out);
  broker_snapshot with_our_ids(broker_snapshot snapshot) const;
  void count_outside(const broker_snapshot& theirs);
  void apply_broker_event(const broker_event& news, log_position at,
                          std::vector<venue_command>& out);
  void apply_recovery(const slot_recovered& recovered, log_position at,
                      std::vector<venue_command>& out);
  void ask_for_books(broker_id broker, std::vector<venue_command>& out);
  void ask_for_executions(broker_id broker, std::vector<venue_command>& out);
  bool is_reconciled() const;
  std::string describe(broker_id broker, const book_difference& difference) const;
  std::string describe_left_at(broker_id broker) const;
  void arm_reconciliation(log_position at, std::vector<venue_command>& out);
  risk_result judge(const order_request& request, timestamp signal_time, bool flattens = false);
  risk_result check(const order_request& request, const risk_surroundings& around);

  // Operator commands: trading_state_operator.cpp.
  void apply_command(const operator_command& command, log_position at,
                     std::vector<venue_command>& out);
  using outcome_text = result<std::string>;
  outcome_text act(const trading_switch& action, const operator_command& command, log_position at,
                   std::vector<venue_command>& out);
  outcome_text act(const operator_cancel& action, const operator_command& command, log_position at,
                   std::vector<venue_command>& out);
  outcome_text act(const operator_replace& action, const operator_command& command, log_position at,
                   std::vector<venue_command>& out);
  outcome_text act(const limits_change& action, const operator_command& command, log_position at,
                   std::vector<venue_command>& out);
  outcome_text act(const order_settlement& action, const operator_command& command, log_position at,
                   std::vector<venue_command>& out);
  outcome_text act(const books_acceptance& action, const operator_command& command, log_position at,
                   std::vector<venue_command>& out);
  bool is_countable(symbol_id symbol, int128 change, price at = no_price) const;
  // Replaces by cancel and new: trading_state_replace.cpp.
  std::string wish_for(const operator_replace& action, log_position at,
                       std::vector<venue_command>& out);
  void adopt_wish(const operator_replace& action, log_position at);
  void open_replacing(log_position at, std::vector<venue_command>& out);
  order_split parts_of(const order_request& request) const;
  std::vector<session_row> sessions() const;
  result<void> check_countable(broker_id broker) const;
  std::string count_accepted(const book_difference& difference, log_position at);
  void work_on_halt(log_position at, std::vector<venue_command>& out);
  void flatten(log_position at, std::vector<venue_command>& out);
  void refuse(const order_request& request, const std::optional<signal_name>& source,
              const risk_result& risk, log_position at);
  risk_surroundings surroundings(timestamp signal_time, timestamp now);
  void note_commands(std::span<const venue_command> commands, timestamp t);
  order_id id_of(const signal_name& source);
  std::string name_of(const managed_order& order) const;
  order_row row_of(const managed_order& order) const;
  void collect_finished();
  static position_fill fill_of(const managed_order& order, price at_price, quantity volume,
                               log_position at);
  void book(const managed_order& order, const execution_report& r, const position_fill& fill,
            std::optional<money> fee, log_position at);
  void note_fill(const managed_order& order, const execution_report& r, const position_fill& fill,
                 log_position at);
  void note_position(const order_request& request, log_position at);

  execution_settings settings_;
  trading_universe universe_;
  std::string build_;
  const recorded_event* recorded_ = nullptr; // while apply_recorded() runs
  bool makes_rows_;
  std::string name_text_; // of the last signal; its memory is used again
  order_manager orders_;
  position_book positions_;
  broker_books at_brokers_;
  broker_sessions sessions_;
  replace_wishes replaces_;
  std::optional<timestamp> reconciles_at_; ///< the next comparison's timer is armed
  std::uint32_t reconciliations_ = 0;      ///< part of that timer: an older one is void
  std::uint32_t recoveries_ = 0;           ///< recurring timers of earlier lives are passed over
  bool has_outside_ = false;               ///< there are brokers that don't live in this process
  risk_facts_book risk_;
  broker_rates broker_rates_;
  daily_count opened_; ///< orders
  trading_status notice_;
  bool halt_cancels_ = false;
  bool halt_flattens_ = false;
  bool halt_works_ = false; ///< its timer is armed
  std::vector<order_verdict> verdicts_;
  bool explains_ = false;
  std::vector<risk_report> explanations_;
  std::optional<operator_outcome> outcome_;
  signal_high_water seen_signals_;
  std::vector<order_row> finished_orders_; // emptied by take_finished
  std::vector<fill_row> fills_;            // emptied by take_finished
  profit_curve profits_;
  price_bars bars_;
  bool keeps_changes_ = false;
  trading_changes changes_; // emptied by take_changes; of the orders only those that were refused
  std::uint64_t last_event_ = 0;
  timestamp last_time_ = timestamp::min();
  std::array<std::uint64_t, verdict_names.size()> by_verdict_{};
  std::uint64_t repeated_signals_ = 0;
  std::uint64_t unknown_signals_ = 0;
  std::uint64_t fill_count_ = 0;
};

} // namespace tickmesh
