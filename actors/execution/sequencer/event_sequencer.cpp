#include "actors/execution/sequencer/event_sequencer.hpp"

#include "actors/execution/configuration/slot_configuration.hpp"
#include "messages/overloaded.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tickmesh {

namespace {

std::unique_ptr<order_venue> start(const execution_settings& settings,
                                   const broker_settings& broker, const placed_venue_maker& make) {
  return broker.is_gone ? make_gone_venue() : make(broker, settings.is_external(broker));
}

/// Of all brokers, by id.
std::vector<std::unique_ptr<order_venue>> make_venues(const execution_settings& settings,
                                                      const placed_venue_maker& make) {
  std::vector<std::unique_ptr<order_venue>> venues;
  for (auto& broker : settings.all_brokers())
    venues.push_back(start(settings, broker, make));
  return venues;
}

/// For venues of which all live in this process.
placed_venue_maker inside(venue_maker start_venue) {
  return
      [make = std::move(start_venue)](const broker_settings& broker, bool) { return make(broker); };
}

/// Between an order and the first word of its venue.
nanoseconds answer_after(const broker_settings& broker, bool is_external) {
  if (broker.is_gone) return nanoseconds::max(); // is sent no order
  return broker.kind == broker_kind::sim && !is_external ? broker.sim.delay : nanoseconds::zero();
}

execution_settings with_one_venue(const sim_venue_settings& settings) {
  execution_settings out;
  out.brokers = {{.name = "sim", .sim = settings}};
  return out;
}

} // namespace

nanoseconds answer_after(const execution_settings& settings) {
  auto out = settings.report_timeout;
  for (auto& broker : settings.all_brokers())
    out = std::min(out, answer_after(broker, settings.is_external(broker)));
  // Of the timers that a signal can arm.
  for (auto wait : {settings.order_lifetime, settings.reconcile_interval})
    if (wait > nanoseconds::zero()) out = std::min(out, wait);
  return out;
}

event_sequencer::event_sequencer(input_order order,
                                 std::vector<std::unique_ptr<order_venue>> venues)
    : by_arrival_(order == input_order::arrival), merge_(order), venues_(std::move(venues)) {}

event_sequencer::event_sequencer(const execution_settings& settings, const venue_maker& start_venue)
    : event_sequencer(settings, inside(start_venue)) {}

event_sequencer::event_sequencer(const execution_settings& settings, placed_venue_maker start_venue)
    : by_arrival_(settings.sequencer == input_order::arrival),
      answer_after_(answer_after(settings)), merge_(settings.sequencer),
      start_venue_(std::move(start_venue)), brokers_(settings.all_brokers()),
      venues_(make_venues(settings, start_venue_)) {}

event_sequencer::event_sequencer(const sim_venue_settings& settings)
    : event_sequencer(with_one_venue(settings), make_venue) {}

void event_sequencer::configure(const execution_settings& settings) {
  if (!start_venue_) return;
  auto was_by_arrival = std::exchange(by_arrival_, settings.sequencer == input_order::arrival);
  answer_after_ = answer_after(settings);
  merge_.change_order(settings.sequencer);
  auto brokers = settings.all_brokers();
  for (std::size_t i = 0; i < brokers.size(); ++i) {
    broker_id id{static_cast<broker_id::rep>(i)};
    auto& next = brokers[i];
    auto* held = i < brokers_.size() ? &brokers_[i] : nullptr;
    bool goes_on = held != nullptr && held->name == next.name && held->kind == next.kind &&
                   held->is_gone == next.is_gone &&
                   (was_by_arrival == by_arrival_ || next.kind != broker_kind::sim);
    if (goes_on)
      venues_.of(id).change_settings(next);
    else
      venues_.put(id, start(settings, next, start_venue_));
  }
  brokers_ = std::move(brokers);
}

bool event_sequencer::next_batch(event_batch& out, std::size_t events_max) {
  assert(!awaits_execute_ && out.size() == 0);
  out.first_number = events_ + 1;
  std::optional<timestamp> until; // from then on, something may come of the batch's signals
  while (out.size() < events_max) {
    input_time_ = merge_.next_time();
    auto from = choose();
    if (from == source::none || (until && time_of_next(from) >= *until)) break;
    if (from == source::input && !merge_.next_marks().empty()) {
      take_marks(out.marks, events_max - out.size(), until.value_or(end_of_time));
      continue;
    }
    auto event = take_other(from);
    if (!event) continue;
    bool decides = may_decide(*event);
    awaits_execute_ = awaits_execute_ || decides;
    out.others.push_back({out.marks.size(), std::move(*event)});
    if (!decides || by_arrival_) continue;
    auto& taken = out.others.back().event;
    if (from != source::input || answer_after_ == nanoseconds::zero()) break;
    if (!until) until = taken.time + answer_after_;
  }
  return out.size() > 0;
}

std::optional<sequenced_event> event_sequencer::next() {
  event_batch one;
  if (!next_batch(one, 1)) return std::nullopt;
  if (!one.others.empty()) return std::move(one.others.front().event);
  return sequenced_event{.number = one.first_number, .time = last_time_, .what = one.marks.front()};
}

void event_sequencer::execute(const std::vector<decided_command>& commands) {
  assert(commands.empty() || awaits_execute_);
  for (auto& decided : commands)
    carry_out(decided);
  awaits_execute_ = false;
}

void event_sequencer::execute(const std::vector<venue_command>& commands) {
  assert(commands.empty() || awaits_execute_);
  for (auto& command : commands)
    carry_out({command, events_, last_time_});
  awaits_execute_ = false;
}

void event_sequencer::execute(const std::vector<venue_command>& commands,
                              [[maybe_unused]] timestamp now) {
  assert(now == last_time_ || commands.empty());
  execute(commands);
}

void event_sequencer::post(posted_event event) {
  posted_.emplace_back(std::move(event), timestamp::min());
}

void event_sequencer::post_clock(timestamp now) {
  assert(by_arrival_);
  if (now > last_time_) posted_.emplace_back(clock_mark{}, now);
}

bool event_sequencer::finished() const {
  if (awaits_execute_ || !posted_.empty()) return false;
  if (merge_.has_stopped() && !by_arrival_) return choose_by_time() == source::none;
  // Timers that wait for the clock are not waited for when they would only come again and again.
  bool timers_are_done = by_arrival_ && venues_.has_external()
                             ? timers_.has_only_recurring()
                             : merge_.has_stopped() || timers_.empty();
  bool inputs_are_done = merge_.has_stopped() ? !input_time_ : merge_.finished();
  return inputs_are_done && !venues_.next_time() && timers_are_done;
}

event_sequencer::source event_sequencer::choose() const {
  if (!posted_.empty()) return source::posted;
  return by_arrival_ ? choose_by_arrival() : choose_by_time();
}

event_sequencer::source event_sequencer::choose_by_time() const {
  auto report = venues_.next_time().value_or(end_of_time);
  auto input = input_time_.value_or(end_of_time);
  auto timer = timers_.next_due();
  auto first = std::min({report, input, timer});
  if (first == end_of_time) return source::none;
  // Inputs of the same time come after a report, so only earlier ones matter to it.
  if (report == first) return merge_.is_complete_before(report) ? source::report : source::none;
  if (input == first) return source::input;
  return merge_.is_complete_through(timer) ? source::timer : source::none;
}

event_sequencer::source event_sequencer::choose_by_arrival() const {
  if (venues_.next_time()) return source::report;
  if (timers_.next_due() <= last_time_) return source::timer;
  if (input_time_) return source::input;
  bool may_hurry = merge_.all_finished() && !venues_.has_external();
  return may_hurry && !timers_.empty() ? source::timer : source::none;
}

/// By event time; what was posted counts as of the end of time, since it begins a batch.
std::optional<timestamp> event_sequencer::time_of_next(source from) const {
  if (by_arrival_) return std::nullopt;
  switch (from) {
  case source::report: return venues_.next_time();
  case source::timer: return timers_.next_due();
  case source::input: return input_time_;
  case source::posted: return end_of_time;
  case source::none: break;
  }
  return std::nullopt;
}

/// Takes marks before `until`, for as long as nothing else is due; at least one.
std::size_t event_sequencer::take_marks(std::vector<market_mark>& out, std::size_t marks_max,
                                        timestamp until) {
  auto marks = merge_.next_marks();
  marks = marks.first(std::min(marks.size(), marks_max));
  auto timer = timers_.next_due();
  std::size_t count = 0;
  for (auto& mark : marks) {
    auto t = mark.effective_time;
    if (by_arrival_ ? timer <= last_time_ : t > timer || t >= until) break;
    if (!by_arrival_ && venues_.next_time().value_or(end_of_time) <= t) break;
    venues_.on_mark(mark);
    late_events_ += !by_arrival_ && t < last_time_ ? 1 : 0;
    last_time_ = std::max(last_time_, t);
    ++count;
  }
  out.insert(out.end(), marks.begin(), marks.begin() + static_cast<std::ptrdiff_t>(count));
  merge_.skip_marks(count);
  events_ += count;
  last_input_ = events_;
  return count;
}

/// Nothing when what happened at the venue is no report.
std::optional<sequenced_event> event_sequencer::take_other(source from) {
  if (from == source::report) {
    auto t = *venues_.next_time();
    auto news = venues_.take_next();
    if (!news) return std::nullopt;
    return std::visit([&](auto& what) { return number(t, std::move(what)); }, *news);
  }
  if (from == source::posted) {
    auto [event, t] = std::move(posted_.front());
    posted_.pop_front();
    t = std::max(t, last_time_);
    if (auto* configured = std::get_if<slot_configured>(&event))
      configure(configured->configuration->settings);
    return std::visit([&](auto& what) { return number(t, std::move(what)); }, event);
  }
  if (from == source::timer) {
    // A life that ended behind its inputs did not wait for recurring timers: one may be overdue.
    auto t = std::max(timers_.next_due(), last_time_);
    return number(t, timers_.take());
  }
  last_input_ = events_ + 1;
  return number(*input_time_, std::get<signal>(merge_.take()));
}

/// The clock never goes back, also where an input comes later than its time has it: a log may end
/// behind its inputs' promise, as after a source's end that more followed.
sequenced_event event_sequencer::number(timestamp t, decltype(sequenced_event::what) what) {
  late_events_ += !by_arrival_ && t < last_time_ ? 1 : 0;
  last_time_ = std::max(last_time_, t);
  return {.number = ++events_, .time = last_time_, .what = std::move(what)};
}

/// False only when trading_state answers the event with no command, whatever its state: see
/// order_manager, where commands come from a time-out, or from the end of a doubt.
bool event_sequencer::may_decide(const sequenced_event& event) {
  if (by_arrival_) return true;
  return std::visit(
      overloaded{
          [this](const execution_report& report) { return may_report_decide(report); },
          [this](const timer_due& timer) { return may_timer_decide(timer); },
          [](const one_of<market_mark, signal, broker_event, broker_snapshot, slot_recovered,
                          operator_command, clock_mark, slot_configured> auto&) { return true; }},
      event.what);
}

bool event_sequencer::may_report_decide(const execution_report& report) {
  auto found = watched_.find(report.order);
  if (found == watched_.end() || venues_.is_external(report.broker)) return true;
  auto& order = found->second;
  if (order.has_ended) return true; // it may be open after all
  switch (report.kind) {
  case report_kind::fill:
    order.has_ended |= report.status == order_status::filled;
    order.filled += report.last_quantity;
    break;
  case report_kind::rejected:
    if (report.refusal != refusal_cause::none) return true; // another broker, or a doubt
    order.has_ended = true;
    break;
  case report_kind::canceled:
  case report_kind::expired: order.has_ended = true; break;
  default: break;
  }
  order.may_be_in_doubt |= report.cumulative != order.filled; // it is asked for, and answered
  bool decides = order.may_be_in_doubt;
  if (order.has_ended && order.timers == 0) watched_.erase(found);
  return decides;
}

bool event_sequencer::may_timer_decide(const timer_due& timer) {
  auto found = watched_.find(timer.order);
  if (found == watched_.end()) return true;
  auto& order = found->second;
  --order.timers;
  bool decides = !order.has_ended;
  order.may_be_in_doubt |= decides;
  if (order.timers == 0 && order.has_ended) watched_.erase(found);
  return decides;
}

void event_sequencer::carry_out(const decided_command& decided) {
  auto& command = decided.command;
  auto now = by_arrival_ ? last_time_ : decided.time;
  std::visit(overloaded{[&](const timer_request& wish) { arm(wish, decided); },
                        [&](const cancel_request& cancel) {
                          // It may be sent again when its answer or the order's acknowledgement
                          // comes.
                          if (auto found = watched_.find(cancel.order); found != watched_.end())
                            found->second.may_be_in_doubt = true;
                          venues_.execute(command, now);
                        },
                        [&](const one_of<order_request, status_query, replace_request, broker_probe,
                                         snapshot_request, executions_request> auto&) {
                          venues_.execute(command, now);
                        }},
             command);
}

void event_sequencer::arm(const timer_request& wish, const decided_command& decided) {
  auto& timer = wish.timer;
  // What comes again and again is not waited for at the end.
  bool is_at_end = merge_.finished() && decided.event >= last_input_;
  if (is_recurring(timer.purpose) && is_at_end) return;
  timers_.arm(timer, std::max(timer.due, by_arrival_ ? last_time_ : decided.time));
  if (!by_arrival_ && !is_recurring(timer.purpose)) ++watched_[timer.order].timers;
}

} // namespace tickmesh
