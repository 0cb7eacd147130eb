// Settings of the execution side: the account, its limits, the broker and the order of events.
#pragma once

#include "actors/execution/risk/limits/risk_limits.hpp"
#include "messages/numbers.hpp"
#include "messages/order.hpp"
#include "messages/timestamp.hpp"
#include "runtime/log/log_durability.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

struct sim_venue_settings {
  std::uint64_t seed = 1;
  nanoseconds delay{std::chrono::milliseconds{1}}; ///< order to report, of event time, >= 1 us
  double reject_share = 0.01;                      ///< of orders, drawn from their id
  double lost_ack_share = 0.005;                   ///< of orders whose reports wait for a query
  double unavailable_share = 0;                    ///< of orders that are not taken
};

/// Where orders go. Both are built in and trade nothing: PAPER.
enum class broker_kind : std::uint8_t {
  sim,    ///< the simulated venue, which works orders against the recorded book
  accept, ///< for load tests: fills every order in full at its limit price, at once
};
/// Whether brokers of the kind can give an open order another form.
constexpr bool can_replace(broker_kind k) {
  return k != broker_kind::accept;
}

/// A broker that orders may go to.
struct broker_settings {
  std::string name;
  broker_kind kind = broker_kind::sim;
  sim_venue_settings sim{};
  bool cancel_on_disconnect = false; ///< of a broker outside: what is open, when its session ends
  /// Orders, replaces and cancels in a second of event time, at which no new order is sent there.
  std::optional<std::uint32_t> orders_per_second_max{};
  /// Of a journal's broker that is not configured any more: it keeps its id, and gets nothing.
  bool is_gone = false;
  bool has_replace = true; ///< else an order is replaced by its cancel and a new order
};
inline bool can_replace(const broker_settings& b) {
  return b.has_replace && can_replace(b.kind);
}

/// What decides in which order an execution slot takes its inputs.
enum class input_order : std::uint8_t {
  event_time, ///< effective times: the same on every run; waits for every link's time mark
  arrival,    ///< as they come; waits for nothing
};

/// The event log of an execution slot. By `interval`, an order may have reached the broker and be
/// forgotten after a loss of power, unless a standby's journal has it.
struct journal_settings {
  log_durability durability = log_durability::interval;
  std::chrono::milliseconds sync_interval{200};
  std::uint64_t segment_mib = 64; ///< a file that has reached this is not appended to any more
  bool cut_unsynced = false;      ///< see journal_options
  /// Least number of events between two snapshots of the trading state; 0: none is made.
  std::uint64_t snapshot_events = 1'000'000;
  std::uint32_t retention_days = 0; ///< see snapshot_shelf::tidy; 0: all files are kept
  /// By durability `always`: within this, what no command waits for is synced, and acknowledged.
  std::chrono::milliseconds unawaited_sync{10};
};

/// Orders, fills and positions in a SQLite file; see trading_ledger.
struct ledger_settings {
  bool enabled = true;
  std::uint64_t rows_held_max = 16'384; ///< not yet written; beyond, see ledger_feed
  /// From a write to its answer: so long may a row be late.
  std::chrono::milliseconds write_interval{20};
  /// From a fault to its answer, unless the log has ended.
  std::chrono::milliseconds retry_interval{5'000};
  std::chrono::milliseconds busy_timeout{5'000}; ///< while another process holds the file
  /// How long the end of a log waits for the keeper; then the ledger stays behind.
  std::chrono::milliseconds end_timeout{60'000};
};

struct execution_settings {
  std::string account = "main";
  std::string currency = "CNY";
  risk_limits limits = default_limits();      ///< of the global scope
  std::vector<limit_scope> limit_scopes{};    ///< the others, in the order of the configuration
  std::uint32_t programme_rate_reported = 10; ///< see programme_counter
  /// Age of the mark of a position, in open session time, that is an alarm; 0: none.
  nanoseconds frozen_mark_alarm{std::chrono::seconds{60}};
  nanoseconds order_lifetime{std::chrono::seconds{5}}; ///< then canceled, of event time; 0: never
  nanoseconds report_timeout{std::chrono::seconds{1}}; ///< unanswered order becomes InDoubt
  /// Of every order. One of each strategy would have to come with its signals, whose message and
  /// bytes say nothing of it; this is the smaller way.
  time_in_force order_time_in_force = time_in_force::good_till_cancel;
  std::uint32_t status_queries_max = 10; ///< see order_patience
  std::uint32_t cancel_requests_max = 3; ///< the same
  broker_kind broker = broker_kind::sim;
  input_order sequencer = input_order::event_time;
  nanoseconds mark_interval{std::chrono::milliseconds{100}}; ///< of event time; see every_tick
  sim_venue_settings sim{};
  std::vector<broker_settings> brokers{}; ///< in place of the two of `broker`; see all_brokers
  std::string primary_broker = "ctp";
  std::string backup_broker = "ib";                            ///< empty: none
  std::uint32_t failover_threshold = 3;                        ///< see order_router
  nanoseconds broker_probe_interval{std::chrono::seconds{10}}; ///< the same
  nanoseconds reconcile_interval{}; ///< between comparisons with the brokers; 0: none
  /// How often the clock is looked at for time-outs, where there are brokers outside.
  std::chrono::milliseconds clock_interval{100};
  std::uint32_t operator_commands_max = 1'000; ///< not yet answered; one more is refused
  journal_settings journal{};
  ledger_settings ledger{};

  /// The configured brokers; without any, the primary and, where there is one, the backup, both of
  /// the kind `broker`.
  std::vector<broker_settings> all_brokers() const;
  /// One of them; null where there is none of this id.
  const std::string* broker_name(broker_id of) const;
  bool replaces_at(broker_id at) const; ///< can_replace of that one

  /// Whether the broker lives outside of the merge, behind a gateway: a simulated venue does by
  /// arrival, since inside it would need an order of event time.
  bool is_external(const broker_settings& b) const {
    return b.kind == broker_kind::sim && sequencer == input_order::arrival && !b.is_gone;
  }

  /// Whether data slots send execution every tick, since a simulated venue works its orders
  /// against the book of each. Otherwise the last of each symbol and mark_interval will do.
  bool every_tick() const;

  /// All scopes, the global one first.
  std::vector<limit_scope> all_limits() const;
};

inline std::vector<limit_scope> execution_settings::all_limits() const {
  std::vector<limit_scope> out{{.kind = scope_kind::global, .name = {}, .limits = limits}};
  out.insert(out.end(), limit_scopes.begin(), limit_scopes.end());
  return out;
}

} // namespace tickmesh
