// Which broker a new order goes to: the primary, or the backup while the primary fails. A pure
// function of what it is told. Used by trading_state.
#pragma once

#include "actors/execution/events/execution_events.hpp"
#include "messages/timestamp.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tickmesh {

struct routing_rules {
  std::vector<broker_id> preference;    ///< the primary first; at least one
  std::uint32_t failover_threshold = 3; ///< definite failures in a row until a switch
  nanoseconds probe_interval{std::chrono::seconds{10}}; ///< between trials of one that failed
};

/// A broker is passed over from its `failover_threshold`th definite failure in a row, or from the
/// loss of its session, until it answers again. A definite failure is one after which the order is
/// known not to have been taken. What became of an order that nobody answers for is not known, so
/// silence is no failure here: the order stays where it is.
class order_router {
public:
  explicit order_router(routing_rules rules);

  /// Other rules from now on. How the brokers do stays known, and is judged anew when something is
  /// noted; one that is new to the rules is usable.
  void change_rules(routing_rules rules);

  /// The broker for a new order, or for one that the brokers in `refused_by` have definitely not
  /// taken; nothing when none is left.
  std::optional<broker_id> choose(const std::vector<broker_id>& refused_by = {}) const;

  /// The broker has definitely not taken an order.
  void note_failure(broker_id broker, timestamp now);
  /// The broker has answered for an order, if only to refuse it for a reason of the order's own, or
  /// has answered a probe.
  void note_answer(broker_id broker);
  void note_session(broker_id broker, bool is_up, timestamp now);
  /// What is noted of a broker that gets no orders changes nothing.

  bool is_usable(broker_id broker) const;
  /// Definite failures in a row, and whether there is a session. Precondition: the rules have it.
  std::uint32_t failures(broker_id broker) const { return states_[broker.value].failures; }
  bool is_connected(broker_id broker) const { return states_[broker.value].is_connected; }
  const routing_rules& rules() const { return rules_; }
  /// Brokers that are passed over, and are to be tried now; each is named once an interval.
  std::vector<broker_id> take_probes(timestamp now);
  /// When the next of them falls due; nothing when all brokers are usable.
  std::optional<timestamp> next_probe() const;

  std::uint64_t switches() const { return switches_; } ///< brokers that became unusable

  /// See state_archive.hpp; the rules are those of the configuration.
  template <class Archive>
  void persist(Archive& archive) {
    auto& [rules, states, switches] = *this;
    archive(states, switches);
  }

private:
  struct broker_state {
    std::uint32_t failures = 0; ///< in a row
    bool is_connected = true;
    bool is_usable = true;
    timestamp next_probe{};

    template <class Archive>
    void persist(Archive& archive) {
      archive(failures, is_connected, is_usable, next_probe);
    }
  };

  broker_state* state_of(broker_id broker);
  void judge(broker_state& state, timestamp now);

  routing_rules rules_;
  std::vector<broker_state> states_; ///< by broker
  std::uint64_t switches_ = 0;
};

} // namespace tickmesh
