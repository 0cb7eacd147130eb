// What limits say, worked out once more and simply: from what the brokers really hold and have
// open, and from the log. It knows nothing of the risk ledger, and judges every verdict: that
// nothing was approved that could break a limit, and that what only closes was let pass. Used by
// broker_simulation.
#pragma once

#include "actors/execution/trading/trading_state.hpp"
#include "tests/simulation/broker_truth.hpp"
#include "tests/simulation/drawn_world.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tickmesh {

class limit_truth {
public:
  /// Both outlive it. `lost`: orders that the journal has forgotten, which belong to no strategy.
  limit_truth(const drawn_world& world, const hostile_brokers& brokers,
              const std::map<order_id, order_request>& lost)
      : world_(world), brokers_(brokers), lost_(lost) {}

  /// What was decided at an event, before it is carried out. Appends what was wrong with it, and
  /// counts what was refused.
  void judge(const sequenced_event& event, trading_state& trading,
             const std::vector<venue_command>& commands, std::vector<std::string>& violations,
             std::map<std::string, std::uint64_t>& counts);
  /// What an event has led to, from the first event of the log; `fills` are those that it booked.
  void note(const sequenced_event& event, const std::vector<venue_command>& commands,
            std::span<const fill_row> fills, const trading_state& trading);

  /// How the books keep the days apart, against what was filled since the day began.
  void judge_days(const trading_state& trading, std::vector<std::string>& violations) const;

private:
  static bool buys(const order_request& request) { return request.direction == side::buy; }

  static constexpr std::size_t strategy_slots = random_trading::strategy_count + 1;
  using cell = std::pair<std::uint32_t, std::size_t>; ///< symbol, and slot_of its strategy

  enum class order_kind : std::uint8_t { of_signal, of_flattening, new_form };
  struct judged_order {
    order_request request; ///< of a new form what of it is not filled
    order_kind kind = order_kind::of_signal;
    timestamp signal_time{};
    bool shrinks = false;
  };
  struct true_exposure {
    std::int64_t held = 0;
    std::int64_t buys = 0; ///< open, or on their way
    std::int64_t sells = 0;
  };
  struct live_order {
    order_request request; ///< the worst form that it may have
    std::int64_t rest = 0;
  };
  struct sent_request {
    timestamp time{};
    std::int32_t day = 0;
    order_request order; ///< or the form that replaces it, or what is to be canceled
    bool is_cancel = false;
    bool is_reroute = false;
    bool is_form = false;
  };
  struct known_mark {
    price last = no_price;
    timestamp time{};
  };
  struct profit_cell {
    int128 cash = 0; ///< in 1e-8 of the currency
    std::int64_t held = 0;
    money day_start{};
    std::int64_t held_at_start = 0; ///< of the day
    std::int64_t bought_today = 0;
    std::int64_t sold_today = 0;
  };

  // What the brokers have: limit_truth_exposure.cpp.
  void look_at_brokers(const trading_state& trading, order_id but_not);
  true_exposure exposure(const limit_scope& scope, const order_request& request) const;
  bool is_closing(const true_exposure& held, const order_request& request) const;
  bool is_in(const limit_scope& scope, symbol_id symbol, strategy_id strategy) const;
  bool covers(const limit_scope& scope, const order_request& request) const;
  money day_pnl(const limit_scope& scope, const order_request& request,
                const trading_state& trading) const;
  money profit(cell at, const std::map<cell, money>& fees) const;
  static std::map<cell, money> fees_of(const trading_state& trading);

  void judge_approved(const judged_order& order, const sequenced_event& event,
                      trading_state& trading, broker_id broker);
  void judge_scope(const limit_scope& scope, const judged_order& order, timestamp now,
                   const trading_state& trading);
  void judge_sums(const limit_scope& scope, const judged_order& order);
  void judge_counts(const limit_scope& scope, const judged_order& order, timestamp now,
                    bool is_waived);
  void judge_market(const limit_scope& scope, const judged_order& order, timestamp now,
                    bool is_waived);
  void judge_refused(const order_request& request, const risk_result& risk, timestamp now,
                     const trading_state& trading);
  bool is_reached(verdict rule, const limit_scope& scope, const order_request& request,
                  timestamp now, const trading_state& trading) const;
  std::uint64_t sent_so_far(const limit_scope& scope, const order_request& request, bool is_cancel,
                            std::optional<timestamp> now) const;
  judged_order judged(const order_verdict& verdict, const sequenced_event& event,
                      trading_state& trading) const;
  template <class Fits>
  std::uint64_t count_sent(Fits fits) const {
    return static_cast<std::uint64_t>(std::ranges::count_if(sent_, fits));
  }
  void say(const limit_scope& scope, const judged_order& order, const std::string& what);
  std::int64_t multiplier(symbol_id symbol) const {
    return world_.universe.instruments[symbol.value]->multiplier;
  }

  const drawn_world& world_;
  const hostile_brokers& brokers_;
  const std::map<order_id, order_request>& lost_;

  // From the log.
  std::map<order_id, order_request> orders_;
  std::vector<sent_request> sent_;
  std::array<known_mark, random_trading::symbol_count> marks_{};
  std::map<cell, profit_cell> profits_;
  std::array<price, random_trading::symbol_count> filled_at_{};
  std::int32_t day_ = 0;
  std::uint64_t opened_today_ = 0;
  trading_mode mode_ = trading_mode::active;

  // At the event that is judged.
  std::map<cell, true_exposure> exposures_;
  std::vector<live_order> live_;
  std::vector<std::string>* violations_ = nullptr;
  std::map<std::string, std::uint64_t>* counts_ = nullptr;
  std::uint64_t event_ = 0;
};

} // namespace tickmesh
