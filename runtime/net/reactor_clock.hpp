// CAF's timers, kept by the thread that runs the actors: no thread of their own, no wake-up between
// two. What other threads ask for is passed to the loop as a job.
#pragma once

#include "runtime/net/job_queue.hpp"

#include <caf/detail/simple_actor_clock.hpp>

#include <optional>

namespace tickmesh {

class reactor_clock final : public caf::detail::simple_actor_clock {
public:
  explicit reactor_clock(job_queue& jobs) : jobs_(jobs) {}

  /// When the next timer is due. In the loop's thread only, as `trigger_expired_timeouts`.
  std::optional<time_point> next_due() const;

  void set_ordinary_timeout(time_point due, caf::abstract_actor* self, caf::atom_value type,
                            std::uint64_t id) override;
  void set_multi_timeout(time_point due, caf::abstract_actor* self, caf::atom_value type,
                         std::uint64_t id) override;
  void set_request_timeout(time_point due, caf::abstract_actor* self, caf::message_id id) override;
  void cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) override;
  void cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) override;
  void cancel_timeouts(caf::abstract_actor* self) override;
  void schedule_message(time_point due, caf::strong_actor_ptr receiver,
                        caf::mailbox_element_ptr content) override;
  void schedule_message(time_point due, caf::group target, caf::strong_actor_ptr sender,
                        caf::message content) override;
  void cancel_all() override;

private:
  using base = caf::detail::simple_actor_clock;

  /// Calls `change` in the loop's thread: now, or as a job.
  template <class Change>
  void in_loop(Change change);
  /// The same for an actor's timer; the actor lives until then.
  template <class Change>
  void in_loop(caf::abstract_actor* self, Change change);

  job_queue& jobs_;
};

} // namespace tickmesh
