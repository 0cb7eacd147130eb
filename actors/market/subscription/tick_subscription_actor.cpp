#include "actors/market/subscription/tick_subscription_actor.hpp"

#include "actors/market/tick_log/tick_log_reader.hpp"
#include "messages/tick_codec.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/telemetry/log.hpp"

#include <unistd.h>

#include <utility>

namespace {

/// Time to read the next portion.
struct read_on {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(read_on)

namespace tickmesh {

namespace {

using subscription_actor = caf::stateful_actor<tick_subscription_state>;

void fail_subscription(subscription_actor* self, const std::string& reason) {
  auto& options = self->state.options;
  log_error("a subscription of data/{} has failed: {}", options.answer.slot_index, reason);
  auto refusal = options.answer;
  refusal.refusal = reason;
  self->send(options.subscriber, std::move(refusal));
  self->quit();
}

/// The number of each symbol's last tick. What can't be read is told with the ticks.
std::vector<std::uint64_t> last_numbers(const tick_subscription_options& options) {
  std::vector<std::uint64_t> out(options.wanted.size(), 0);
  auto reader = tick_log_reader::open(options.directory);
  if (!reader) return out;
  std::vector<tick> last;
  for (std::size_t i = 0; i < out.size(); ++i) {
    last.clear();
    auto read = reader->last_ticks(options.wanted[i].symbol, 1, last);
    if (read && !last.empty()) out[i] = last.front().number.value;
  }
  return out;
}

void send_portion(subscription_actor* self, ticks_portion& portion) {
  auto& state = self->state;
  subscription_frame frame;
  frame.ticket = state.options.answer.ticket;
  frame.number = state.link->last_number() + 1;
  frame.record = portion.position.value;
  frame.items = static_cast<std::uint32_t>(portion.ticks);
  frame.payload = std::move(portion.runs);
  append_tick_frame_end(frame.payload, portion.time_mark, portion.final);
  state.link->send(frame.number, frame.items);
  state.sent_mark = portion.time_mark;
  state.final_sent = portion.final;
  self->send(state.options.subscriber, std::move(frame));
}

/// Reads one portion and sees to it that another follows: at once, when there is credit again, or
/// when more is accepted.
void read_portion(subscription_actor* self) {
  auto& state = self->state;
  state.reads = false;
  if (state.final_sent || !state.link->has_credit()) return;
  ticks_portion portion;
  auto read = state.reader->next(state.accepted, state.options.frame_ticks, portion);
  if (!read) return fail_subscription(self, read.error().message);
  state.position = portion.position;
  bool caught_up = state.position == state.accepted;
  // A mark that comes alone waits for the subscriber to have taken what it has, for it costs no
  // credit.
  bool new_mark = portion.time_mark > state.sent_mark && state.link->all_acknowledged();
  if (portion.ticks > 0 || portion.final || (caught_up && new_mark)) send_portion(self, portion);
  if (state.final_sent) return;
  if (!caught_up) {
    state.reads = true;
    self->send(self, read_on{});
  } else if (!std::exchange(state.asked, true)) {
    self->send(state.options.slot, records_wanted{state.accepted});
  }
}

void read_unless_under_way(subscription_actor* self) {
  if (!self->state.reads) read_portion(self);
}

} // namespace

tick_subscription_options subscription_options(const subscribe_ticks& request,
                                               std::vector<wanted_ticks> wanted,
                                               const slot_context& context,
                                               record_number accepted) {
  tick_subscription_options out;
  out.answer.slot_index = request.slot_index;
  out.answer.ticket = request.ticket;
  out.answer.epoch = context.since.value;
  out.answer.record = accepted.value;
  for (auto& ticks : wanted)
    out.answer.symbols.push_back(ticks.symbol.value);
  out.wanted = std::move(wanted);
  out.after = request.after_record == from_now_on ? accepted : record_number{request.after_record};
  out.run = context.view->formed;
  out.asks_last = request.asks_last;
  out.window_ticks = context.host->link_window_items;
  out.frame_ticks = context.host->round_ticks_max;
  return out;
}

caf::behavior tick_subscription(subscription_actor* self, tick_subscription_options options) {
  set_fault_handlers(self);
  auto& state = self->state;
  state.options = std::move(options);
  auto& given = state.options;
  state.accepted = record_number{given.answer.record};
  state.reader =
      std::make_unique<subscription_reader>(given.directory, given.wanted, given.after, given.run);
  epoch since{given.answer.epoch};
  state.link = std::make_unique<link_sender>(since, given.window_ticks);
  state.link->resume(since, 0, {}); // a subscriber has nothing when it asks
  self->monitor(given.slot);
  self->monitor(given.subscriber);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  if (given.asks_last) given.answer.last = last_numbers(given);
  self->send(given.subscriber, given.answer);
  read_portion(self);
  return {
      // The slot has accepted more.
      [self](const records_accepted& accepted) {
        self->state.accepted = accepted.number;
        self->state.asked = false;
        read_unless_under_way(self);
      },
      // The subscriber is done with a frame.
      [self](const subscription_ack& ack) {
        auto& own = self->state;
        if (auto done = own.link->acknowledge(own.link->since(), ack.number); !done)
          return fail_subscription(self, done.error().message);
        if (own.final_sent && own.link->all_acknowledged()) return self->quit();
        read_unless_under_way(self);
      },
      [self](read_on) { read_portion(self); },
  };
}

namespace {

/// Where processors are scarce, the tick path goes first.
constexpr int niceness = 10;

caf::behavior yielding_subscription(subscription_actor* self, tick_subscription_options options) {
  [[maybe_unused]] auto now = ::nice(niceness); // of this thread alone (Linux)
  return tick_subscription(self, std::move(options));
}

} // namespace

caf::actor start_detached_subscription(caf::event_based_actor* parent,
                                       tick_subscription_options options) {
  return parent->spawn<caf::detached>(yielding_subscription, std::move(options));
}

} // namespace tickmesh
