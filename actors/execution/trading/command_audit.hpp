// Every operator's command of an event log, what it asked for, and what became of it. Fed by a
// replay; a pure function of the calls. Used by `tickmesh audit`.
#pragma once

#include "actors/execution/events/batch_decisions.hpp"
#include "actors/execution/risk/limits_difference.hpp"
#include "actors/execution/trading/trading_state.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tickmesh {

struct audited_command {
  std::uint64_t event = 0;
  timestamp time{}; ///< of the event; the command says when it was asked
  operator_command command{};
  std::vector<limit_difference> changes{}; ///< of limits against those before
  operator_outcome outcome{};
};

/// What a command asks for, in words: `halt, cancel all open orders`.
std::string format_action(const operator_action& action);

class command_audit {
public:
  /// The state is that of the replay, and outlives this.
  explicit command_audit(const trading_state& trading) : trading_(trading) {}

  /// An event is about to be applied.
  void before(const sequenced_event& event);
  /// It has been, and this was decided.
  void after(const sequenced_event& event, const batch_decisions& decided);

  /// In the order of the log.
  const std::vector<audited_command>& commands() const { return commands_; }

private:
  const trading_state& trading_;
  std::vector<audited_command> commands_;
};

} // namespace tickmesh
