// What an operator tells an execution slot. It becomes an event of the log like any other, with who
// asked, when and why: so a restart and a replay come to the same state, and the log is the audit
// record.
#pragma once

#include "actors/execution/risk/limits/risk_limits.hpp"
#include "messages/order.hpp"
#include "messages/timestamp.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tickmesh {

/// Halts, lets reduce, or lets trade again.
struct trading_switch {
  trading_mode mode = trading_mode::halted;
  bool cancel_all = false; ///< every order that may be open
  bool flatten = false;    ///< then brings the account's positions to zero; cancels all, too
  friend bool operator==(const trading_switch&, const trading_switch&) = default;
};

struct operator_cancel {
  order_id order{};
  friend bool operator==(const operator_cancel&, const operator_cancel&) = default;
};

/// Gives an open order another limit price and another volume, in all.
struct operator_replace {
  order_id order{};
  price limit = no_price;
  quantity volume{};
  friend bool operator==(const operator_replace&, const operator_replace&) = default;
};

/// What its broker has of an order in doubt, or has filled of one that lacks fills, is known from
/// elsewhere: nothing is open, and no fill is to come.
struct order_settlement {
  order_id order{};
  friend bool operator==(const order_settlement&, const order_settlement&) = default;
};

struct limits_change {
  std::vector<limit_scope> limits; ///< all scopes, the global one first
  /// fingerprint_of the limits that it was made of: where others hold, it is refused. Nothing: it
  /// replaces whatever holds.
  std::optional<std::uint64_t> base{};
  friend bool operator==(const limits_change&, const limits_change&) = default;
};

/// What this broker says it holds is right: the differences that stand now count as explained.
struct books_acceptance {
  std::string broker; ///< by its name
  friend bool operator==(const books_acceptance&, const books_acceptance&) = default;
};

using operator_action = std::variant<trading_switch, operator_cancel, operator_replace,
                                     limits_change, books_acceptance, order_settlement>;

/// Which order it names; nothing where it names none.
std::optional<order_id> order_of(const operator_action& action);

struct operator_command {
  std::string who;    ///< `user@host`, or the part of the program that halts by itself
  std::string reason; ///< why; one line
  timestamp asked{};  ///< wall clock, UTC
  operator_action action{};
  friend bool operator==(const operator_command&, const operator_command&) = default;
};

/// What limits hold, and the names that their scopes may have.
struct limits_in_force {
  std::vector<limit_scope> scopes; ///< the global one first
  std::string account;
  std::vector<std::string> strategies;
  friend bool operator==(const limits_in_force&, const limits_in_force&) = default;
};

/// Whether orders may be sent, and who said so last, and why; empty where nobody has.
struct trading_status {
  trading_mode mode = trading_mode::active;
  std::string who;
  std::string reason;
  friend bool operator==(const trading_status&, const trading_status&) = default;
};

/// What became of a command.
struct operator_outcome {
  bool is_done = false;
  std::string text; ///< what was done, or why nothing was
  friend bool operator==(const operator_outcome&, const operator_outcome&) = default;
};

} // namespace tickmesh
