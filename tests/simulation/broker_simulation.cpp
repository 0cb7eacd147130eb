#include "tests/simulation/broker_simulation.hpp"

#include "actors/execution/event_application.hpp"
#include "actors/execution/send_guard.hpp"
#include "tests/simulation/broker_truth.hpp"
#include "tests/support/random_trading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace tickmesh {

namespace {

using namespace random_trading;

/// From here on the brokers behave, so that the books can be brought together.
constexpr timestamp calm_begins = from_ns(300'000'000);
constexpr int lives_max = 6;

/// A broker outside of the process: it outlives the execution that talks to it.
class broker_link final : public order_venue {
public:
  explicit broker_link(hostile_broker& broker) : broker_(broker) {}
  bool is_external() const override { return true; }
  void submit(const order_request& r, timestamp now) override { broker_.submit(r, now); }
  void request_cancel(const cancel_request& r, timestamp now) override {
    broker_.request_cancel(r, now);
  }
  void request_replace(const replace_request& r, timestamp now) override {
    broker_.request_replace(r, now);
  }
  void query(const status_query& r, timestamp now) override { broker_.query(r, now); }
  void probe(timestamp now) override { broker_.probe(now); }
  void request_snapshot(timestamp now) override { broker_.request_snapshot(now); }
  void request_executions(timestamp since, timestamp now) override {
    broker_.request_executions(since, now);
  }
  void on_mark(const market_mark&) override {}
  std::optional<timestamp> next_time() const override { return broker_.next_time(); }
  std::optional<venue_news> take_next() override { return broker_.take_next(); }

private:
  hostile_broker& broker_;
};

struct logged_step {
  sequenced_event event;
  std::vector<venue_command> commands;
};

/// Thrown where the process ends.
struct killed {};

class simulation {
public:
  explicit simulation(std::uint64_t seed)
      : random_(seed), settings_(settings_of(seed, odd_delay)),
        feeds_(feeds_of(random_market(seed), 1 + seed % 2, 1 + seed % 3)) {
    settings_.brokers = {{.name = "ctp", .has_replace = seed % 4 != 1}, {.name = "ib"}};
    settings_.limits.daily_loss_max = money{int128{1'000'000} * unit};
    settings_.limits.orders_max = 100'000;
    settings_.reconcile_interval = std::chrono::milliseconds{25};
    settings_.broker_probe_interval = std::chrono::milliseconds{20};
    hostility how;
    if (seed % 5 == 0) how = {.loses_report = 0.3, .delays_report = 0.6, .ignores_request = 0.3};
    if (seed % 7 == 0) how = {.does_not_take = 0.3, .goes_mute = 0.05, .disconnects = 0.05};
    if (seed % 3 == 0) how.requests_max = 2;
    for (std::uint64_t i = 0; i < 2; ++i) {
      if (i == seed % 2) { // one that speaks its own words
        how.names_in_words = true;
        how.takes_back = seed % 4 == 0 ? 0.05 : 0;
        how.charges = 0.5;
      } else {
        how.names_in_words = false;
      }
      brokers_.push_back(std::make_unique<hostile_broker>(seed * 2 + i, how));
    }
  }

  simulation_outcome run() {
    for (int life = 1; life <= lives_max && !ended_; ++life) {
      kill_at_ =
          life < lives_max && random_() % 3 != 0 ? log_.size() + 1 + random_() % 3'000 : SIZE_MAX;
      try {
        live();
      } catch (killed) {
        ++out_.counts["kills"];
      }
    }
    return std::move(out_);
  }

private:
  void violate(std::string what) {
    if (out_.violations.size() < 10) out_.violations.push_back(std::move(what));
  }

  void live() {
    std::vector<std::unique_ptr<order_venue>> venues;
    for (auto& broker : brokers_)
      venues.push_back(std::make_unique<broker_link>(*broker));
    event_sequencer sequencer{input_order::event_time, std::move(venues)};
    trading_state trading{settings_, universe()};
    send_guard guard;
    for (std::size_t i = 0; i < feeds_.size(); ++i)
      sequencer.inputs().add_link(std::to_string(i));
    recover(sequencer, trading, guard);
    bring(feeds_, sequencer.inputs(), random_(), [&] { pump(sequencer, trading, guard); });
    if (!sequencer.finished()) violate("the log has not ended");
    ended_ = true;
    compare(trading);
  }

  void recover(event_sequencer& sequencer, trading_state& trading, send_guard& guard) {
    for (auto& step : log_) {
      event_batch batch;
      batch.first_number = step.event.number;
      if (auto* mark = std::get_if<market_mark>(&step.event.what))
        batch.marks.push_back(*mark);
      else
        batch.others.push_back({0, step.event});
      std::vector<venue_command> commands;
      trading.apply(step.event, commands);
      show_approvals(approvals(step.event, trading), guard);
      if (commands != step.commands)
        violate(fmt::format("event {}: other commands after a restart", step.event.number));
      show_reports(batch, guard);
      static_cast<void>(keep_admitted(commands, guard));
      if (auto done = sequencer.replay(batch, commands); !done) violate(done.error().message);
    }
    if (log_.empty()) return;
    sequencer.post(
        slot_recovered{.writer = epoch{++lives_}, .external = {broker_id{0}, broker_id{1}}});
  }

  /// Takes one event after the other, in the order in which a slot does: apply, log, send.
  void pump(event_sequencer& sequencer, trading_state& trading, send_guard& guard) {
    while (auto event = sequencer.next()) {
      if (random_() % 128 == 0) sequencer.post(draw_command(event->time));
      if (event->time >= calm_begins)
        for (auto& broker : brokers_)
          broker->calm_down();
      std::vector<venue_command> commands;
      trading.apply(*event, commands);
      count(*event);
      for (auto& command : commands) {
        if (std::holds_alternative<replace_request>(command))
          ++out_.counts["replaces"];
        else if (auto* order = std::get_if<order_request>(&command)) {
          sent_.push_back(order->id);
          if (trading.replaces().replaced_by(order->id)) ++out_.counts["replaces by new orders"];
        }
      }
      if (auto outcome = trading.take_outcome())
        ++out_.counts[outcome->is_done ? "done" : "refused"];
      bool dies = log_.size() >= kill_at_;
      auto when = dies ? random_() % 3 : 3;
      if (when == 0) throw killed{}; // before the log has it
      event_batch batch;
      batch.others.push_back({0, *event});
      show_reports(batch, guard);
      show_approvals(approvals(*event, trading), guard);
      log_.push_back({*event, commands});
      if (when == 1) throw killed{}; // before anything is sent
      if (auto violation = keep_admitted(commands, guard)) violate(*violation);
      commands.resize(when == 2 ? random_() % (commands.size() + 1) : commands.size());
      sequencer.execute(commands, event->time);
      if (when == 2) throw killed{}; // in between
      if (event->number % 8 == 0) check_limits();
    }
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
      out.action =
          trading_switch{.mode = random_() % 3 == 0 ? trading_mode::reducing : trading_mode::halted,
                         .cancel_all = flatten || random_() % 2 == 0,
                         .flatten = flatten};
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

  void count(const sequenced_event& event) {
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
    for (auto& what : limits_broken(brokers_, symbol_count, *settings_.limits.position_max))
      violate(what);
  }

  void compare(trading_state& trading) {
    for (auto& what : differences_from_truth(trading, brokers_, symbol_count))
      violate(what);
    auto truth = count_truth(brokers_);
    out_.counts["orders"] += truth.orders;
    out_.counts["fills"] += truth.fills;
  }

  std::mt19937_64 random_;
  execution_settings settings_;
  std::vector<link_feed> feeds_;
  std::vector<std::unique_ptr<hostile_broker>> brokers_;
  std::vector<logged_step> log_;
  std::vector<order_id> sent_; ///< repeats after a restart are no harm
  std::size_t kill_at_ = SIZE_MAX;
  std::uint64_t lives_ = 1;
  bool ended_ = false;
  simulation_outcome out_;
};

} // namespace

simulation_outcome simulate_brokers(std::uint64_t seed) {
  return simulation{seed}.run();
}

} // namespace tickmesh
