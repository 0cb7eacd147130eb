#include "actors/execution/slot/exec_risk_actor.hpp"

#include "actors/execution/events/operator_codec.hpp"

#include <utility>

namespace tickmesh {

void begin_risk_checker(exec_slot_actor* self, const caf::actor& checker) {
  auto& state = self->state;
  state.risk = checker;
  self->send(checker, begin_trading{std::exchange(state.begun.trading, nullptr),
                                    state.appender->last_event()});
  if (!state.batch_in_work.empty()) self->send(checker, state.batch_in_work);
  if (state.finishing && !state.has_finished) finish_risk_checker(self);
}

void hand_to_risk_checker(exec_slot_actor* self, event_batch batch) {
  auto& state = self->state;
  state.batch_in_work = caf::make_message(std::move(batch));
  self->send(state.risk, state.batch_in_work);
}

void finish_risk_checker(exec_slot_actor* self) {
  self->send(self->state.risk, finish_trading{});
}

void answer_limits_query(exec_slot_actor* self, caf::typed_response_promise<operator_bytes> reply) {
  auto& state = self->state;
  self->request(state.risk, state.options.request_timeout, limits_query{})
      .then(
          [reply](const limits_in_force& limits) mutable {
            reply.deliver(operator_bytes{encode_limits_answer(limits)});
          },
          [reply](const caf::error&) mutable {
            reply.deliver(operator_bytes{
                encode_operator_answer({false, "the risk checker does not answer"})});
          });
}

caf::typed_response_promise<slot_counters> answer_counters_query(exec_slot_actor* self) {
  auto& state = self->state;
  auto promise = self->make_response_promise<slot_counters>();
  count_inputs(*state.sequencer, state.report.counts);
  auto fallback = slot_counters{state.options.context.slot, state.report.counts, 0, {}};
  self->request(state.risk, state.options.request_timeout, totals_query{})
      .then(
          [self, promise, fallback](const trading_totals& totals) mutable {
            auto counters = fallback;
            counters.execution_totals =
                encode_totals(totals, self->state.sequencer->inputs().waiting_for());
            promise.deliver(std::move(counters));
          },
          [promise, fallback](const caf::error&) mutable { promise.deliver(fallback); });
  return promise;
}

} // namespace tickmesh
