// The story of an order: what was known, decided, sent and told, in the order of the log.
#include "actors/execution/replay/order_story.hpp"

#include "actors/execution/recovery/journal_replay.hpp"
#include "tests/support/order_journal.hpp"
#include "tests/support/risk_desk.hpp"

namespace tickmesh::order_story_test {

using namespace risk_desk;

namespace {

constexpr broker_id ctp{0};
constexpr broker_id ib{1};

/// A log that the test writes, with the story of one of its signals.
class scripted_log {
public:
  explicit scripted_log(const execution_settings& settings, std::uint64_t last_tick = 7)
      : trading_(settings, universe()), trigger_(make_signal(last_tick)),
        id(trading_.request_of(trigger_).id) {}

  static signal make_signal(std::uint64_t last_tick, int direction = 1) {
    return {.name = {.symbol = symbol_id{0},
                     .strategy = strategy_id{1},
                     .last_tick = sequence{last_tick}},
            .effective_time = ms(1),
            .direction = static_cast<std::int8_t>(direction),
            .volume = lots(4),
            .limit = at(100)};
  }

  template <class T>
  void apply(timestamp t, T what) {
    sequenced_event event{++events_, t, std::move(what)};
    if (auto* s = std::get_if<signal>(&event.what); s && *s == trigger_ && !story_)
      story_.emplace(trading_, id, trigger_, event.number);
    bool is_mark = std::holds_alternative<market_mark>(event.what);
    if (story_ && is_mark) story_->mark(event);
    if (story_ && !is_mark) story_->before(event);
    std::vector<venue_command> commands;
    trading_.apply(event, commands);
    batch_decisions decided;
    for (auto& verdict : trading_.verdicts())
      decided.verdicts.push_back({0, verdict});
    for (auto& command : commands)
      decided.commands.push_back({0, command});
    if (auto outcome = trading_.take_outcome()) decided.outcomes.push_back(*outcome);
    if (story_ && !is_mark) story_->after(event, decided);
  }
  void trigger(timestamp t = ms(1)) { apply(t, trigger_); }
  void report(timestamp t, broker_id from, report_kind kind, order_status status,
              std::int64_t volume = 0, std::int64_t filled = 0) {
    apply(t, make_report(id, from, kind, status, volume, filled));
  }
  /// The broker does not take an order of another signal.
  void fail_other(timestamp t, broker_id from, std::uint64_t last_tick) {
    auto other = make_signal(last_tick);
    other.name.strategy = strategy_id{0};
    apply(t, other);
    auto report = make_report(trading_.request_of(other).id, from, report_kind::rejected,
                              order_status::rejected, 0, 0);
    report.refusal = refusal_cause::not_taken;
    apply(t, report);
  }
  execution_report make_report(order_id order, broker_id from, report_kind kind,
                               order_status status, std::int64_t volume, std::int64_t filled) {
    return {.id = {order, ++reports_[{order, from}]},
            .order = order,
            .broker = from,
            .kind = kind,
            .status = status,
            .last_price = volume > 0 ? at(99) : no_price,
            .last_quantity = lots(volume),
            .cumulative = lots(filled)};
  }

  const order_story& story() const { return *story_; }
  const story_step& last() const { return story_->steps().back(); }

private:
  trading_state trading_;
  signal trigger_;
  std::uint64_t events_ = 0;
  std::map<std::pair<order_id, broker_id>, std::uint32_t> reports_;
  std::optional<order_story> story_;

public:
  order_id id;
};

} // namespace

TEST_CASE("an order that fills has its checks, its routing, its reports and its position") {
  scripted_log log{open_settings()};
  log.apply(ms(0), market_mark{.trading_day = first_day, .number = sequence{6}, .last = at(99)});
  log.trigger();
  log.report(ms(3), ctp, report_kind::accepted, order_status::accepted);
  log.report(ms(4), ctp, report_kind::fill, order_status::partially_filled, 1, 1);
  log.report(ms(5), ctp, report_kind::fill, order_status::filled, 3, 4);
  log.apply(ms(1001), timer_due{.due = ms(1001), .order = log.id});
  auto& steps = log.story().steps();
  REQUIRE(steps.size() == 5);
  CHECK(steps[0].judged->risk.outcome == verdict::approved);
  REQUIRE(steps[0].routing);
  CHECK(steps[0].routing->broker == ctp);
  CHECK(steps[0].routing->is_primary);
  CHECK(steps[0].routing->passed.empty());
  REQUIRE(steps[0].sent.size() == 1); // timers are not sent
  CHECK(std::get<order_request>(steps[0].sent[0]).id == log.id);
  CHECK_FALSE(steps[0].status_before);
  CHECK(steps[0].status_after == order_status::pending_new);
  CHECK(steps[1].status_after == order_status::accepted);
  REQUIRE(steps[2].position);
  CHECK(steps[2].position->before.held == lots(0));
  CHECK(steps[2].position->after.held == lots(1));
  REQUIRE(steps[3].position);
  CHECK(steps[3].position->before.held == lots(1));
  CHECK(steps[3].position->after.held == lots(4));
  CHECK(steps[3].filled == lots(4));
  CHECK(steps[3].status_after == order_status::filled);
  CHECK_FALSE(steps[4].changes());
  CHECK(log.story().position().held == lots(4));
  CHECK_FALSE(log.story().tick()); // the mark was of another tick
}

TEST_CASE("a refused order has the limits that refuse it first, with their usage and scope") {
  auto settings = open_settings();
  settings.limits.order_size_max = lots(9);
  limit_scope of_strategy{.kind = scope_kind::strategy, .name = "b"};
  of_strategy.limits.position_max = lots(3);
  limit_scope of_symbol{.kind = scope_kind::symbol, .name = "ru####"};
  of_symbol.limits.order_size_max = lots(2);
  settings.limit_scopes = {of_strategy, of_symbol};
  scripted_log log{settings};
  log.trigger();
  REQUIRE(log.story().steps().size() == 1);
  auto& step = log.last();
  CHECK(step.judged->risk.outcome == verdict::position_limit_exceeded);
  CHECK(step.judged->scope == "strategy b");
  CHECK(step.sent.empty());
  CHECK_FALSE(step.routing);
  CHECK_FALSE(step.status_after);
  CHECK(log.story().order() == nullptr);
  auto& checks = step.judged->checks;
  REQUIRE(checks.size() > 3);
  CHECK(checks[0].result.rule == verdict::position_limit_exceeded);
  CHECK(checks[0].result.usage == lots(4).value);
  CHECK(checks[0].result.limit == lots(3).value);
  CHECK(checks[0].scope == "strategy b");
  CHECK(checks[1].result.rule == verdict::order_size_exceeded);
  CHECK(checks[1].scope == "symbol ru####");
  for (std::size_t i = 2; i < checks.size(); ++i)
    CHECK(checks[i].result.passed);
}

TEST_CASE("the rules are those of the signal's own time, not of the event before") {
  auto settings = open_settings();
  settings.limits.orders_per_second_max = 5;
  scripted_log log{settings};
  for (std::uint64_t i = 1; i <= 5; ++i)
    log.fail_other(ms(1), ib, i); // that it is another broker's report changes nothing
  log.trigger(ms(1001));
  CHECK(log.last().judged->risk.outcome == verdict::approved);
  for (auto& check : log.last().judged->checks)
    CHECK(check.result.passed);
}

TEST_CASE("an order that a broker has not taken says so, and where it went instead") {
  scripted_log log{open_settings()};
  log.trigger();
  auto refusal = log.make_report(log.id, ctp, report_kind::rejected, order_status::rejected, 0, 0);
  refusal.refusal = refusal_cause::not_taken;
  log.apply(ms(2), refusal);
  REQUIRE(log.last().routing);
  CHECK(log.last().routing->broker == ib);
  CHECK_FALSE(log.last().routing->is_primary);
  REQUIRE(log.last().routing->passed.size() == 1);
  CHECK(log.last().routing->passed[0].broker == ctp);
  CHECK(log.last().routing->passed[0].has_refused);
  CHECK(log.last().status_after == order_status::pending_new);
}

TEST_CASE("an order goes to the backup because of failures with other orders, or of a session") {
  auto settings = open_settings();
  settings.failover_threshold = 2;
  SUBCASE("failures") {
    scripted_log log{settings};
    log.fail_other(ms(0), ctp, 1);
    log.fail_other(ms(0), ctp, 2);
    log.trigger();
    REQUIRE(log.story().steps().size() == 1);
    REQUIRE(log.last().routing);
    CHECK(log.last().routing->broker == ib);
    REQUIRE(log.last().routing->passed.size() == 1);
    CHECK(log.last().routing->passed[0].failures == 2);
    CHECK(log.last().routing->passed[0].is_connected);
    CHECK_FALSE(log.last().routing->passed[0].has_refused);
  }
  SUBCASE("a session") {
    scripted_log log{settings};
    log.apply(ms(0), broker_event{.broker = ctp, .news = broker_news::session_down});
    log.trigger();
    REQUIRE(log.last().routing);
    CHECK(log.last().routing->broker == ib);
    CHECK_FALSE(log.last().routing->passed.at(0).is_connected);
  }
  SUBCASE("none is left") {
    scripted_log log{settings};
    log.apply(ms(0), broker_event{.broker = ctp, .news = broker_news::session_down});
    log.apply(ms(0), broker_event{.broker = ib, .news = broker_news::session_down});
    log.trigger();
    REQUIRE(log.last().routing);
    CHECK(log.last().routing->is_primary);
    CHECK_FALSE(log.last().routing->is_usable);
    CHECK(log.last().routing->passed.size() == 2);
  }
}

TEST_CASE("an order that ended and fills late appears again, as does its signal") {
  scripted_log log{open_settings()};
  log.trigger();
  log.report(ms(2), ctp, report_kind::accepted, order_status::accepted);
  log.report(ms(3), ctp, report_kind::canceled, order_status::canceled);
  log.report(ms(4), ctp, report_kind::fill, order_status::canceled, 2, 2);
  CHECK(log.last().status_before == order_status::canceled);
  REQUIRE(log.last().position);
  CHECK(log.last().position->after.held == lots(2));
  auto steps = log.story().steps().size();
  log.trigger(ms(5));
  REQUIRE(log.story().steps().size() == steps + 1);
  CHECK_FALSE(log.last().judged);
  CHECK(log.last().sent.empty());
}

TEST_CASE("what is about no order is told when something follows for this one") {
  scripted_log log{open_settings()};
  log.trigger();
  log.apply(ms(2), broker_event{.broker = ib, .news = broker_news::session_up});
  CHECK(log.story().steps().size() == 1);
  log.apply(ms(3), broker_event{.broker = ctp, .news = broker_news::session_up});
  REQUIRE(log.story().steps().size() == 2);
  REQUIRE(log.last().sent.size() == 1);
  CHECK(std::holds_alternative<status_query>(log.last().sent[0]));
  log.apply(ms(4), slot_recovered{.writer = epoch{2}, .external = {ctp}});
  REQUIRE(log.story().steps().size() == 3);
  CHECK(log.last().status_after == order_status::in_doubt);
}

TEST_CASE("the stories of all orders of a journal are those of its rows") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    auto settings = fully_limited(seed);
    order_journal journal{settings, seed};
    auto contents = read_judged_orders(journal.directory());
    REQUIRE_MESSAGE(contents.has_value(), contents.error().message);
    CHECK(contents->events == journal.events);
    CHECK(contents->orders.size() == journal.orders.size());
    trading_state trading{settings, random_trading::universe(), false};
    std::vector<order_story> stories;
    for (auto& order : contents->orders) {
      auto trigger = read_signal(journal.directory(), order.event);
      REQUIRE_MESSAGE(trigger.has_value(), trigger.error().message);
      stories.emplace_back(trading, order.id, *trigger, order.event);
    }
    auto for_all = [&stories](auto tell) { std::ranges::for_each(stories, tell); };
    auto replayed = replay_journal(
        journal.directory(), trading,
        {.before = [&](auto& event) { for_all([&](auto& s) { s.before(event); }); },
         .after = [&](auto& event,
                      auto& decided) { for_all([&](auto& s) { s.after(event, decided); }); },
         .mark = [&](auto& event) { for_all([&](auto& s) { s.mark(event); }); }});
    REQUIRE_MESSAGE(replayed.has_value(), replayed.error().message);
    std::size_t fills = 0, rerouted = 0;
    std::map<std::pair<symbol_id, strategy_id>, std::int64_t> moved;
    for (auto& story : stories) {
      auto& row = journal.orders.at(story.id());
      auto& first = story.steps().front();
      REQUIRE(first.judged);
      CHECK(first.judged->risk.outcome == row.outcome);
      CHECK(first.judged->scope == row.scope);
      CHECK(first.event.number == row.created_event);
      REQUIRE(story.tick());
      CHECK(story.tick()->number < first.event.number);
      auto& check = first.judged->checks.front();
      CHECK(check.result.passed == (row.outcome == verdict::approved));
      if (row.outcome != verdict::approved) {
        CHECK(check.result.rule == row.outcome);
        CHECK(check.result.usage == row.usage);
        CHECK(check.result.limit == row.limit_of_rule);
        CHECK(story.steps().size() == 1);
        CHECK(story.order() == nullptr);
        continue;
      }
      std::string history{to_string(order_status::pending_new)};
      for (auto& step : story.steps()) {
        if (step.status_before && step.status_before != step.status_after)
          history += ">" + std::string{to_string(*step.status_after)};
        rerouted += step.routing && !step.judged;
        if (!step.position) continue;
        ++fills;
        moved[{row.symbol, row.strategy}] +=
            step.position->after.held.value - step.position->before.held.value;
      }
      // Two changes at one event are one step.
      CHECK(history.size() <= row.history.size());
      CHECK(history.substr(history.rfind('>') + 1) == to_string(row.status));
      CHECK(story.order()->status() == row.status);
      CHECK(story.steps().back().filled == row.filled);
    }
    CHECK(fills == journal.fills.size());
    CHECK(fills > 50);
    CHECK(rerouted > 3);
    for (auto& position : journal.positions)
      CHECK(moved[{position.symbol, position.strategy}] == position.held.value);
  }
}

} // namespace tickmesh::order_story_test
