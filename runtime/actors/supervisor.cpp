#include "runtime/actors/supervisor.hpp"

#include "runtime/actors/actor_system.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace {

/// A restart has waited for long enough.
struct restart_due {
  std::size_t place = 0;
  std::uint64_t turn = 0; ///< of the group; 0: the child alone
};

/// A child was asked to end long ago.
struct shutdown_overdue {
  caf::actor_addr child;
};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(restart_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(shutdown_overdue)

namespace tickmesh {

namespace {

using supervisor_actor = caf::stateful_actor<supervisor_state>;

void start_child(supervisor_actor* self, std::size_t place) {
  auto& state = self->state;
  auto& child = state.children[place];
  child.is_due = false;
  child.handle = child.spec.start(self);
  self->monitor(child.handle);
  state.places[child.handle.address()] = place;
  self->send(state.owner, child_started{child.spec.key, child.handle, child.restarts});
}

/// The group has ended, and has waited: starts it in order.
void start_group(supervisor_actor* self) {
  auto& state = self->state;
  for (auto place = *std::exchange(state.group, std::nullopt); place < state.children.size();
       ++place)
    if (state.children[place].is_due) start_child(self, place);
}

/// Asks the next child to end, or goes on to what comes when all have.
void stop_next(supervisor_actor* self) {
  auto& state = self->state;
  while (!state.stopping.empty()) {
    auto& child = state.children[state.stopping.back()];
    if (child.handle == nullptr) {
      state.stopping.pop_back();
      continue;
    }
    if (std::exchange(child.is_asked, true)) return;
    self->send_exit(child.handle, caf::exit_reason::user_shutdown);
    self->delayed_send(self, child.spec.shutdown, shutdown_overdue{child.handle.address()});
    return;
  }
  if (state.end_reason) return self->quit(*state.end_reason);
  if (!state.group) return;
  if (state.group_wait == std::chrono::nanoseconds::zero()) return start_group(self);
  self->delayed_send(self, state.group_wait, restart_due{*state.group, state.group_turn});
}

/// Stops the children from `first` on, the last one first.
void stop_from(supervisor_actor* self, std::size_t first) {
  auto& state = self->state;
  state.stopping.clear();
  for (auto place = first; place < state.children.size(); ++place)
    if (state.children[place].handle != nullptr) state.stopping.push_back(place);
  stop_next(self);
}

void end_supervisor(supervisor_actor* self, caf::error reason) {
  auto& state = self->state;
  if (state.end_reason) return;
  state.end_reason = std::move(reason);
  stop_from(self, 0);
}

void give_up(supervisor_actor* self, const std::string& reason) {
  self->send(self->state.owner, supervisor_gave_up{reason});
  end_supervisor(self, make_failure(reason));
}

/// Of the child at `place`, or of all.
restart_intensity& intensity_of(supervisor_state& state, std::size_t place) {
  auto& limit = state.options.limit;
  return state.intensities.try_emplace(limit.of_each_child ? place : 0, limit).first->second;
}

/// How long the restart waits that was counted last.
std::chrono::nanoseconds draw_wait(supervisor_state& state, std::size_t place) {
  auto count = intensity_of(state, place).recent();
  if (count < 2) return {};
  auto doublings = std::min<std::size_t>(count - 2, restart_backoff::doublings_max);
  std::chrono::nanoseconds wait = state.options.backoff.first * (std::int64_t{1} << doublings);
  std::uniform_int_distribution<std::int64_t> share{512, 1535};
  return wait * share(state.jitter) / 1024;
}

/// Restarts all children from `first` on, because of the one at `crashed`.
void restart_group(supervisor_actor* self, std::size_t first, std::size_t crashed,
                   std::chrono::nanoseconds wait) {
  auto& state = self->state;
  state.group = std::min(first, state.group.value_or(first));
  state.group_wait = wait;
  ++state.group_turn;
  for (auto place = *state.group; place < state.children.size(); ++place) {
    auto& child = state.children[place];
    if (child.is_over || child.is_due) continue;
    if (child.spec.restart == restart_policy::temporary) {
      child.is_over = true;
    } else {
      child.is_due = true;
      ++child.restarts;
    }
    if (place != crashed) child.last_reason = "with " + state.children[crashed].spec.name;
  }
  stop_from(self, *state.group);
}

std::string describe_crash(const child_spec& spec, const std::string& why) {
  return spec.is_supervisor ? why : fmt::format("{} crashed: {}", spec.name, why);
}

std::string describe_last_crash(const child_spec& spec, const restart_limit& bounds,
                                const std::string& why) {
  auto after =
      fmt::format("after {} restarts within {} ms", bounds.restarts_max, bounds.period.count());
  return spec.is_supervisor ? fmt::format("{} (once more {})", why, after)
                            : fmt::format("{} crashed once more {}: {}", spec.name, after, why);
}

void restart(supervisor_actor* self, std::size_t crashed) {
  auto& state = self->state;
  auto& child = state.children[crashed];
  auto wait = draw_wait(state, crashed);
  log_warning("{} ended ({}); restart {} in {} ms", child.spec.name, child.last_reason,
              child.restarts + 1,
              std::chrono::duration_cast<std::chrono::milliseconds>(wait).count());
  switch (state.options.strategy) {
  case restart_strategy::one_for_all: return restart_group(self, 0, crashed, wait);
  case restart_strategy::rest_for_one: return restart_group(self, crashed, crashed, wait);
  case restart_strategy::one_for_one: break;
  }
  ++child.restarts;
  child.is_due = true;
  if (wait == std::chrono::nanoseconds::zero()) return start_child(self, crashed);
  self->delayed_send(self, wait, restart_due{crashed, 0});
}

/// A child has ended by itself.
void take_end(supervisor_actor* self, std::size_t place, const caf::error& reason) {
  auto& state = self->state;
  auto& child = state.children[place];
  bool is_orderly = !reason || reason == caf::exit_reason::user_shutdown;
  child.last_reason = is_orderly ? "it ended" : describe(reason);
  auto policy = child.spec.restart;
  if (!is_orderly && child.spec.escalates)
    return give_up(self, describe_crash(child.spec, child.last_reason));
  if (policy == restart_policy::temporary || (is_orderly && policy == restart_policy::transient)) {
    child.is_over = true;
    return;
  }
  if (!intensity_of(state, place).allow(self->clock().now()))
    return give_up(self, describe_last_crash(child.spec, state.options.limit, child.last_reason));
  restart(self, place);
}

void take_down(supervisor_actor* self, const caf::down_msg& down) {
  auto& state = self->state;
  auto found = state.places.find(down.source);
  if (found == state.places.end()) return;
  auto place = found->second;
  state.places.erase(found);
  auto& child = state.children[place];
  child.handle = nullptr;
  bool is_wanted = std::exchange(child.is_asked, false);
  if (is_wanted || state.end_reason || (state.group && place >= *state.group))
    return stop_next(self);
  take_end(self, place, down.reason);
}

/// One that hangs can't be waited for.
void kill_child(supervisor_actor* self, const caf::actor_addr& address) {
  auto& state = self->state;
  auto found = state.places.find(address);
  if (found == state.places.end()) return;
  auto& child = state.children[found->second];
  log_error("{} did not end within {} ms", child.spec.name, child.spec.shutdown.count());
  self->demonitor(address);
  self->send_exit(child.handle, caf::exit_reason::kill);
  child.handle = nullptr;
  child.is_asked = false;
  state.places.erase(found);
  stop_next(self);
}

void add_child(supervisor_actor* self, const child_spec& spec) {
  auto& state = self->state;
  if (state.end_reason) return;
  state.children.push_back({spec});
  if (state.group)
    state.children.back().is_due = true; // it starts behind the others
  else
    start_child(self, state.children.size() - 1);
}

void take_restart_due(supervisor_actor* self, const restart_due& due) {
  auto& state = self->state;
  if (state.end_reason) return;
  if (due.turn == 0 && state.children[due.place].is_due) start_child(self, due.place);
  bool is_present = due.turn == state.group_turn && state.group && state.stopping.empty();
  if (due.turn != 0 && is_present) start_group(self);
}

supervised_children report_children(const supervisor_state& state) {
  supervised_children out{state.options.strategy, {}};
  for (auto& child : state.children)
    out.children.push_back({child.spec.key, child.spec.name, child.handle != nullptr,
                            child.restarts, child.last_reason});
  return out;
}

} // namespace

supervisor_state::~supervisor_state() {
  for (auto child = children.rbegin(); child != children.rend(); ++child)
    if (child->handle != nullptr)
      caf::anon_send_exit(child->handle, caf::exit_reason::user_shutdown);
}

caf::behavior supervisor(supervisor_actor* self, caf::actor owner, supervisor_options options) {
  set_fault_handlers(self);
  auto& state = self->state;
  state.options = options;
  state.owner = std::move(owner);
  state.jitter.seed(static_cast<std::minstd_rand::result_type>(options.seed));
  self->set_down_handler([self](const caf::down_msg& down) { take_down(self, down); });
  self->set_exit_handler([self](const caf::exit_msg& exit) { end_supervisor(self, exit.reason); });
  return {
      // Adds a child and starts it.
      [self](const child_spec& spec) { add_child(self, spec); },
      [self](children_query) { return report_children(self->state); },
      [self](const restart_due& due) { take_restart_due(self, due); },
      [self](const shutdown_overdue& late) { kill_child(self, late.child); },
  };
}

} // namespace tickmesh
