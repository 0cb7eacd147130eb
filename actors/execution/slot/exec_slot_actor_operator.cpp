// What operators ask of an execution slot.
#include "actors/execution/events/operator_codec.hpp"
#include "actors/execution/slot/exec_slot_actor_steps.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace tickmesh {

namespace {

/// Commands that have not been answered.
constexpr std::size_t asked_max = 1'000;

operator_bytes to_bytes(const operator_outcome& outcome) {
  wire::OperatorAnswer answer;
  answer.set_is_done(outcome.is_done);
  answer.set_text(outcome.text);
  return {answer.SerializeAsString()};
}

/// When a command was asked for, by this host's clock: for people alone.
timestamp time_of(const exec_slot_state& state) {
  return from_ns(state.options.context.clock->local_ns());
}

/// An answer that takes this long means that the risk checker hangs.
constexpr std::chrono::seconds limits_timeout{5};

/// What limits hold; no event of the log.
void answer_limits_query(exec_slot_actor* self,
                         caf::typed_response_promise<operator_bytes> promise) {
  self->request(self->state.risk, limits_timeout, limits_query{})
      .then(
          [promise](const limits_in_force& limits) mutable {
            wire::OperatorAnswer answer;
            answer.set_is_done(true);
            write_limits_in_force(limits, *answer.mutable_limits());
            promise.deliver(operator_bytes{answer.SerializeAsString()});
          },
          [promise](const caf::error&) mutable {
            promise.deliver(to_bytes({false, "the risk checker does not answer"}));
          });
}

result<operator_command> read_command(const exec_slot_state& state,
                                      const wire::OperatorRequest& request) {
  if (state.finishing) return fail("the log has ended: nothing is traded any more");
  if (state.asked.size() >= asked_max)
    return fail(fmt::format("{} commands are not answered yet", state.asked.size()));
  return read_operator_command(request.command());
}

} // namespace

caf::typed_response_promise<operator_bytes> take_operator_request(exec_slot_actor* self,
                                                                  const operator_bytes& request) {
  auto& state = self->state;
  auto promise = self->make_response_promise<operator_bytes>();
  wire::OperatorRequest read;
  if (!read.ParseFromString(request.bytes)) {
    promise.deliver(to_bytes({false, "bytes that are no OperatorRequest"}));
    return promise;
  }
  if (read.limits_query()) {
    answer_limits_query(self, promise);
    return promise;
  }
  auto command = read_command(state, read);
  if (!command) {
    promise.deliver(to_bytes({false, command.error().message}));
    return promise;
  }
  command->asked = time_of(state);
  state.sequencer->post(*command);
  state.asked.push_back({std::move(*command), promise});
  pump(self);
  return promise;
}

void post_command(exec_slot_state& state, operator_command command) {
  command.asked = time_of(state);
  state.sequencer->post(command);
  state.asked.push_back({std::move(command), std::nullopt});
}

void halt_trading(exec_slot_state& state, std::string who, std::string reason) {
  spdlog::error("{} halts trading: {}: {}", format_slot(state.options.context.slot), who, reason);
  post_command(state, {.who = std::move(who),
                       .reason = std::move(reason),
                       .action = trading_switch{.mode = trading_mode::halted}});
}

void answer_operators(exec_slot_actor* self, exec_slot_state::held_answer& held) {
  if (held.outcomes.empty()) return;
  auto& state = self->state;
  state.unkept.push_back(std::move(held.outcomes));
  self->send(state.keeper, keep_trading_notice{{std::move(held.trading), state.log->last_event()}});
}

void take_notice_kept(exec_slot_actor* self, const trading_notice_kept& kept) {
  auto& state = self->state;
  auto& why = kept.failure;
  if (!why.empty()) fail_slot(self, why);
  auto outcomes = std::move(state.unkept.front());
  state.unkept.pop_front();
  for (auto& outcome : outcomes) {
    if (!why.empty()) outcome = {false, "it may be forgotten: " + why};
    auto [command, promise] = std::move(state.asked.front());
    state.asked.pop_front();
    spdlog::warn("{}: asked by {} ({}): {}{}", format_slot(state.options.context.slot), command.who,
                 command.reason, outcome.is_done ? "" : "refused: ", outcome.text);
    if (promise) promise->deliver(to_bytes(outcome));
  }
}

} // namespace tickmesh
