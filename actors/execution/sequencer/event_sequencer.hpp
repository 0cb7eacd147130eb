// Numbers everything that an execution slot takes in: merged inputs, venue reports and timers.
// Plain class; the caller pairs it with a trading_state.
//
//   links --> event_merge --+--> next_batch() --> numbered events --> trading_state
//             venue_set ----+                                              |
//             timers -------+<-------------- execute(commands) ------------+
#pragma once

#include "actors/execution/sequencer/event_merge.hpp"
#include "actors/execution/sequencer/timer_queue.hpp"
#include "actors/execution/venues/venue_set.hpp"
#include "messages/result.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace tickmesh {

/// From a signal on, by event time: nothing that is decided there has led to anything before so
/// much time has passed. An order is answered by its venue, and waits for an answer until a timer;
/// each has its delay. 0: something may come at once.
nanoseconds answer_after(const execution_settings& settings);

/// The caller's loop, whenever a link has brought something:
///
///     while (sequencer.next_batch(batch, limit)) {
///       out.clear();
///       state.apply(batch, out);
///       sequencer.execute(out);
///       batch.clear();
///     }
///
/// By event time, a batch ends with the first event that may yield commands, since their reports
/// belong into the same order: the timer of an open order, and a report on an order that may be in
/// doubt. Behind a signal it goes on for as long as nothing that may be decided there can have led
/// to anything: no venue answers and no timer is due at once (answer_after). By arrival, a batch
/// holds all that is there.
class event_sequencer {
public:
  explicit event_sequencer(const execution_settings& settings,
                           const venue_maker& start_venue = make_venue);
  event_sequencer(input_order order, std::vector<std::unique_ptr<order_venue>> venues);
  event_sequencer(const execution_settings& settings, placed_venue_maker start_venue);
  /// By event time, with one simulated venue.
  explicit event_sequencer(const sim_venue_settings& settings);

  /// Where links are added, pushed to, advanced and finished.
  event_merge& inputs() { return merge_; }
  const event_merge& inputs() const { return merge_; }

  /// Appends the next events to an empty batch, at most `events_max`; false when there is none: a
  /// link may still bring an earlier one, or all is done. When all links have finished, reports and
  /// timers run to their end. When one has stopped, nothing runs ahead of the links' promise: what
  /// is left is a later life's. By event time events come in the order (time; report, mark, signal,
  /// timer). By arrival, reports come first, then timers whose time the clock has reached, then
  /// inputs; the clock is the highest effective time so far. With venues outside, timers wait for
  /// the clock to the end, since the venues do not hurry either.
  bool next_batch(event_batch& out, std::size_t events_max);

  /// The next event alone. After an event that may yield commands, execute() comes before the next
  /// call of either, even with no command.
  std::optional<sequenced_event> next();

  /// Puts an event before all others that are due.
  void post(posted_event event);
  /// The clock has reached `now`. Precondition: by arrival.
  void post_clock(timestamp now);

  /// The order of inputs and the brokers of these settings hold from now on. A venue whose kind has
  /// not changed goes on with what it holds. Happens by itself where a slot_configured is numbered
  /// or replayed; without a maker of venues, never. Precondition: no input was pushed yet that is
  /// not numbered.
  void configure(const execution_settings& settings);
  /// Puts a venue in a broker's place. Precondition: it has the broker.
  void replace_venue(broker_id broker, std::unique_ptr<order_venue> venue) {
    venues_.put(broker, std::move(venue));
  }

  /// Carries out what was decided at the events of the last batch.
  void execute(const std::vector<decided_command>& commands);
  /// Carries out what was decided at the last event.
  void execute(const std::vector<venue_command>& commands);
  /// The same; `now` is the time of the last event.
  void execute(const std::vector<venue_command>& commands, timestamp now);

  /// Goes once more through a batch of an earlier life and what was decided at its events, to be
  /// where that life was. Venues that live in this process do what they did then, which is
  /// compared; those outside are not touched. Fails where the venues' doings are not those of the
  /// log: then the settings are not the same. Precondition: nothing was taken yet but replays.
  /// Where `compares` is false, another program has written the log: its doings hold, whatever the
  /// venues of this one would have done.
  result<void> replay(const event_batch& batch, const std::vector<decided_command>& commands,
                      bool compares = true);

  /// Nothing is left: all links have finished, and no report and no timer is to come; or one has
  /// stopped, and the rest is a later life's. Precondition: next_batch() has just given nothing.
  bool finished() const;
  std::uint64_t events() const { return events_; }   ///< numbered so far
  timestamp last_time() const { return last_time_; } ///< of the last event
  /// By event time: events that came behind later ones, and were numbered at the clock's time.
  std::uint64_t late_events() const { return late_events_; }
  timestamp next_timer() const { return timers_.next_due(); } ///< end_of_time: none is armed

  /// See state_archive.hpp: what replays leave. To be read behind configure(), by a sequencer that
  /// has taken nothing.
  template <class Archive>
  void persist(Archive& archive) {
    archive(merge_, venues_, timers_, watched_, events_, late_events_, last_time_);
  }

private:
  enum class source { none, posted, report, input, timer };

  /// What the sequencer follows of an order that has timers, to know which events are silent.
  struct watched_order {
    std::uint32_t timers = 0; ///< armed
    bool has_ended = false;
    bool may_be_in_doubt = false; ///< a timer went off while it was open
    quantity filled{};            ///< by its reports; see order_manager::learn_filled

    template <class Archive>
    void persist(Archive& archive) {
      archive(timers, has_ended, may_be_in_doubt, filled);
    }
  };

  source choose() const;
  bool may_decide(const sequenced_event& event);
  bool may_report_decide(const execution_report& report);
  bool may_timer_decide(const timer_due& timer);
  source choose_by_time() const;
  source choose_by_arrival() const;
  std::optional<timestamp> time_of_next(source from) const;
  std::size_t take_marks(std::vector<market_mark>& out, std::size_t marks_max, timestamp until);
  std::optional<sequenced_event> take_other(source from);
  sequenced_event number(timestamp t, decltype(sequenced_event::what) what);
  void carry_out(const decided_command& decided);
  void arm(const timer_request& wish, const decided_command& decided);
  bool replay_timer(const timer_due& timer);
  result<void> replay_marks(std::span<const market_mark> marks);
  result<void> replay_content(const sequenced_event& event);
  result<void> replay_event(const sequenced_event& event);
  result<void> settle_venues(timestamp until, bool until_is_included);
  template <class News>
  result<void> replay_news(const sequenced_event& event, const News& news);

  bool by_arrival_;
  nanoseconds answer_after_{}; // by event time, from a signal on; see answer_after
  event_merge merge_;
  placed_venue_maker start_venue_;
  std::vector<broker_settings> brokers_; // whose venues these are; empty: not known
  venue_set venues_;
  bool compares_ = true; // while it replays
  timer_queue timers_;
  std::deque<std::pair<posted_event, timestamp>> posted_; // not before that time
  std::unordered_map<order_id, watched_order> watched_;   // looked up only; empty by arrival
  std::optional<timestamp> input_time_;                   // of the merge's next input
  std::uint64_t events_ = 0;
  std::uint64_t last_input_ = 0; // event number of the last mark or signal
  std::uint64_t late_events_ = 0;
  timestamp last_time_ = timestamp::min();
  bool awaits_execute_ = false;
};

} // namespace tickmesh
