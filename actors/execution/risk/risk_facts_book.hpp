// The facts that the risk rules look at, kept up to date by every event, and the check of an order
// against them. Used by trading_state; a pure function of the calls.
//
//   marks, fills, orders, cancels --> risk_facts_book --risk_facts--> risk_rules <--limits--
//   limit_table
#pragma once

#include "actors/execution/events/trading_universe.hpp"
#include "actors/execution/orders/order_rates.hpp"
#include "actors/execution/risk/check_order.hpp"
#include "actors/execution/risk/duplicate_window.hpp"
#include "actors/execution/risk/exposure_book.hpp"
#include "actors/execution/risk/limits/risk_limits.hpp"
#include "actors/execution/risk/limits/risk_rules.hpp"
#include "messages/session_calendar.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

struct risk_facts_settings {
  std::string account;
  std::string currency;
  std::vector<limit_scope> limits;
  std::uint32_t programme_rate_reported = 10;
  nanoseconds frozen_mark_alarm{}; ///< of open session time; 0: no alarm
};

/// What is kept elsewhere when an order is checked.
struct risk_surroundings {
  const open_orders& open;
  money day_pnl{}; ///< of the account
  std::uint64_t orders_today = 0;
  timestamp now{};         ///< of the event log
  timestamp signal_time{}; ///< effective time of the signal
  bool is_reconciled = true;
  bool flattens = false; ///< see order_intent
  bool shrinks = false;  ///< the same
  broker_rate broker{};
};

/// Positions whose mark has not changed for so long that profit and loss limits can't be trusted.
struct frozen_marks {
  std::vector<symbol_id> now{}; ///< in the order in which they were noticed
  std::uint64_t alarms = 0;     ///< ever; a symbol that has had a new mark may be one again
};

class risk_facts_book {
public:
  risk_facts_book(risk_facts_settings settings, const trading_universe& universe);

  /// Before each event: looks for frozen marks once in a second of event time.
  void advance(timestamp t, const trading_universe& universe) {
    if (t >= judges_marks_at_) judge_marks(t, universe);
  }
  void apply_mark(const market_mark& mark) { exposures_.apply_mark(mark); }
  /// A day above every earlier one begins.
  void turn_to_day(std::int32_t trading_day) { exposures_.turn_to_day(trading_day); }
  /// The day that sessions and calendar give to a moment, as trading_day_rule gives it to the
  /// symbol's ticks; nothing where the ticks' own dates count.
  std::optional<std::int32_t> trading_day_of(symbol_id symbol, timestamp t,
                                             const trading_universe& universe);
  void apply_fill(const position_fill& fill, money fee = {});
  void add_fee(symbol_id symbol, strategy_id strategy, money more) {
    exposures_.add_fee(symbol, strategy, more);
  }
  /// See exposure_book.
  void accept(symbol_id symbol, quantity change);
  void note_order(const order_request& request, timestamp t);
  void note_cancel(const order_request& request, timestamp t);
  /// After every event that may have changed the order.
  void update_open(const order_request& request, const open_orders& open) {
    exposures_.update_open(request, open);
  }

  /// Which facts to gather: sums over a strategy's symbols cost more than the rest together.
  enum class detail : std::uint8_t {
    as_limited, ///< what the limits at hand may ask for
    all,        ///< what any limits may ask for
  };
  /// Text and instrument point into `universe`, which is the one that the ledger was made with.
  risk_facts facts(const order_request& request, const risk_surroundings& around,
                   const trading_universe& universe, detail wanted = detail::all);

  /// Verdict by the limits at hand. Does not allocate, but for a symbol's sessions when their phase
  /// changes.
  risk_result check(const order_request& request, const risk_surroundings& around,
                    const trading_universe& universe);
  /// All rules with usage and limit, on demand.
  risk_report report(const order_request& request, const risk_surroundings& around,
                     const trading_universe& universe);

  /// From the next check on. What is measured goes on: rates, windows and profit are not reset.
  void change_limits(std::vector<limit_scope> limits, const trading_universe& universe);
  /// Other settings and instruments from the next event on; what is measured goes on. A symbol
  /// without an instrument keeps its multiplier. Precondition: a universe with the ids of the one
  /// before.
  void configure(risk_facts_settings settings, const trading_universe& universe);
  const limit_table& limits() const { return limits_; }

  void set_mode(trading_mode mode) { mode_ = mode; }
  trading_mode mode() const { return mode_; }

  const frozen_marks& frozen() const { return frozen_; }
  const programme_counter& programme() const { return programme_; }
  const exposure_book& exposures() const { return exposures_; }

  /// See state_archive.hpp. Names, limits and what of the sessions is known by now are those of the
  /// configuration.
  template <class Archive>
  void persist(Archive& archive) {
    auto& [account, currency, limits, mode, exposures, recent, programme, account_rates,
           strategy_rates, symbol_rates, has_days, sessions, frozen_mark_alarm, judges_marks_at,
           held, is_listed_held, is_listed_frozen, frozen] = *this;
    archive(mode, exposures, recent, programme, account_rates, strategy_rates, symbol_rates,
            judges_marks_at, held, is_listed_held, is_listed_frozen, frozen);
  }

private:
  struct symbol_sessions {
    session_calendar::phase phase{};
    timestamp since = end_of_time; ///< from here until phase.until the phase holds
    std::optional<session_calendar> calendar{};
  };

  void list_held(symbol_id symbol);
  session_calendar* calendar_of(symbol_id symbol, const trading_universe& universe);
  bool is_in_session(symbol_id symbol, timestamp t, const trading_universe& universe);
  nanoseconds open_age(symbol_id symbol, timestamp t, nanoseconds age);
  void judge_marks(timestamp t, const trading_universe& universe);
  template <class Note>
  void note(const order_request& request, Note note);

  std::string account_;
  std::string currency_;
  limit_table limits_;
  trading_mode mode_ = trading_mode::active;
  exposure_book exposures_;
  duplicate_window recent_;
  programme_counter programme_;
  order_rates account_rates_;
  std::vector<order_rates> strategy_rates_;
  std::vector<order_rates> symbol_rates_;
  std::vector<bool> has_days_; ///< by symbol: sessions and calendar say what day a moment is of
  std::vector<symbol_sessions> sessions_;
  nanoseconds frozen_mark_alarm_;
  timestamp judges_marks_at_{}; ///< not before the first event, which may have no time
  std::vector<symbol_id> held_; ///< symbols with a position, and some that had one
  std::vector<bool> is_listed_held_;
  std::vector<bool> is_listed_frozen_;
  frozen_marks frozen_;
};

/// The words of an order that the rules judge.
order_intent intent_of(const order_request& request, bool flattens = false, bool shrinks = false);

/// Contract size by symbol id; 0 without an instrument.
std::vector<std::int64_t> multipliers_of(const trading_universe& universe);

} // namespace tickmesh
