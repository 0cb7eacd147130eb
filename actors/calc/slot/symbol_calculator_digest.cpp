// What a symbol's calculator digests of its state: everything that what follows depends on, and the
// sum of all signals so far, so that a difference is not forgotten when its cause is.
#include "actors/calc/slot/symbol_calculator.hpp"

namespace tickmesh {

/// Windows of several strategies that end together are closed in an order that depends on how time
/// came: so signals are summed up, in no order.
void symbol_calculator::digest_signal(const signal& s) {
  digest_builder out;
  out.add(std::uint64_t{s.name.strategy.value}).add(s.name.data_epoch.value);
  out.add(s.name.last_tick.value).add(to_ns(s.name.window_end)).add(to_ns(s.effective_time));
  out.add(std::int64_t{s.direction}).add(s.volume.value).add(s.limit.value).add(s.last.value);
  out.add(s.bid.value).add(s.ask.value);
  signals_digest_ += out.value();
}

void symbol_calculator::add_digest(sequence last, epoch data_epoch, calculation_output& out) const {
  digest_builder state;
  history_.digest(state);
  for (auto time : times_)
    state.add(to_ns(time));
  for (auto* strategies : {&reactive_, &windowed_})
    for (auto& s : *strategies)
      state.add(std::int64_t{s.last_signal}).add(to_ns(s.closed_until));
  state.add(last_trade_.value).add(bid_.value).add(ask_.value).add(point_.value);
  state.add(to_ns(point_time_)).add(last_tick_.value).add(data_epoch_.value);
  state.add(signals_digest_);
  out.digests.push_back(
      {{id_.value, data_epoch.value, first_tick_.value, last.value}, state.value()});
}

} // namespace tickmesh
