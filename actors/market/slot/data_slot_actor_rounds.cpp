// From the feed to the log: the children of a data slot, their rounds, and the records made of
// them.
#include "actors/market/slot/data_slot_actor_steps.hpp"
#include "actors/market/slot/feed_handler_actor.hpp"
#include "actors/market/slot/slot_log.hpp"
#include "actors/market/slot/symbol_stream_actor.hpp"
#include "actors/market/tick_log/tick_log_reader.hpp"
#include "runtime/actors/supervisor.hpp"
#include "runtime/cluster/rendezvous.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace tickmesh {

namespace {

/// The supervisor's key of the feed handler; symbols have their ids.
constexpr std::uint64_t feed_key = std::uint64_t{1} << 32;

/// Silent symbols that one line of the program's log names.
constexpr std::size_t silent_names_max = 10;

/// Logged ticks that a live source's stream is given to go on behind.
constexpr std::size_t restored_ticks_max = 64;

std::vector<weighted_slot> equal_weights(const std::vector<slot_name>& slots) {
  std::vector<weighted_slot> out;
  for (auto& slot : slots)
    out.push_back({slot, 1});
  return out;
}

slot_name require_owner(std::string_view symbol, const std::vector<weighted_slot>& slots) {
  auto owner = owner_of(symbol, slots);
  assert(owner);
  return *owner;
}

/// Opens the log and takes up where it ends.
result<void> open_log(data_slot_actor* self) {
  auto& state = self->state;
  auto& options = state.options;
  auto& context = options.context;
  auto log = open_slot_log(context, *options.source, options.log);
  if (!log) return tl::unexpected(log.error());
  state.log = *log;
  for (auto& note : state.log->recovery().notes)
    spdlog::warn("{}: {}", format_slot(context.slot), note);
  auto last = state.log->last_record();
  if (!options.source->is_repeatable()) {
    auto data_epoch = read_data_epoch(context);
    if (!data_epoch) return tl::unexpected(data_epoch.error());
    state.data_epoch = *data_epoch;
    state.earlier_records =
        state.log->last_record_of(epoch{context.view->formed.value - 1}).value_or(record_number{});
    if (last.value == 0 && state.data_epoch > first_data_epoch)
      spdlog::warn("{} has no tick log of earlier runs: numbers begin again, under data epoch {}",
                   format_slot(context.slot), state.data_epoch.value);
  }
  state.builder =
      std::make_unique<record_builder>(context.view->symbols.size(), options.mark_interval);
  state.recent = std::make_unique<recent_records>(options.log.recent_mib << 20);
  state.silence =
      std::make_unique<silence_monitor>(context.view->symbols.size(), options.silence_alarm);
  state.accepted = std::make_unique<acceptance>(options.cluster.publish_after, last);
  state.days = std::make_unique<finished_days>(context.view->symbols.size());
  for (auto& assignment : context.view->find(context.slot)->replicas)
    if (assignment.in_sync) state.accepted->require(assignment.host_id);
  if (last.value == 0) return {};
  record_batch batch;
  auto read = state.log->read(record_number{last.value - 1}, 1, batch);
  if (!read) return tl::unexpected(read.error());
  if (batch.records.empty())
    return fail(fmt::format("record {} of the tick log is not kept any more", last.value));
  if (auto resumed = state.builder->resume(batch.records.front()); !resumed) return resumed;
  state.days->advance(state.builder->time_mark());
  // The end of an earlier run of a live source ended that run, and the sender's day at most.
  state.end_logged = state.builder->ended() && batch.records.front().writer >= context.view->formed;
  spdlog::info("{} goes on behind record {} of its tick log, {} ticks", format_slot(context.slot),
               last.value, state.builder->totals().accepted);
  return {};
}

/// The newest logged ticks of a symbol, oldest first, back to one with a price.
result<std::vector<tick>> newest_ticks(tick_log_reader& reader, symbol_id symbol) {
  std::vector<tick> out;
  if (auto read = reader.last_ticks(symbol, restored_ticks_max, out); !read)
    return tl::unexpected(read.error());
  std::reverse(out.begin(), out.end());
  return out;
}

result<void> start_streams(data_slot_actor* self, const std::vector<bool>& own) {
  auto& state = self->state;
  auto& options = state.options;
  auto& symbols = options.context.view->symbols;
  bool live = !options.source->is_repeatable();
  std::optional<tick_log_reader> reader;
  if (live && state.log->last_record().value > 0) {
    auto opened =
        tick_log_reader::open(slot_log_directory(*options.context.host, options.context.slot));
    if (!opened) return tl::unexpected(opened.error());
    reader.emplace(std::move(*opened));
  }
  auto slot = caf::actor_cast<caf::actor>(self);
  for (std::uint32_t i = 0; i < symbols.size(); ++i) {
    if (!own[i]) continue;
    symbol_stream_options stream;
    auto* traded = options.instruments->find(symbols[i]);
    stream.encoder = {.symbol = symbol_id{i},
                      .known = traded != nullptr,
                      .cleaning = limits_of(traded, options.cleaning),
                      .mark_interval = options.mark_interval,
                      .is_clean = options.source->is_clean(),
                      .data_epoch =
                          live ? state.data_epoch : options.source->data_epoch(symbol_id{i})};
    stream.probe = options.probe;
    if (reader) {
      auto logged = newest_ticks(*reader, symbol_id{i});
      if (!logged) return tl::unexpected(logged.error());
      if (!logged->empty()) state.days->note(symbol_id{i}, logged->back().trading_day);
      stream.logged = std::move(*logged);
      clean_batch newest;
      stream_encoder{stream.encoder}.restore(stream.logged, newest);
      state.builder->restore_mark(newest);
    }
    ++state.streams_missing;
    // A live source can't be read again: its streams are not restarted here, but with the slot, on
    // a host that has the log.
    self->send(state.supervisor,
               child_spec{i, "symbol_stream/" + symbols[i],
                          live ? restart_policy::temporary : restart_policy::permanent,
                          [slot, stream](caf::event_based_actor* parent) {
                            return parent->spawn(symbol_stream, slot, stream);
                          }});
  }
  return {};
}

/// Has the slot's symbols that have an instrument entry watched.
result<void> watch_silence(data_slot_state& state, const std::vector<bool>& own) {
  auto& options = state.options;
  auto& symbols = options.context.view->symbols;
  std::map<const instrument*, std::shared_ptr<session_calendar>> calendars;
  for (std::uint32_t i = 0; i < symbols.size(); ++i) {
    auto* traded = own[i] ? options.instruments->find(symbols[i]) : nullptr;
    if (traded == nullptr) continue;
    auto& calendar = calendars[traded];
    if (calendar == nullptr && !traded->sessions.empty()) {
      auto made = session_calendar::make(*traded);
      if (!made) return tl::unexpected(made.error());
      calendar = std::make_shared<session_calendar>(std::move(*made));
      if (traded->calendar && calendar->dates_until() < end_of_time)
        state.calendar_ends[calendar->dates_until()].insert(traded->calendar->name);
    }
    state.silence->watch(symbol_id{i}, calendar);
  }
  return {};
}

/// Beyond a calendar's dates, holidays are taken for trading days: said once.
void judge_calendars(data_slot_state& state, timestamp t) {
  auto& ends = state.calendar_ends;
  while (!ends.empty() && ends.begin()->first <= t) {
    for (auto& name : ends.begin()->second)
      spdlog::warn("calendar {} lists no dates from {} on, where the ticks are: holidays there are "
                   "taken for trading days; add them to the file of instruments",
                   name, format_timestamp(ends.begin()->first).substr(0, 10));
    ends.erase(ends.begin());
  }
}

void judge_silence(data_slot_state& state, timestamp time_mark) {
  auto mute = state.silence->judge(time_mark);
  if (mute.empty()) return;
  auto& context = state.options.context;
  log_burst::instant now{nanoseconds{context.clock->control_ns()}};
  if (!state.silence_log.admit(now)) return;
  std::string names;
  for (std::size_t i = 0; i < std::min(mute.size(), silent_names_max); ++i)
    names +=
        fmt::format("{}{} since {}", i == 0 ? "" : ", ",
                    context.view->symbols[mute[i].symbol.value], format_timestamp(mute[i].since));
  if (mute.size() > silent_names_max)
    names += fmt::format(" and {} more", mute.size() - silent_names_max);
  spdlog::warn("{}: no accepted tick for {} s of open session: {}; {} symbols are silent, "
               "{} alarms so far",
               format_slot(context.slot),
               std::chrono::duration<double>{state.options.silence_alarm}.count(), names,
               state.silence->silent_now(), state.silence->alarms());
}

/// Of a live source, late records may mean that it needs more room: says which setting gives it.
void report_late(data_slot_state& state, const log_record& record,
                 std::span<const clean_batch> parts) {
  if (record.rejected == 0 || state.options.source->is_repeatable()) return;
  std::uint64_t late = 0;
  const clean_batch* first = nullptr;
  for (auto& part : parts) {
    auto count = part.rejects[static_cast<std::size_t>(reject_reason::late)];
    late += count;
    if (count > 0 && first == nullptr) first = &part;
  }
  if (first == nullptr) return;
  auto& context = state.options.context;
  if (!state.late_log.admit(log_burst::instant{nanoseconds{context.clock->control_ns()}})) return;
  spdlog::warn(
      "{}: {} records, of {} first, came behind the source's time mark and are rejected as "
      "LATE; source.socket.lateness_ms says how far a source may be out of order",
      format_slot(context.slot), late, context.view->symbols[first->symbol.value]);
}

/// Lets the keeper seal the files of days that are over.
void close_finished_days(data_slot_state& state) {
  if (auto before = state.days->take_news()) state.log->close_days_before(*before);
}

/// A complete round becomes a record.
void log_round(data_slot_actor* self, market_round& round) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto& outline = round.records;
  if (outline.history) {
    for (auto& part : round.parts())
      state.builder->take_history(part);
    return;
  }
  auto payload = std::make_shared<std::string>();
  auto record = state.builder->build(outline, round.parts(), *payload);
  record.number = record_number{state.log->last_record().value + 1};
  record.writer = context.since;
  if (auto appended = state.log->append(record); !appended)
    return fail_slot(self, appended.error().message);
  if (!state.options.source->is_repeatable())
    state.unaccepted.emplace_back(record.number, state.builder->totals().positions);
  for (auto& part : round.parts())
    if (part.accepted > 0) state.days->note(part.symbol, record.trading_day);
  state.days->advance(outline.time_mark);
  close_finished_days(state);
  report_late(state, record, round.parts());
  state.end_logged = state.builder->ended();
  if (state.options.log.durability != log_durability::always) state.accepted->logged(record.number);
  state.recent->push(record, std::move(payload));
  if (!state.calendar_ends.empty())
    for (auto& part : round.parts())
      if (part.accepted > 0) judge_calendars(state, part.last_event_time);
  if (!state.silence->is_on()) return;
  for (auto& part : round.parts())
    if (part.accepted > 0) state.silence->spoke(part.symbol, part.last_event_time);
  if (state.silence->is_due(outline.time_mark)) judge_silence(state, outline.time_mark);
}

void tell_keeper(data_slot_actor* self) {
  auto& state = self->state;
  auto last = state.log->last_record();
  self->send(state.keeper,
             records_appended{last, needed_after(state), state.subscriptions.read_by_all(last),
                              state.days->before()});
}

/// Has the keeper seal what was left. What may go depends on links that are yet to be made.
void look_after_found_log(data_slot_actor* self) {
  auto& state = self->state;
  close_finished_days(state);
  auto last = state.log->last_record();
  if (state.notice.appended(last)) self->send(state.keeper, records_appended{last, {}, {}, 0});
}

} // namespace

void log_complete_rounds(data_slot_actor* self) {
  auto& state = self->state;
  while (!state.rounds.empty() && state.rounds.front()->progress.is_complete() && !state.finished) {
    auto round = std::move(state.rounds.front());
    state.rounds.pop_front();
    log_round(self, *round);
    ++state.first_round; // from here on the feed may use it again
  }
  if (state.notice.appended(state.log->last_record())) tell_keeper(self);
  replicate(self);
  send_accepted(self);
}

void keeper_answered(data_slot_actor* self) {
  if (self->state.notice.answered(self->state.log->last_record())) tell_keeper(self);
}

void release_source(data_slot_actor* self) {
  auto& state = self->state;
  auto accepted = state.accepted->accepted();
  source_positions up_to;
  for (; !state.unaccepted.empty() && state.unaccepted.front().first <= accepted;
       state.unaccepted.pop_front())
    up_to = std::move(state.unaccepted.front().second);
  if (!up_to.empty()) self->send(state.feed, rounds_logged{std::move(up_to)});
}

void start_children(data_slot_actor* self) {
  auto& state = self->state;
  auto& options = state.options;
  auto& context = options.context;
  auto& symbols = context.view->symbols;
  if (auto opened = open_log(self); !opened) return fail_slot(self, opened.error().message);
  state.notice = notice_for_log_keeper(options.log.durability);
  state.keeper = options.start_keeper(
      self, {state.log, slot_log_directory(*context.host, context.slot),
             rules_of(*options.source, options.log), caf::actor_cast<caf::actor>(self)});
  auto data_slots = equal_weights(context.view->slots_of(role::data));
  auto calc_slots = equal_weights(context.view->slots_of(role::calc));
  state.supervisor = self->spawn<caf::linked>(
      supervisor, caf::actor_cast<caf::actor>(self),
      restart_limit{context.host->restarts_max, context.host->restart_period});
  auto& own = state.own;
  own.resize(symbols.size());
  state.streams.resize(symbols.size());
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    state.owner_by_symbol.push_back(require_owner(symbols[i], calc_slots));
    own[i] = require_owner(symbols[i], data_slots) == context.slot;
  }
  if (auto watched = watch_silence(state, own); !watched)
    return fail_slot(self, watched.error().message);
  state.streams_missing = 1; // the feed handler
  if (auto started = start_streams(self, own); !started)
    return fail_slot(self, started.error().message);
  look_after_found_log(self);
  feed_handler_options feed;
  feed.source = options.source;
  feed.own = own;
  feed.speed = options.speed;
  feed.round_ticks_max = context.host->round_ticks_max;
  if (options.source->is_repeatable())
    feed.logged.records = state.builder->totals().records_in;
  else
    feed.logged.resume = {state.builder->totals().positions, state.builder->time_mark()};
  feed.clock = context.clock;
  auto slot = caf::actor_cast<caf::actor>(self);
  self->send(state.supervisor, child_spec{feed_key, "feed_handler", restart_policy::temporary,
                                          [slot, feed](caf::event_based_actor* parent) {
                                            return parent->spawn(feed_handler, slot, feed);
                                          }});
}

void child_is_running(data_slot_actor* self, const child_started& started) {
  auto& state = self->state;
  if (started.restarts > 0) {
    auto symbol = symbol_id{static_cast<std::uint32_t>(started.key)};
    state.streams[symbol.value] = started.handle;
    self->send(state.feed, replay_symbol{symbol, started.handle});
    return;
  }
  --state.streams_missing;
  if (started.key != feed_key) {
    state.streams[started.key] = started.handle;
    return;
  }
  // The feed handler starts last: every stream is there.
  state.feed = started.handle;
  self->send(state.feed, stream_handles{state.streams});
  report_ready_when_set_up(self);
}

void take_round(data_slot_actor* self, const round_sent& sent) {
  auto& state = self->state;
  auto& records = sent.round->records;
  --state.rounds_granted;
  state.report.counts[generator_cpu_count] =
      static_cast<std::uint64_t>(sent.round->generator_cpu_ns);
  if (state.options.speed > 0 && records.records > 0 && !records.history)
    state.report.delays[source_lateness_delay].add(records.lateness_ns, records.records);
  state.rounds.push_back(sent.round);
  log_complete_rounds(self);
}

} // namespace tickmesh
