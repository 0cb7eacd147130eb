#include "runtime/net/reactor_clock.hpp"

#include <caf/io/network/multiplexer.hpp>

#include <memory>
#include <utility>

namespace tickmesh {

namespace {

/// A change to the clock that waits for its turn in the loop.
template <class Change>
class clock_change final : public caf::io::network::multiplexer::runnable {
public:
  explicit clock_change(Change change) : change_(std::move(change)) {}
  caf::resumable::resume_result resume(caf::execution_unit*, std::size_t) override {
    change_();
    return done;
  }

private:
  Change change_;
};

} // namespace

template <class Change>
void reactor_clock::in_loop(Change change) {
  if (jobs_.is_here()) return change();
  jobs_.push(new clock_change<Change>{std::move(change)});
}

template <class Change>
void reactor_clock::in_loop(caf::abstract_actor* self, Change change) {
  if (jobs_.is_here()) return change(self);
  in_loop([held = caf::strong_actor_ptr{self->ctrl()}, change = std::move(change)] {
    change(held->get());
  });
}

std::optional<reactor_clock::time_point> reactor_clock::next_due() const {
  if (schedule_.empty()) return std::nullopt;
  return schedule_.begin()->first;
}

void reactor_clock::set_ordinary_timeout(time_point due, caf::abstract_actor* self,
                                         caf::atom_value type, std::uint64_t id) {
  in_loop(self, [this, due, type, id](caf::abstract_actor* whose) {
    base::set_ordinary_timeout(due, whose, type, id);
  });
}

void reactor_clock::set_multi_timeout(time_point due, caf::abstract_actor* self,
                                      caf::atom_value type, std::uint64_t id) {
  in_loop(self, [this, due, type, id](caf::abstract_actor* whose) {
    base::set_multi_timeout(due, whose, type, id);
  });
}

void reactor_clock::set_request_timeout(time_point due, caf::abstract_actor* self,
                                        caf::message_id id) {
  in_loop(self, [this, due, id](caf::abstract_actor* whose) {
    base::set_request_timeout(due, whose, id);
  });
}

// An actor cancels while it ends, when it can no longer be held on to; its number is enough.

void reactor_clock::cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) {
  in_loop([this, what = ordinary_timeout_cancellation{self->id(), type}] { handle(what); });
}

void reactor_clock::cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) {
  in_loop([this, what = request_timeout_cancellation{self->id(), id}] { handle(what); });
}

void reactor_clock::cancel_timeouts(caf::abstract_actor* self) {
  in_loop([this, what = timeouts_cancellation{self->id()}] { handle(what); });
}

void reactor_clock::schedule_message(time_point due, caf::strong_actor_ptr receiver,
                                     caf::mailbox_element_ptr content) {
  if (jobs_.is_here()) return base::schedule_message(due, std::move(receiver), std::move(content));
  in_loop([this, due, to = std::move(receiver), what = std::move(content)]() mutable {
    base::schedule_message(due, std::move(to), std::move(what));
  });
}

void reactor_clock::schedule_message(time_point due, caf::group target,
                                     caf::strong_actor_ptr sender, caf::message content) {
  in_loop([this, due, target = std::move(target), sender = std::move(sender),
           content = std::move(content)] { base::schedule_message(due, target, sender, content); });
}

void reactor_clock::cancel_all() {
  in_loop([this] { base::cancel_all(); });
}

} // namespace tickmesh
