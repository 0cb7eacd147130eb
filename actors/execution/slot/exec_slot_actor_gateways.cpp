// Between an execution slot and the gateways of brokers outside, and the clock that its time-outs
// read while the market is silent.
#include "actors/execution/gateways/broker_gateway_protocol.hpp"
#include "actors/execution/replay/replay_venues.hpp"
#include "actors/execution/slot/exec_slot_actor_steps.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace tickmesh {

namespace {

/// Keys of the supervisor's children: 0 is the risk checker.
std::uint64_t key_of(broker_id broker) {
  return broker.value + std::uint64_t{1};
}

/// Time of events as the clock of the actors carries it on from the last one that raised it. So it
/// is near the wall clock while data is live, stays in the time of old data, and sees no clock that
/// is set back or forth.
timestamp event_clock(exec_slot_actor* self) {
  auto& state = self->state;
  auto elapsed = self->clock().now() - state.clock_seen;
  return state.clock_base + std::chrono::duration_cast<nanoseconds>(elapsed);
}

bool has_time(const exec_slot_state& state) {
  return state.clock_base != timestamp::min();
}

/// News gets a time that is not older than the interval.
void mark_time(exec_slot_actor* self) {
  auto& state = self->state;
  if (!has_time(state) || state.awaiting_answer) return;
  auto now = event_clock(self);
  if (now - state.sequencer->last_time() >= state.options.settings.clock_interval)
    state.sequencer->post_clock(now);
}

void log_session(const exec_slot_state& state, const std::string& broker,
                 const broker_event& event) {
  bool is_answer =
      event.news == broker_news::probe_answered || event.news == broker_news::executions_told;
  if (is_answer) return;
  auto level = event.news == broker_news::session_down ? spdlog::level::warn : spdlog::level::info;
  spdlog::log(level, "{}: broker {}: {}{}{}", format_slot(state.options.context.slot), broker,
              broker_news_names[static_cast<std::size_t>(event.news)],
              event.text.empty() ? "" : ": ", event.text);
}

void begin_session(exec_slot_actor* self, broker_id broker) {
  auto& gateway = self->state.gateways.at(broker);
  auto session = gateway.venue->begin_session();
  self->send(gateway.handle, open_session{session, gateway.settings.cancel_on_disconnect});
}

} // namespace

placed_venue_maker replay_venues(const exec_slot_state& state) {
  return replay_venues(state.options.start_venue);
}

void connect_gateways(exec_slot_state& state) {
  auto& settings = state.configuration->settings;
  auto brokers = settings.all_brokers();
  for (std::size_t i = 0; i < brokers.size(); ++i) {
    if (!settings.is_external(brokers[i])) continue;
    broker_id id{static_cast<broker_id::rep>(i)};
    auto venue = std::make_unique<gateway_venue>(brokers[i].kind == broker_kind::sim);
    state.gateways[id] = {.settings = brokers[i], .venue = venue.get(), .handle = {}};
    state.sequencer->replace_venue(id, std::move(venue));
  }
}

void start_gateways(exec_slot_actor* self) {
  auto& state = self->state;
  if (state.gateways.empty()) return;
  slot_recovered begin{.writer = state.options.context.since,
                       .external = {},
                       .may_lack_end = state.journal_may_lack_end};
  for (auto& [id, gateway] : state.gateways) {
    begin.external.push_back(id);
    gateway_options options{id, gateway.settings};
    self->send(
        state.supervisor,
        child_spec{key_of(id), "gateway of " + gateway.settings.name, restart_policy::permanent,
                   [start = state.options.start_gateway, options](caf::event_based_actor* parent) {
                     return start(parent, options);
                   }});
  }
  state.sequencer->post(begin);
  state.clock_base = state.sequencer->last_time();
  state.clock_seen = self->clock().now();
  self->delayed_send(self, state.options.settings.clock_interval, clock_due{});
}

bool take_gateway_started(exec_slot_actor* self, const child_started& started) {
  auto& state = self->state;
  for (auto& [id, gateway] : state.gateways) {
    if (key_of(id) != started.key) continue;
    if (started.restarts > 0) gateway.venue->lose_session("its gateway crashed");
    gateway.handle = started.handle;
    begin_session(self, id);
    pump(self);
    return true;
  }
  return false;
}

void take_gateway_news(exec_slot_actor* self, gateway_news& news) {
  auto found = self->state.gateways.find(news.broker);
  if (found == self->state.gateways.end()) return;
  for (auto& what : news.news)
    if (auto* event = std::get_if<broker_event>(&what))
      log_session(self->state, found->second.settings.name, *event);
  found->second.venue->take_news(news.session, news.works_taken, std::move(news.news));
  mark_time(self);
  pump(self);
}

void hand_over(exec_slot_actor* self) {
  for (auto& [id, gateway] : self->state.gateways) {
    // A session that was lost in here begins again when what was left of it has been taken.
    if (gateway.handle != nullptr && !gateway.venue->has_begun() && !gateway.venue->has_news())
      begin_session(self, id);
    auto session = gateway.venue->session();
    auto work = gateway.venue->take_work();
    if (!work.empty())
      self->send(gateway.handle,
                 gateway_work{session, std::move(work.commands), std::move(work.marks)});
  }
}

void follow_clock(exec_slot_actor* self) {
  auto& state = self->state;
  auto last = state.sequencer->last_time();
  if (state.gateways.empty() || last == state.clock_base) return;
  state.clock_base = last;
  state.clock_seen = self->clock().now();
}

void look_at_clock(exec_slot_actor* self) {
  auto& state = self->state;
  if (state.finishing) return;
  self->delayed_send(self, state.options.settings.clock_interval, clock_due{});
  if (!has_time(state) || state.awaiting_answer) return;
  auto now = event_clock(self);
  if (state.sequencer->next_timer() > now) return;
  state.sequencer->post_clock(now);
  pump(self);
}

void report_gateways(exec_slot_state& state) {
  for (auto& [id, gateway] : state.gateways) {
    auto& counts = gateway.venue->counts();
    auto prefix = fmt::format("gateway/{}/", gateway.settings.name);
    state.report.counts[prefix + "orders_not_sent"] = counts.orders_not_sent;
    state.report.counts[prefix + "requests_dropped"] = counts.requests_dropped;
    state.report.counts[prefix + "news_lost"] = counts.news_lost;
    state.report.counts[prefix + "marks_merged"] = counts.marks_merged;
  }
}

} // namespace tickmesh
