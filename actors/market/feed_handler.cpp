#include "actors/market/feed_handler.hpp"

#include "runtime/actor_system.hpp"
#include "runtime/slot_protocol.hpp"

#include <algorithm>

namespace {

/// The next record has fallen due.
struct feed_due {};

/// A live source has something again.
struct feed_arrived {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(feed_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(feed_arrived)

namespace tickmesh {

namespace {

using feed_handler_actor = caf::stateful_actor<feed_handler_state>;

/// Shortest and longest time to sleep until the next record. A finer grain costs more in wake-ups
/// than it saves in lateness, which is measured; the longest keeps a stepped clock from stalling
/// the feed.
constexpr std::int64_t sleep_ns_min = 200'000;
constexpr std::int64_t sleep_ns_max = 100'000'000;

void send_round(feed_handler_actor* self, const caf::actor& slot, const host_clock& clock,
                feed_round round) {
  auto& state = self->state;
  round_sent announcement;
  announcement.round = ++state.last_round;
  announcement.records = round.records;
  announcement.trading_day = round.trading_day;
  announcement.lateness_ns = round.lateness_ns;
  announcement.time_mark = round.time_mark;
  announcement.read_up_to = std::move(round.read_up_to);
  announcement.generator_cpu_ns = state.reader->generator_cpu_ns();
  announcement.history = round.history;
  announcement.end = round.end;
  if (round.end) self->send(slot, source_counts{state.reader->counts()});
  announcement.symbols.reserve(round.batches.size());
  for (auto& batch : round.batches)
    announcement.symbols.push_back(batch.symbol);
  self->send(slot, std::move(announcement));
  // Delays count from when the tick was due, so that a source that is late hides nothing.
  auto ingest_ns = clock.control_ns() - round.lateness_ns;
  std::uint32_t part = 0;
  for (auto& batch : round.batches)
    self->send(state.streams[batch.symbol.value], raw_batch{state.last_round, part++, ingest_ns,
                                                            round.history, std::move(batch.ticks)});
}

/// Sends rounds while there is credit and something is due, then sets the timer; a live source
/// calls when it has something again.
void produce(feed_handler_actor* self, const caf::actor& slot, const host_clock& clock) {
  auto& state = self->state;
  while (state.credit > 0 && !state.reader->ended()) {
    auto now = clock.local_ns();
    auto round = state.reader->read_round(now);
    if (round) {
      --state.credit;
      send_round(self, slot, clock, std::move(*round));
      continue;
    }
    auto due = state.reader->next_due_ns();
    if (state.timer_set || !due) return;
    state.timer_set = true;
    auto sleep = std::clamp(*due - now, sleep_ns_min, sleep_ns_max);
    self->delayed_send(self, std::chrono::nanoseconds{sleep}, feed_due{});
    return;
  }
}

} // namespace

caf::behavior feed_handler(feed_handler_actor* self, caf::actor slot,
                           feed_handler_options options) {
  keep_crash_reason(self);
  auto clock = options.clock;
  self->state.reader =
      std::make_unique<feed_reader>(options.source, std::move(options.own), options.speed,
                                    options.round_ticks_max, std::move(options.logged));
  // The feed may call after this actor has ended: the address keeps nothing alive.
  self->state.reader->on_arrival([address = caf::actor_addr{self->address()}] {
    if (auto handler = caf::actor_cast<caf::actor>(address); handler != nullptr)
      caf::anon_send(handler, feed_arrived{});
  });
  return {
      // Where each symbol's records go.
      [self](const stream_handles& handles) { self->state.streams = handles.by_symbol; },
      // One more round may be sent.
      [self, slot, clock](const produce_round& granted) {
        ++self->state.credit;
        self->state.reader->forget_rounds_before(granted.oldest_open_round);
        produce(self, slot, *clock);
      },
      [self](const rounds_logged& logged) { self->state.reader->acknowledge(logged.accepted); },
      [self](source_counts_query) -> source_counts { return {self->state.reader->counts()}; },
      [self, slot, clock](feed_due) {
        self->state.timer_set = false;
        produce(self, slot, *clock);
      },
      [self, slot, clock](feed_arrived) { produce(self, slot, *clock); },
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
          self->send(replay.stream, raw_batch{round, 0, 0, round == 0, ticks});
      },
  };
}

} // namespace tickmesh
