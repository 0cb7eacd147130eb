// The subscriptions of a data slot: who may have one, and what they are told.
#include "actors/market/slot/data_slot_actor_steps.hpp"
#include "actors/market/slot/slot_log.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace tickmesh {

namespace {

/// What is asked for, or why it can't be had.
result<tick_subscription_options> read_request(const data_slot_state& state,
                                               const subscribe_ticks& request) {
  auto& context = state.options.context;
  auto& symbols = context.view->symbols;
  auto slot = format_slot(context.slot);
  if (request.slot_index != context.slot.index)
    return fail(fmt::format("data/{} is asked for, and this is {}", request.slot_index, slot));
  if (state.subscriptions.open.size() >= state.options.log.subscriptions_max)
    return fail(fmt::format("{} has {} subscriptions, as many as tick_log.subscriptions_max allows",
                            slot, state.subscriptions.open.size()));
  if (request.first.size() != request.symbols.size())
    return fail("the request does not say for each symbol where to begin");
  tick_subscription_options out;
  for (std::size_t i = 0; i < request.symbols.size(); ++i) {
    auto& name = request.symbols[i];
    auto found = std::ranges::find(symbols, name);
    auto id = static_cast<std::uint32_t>(found - symbols.begin());
    if (found == symbols.end() || !state.own[id])
      return fail(fmt::format("{} is no symbol of {}", name, slot));
    out.wanted.push_back({symbol_id{id}, sequence{request.first[i]}});
    out.answer.symbols.push_back(id);
  }
  return out;
}

} // namespace

void open_subscription(data_slot_actor* self, const subscribe_ticks& request) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto subscriber = caf::actor_cast<caf::actor>(self->current_sender());
  if (subscriber == nullptr) return;
  auto options = read_request(state, request);
  if (!options) {
    spdlog::warn("a subscription is refused: {}", options.error().message);
    subscription_answer refusal;
    refusal.slot_index = request.slot_index;
    refusal.ticket = request.ticket;
    refusal.refusal = options.error().message;
    self->send(subscriber, std::move(refusal));
    return;
  }
  auto accepted = state.accepted->accepted();
  options->directory = slot_log_directory(*context.host, context.slot);
  options->slot = caf::actor_cast<caf::actor>(self);
  options->subscriber = subscriber;
  options->answer.slot_index = request.slot_index;
  options->answer.ticket = request.ticket;
  options->answer.epoch = context.since.value;
  options->answer.record = accepted.value;
  options->after =
      request.after_record == from_now_on ? accepted : record_number{request.after_record};
  options->run = context.view->formed;
  options->asks_last = request.asks_last;
  options->window_ticks = context.host->link_window_items;
  options->frame_ticks = context.host->round_ticks_max;
  auto after = options->after;
  auto handle = state.options.start_subscription(self, std::move(*options));
  self->monitor(handle);
  state.subscriptions.open.push_back({handle, accepted, false, after});
}

void want_records(data_slot_actor* self, const records_wanted& wanted) {
  auto& state = self->state;
  auto sender = caf::actor_cast<caf::actor>(self->current_sender());
  for (auto& entry : state.subscriptions.open) {
    if (entry.handle != sender) continue;
    entry.told = entry.read = wanted.after;
    entry.waits = true;
  }
  tell_subscriptions(self);
}

void tell_subscriptions(data_slot_actor* self) {
  auto& state = self->state;
  if (state.subscriptions.open.empty()) return;
  auto accepted = state.accepted->accepted();
  for (auto& entry : state.subscriptions.open) {
    if (!entry.waits || accepted <= entry.told) continue;
    entry.waits = false;
    entry.told = accepted;
    self->send(entry.handle, records_accepted{accepted});
  }
}

void take_subscription_down(data_slot_actor* self, const caf::down_msg& down) {
  auto& state = self->state;
  auto gone = std::erase_if(state.subscriptions.open,
                            [&](auto& entry) { return entry.handle.address() == down.source; });
  if (gone > 0) finish_when_done(self);
}

bool subscriptions_are_done(data_slot_actor* self) {
  auto& state = self->state;
  auto& subscriptions = state.subscriptions;
  if (subscriptions.open.empty() || subscriptions.overdue) return true;
  if (subscriptions.lingers) return false;
  subscriptions.lingers = true;
  self->delayed_send(self, state.options.log.subscription_linger, subscriptions_overdue{});
  return false;
}

} // namespace tickmesh
