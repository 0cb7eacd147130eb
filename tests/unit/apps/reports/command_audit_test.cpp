// Every operator's command of a log, and a journal that operators had a hand in.
#include "apps/reports/audit_document.hpp"

#include "actors/execution/recovery/journal_replay.hpp"
#include "actors/execution/trading/limit_trial.hpp"
#include "apps/reports/order_document.hpp"
#include "tests/support/order_journal.hpp"
#include "tests/support/story_desk.hpp"

namespace tickmesh::command_audit_test {

using namespace risk_desk;

namespace {

using json = nlohmann::ordered_json;

constexpr trading_switch halt{.mode = trading_mode::halted};
constexpr trading_switch flatten{.mode = trading_mode::halted, .cancel_all = true, .flatten = true};

} // namespace

TEST_CASE("the audit has every command, what it changed, and what became of it") {
  auto settings = open_settings();
  settings.limits.position_max = lots(10);
  story_desk d{settings};
  d.signal_to_buy(ms(1), 2);
  auto id = d.sent.at(0).id;
  d.report(ms(2), id, report_kind::accepted, order_status::accepted);
  auto first = settings, second = settings;
  first.limits.position_max = lots(5);
  first.limits.order_size_max = lots(3);
  second.limits.position_max = lots(6);
  d.command(ms(3), limits_change{first.all_limits()}, "calmer");
  d.command(ms(4), limits_change{second.all_limits()}, "less calm");
  d.command(ms(4), limits_change{second.all_limits()});
  d.command(ms(5), operator_cancel{order_id{7}});
  d.command(ms(6), operator_cancel{id});
  d.command(ms(7), halt, "");
  d.command(ms(8), books_acceptance{"ctp"});
  trading_state trading{settings, universe(), false};
  command_audit audit{trading};
  d.replay(trading, audit);
  auto document = describe_audit(audit, "here", trading.last_event());
  auto& commands = document.at("commands");
  REQUIRE(commands.size() == 7);
  CHECK(commands.at(0).at("event") == 3);
  CHECK(commands.at(0).at("time") == format_timestamp(ms(3)));
  CHECK(commands.at(0).at("asked") == format_timestamp(ms(3) + std::chrono::hours{1}));
  CHECK(commands.at(0).at("who") == "me@desk");
  CHECK(commands.at(0).at("reason") == "calmer");
  auto changes = commands.at(0).at("limits");
  REQUIRE(changes.size() == 2);
  CHECK(changes.at(0) ==
        json{{"scope", "global"}, {"key", "position_max"}, {"before", "10"}, {"after", "5"}});
  CHECK(changes.at(1) ==
        json{{"scope", "global"}, {"key", "order_size_max"}, {"before", nullptr}, {"after", "3"}});
  changes = commands.at(1).at("limits"); // against the limits of then
  CHECK(changes.at(0).at("before") == "5");
  CHECK(changes.at(1).at("after").is_null());
  CHECK(commands.at(2).at("limits").empty());
  CHECK(commands.at(3).at("done") == false);
  CHECK(commands.at(3).at("outcome") == "no order O0000000000000007 was sent");
  CHECK(commands.at(3).at("limits").is_null());
  CHECK(commands.at(4).at("done") == true);
  CHECK(commands.at(5).at("action") == "halt");
  CHECK(commands.at(5).at("reason").is_null());
  CHECK(commands.at(6).at("action") == "accept what ctp holds");
  auto text = format_audit(document);
  CHECK(text.find("changes  global: position_max: 10 -> 5\n") != std::string::npos);
  CHECK(text.find("         global: order_size_max: none -> 3\n") != std::string::npos);
  CHECK(text.find("REFUSED: no order O0000000000000007 was sent") != std::string::npos);
}

TEST_CASE("bytes that are no text do not stop a document") {
  operator_command command{.who = "me", .reason = "\xff!", .action = halt};
  auto text = to_text(describe_command(command, std::nullopt));
  CHECK(json::parse(text).at("reason") == "\xEF\xBF\xBD!");
}

namespace {

/// Operators who replace, cancel, change limits, and at last flatten, while random trading goes on.
struct busy_operators {
  static constexpr std::size_t flatten_after = 30; ///< commands
  std::vector<operator_command> asked{};

  void ask(event_sequencer& sequencer, operator_action action) {
    operator_command command{.who = "op" + std::to_string(asked.size()),
                             .reason = "reason " + std::to_string(asked.size()),
                             .asked = from_ns(static_cast<std::int64_t>(asked.size()) + 1),
                             .action = std::move(action)};
    sequencer.post(command);
    asked.push_back(std::move(command));
  }

  void play(const trading_state& trading, event_sequencer& sequencer) {
    if (++batches % 10 != 0 || asked.size() > 60) return;
    auto unfinished = trading.orders().unfinished();
    if (asked.size() == flatten_after) return ask(sequencer, flatten);
    if (unfinished.empty() && trading.notice().mode == trading_mode::halted)
      return ask(sequencer, trading_switch{.mode = trading_mode::active});
    if (unfinished.empty()) return;
    auto& order = unfinished[batches / 10 % unfinished.size()]->request;
    switch (asked.size() % 4) {
    case 0: return ask(sequencer, operator_cancel{order.id});
    case 1: {
      limits_change change{trading.limits().scopes()};
      change.limits[0].limits.order_size_max = quantity{std::int64_t(asked.size()) * unit};
      return ask(sequencer, change);
    }
    default: {
      auto more = std::int64_t(asked.size() % 9) * unit;
      return ask(sequencer, operator_replace{order.id, order.limit, order.volume + quantity{more}});
    }
    }
  }

  std::size_t batches = 0;
};

} // namespace

TEST_CASE("stories, audit and limits try agree with a journal that operators had a hand in") {
  std::size_t flattens = 0, refused_forms = 0, replaced = 0, canceled = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    auto settings = fully_limited(seed);
    busy_operators operators;
    order_journal journal{settings, seed, [&](auto& trading, auto& sequencer) {
                            operators.play(trading, sequencer);
                          }};
    REQUIRE(operators.asked.size() > busy_operators::flatten_after + 5);
    auto contents = read_judged_orders(journal.directory());
    REQUIRE_MESSAGE(contents.has_value(), contents.error().message);
    trading_state trading{settings, random_trading::universe(), false};
    std::map<order_id, order_story> stories;
    std::uint64_t by_operators = 0;
    for (auto& order : contents->orders) {
      by_operators += order.form.has_value();
      if (stories.contains(order.id)) continue;
      auto origin = order.form
                        ? order_origin{*order.form}
                        : order_origin{read_signal(journal.directory(), order.event).value()};
      stories.emplace(order.id, order_story{trading, order.id, origin, order.event});
    }
    command_audit audit{trading};
    limit_trial trial{trading, settings.all_limits(), settings.account};
    auto replayed = replay_journal(journal.directory(), trading,
                                   {.before =
                                        [&](auto& event) {
                                          audit.before(event);
                                          trial.before(event);
                                          for (auto& [id, story] : stories)
                                            story.before(event);
                                        },
                                    .after =
                                        [&](auto& event, auto& decided) {
                                          audit.after(event, decided);
                                          trial.after(event, decided);
                                          for (auto& [id, story] : stories)
                                            story.after(event, decided);
                                        },
                                    .mark = nullptr});
    REQUIRE_MESSAGE(replayed.has_value(), replayed.error().message);

    REQUIRE(audit.commands().size() == operators.asked.size());
    REQUIRE(journal.outcomes.size() == operators.asked.size());
    for (std::size_t i = 0; i < operators.asked.size(); ++i) {
      CHECK(audit.commands()[i].command == operators.asked[i]);
      CHECK(audit.commands()[i].outcome == journal.outcomes[i]);
    }

    std::uint64_t left_out = 0, of_signals = 0;
    for (auto& [day, tried] : trial.days()) {
      left_out += tried.by_operators;
      of_signals += tried.orders;
    }
    CHECK(left_out == by_operators);
    CHECK(of_signals + by_operators == contents->orders.size());

    CHECK(stories.size() == journal.orders.size());
    for (auto& [id, story] : stories) {
      auto& row = journal.orders.at(id);
      auto& first = story.steps().front();
      REQUIRE(first.judged);
      CHECK(first.judged->risk.outcome == row.outcome);
      CHECK(first.event.number == row.created_event);
      CHECK(first.judged->checks.front().result.passed == (row.outcome == verdict::approved));
      bool flattened = row.signal.starts_with("operator/flatten/");
      CHECK((story.trigger() == nullptr) == flattened);
      flattens += flattened;
      if (flattened) {
        bool is_command = std::holds_alternative<operator_command>(first.event.what);
        CHECK(is_command != first.halt.has_value());
      }
      if (row.outcome != verdict::approved) continue;
      CHECK(story.order()->status() == row.status);
      CHECK(story.steps().back().filled == row.filled);
      CHECK(story.order()->request.volume == row.volume);
      for (auto& step : story.steps()) {
        auto* command = std::get_if<operator_command>(&step.event.what);
        if (command == nullptr) continue;
        CHECK(step.outcome.has_value());
        bool is_replace = std::holds_alternative<operator_replace>(command->action);
        bool is_refused =
            step.judged && is_replace && step.judged->risk.outcome != verdict::approved;
        refused_forms += is_refused;
        if (is_refused) CHECK_FALSE(step.judged->checks.front().result.passed);
        for (auto& sent : step.sent) {
          replaced += std::holds_alternative<replace_request>(sent);
          canceled += std::holds_alternative<cancel_request>(sent);
        }
      }
      CHECK_FALSE(format_order(describe_order(story, {.journal = "here",
                                                      .events = contents->events,
                                                      .account = "main",
                                                      .brokers = {"ctp", "ib"},
                                                      .universe = trading.universe(),
                                                      .factors = fail("no ticks")}))
                      .empty());
    }
  }
  CHECK(flattens > 4);
  CHECK(refused_forms > 4);
  CHECK(replaced > 4);
  CHECK(canceled > 4);
}

} // namespace tickmesh::command_audit_test
