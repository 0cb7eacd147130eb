// A supervisor with children that do what a test tells them, and an owner that writes down what it
// hears.
#pragma once

#include "runtime/actors/supervisor.hpp"
#include "tests/support/actor_system_fixture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh::supervisor_bench {

struct crash_now {};
struct end_orderly {};
struct greet {};
struct report_now {};

/// What a supervisor has told its owner.
struct owner_log {
  std::vector<child_started> started;
  std::vector<std::string> gave_up;
  supervised_children children; ///< as it has last reported
  std::string events;           ///< `+1 +2 -2`: starts and ends of children

  caf::actor latest(std::uint64_t key) const {
    for (auto i = started.rbegin(); i != started.rend(); ++i)
      if (i->key == key) return i->handle;
    return {};
  }
};

} // namespace tickmesh::supervisor_bench

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::supervisor_bench::crash_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::supervisor_bench::end_orderly)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::supervisor_bench::greet)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::supervisor_bench::report_now)

namespace tickmesh::supervisor_bench {

inline caf::behavior owner_recorder(caf::event_based_actor* self, std::shared_ptr<owner_log> log) {
  return {
      [self](report_now, const caf::actor& supervised) {
        self->send(supervised, children_query{});
      },
      [log](const supervised_children& told) { log->children = told; },
      [log](const child_started& started) { log->started.push_back(started); },
      [log](const supervisor_gave_up& gave_up) { log->gave_up.push_back(gave_up.reason); },
  };
}

inline caf::behavior worker(caf::event_based_actor* self, std::shared_ptr<int> greeted) {
  set_fault_handlers(self);
  return {
      [](crash_now) { throw std::runtime_error{"out of ideas"}; },
      [self](end_orderly) { self->quit(); },
      [greeted](greet) { ++*greeted; },
  };
}

/// Writes down when it starts and ends; one that `hangs` is deaf to being asked to.
inline caf::behavior traced_worker(caf::event_based_actor* self, std::shared_ptr<owner_log> log,
                                   std::uint64_t key, bool hangs) {
  set_fault_handlers(self);
  log->events += fmt::format(" +{}", key);
  self->attach_functor([log, key](const caf::error&) { log->events += fmt::format(" -{}", key); });
  if (hangs) self->set_exit_handler([](const caf::exit_msg&) {});
  return {
      [](crash_now) { throw std::runtime_error{"out of ideas"}; },
      [self](end_orderly) { self->quit(); },
  };
}

/// A supervisor with its owner, on a system of its own.
struct supervised {
  explicit supervised(supervisor_options given = {.limit = limit}) : options(given) {}

  static constexpr restart_limit limit{3, std::chrono::milliseconds{10'000}};

  actor_system_fixture fixture;
  supervisor_options options;
  std::shared_ptr<owner_log> log = std::make_shared<owner_log>();
  std::shared_ptr<int> greeted = std::make_shared<int>(0);
  caf::actor owner = fixture.spawn(owner_recorder, log);
  caf::actor handle = fixture.spawn(supervisor, owner, options);

  void add(std::uint64_t key, restart_policy policy = restart_policy::permanent,
           bool escalates = false) {
    child_spec spec{
        key, "worker/" + std::to_string(key), policy,
        [count = greeted](caf::event_based_actor* parent) { return parent->spawn(worker, count); }};
    spec.escalates = escalates;
    caf::anon_send(handle, spec);
    fixture.run();
  }

  void add_traced(std::uint64_t key, restart_policy policy = restart_policy::permanent,
                  bool hangs = false) {
    child_spec spec{key, "worker/" + std::to_string(key), policy,
                    [to = log, key, hangs](caf::event_based_actor* parent) {
                      return parent->spawn(traced_worker, to, key, hangs);
                    }};
    caf::anon_send(handle, spec);
    fixture.run();
  }

  template <class Message>
  void tell(std::uint64_t key) {
    caf::anon_send(log->latest(key), Message{});
    fixture.run();
  }

  /// What has happened since the last call.
  std::string events() { return std::exchange(log->events, {}); }

  const child_report& report(std::uint64_t key) {
    caf::anon_send(owner, report_now{}, handle);
    fixture.run();
    auto& all = log->children.children;
    auto found = std::ranges::find(all, key, &child_report::key);
    REQUIRE(found != all.end());
    return *found;
  }
};

} // namespace tickmesh::supervisor_bench
