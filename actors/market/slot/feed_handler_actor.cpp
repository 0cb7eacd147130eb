#include "actors/market/slot/feed_handler_actor.hpp"

#include "actors/market/slot/symbol_stream_actor.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/cluster/slot_protocol.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

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

/// A round whose memory can be used.
std::shared_ptr<market_round> take_spare(feed_handler_state& state) {
  if (state.spare.empty()) return std::make_shared<market_round>();
  auto round = std::move(state.spare.back());
  state.spare.pop_back();
  return round;
}

/// Passes on a round that was read at `now_ns` on the control host's clock.
void send_round(feed_handler_actor* self, const caf::actor& slot, std::int64_t now_ns,
                const std::shared_ptr<market_round>& round) {
  auto& state = self->state;
  auto& records = round->records;
  // Delays count from when the tick was due, so that a source that is late hides nothing.
  round->ingest_ns = now_ns - records.lateness_ns;
  round->generator_cpu_ns = state.reader->generator_cpu_ns();
  round->open_parts();
  state.open.push_back(round);
  if (records.end) self->send(slot, source_counts{state.reader->counts()});
  auto show = [&probe = state.options.probe] {
    if (probe) probe();
  };
  show();
  self->send(slot, round_sent{round});
  auto& batches = records.batches;
  for (std::uint32_t part = 0; part < batches.size(); ++part) {
    if (part + actors_prefetched < batches.size())
      prefetch_actor<symbol_stream_actor>(
          state.streams[batches[part + actors_prefetched].symbol.value]);
    show();
    self->send(state.streams[batches[part].symbol.value], raw_batch{round, part});
  }
}

/// Rounds before `number` are in the log.
void close_rounds_before(feed_handler_state& state, std::uint64_t number) {
  for (; state.first_open < number && !state.open.empty(); ++state.first_open) {
    if (state.first_open >= state.first_own) state.spare.push_back(std::move(state.open.front()));
    state.open.pop_front();
  }
  state.reader->forget_rounds_before(number);
}

/// Rebuilds a stream from the source. Rounds that it had done its part of are history.
void replay(feed_handler_actor* self, symbol_id symbol, const caf::actor& stream) {
  auto& state = self->state;
  bool is_first = true;
  for (auto& [number, ticks] : state.reader->reread(symbol, state.first_open)) {
    reread_batch batch{nullptr, 0, ticks, std::exchange(is_first, false)};
    if (number != 0) {
      auto& round = state.open[number - state.first_open];
      auto& batches = round->records.batches;
      auto place =
          std::find_if(batches.begin(), batches.end(), [&](auto& b) { return b.symbol == symbol; });
      assert(place != batches.end());
      batch.part = static_cast<std::uint32_t>(place - batches.begin());
      if (!round->progress.is_done(batch.part)) batch.round = round;
    }
    self->send(stream, std::move(batch));
  }
}

void set_timer(feed_handler_actor* self, const host_clock& clock) {
  auto& state = self->state;
  auto due = state.reader->next_due_ns();
  if (state.timer_set || !due || state.reader->ended()) return;
  state.timer_set = true;
  auto sleep = std::clamp(*due - clock.local_ns(), sleep_ns_min, sleep_ns_max);
  self->delayed_send(self, std::chrono::nanoseconds{sleep}, feed_due{});
}

/// Sends rounds while there is credit and something is due, then sets the timer; a live source
/// calls when it has something again. A paced one is read when its timer comes and not when credit
/// does: what falls due meanwhile makes one round, and no small ones, each with its record.
void produce(feed_handler_actor* self, const caf::actor& slot, const host_clock& clock) {
  auto& state = self->state;
  while (state.credit > 0 && !state.reader->ended() && !(state.is_paced && state.timer_set)) {
    auto now = clock.local_ns();
    auto round = take_spare(state);
    bool has_some = state.reader->read_round(now, round->records);
    if (has_some) {
      --state.credit;
      send_round(self, slot, now - clock.offset_ns(), round);
    } else {
      state.spare.push_back(std::move(round));
    }
    if (has_some && !state.is_paced) continue;
    return set_timer(self, clock);
  }
}

void begin(feed_handler_actor* self, const begin_feed& start) {
  auto& state = self->state;
  auto& options = state.options;
  state.streams = start.streams;
  auto read = start.read;
  for (auto& round : start.open)
    read.open_rounds.push_back(round->records.records);
  state.open = {start.open.begin(), start.open.end()};
  state.first_open = read.first_open_round;
  state.first_own = state.first_open + start.open.size();
  state.reader = std::make_unique<feed_reader>(options.source, options.own, options.speed,
                                               options.round_ticks_max, start.logged, read);
  if (start.is_stopping) state.reader->stop();
  // The feed may call after this actor has ended: the address keeps nothing alive.
  state.reader->on_arrival([address = caf::actor_addr{self->address()}] {
    if (auto handler = caf::actor_cast<caf::actor>(address); handler != nullptr)
      caf::anon_send(handler, feed_arrived{});
  });
}

} // namespace

caf::behavior feed_handler(feed_handler_actor* self, caf::actor slot,
                           feed_handler_options options) {
  set_fault_handlers(self);
  auto clock = options.clock;
  self->state.is_paced = options.speed > 0;
  self->state.options = std::move(options);
  return {
      [self](const begin_feed& start) { begin(self, start); },
      // One more round may be sent.
      [self, slot, clock](const produce_round& granted) {
        ++self->state.credit;
        close_rounds_before(self->state, granted.oldest_open_round);
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
        self->state.timer_set = false;
        produce(self, slot, *clock);
      },
      // A symbol's stream was restarted: rebuilds it from the source.
      [self](const replay_symbol& wish) -> stream_rebuilt {
        self->state.streams[wish.symbol.value] = wish.stream;
        replay(self, wish.symbol, wish.stream);
        return {wish.symbol, wish.stream};
      },
  };
}

} // namespace tickmesh
