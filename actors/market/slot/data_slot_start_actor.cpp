#include "actors/market/slot/data_slot_start_actor.hpp"

#include "actors/market/slot/feed_handler_actor.hpp"
#include "actors/market/slot/slot_log.hpp"
#include "actors/market/slot/symbol_stream_actor.hpp"
#include "runtime/actors/supervisor.hpp"
#include "runtime/cluster/slot_supervision_actor.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tickmesh {

namespace {

/// Makes the slot's parts for a log that is open.
void make_parts(data_slot_state& state) {
  auto& options = state.options;
  auto& context = options.context;
  auto& cluster = options.cluster;
  auto symbols = context.view->symbols.size();
  state.owners = find_owners(*context.view, context.slot);
  state.children.expect_symbols(symbols);
  // More rounds than threads would only leave the processor's caches.
  state.rounds.emplace(
      std::clamp(context.host->scheduler_threads, 1U, context.host->rounds_in_flight_max));
  state.records.emplace(record_writer_settings{.symbols = symbols,
                                               .mark_interval = options.mark_interval,
                                               .recent_bytes = options.log.recent_mib << 20,
                                               .writer = context.since,
                                               .formed = context.view->formed});
  state.alarms.emplace(slot_alarm_settings{.slot = context.slot,
                                           .symbols = symbols,
                                           .silence_limit = options.silence_alarm,
                                           .is_live = !options.source->is_repeatable(),
                                           .log_interval = options.log_interval});
  state.replica_time.emplace(cluster.replica_ack_timeout / 2);
  state.link_time.emplace(context.host->link_silence);
  state.suspects = suspect_links{context.slot};
  state.links.emplace(downstream_settings{.since = context.since,
                                          .formed = context.view->formed,
                                          .window_items = context.host->link_window_items,
                                          .frame_items = context.host->round_ticks_max,
                                          .mark_interval = options.mark_interval,
                                          .patience = context.host->link_silence,
                                          .calc_slots = state.owners.calc_slots});
  bool by_all = cluster.publish_after == publish_rule::replicated;
  state.replicas.emplace(
      replica_link_settings{.owner_since = context.since,
                            .rule = by_all ? quorum_rule::everyone : quorum_rule::own_log,
                            .ack_timeout = cluster.replica_ack_timeout,
                            .alone_after_two_faults =
                                cluster.on_two_faults == two_fault_rule::local,
                            .window_bytes = std::size_t{options.log.replica_window_mib} << 20},
      state.log->last_record(), context.view->find(context.slot)->replicas);
}

/// Opens the log and takes up where it ends.
result<void> open_log(data_slot_state& state) {
  auto& options = state.options;
  auto& context = options.context;
  auto slot = format_slot(context.slot);
  auto log = open_slot_log(context, *options.source, options.log);
  if (!log) return tl::unexpected(log.error());
  state.log = *log;
  for (auto& note : state.log->recovery().notes)
    log_warning("{}: {}", slot, note);
  auto last = state.log->last_record();
  if (!options.source->is_repeatable()) {
    auto data_epoch = read_data_epoch(context);
    if (!data_epoch) return tl::unexpected(data_epoch.error());
    state.data_epoch = *data_epoch;
    state.earlier_records =
        state.log->last_record_of(epoch{context.view->formed.value - 1}).value_or(record_number{});
    if (last.value == 0 && state.data_epoch > first_data_epoch)
      log_warning("{} has no tick log of earlier runs: numbers begin again, under data epoch {}",
                  slot, state.data_epoch.value);
  }
  make_parts(state);
  if (auto resumed = state.records->resume(*state.log); !resumed) return resumed;
  if (last.value > 0)
    log_info("{} goes on behind record {} of its tick log, {} ticks", slot, last.value,
             state.records->totals().accepted);
  return {};
}

/// Has the keeper seal what was left. What may go depends on links that are yet to be made.
void look_after_found_log(data_slot_actor* self) {
  auto& state = self->state;
  state.records->close_finished_days(*state.log);
  auto last = state.log->last_record();
  if (state.notice.appended(last)) self->send(state.keeper, records_appended{last, {}, {}, 0});
}

result<void> start_streams(data_slot_actor* self) {
  auto& state = self->state;
  auto& options = state.options;
  auto& context = options.context;
  auto& symbols = context.view->symbols;
  bool is_live = !options.source->is_repeatable();
  stream_plan_settings settings{*options.source, *options.instruments, options.cleaning,
                                options.mark_interval, state.data_epoch};
  settings.files = context.files;
  if (state.log->last_record().value > 0)
    settings.log = slot_log_directory(*context.host, context.slot);
  auto streams = plan_streams(symbols, state.owners.own, settings);
  if (!streams) return tl::unexpected(streams.error());
  auto slot = caf::actor_cast<caf::actor>(self);
  for (auto& planned : *streams) {
    if (is_live && settings.log) state.records->resume(planned);
    symbol_stream_options stream{planned.encoder, std::move(planned.logged), options.probe};
    auto symbol = stream.encoder.symbol.value;
    // A live source can't be read again: its streams are not restarted here, but with the slot, on
    // a host that has the log.
    child_spec spec{symbol, "symbol_stream/" + symbols[symbol], restart_policy::permanent,
                    [slot, stream](caf::event_based_actor* parent) {
                      return parent->spawn(symbol_stream, slot, stream);
                    }};
    spec.escalates = is_live;
    self->send(state.supervisor, std::move(spec));
  }
  return {};
}

void start_feed(data_slot_actor* self) {
  auto& state = self->state;
  auto& options = state.options;
  feed_handler_options feed;
  feed.source = options.source;
  feed.own = state.owners.own;
  feed.speed = options.speed;
  feed.round_ticks_max = options.context.host->round_ticks_max;
  feed.clock = options.context.clock;
  feed.probe = options.feed_probe;
  bool is_live = !options.source->is_repeatable();
  auto& totals = state.records->totals();
  logged_before logged;
  if (is_live)
    logged.resume = {totals.positions, state.records->time_mark(), std::nullopt};
  else
    logged.records = totals.records_in;
  state.feed.emplace(std::move(logged), is_live);
  state.release = source_release{totals.positions};
  auto slot = caf::actor_cast<caf::actor>(self);
  self->send(state.supervisor, child_spec{feed_key, "feed_handler", restart_policy::permanent,
                                          [slot, feed](caf::event_based_actor* parent) {
                                            return parent->spawn(feed_handler, slot, feed);
                                          }});
}

/// Tells a feed where to begin. Where it takes the place of one that crashed, the rounds of that
/// one go on: their parts are sent once more, for the crash may have come between them.
void begin_at_feed(data_slot_actor* self) {
  auto& state = self->state;
  auto& children = state.children;
  auto& rounds = *state.rounds;
  rounds.forget_grants();
  begin_feed begin{.streams = children.streams(),
                   .logged = state.feed->start(state.release.accepted()),
                   .read = state.feed->read(),
                   .open = {rounds.open().begin(), rounds.open().end()},
                   .is_stopping = state.is_stopping};
  begin.read.first_open_round = rounds.oldest_number();
  self->send(children.feed(), std::move(begin));
  for (auto symbol : children.to_rebuild())
    self->send(children.feed(), replay_symbol{symbol_id{static_cast<std::uint32_t>(symbol)},
                                              children.streams()[symbol]});
  for (auto& round : rounds.open())
    for (std::uint32_t part = 0; part < round->records.batches.size(); ++part) {
      auto symbol = round->records.batches[part].symbol.value;
      if (!children.to_rebuild().contains(symbol))
        self->send(children.streams()[symbol], raw_batch{round, part});
    }
}

} // namespace

result<void> start_data_slot(data_slot_actor* self) {
  auto& state = self->state;
  auto& options = state.options;
  auto& context = options.context;
  state.end.emplace(options.write_rows);
  if (auto opened = open_log(state); !opened) return opened;
  state.notice = notice_for_log_keeper(options.log.durability);
  state.keeper =
      options.start_keeper(self, {state.log, slot_log_directory(*context.host, context.slot),
                                  settings_for(*options.source, options.log),
                                  caf::actor_cast<caf::actor>(self), context.files});
  state.supervisor = self->spawn<caf::linked>(supervisor, caf::actor_cast<caf::actor>(self),
                                              supervision_of(context));
  auto watched = state.alarms->watch(context.view->symbols, state.owners.own, *options.instruments);
  if (!watched) return watched;
  if (auto started = start_streams(self); !started) return started;
  look_after_found_log(self);
  start_feed(self);
  return {};
}

void take_rebuilt(data_slot_actor* self, const stream_rebuilt& done) {
  self->state.children.rebuilt(done.symbol.value, done.stream);
}

bool take_child(data_slot_actor* self, const child_started& started) {
  using arrival = slot_children<caf::actor>::arrival;
  auto& children = self->state.children;
  auto what = children.take(started.key, started.handle, started.restarts);
  if (what == arrival::restarted) {
    auto symbol = symbol_id{static_cast<std::uint32_t>(started.key)};
    self->send(children.feed(), replay_symbol{symbol, started.handle});
  }
  if (what == arrival::all) begin_at_feed(self);
  return what == arrival::all;
}

} // namespace tickmesh
