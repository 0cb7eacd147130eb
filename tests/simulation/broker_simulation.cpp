#include "tests/simulation/broker_simulation.hpp"

#include "actors/execution/replay/event_application.hpp"
#include "actors/execution/risk/send_guard.hpp"
#include "actors/execution/snapshot/state_fields.hpp"
#include "tests/simulation/broker_link.hpp"
#include "tests/simulation/broker_truth.hpp"
#include "tests/simulation/drawn_world.hpp"
#include "tests/simulation/limit_truth.hpp"
#include "tests/support/decided_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace tickmesh {

namespace {

using namespace random_trading;
using std::chrono::milliseconds;

/// From here on the brokers behave, so that the books can be brought together; later on the process
/// lives.
constexpr timestamp calm_begins = from_ns(300'000'000);
constexpr timestamp last_death = from_ns(400'000'000);
constexpr int lives_max = 6;
/// A process that has lost the end of its journal is dead for at least so long.
constexpr nanoseconds shortest_absence{milliseconds{20}};

struct logged_step {
  sequenced_event event;
  std::vector<venue_command> commands;
};

/// Thrown where the process ends.
struct killed {};

/// What ends with the process.
struct life {
  event_sequencer sequencer;
  trading_state trading;
  limit_truth truth;
  send_guard guard{};
  std::vector<order_row> orders{};
  std::vector<fill_row> fills{};

  /// After each event that the trading state was given.
  void note(const logged_step& step) {
    auto before = fills.size();
    trading.take_finished(orders, fills);
    truth.note(step.event, step.commands, std::span{fills}.subspan(before), trading);
  }
};

class simulation {
public:
  explicit simulation(std::uint64_t seed) : random_(seed), world_(draw_world(seed)) {
    for (std::size_t i = 0; i < world_.manners.size(); ++i)
      brokers_.push_back(std::make_unique<hostile_broker>(seed * 2 + i, world_.manners[i]));
    ++out_.counts[world_.by_arrival ? "seeds by arrival" : "seeds by event time"];
  }

  simulation_outcome run() {
    for (int number = 1; number <= lives_max && !ended_; ++number) {
      bool is_last = number == lives_max || random_() % 3 == 0;
      kill_at_ = is_last ? SIZE_MAX : log_.size() + 1 + random_() % 3'000;
      try {
        live();
      } catch (killed) {
        ++out_.counts["kills"];
        clock_ += nanoseconds{static_cast<std::int64_t>(random_() % 5'000'000)};
        if (world_.loses_tail) lose_tail();
      }
    }
    return std::move(out_);
  }

private:
  void violate(std::string what) {
    if (out_.violations.size() < 10) out_.violations.push_back(std::move(what));
  }

  event_sequencer make_sequencer() {
    std::vector<std::unique_ptr<order_venue>> venues;
    for (auto& broker : brokers_)
      venues.push_back(
          std::make_unique<broker_link>(*broker, world_.by_arrival ? &clock_ : nullptr));
    event_sequencer out{world_.settings.sequencer, std::move(venues)};
    for (std::size_t i = 0; i < world_.feeds.size(); ++i)
      out.inputs().add_link(std::to_string(i));
    return out;
  }

  void live() {
    life now{.sequencer = make_sequencer(),
             .trading = {world_.settings, world_.universe},
             .truth = {world_, brokers_, lost_}};
    recover(now);
    if (world_.by_arrival)
      bring_by_arrival(now);
    else
      bring(world_.feeds, now.sequencer.inputs(), random_(), [&] { pump(now); });
    if (!now.sequencer.finished()) violate("the log has not ended");
    ended_ = true;
    compare(now);
  }

  /// Puts away what holds by now, and goes on with what is read of it, as a slot does that has a
  /// snapshot.
  void put_away(life& now) {
    state_writer writer;
    writer(now.trading, now.sequencer, now.guard);
    now.trading = {world_.settings, world_.universe};
    now.sequencer = make_sequencer();
    now.guard = {};
    state_reader reader{writer.bytes()};
    reader(now.trading, now.sequencer, now.guard);
    if (!reader.is_done()) violate("a snapshot can't be read");
  }

  void recover(life& now) {
    for (auto& step : log_) {
      if (step.event.number == log_.size() / 2) put_away(now);
      event_batch batch;
      batch.first_number = step.event.number;
      if (auto* mark = std::get_if<market_mark>(&step.event.what))
        batch.marks.push_back(*mark);
      else
        batch.others.push_back({0, step.event});
      std::vector<venue_command> commands;
      now.trading.apply(step.event, commands);
      show_approvals(approvals(step.event, now.trading), now.guard);
      if (commands != step.commands)
        violate(fmt::format("event {}: other commands after a restart", step.event.number));
      now.note(step);
      show_reports(batch, now.guard);
      static_cast<void>(keep_admitted(commands, now.guard));
      auto done = now.sequencer.replay(batch, decided_at(step.event, commands));
      if (!done) violate(done.error().message);
    }
    if (log_.empty()) return;
    now.sequencer.post(slot_recovered{.writer = epoch{++lives_},
                                      .external = {broker_id{0}, broker_id{1}},
                                      .may_lack_end = std::exchange(has_lost_tail_, false)});
    auto time = std::max(clock_, now.sequencer.last_time());
    if (world_.by_arrival) now.sequencer.post_clock(clock_ = time);
    for (auto& broker : brokers_)
      broker->begin_session(time);
  }

  /// One input after the other, when it arrives; what had come before a restart comes again at
  /// once.
  void bring_by_arrival(life& now) {
    auto& inputs = now.sequencer.inputs();
    for (auto& input : world_.arrivals) {
      clock_ = std::max(clock_, input.at);
      go_on(now);
      std::visit([&](auto& what) { inputs.push(input.link, what); }, input.what);
      pump(now);
    }
    constexpr nanoseconds step{milliseconds{1}};
    for (int quiet = 0; quiet < 150; ++quiet) { // for what recurs
      clock_ += step;
      go_on(now);
    }
    for (std::size_t i = 0; i < world_.feeds.size(); ++i)
      inputs.finish(i);
    auto is_busy = [](auto& broker) { return broker->next_time().has_value(); };
    for (int quiet = 0; quiet < 10'000; ++quiet) {
      pump(now);
      if (now.sequencer.finished() && std::ranges::none_of(brokers_, is_busy)) return;
      clock_ += step;
      go_on(now);
    }
  }

  /// The clock has gone on.
  void go_on(life& now) {
    if (now.sequencer.events() > 0 && clock_ - now.sequencer.last_time() >= milliseconds{1})
      now.sequencer.post_clock(clock_);
    pump(now);
  }

  /// Takes one event after the other, in the order in which a slot does: apply, log, send.
  void pump(life& now) {
    while (auto event = now.sequencer.next()) {
      // Fewer where the journal loses its end, which is never beyond the last one.
      if (random_() % (world_.loses_tail ? 512 : 128) == 0)
        now.sequencer.post(draw_command(event->time));
      if (event->time >= calm_begins)
        for (auto& broker : brokers_)
          broker->calm_down();
      logged_step step{*event, {}};
      now.trading.apply(*event, step.commands);
      count(step, now.trading);
      now.truth.judge(*event, now.trading, step.commands, found_, out_.counts);
      now.note(step);
      if (auto outcome = now.trading.take_outcome())
        ++out_.counts[outcome->is_done ? "done" : "refused"];
      bool dies = log_.size() >= kill_at_ && event->time < last_death;
      auto when = dies ? random_() % 3 : 3;
      if (when == 0) throw killed{}; // before the log has it
      event_batch batch;
      batch.others.push_back({0, *event});
      show_reports(batch, now.guard);
      show_approvals(approvals(*event, now.trading), now.guard);
      log_.push_back(step);
      if (when == 1) throw killed{}; // before anything is sent
      auto& commands = step.commands;
      if (auto violation = keep_admitted(commands, now.guard)) violate(*violation);
      commands.resize(when == 2 ? random_() % (commands.size() + 1) : commands.size());
      now.sequencer.execute(commands, event->time);
      if (when == 2) throw killed{}; // in between
      if (event->number % 8 == 0) check_limits();
      if (event->number % 64 == 0) now.truth.judge_days(now.trading, found_);
      for (auto& what : std::exchange(found_, {}))
        violate(std::move(what));
    }
  }

  /// Records that were not synced are gone. An operator's command is synced before it is answered.
  /// Whatever is on its way arrives before the slot is back.
  void lose_tail() {
    auto is_command = [](auto& s) {
      return std::holds_alternative<operator_command>(s.event.what);
    };
    auto synced = std::find_if(log_.rbegin(), log_.rend(), is_command).base() - log_.begin();
    auto tail = std::min<std::ptrdiff_t>(1 + static_cast<std::ptrdiff_t>(random_() % 150),
                                         std::ssize(log_) - std::max<std::ptrdiff_t>(synced, 1));
    has_lost_tail_ = true; // by all that anybody can know
    if (tail <= 0) return;
    std::map<order_id, order_request> forgotten;
    auto end = log_.end() - tail;
    for (auto step = end; step != log_.end(); ++step)
      for (auto& command : step->commands)
        if (auto* order = std::get_if<order_request>(&command)) forgotten[order->id] = *order;
    for (auto step = log_.begin(); step != end; ++step)
      for (auto& command : step->commands)
        if (auto* order = std::get_if<order_request>(&command))
          if (auto sent = forgotten.extract(order->id)) moved_.insert(std::move(sent));
    out_.counts["orders that the journal has lost"] += forgotten.size();
    out_.counts["records that the journal has lost"] += static_cast<std::uint64_t>(tail);
    lost_.merge(forgotten);
    log_.erase(end, log_.end());
    for (auto& broker : brokers_)
      broker->let_orders_arrive(clock_);
    clock_ += shortest_absence + nanoseconds{static_cast<std::int64_t>(random_() % 40'000'000)};
  }

  /// What an operator might do at this moment; lets trading go on when the brokers behave again.
  operator_command draw_command(timestamp now) {
    operator_command out{.who = "operator", .reason = "drill"};
    auto id = random_order();
    auto choice = random_() % 8;
    if (now >= calm_begins || choice < 3) {
      out.action = trading_switch{.mode = trading_mode::active};
    } else if (choice == 3) {
      bool flatten = random_() % 2 == 0;
      bool reduces = random_() % 3 == 0;
      out.action = trading_switch{.mode = reduces ? trading_mode::reducing : trading_mode::halted,
                                  .cancel_all = !reduces && (flatten || random_() % 2 == 0),
                                  .flatten = !reduces && flatten};
    } else if (choice < 5 || !id) {
      out.action = operator_cancel{id.value_or(order_id{1})};
    } else {
      out.action =
          operator_replace{*id, price{(90 + static_cast<std::int64_t>(random_() % 20)) * unit},
                           quantity{(1 + static_cast<std::int64_t>(random_() % 6)) * unit}};
    }
    return out;
  }

  /// One of those that were sent last.
  std::optional<order_id> random_order() {
    if (sent_.empty()) return std::nullopt;
    return sent_[sent_.size() - 1 - random_() % std::min<std::size_t>(sent_.size(), 12)];
  }

  /// What the verdicts of the event approve.
  static std::vector<order_approval> approvals(const sequenced_event& event,
                                               trading_state& trading) {
    event_batch batch;
    batch.others.push_back({0, event});
    batch_decisions decisions;
    for (auto& checked : trading.verdicts())
      decisions.verdicts.push_back({0, checked});
    return approved_orders(batch, decisions);
  }

  void count(const logged_step& step, const trading_state& trading) {
    auto& event = step.event;
    for (auto& command : step.commands) {
      if (std::holds_alternative<replace_request>(command))
        ++out_.counts["replaces"];
      else if (auto* order = std::get_if<order_request>(&command)) {
        sent_.push_back(order->id);
        if (trading.replaces().replaced_by(order->id)) ++out_.counts["replaces by new orders"];
      }
    }
    if (auto* report = std::get_if<execution_report>(&event.what)) {
      ++out_.counts["reports"];
      if (is_not_taken(report->refusal)) ++out_.counts["not taken"];
      if (report->kind == report_kind::fill) ++out_.counts["fill reports"];
      if (report->kind == report_kind::bust) ++out_.counts["busts"];
      if (report->kind == report_kind::correction) ++out_.counts["corrections"];
      if (report->refusal != refusal_cause::none)
        ++out_.counts[std::string{refusal_cause_names[static_cast<std::size_t>(report->refusal)]}];
    }
    if (auto* news = std::get_if<broker_event>(&event.what))
      ++out_.counts[std::string{broker_news_names[static_cast<std::size_t>(news->news)]}];
    if (std::holds_alternative<broker_snapshot>(event.what)) ++out_.counts["snapshots"];
    if (std::holds_alternative<operator_command>(event.what)) ++out_.counts["operator commands"];
  }

  void check_limits() {
    if (!lost_.empty()) return; // limit_truth knows when what was lost can be known
    auto& limits = world_.settings.limits;
    for (auto& what : limits_broken(brokers_, symbol_count, *limits.position_max))
      violate(what);
  }

  void compare(life& now) {
    now.trading.finish(now.orders, now.fills);
    now.truth.judge_days(now.trading, found_);
    auto lost = lost_;
    lost.insert(moved_.begin(), moved_.end());
    for (auto& what : differences_from_truth(now.trading, now.orders, brokers_, symbol_count, lost))
      violate(what);
    for (auto& what : found_)
      violate(what);
    compare_with_one_run(now);
    auto truth = count_truth(brokers_);
    out_.counts["orders"] += truth.orders;
    out_.counts["fills"] += truth.fills;
  }

  /// As if nobody had ever died.
  void compare_with_one_run(life& now) {
    trading_state once{world_.settings, world_.universe};
    std::vector<venue_command> commands;
    for (auto& step : log_)
      once.apply(step.event, commands);
    std::vector<order_row> orders;
    std::vector<fill_row> fills;
    once.finish(orders, fills);
    if (fills != now.fills || once.positions() != now.trading.positions() ||
        once.totals().day_pnl != now.trading.totals().day_pnl)
      violate("the lives together are not what one run is");
  }

  std::mt19937_64 random_;
  drawn_world world_;
  hostile_brokers brokers_;
  std::vector<logged_step> log_;
  std::vector<order_id> sent_; ///< repeats after a restart are no harm
  lost_orders lost_;
  lost_orders moved_; ///< sent to another broker, which the journal does not know
  timestamp clock_{}; ///< of the wall, by arrival
  std::vector<std::string> found_;
  std::size_t kill_at_ = SIZE_MAX;
  std::uint64_t lives_ = 1;
  bool ended_ = false;
  bool has_lost_tail_ = false;
  simulation_outcome out_;
};

} // namespace

simulation_outcome simulate_brokers(std::uint64_t seed) {
  return simulation{seed}.run();
}

} // namespace tickmesh
