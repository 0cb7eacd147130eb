// Between the risk checker's answers and the brokers: writes each into the journal, holds back what
// follows from it until that is durable, and says what the journal's keeper is to be told. Plain
// class behind exec_slot.
//
//   trading_answer --append--> journal, commit_gate --take--> held_answer
//   keeper --durable--> commit_gate
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "actors/execution/journal/journal.hpp"
#include "actors/execution/slot/commit_gate.hpp"
#include "actors/execution/slot/trading_answer.hpp"
#include "messages/numbers.hpp"
#include "messages/result.hpp"
#include "runtime/log/sync_notice.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace tickmesh {

/// When the keeper of a journal is told of what was appended.
inline sync_notice<std::uint64_t> notice_for_journal_keeper(log_durability durability) {
  switch (durability) {
  case log_durability::always: return sync_notice<std::uint64_t>{sync_wish::each};
  case log_durability::interval: return sync_notice<std::uint64_t>{sync_wish::since_answer};
  case log_durability::never: break;
  }
  return sync_notice<std::uint64_t>{sync_wish::nothing};
}

/// What waits for the journal.
struct held_answer {
  std::vector<decided_command> commands;
  std::vector<order_trigger> triggers;
  std::vector<operator_outcome> outcomes;
  trading_status trading;
};

class journal_appender {
public:
  /// Writes as the host that owns the slot since `writer`.
  journal_appender(std::shared_ptr<journal> log, const journal_settings& settings, epoch writer);

  /// The keeper is to know that events were appended up to `event`.
  struct keeper_note {
    std::uint64_t event = 0;
    bool is_awaited = true; ///< by commands
  };

  /// Of what earlier lives have left unsynced, once the keeper runs.
  std::optional<keeper_note> begin();

  struct outcome {
    std::optional<keeper_note> note;
    bool is_held = false; ///< take() gives it; else nothing follows from the batch
  };
  /// Takes the answer's record, commands and outcomes. Nothing leaves at a batch without commands
  /// and outcomes, so nothing has to wait for the disk. Fails as journal::append and note_boot.
  result<outcome> append(trading_answer& answer);

  /// The keeper says that events up to `event` survive the loss of power.
  std::optional<keeper_note> durable(std::uint64_t event);

  /// The oldest that may go; nothing when it must wait, or nothing is held.
  std::optional<held_answer> take() { return gate_.take(); }

  /// Whether inputs may be acknowledged, which their sender then forgets: the journal must have
  /// them for good, as far as its durability goes.
  bool has_inputs_for_good() const;

  std::uint64_t last_event() const { return log_->last_event(); }

private:
  bool is_always() const { return settings_.durability == log_durability::always; }
  result<void> note_first_record();

  std::shared_ptr<journal> log_;
  journal_settings settings_;
  epoch writer_;
  sync_notice<std::uint64_t> notice_;
  commit_gate<held_answer> gate_;
  bool has_noted_boot_ = false;
};

} // namespace tickmesh
