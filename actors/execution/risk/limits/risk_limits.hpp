// Limits of orders by scope, and which of them apply to an order. Used by risk_rules, which
// compares them with facts, and by the settings.
#pragma once

#include "actors/execution/values/strategy_slots.hpp"
#include "messages/numbers.hpp"
#include "messages/result.hpp"
#include "messages/signal.hpp"
#include "messages/timestamp.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

/// No rate limit lies above this; see rate_window.
inline constexpr std::uint32_t orders_per_second_limit = 65'535;
/// No duplicate window is longer; see duplicate_window.
inline constexpr nanoseconds duplicate_window_longest{std::chrono::minutes{1}};
/// Patterns in one list of symbols.
inline constexpr std::size_t symbol_list_max = 256;

/// Limits of one scope; what is absent is not limited. What a limit is measured over depends on the
/// scope: see risk_facts. Meaning and bounds of each are those of its rule in risk_rules.hpp.
struct risk_limits {
  std::optional<quantity> position_max;
  std::optional<money> order_value_max;
  std::optional<money> daily_loss_max;
  /// Opened on the trading day; of the global scope only, and always on: each order is kept in
  /// memory. Beside it, orders_per_day_max is a rule of rates: by scope, and each replacement and
  /// each sending to another broker counts, too.
  std::optional<std::uint64_t> orders_max;
  std::optional<quantity> order_size_max;
  std::optional<std::int64_t> collar_ratio; ///< share of the reference price, in 1e-8
  std::optional<std::uint32_t> orders_per_second_max;
  std::optional<std::uint64_t> orders_per_day_max;
  std::optional<std::uint32_t> cancels_per_second_max;
  std::optional<std::uint64_t> cancels_per_day_max;
  std::optional<nanoseconds> duplicate_window; ///< up to duplicate_window_longest
  bool refuse_self_trade = false;
  std::optional<money> gross_exposure_max;
  std::optional<money> net_exposure_max;
  std::vector<std::string> symbols_restricted; ///< patterns as in instruments.toml
  std::vector<std::string> symbols_allowed;    ///< the same; empty: all
  bool in_session_only = false;
  std::optional<nanoseconds> mark_age_max;
  std::optional<nanoseconds> frozen_mark_max; ///< in open session time
  std::optional<nanoseconds> signal_age_max;

  friend bool operator==(const risk_limits&, const risk_limits&) = default;
};

/// The global limits where nothing is configured: position 100, order value 1000000, daily loss
/// 50000, 1000000 orders a trading day (each is kept in memory), signals of 2 s.
risk_limits default_limits();

enum class scope_kind : std::uint8_t { global, account, strategy, symbol };
inline constexpr std::array<std::string_view, 4> scope_kind_names{"global", "account", "strategy",
                                                                  "symbol"};

struct limit_scope {
  scope_kind kind = scope_kind::global;
  std::string name{}; ///< of the account or strategy; of symbols a pattern; of global empty
  risk_limits limits{};
  friend bool operator==(const limit_scope&, const limit_scope&) = default;
};

/// Scopes of a configuration beside the global one.
inline constexpr std::size_t limit_scopes_max = 1'000;

/// Whether the rules can work with these limits: the global scope is the first, and every number is
/// one that a configuration could have. Fails with the scope and the limit.
result<void> check_limits(const std::vector<limit_scope>& scopes);

/// `global`, `account main`, `strategy boll`, `symbol ru####`.
std::string format_scope(const limit_scope& scope);

/// One scope that covers an order.
struct applied_limit {
  const risk_limits* limits = nullptr;
  scope_kind kind = scope_kind::global;
  std::uint16_t scope = 0; ///< place in the list of scopes
};

/// All scopes that cover an order: global and account ones, those of its strategy, of its symbol.
using applied_limits = std::array<std::span<const applied_limit>, 3>;

/// The scopes of a configuration, by strategy and symbol. Every scope that covers an order applies:
/// a narrow one adds to a wide one and never replaces it.
class limit_table {
public:
  /// Names of accounts and strategies that do not exist cover nothing.
  limit_table(std::vector<limit_scope> scopes, std::string_view account,
              const std::vector<std::string>& strategies, const std::vector<std::string>& symbols);
  limit_table(limit_table&&) = default;
  limit_table& operator=(limit_table&&) = default;

  /// Valid while the table lives; moving the table is no harm.
  applied_limits of(strategy_id strategy, symbol_id symbol) const {
    return {common_, by_strategy_[slot_of(strategy)], by_symbol_[symbol.value]};
  }
  const std::vector<limit_scope>& scopes() const { return scopes_; }

  /// Whether a strategy's sum over symbols is limited.
  bool limits_strategy_sums() const { return limits_strategy_sums_; }

private:
  std::vector<limit_scope> scopes_;
  std::vector<applied_limit> common_;
  std::vector<std::vector<applied_limit>> by_strategy_;
  std::vector<std::vector<applied_limit>> by_symbol_;
  bool limits_strategy_sums_ = false;
};

} // namespace tickmesh
