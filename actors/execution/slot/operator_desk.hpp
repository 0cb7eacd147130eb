// Commands of operators on their way through an execution slot, in the order of its log. Plain
// class behind exec_slot; `Reply` is whatever carries an answer back.
//
//   ask --> log --> decide: the outcomes wait for the halt file --> settle: the answers
#pragma once

#include "actors/execution/events/operator_command.hpp"
#include "messages/result.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

template <class Reply>
class operator_desk {
public:
  /// A command that has been carried out, or refused. Without a reply, nobody waits for it.
  struct answer {
    operator_command command;
    operator_outcome outcome;
    std::optional<Reply> reply;
  };

  /// Fails where as many commands wait already.
  result<void> make_room(std::size_t commands_max) const {
    if (asked_.size() < commands_max) return {};
    return fail(fmt::format("{} commands are not answered yet "
                            "(execution.operator_commands_max)",
                            asked_.size()));
  }

  /// The command has been put into the log, behind those before.
  void ask(operator_command command, std::optional<Reply> reply = std::nullopt) {
    asked_.push_back({std::move(command), std::move(reply)});
  }

  /// What became of the next commands has taken effect, and is told once the halt file has it.
  /// Precondition: so many were asked.
  void decide(std::vector<operator_outcome> outcomes) { decided_.push_back(std::move(outcomes)); }

  /// The halt file has, or can't have (`failure` says why), what the oldest outcomes made of the
  /// trading state: their answers, in order. Precondition: decide() was called once more than this.
  std::vector<answer> settle(const std::string& failure) {
    std::vector<answer> out;
    for (auto& outcome : decided_.front()) {
      if (!failure.empty()) outcome = {false, "it may be forgotten: " + failure};
      auto& [command, reply] = asked_.front();
      out.push_back({std::move(command), std::move(outcome), std::move(reply)});
      asked_.pop_front();
    }
    decided_.pop_front();
    return out;
  }

private:
  struct asked_command {
    operator_command command;
    std::optional<Reply> reply;
  };

  std::deque<asked_command> asked_;
  std::deque<std::vector<operator_outcome>> decided_; // by batch
};

} // namespace tickmesh
