#include "actors/market/feed_handler.hpp"

#include "runtime/actor_system.hpp"
#include "runtime/slot_protocol.hpp"

#include <algorithm>

namespace {

/// The next record has fallen due.
struct feed_due {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(feed_due)

namespace tickmesh {

namespace {

using feed_handler_actor = caf::stateful_actor<feed_handler_state>;

/// Shortest and longest time to sleep until the next record. A finer grain costs more in wake-ups
/// than it saves in lateness, which is measured; the longest keeps a stepped clock from stalling
/// the feed.
constexpr std::int64_t sleep_ns_min = 1'000'000;
constexpr std::int64_t sleep_ns_max = 100'000'000;

void send_round(feed_handler_actor* self, const caf::actor& slot, const host_clock& clock,
                feed_round round) {
  auto& state = self->state;
  round_sent announcement;
  announcement.round = ++state.last_round;
  announcement.records = round.records;
  announcement.lateness_ns = round.lateness_ns;
  announcement.time_mark = round.time_mark;
  announcement.end = round.end;
  for (auto& [symbol, ticks] : round.batches)
    announcement.symbols.insert(symbol);
  self->send(slot, std::move(announcement));
  auto ingest_ns = clock.control_ns();
  for (auto& [symbol, ticks] : round.batches)
    self->send(state.streams[symbol.value],
               raw_batch{state.last_round, ingest_ns, false, std::move(ticks)});
}

/// Sends rounds while there is credit and something is due, then sets the timer.
void produce(feed_handler_actor* self, const caf::actor& slot, const host_clock& clock) {
  auto& state = self->state;
  while (state.credit > 0 && !state.reader->ended()) {
    auto now = clock.local_ns();
    auto round = state.reader->read_round(now);
    if (!round) {
      if (state.timer_set) return;
      state.timer_set = true;
      auto sleep = std::clamp(state.reader->next_due_ns() - now, sleep_ns_min, sleep_ns_max);
      self->delayed_send(self, std::chrono::nanoseconds{sleep}, feed_due{});
      return;
    }
    --state.credit;
    send_round(self, slot, clock, std::move(*round));
  }
}

} // namespace

caf::behavior feed_handler(feed_handler_actor* self, caf::actor slot,
                           std::shared_ptr<const feed_source> source, std::vector<bool> own,
                           double speed, std::uint32_t round_ticks_max,
                           std::shared_ptr<host_clock> clock) {
  keep_crash_reason(self);
  self->state.reader =
      std::make_unique<feed_reader>(std::move(source), std::move(own), speed, round_ticks_max);
  return {
      // Where each symbol's records go.
      [self](const stream_handles& handles) { self->state.streams = handles.by_symbol; },
      // One more round may be sent.
      [self, slot, clock](const produce_round& granted) {
        ++self->state.credit;
        self->state.reader->forget_rounds_before(granted.oldest_open_round);
        produce(self, slot, *clock);
      },
      [self, slot, clock](feed_due) {
        self->state.timer_set = false;
        produce(self, slot, *clock);
      },
      // Ends the feed here, with a last round.
      [self, slot, clock](stop_feeds) {
        self->state.reader->stop();
        produce(self, slot, *clock);
      },
      // A symbol's stream was restarted: rebuilds it from the source.
      [self](const replay_symbol& replay) {
        auto& state = self->state;
        state.streams[replay.symbol.value] = replay.stream;
        for (auto& [round, ticks] : state.reader->reread(replay.symbol, replay.oldest_open_round))
          self->send(replay.stream, raw_batch{round, 0, round == 0, ticks});
      },
  };
}

} // namespace tickmesh
