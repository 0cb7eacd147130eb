// A trading_state that the test plays, and the story of any of its orders afterwards. Used by the
// tests of what operators' commands look like to those who ask about orders.
#pragma once

#include "actors/execution/replay/order_story.hpp"
#include "tests/support/risk_desk.hpp"

#include <algorithm>
#include <memory>

namespace tickmesh {

/// Keeps what happens.
class story_desk {
public:
  explicit story_desk(execution_settings settings) : settings_(std::move(settings)) {}

  template <class T>
  void apply(timestamp t, T what) {
    events_.push_back({events_.size() + 1, t, std::move(what)});
    commands_.clear();
    state.apply(events_.back(), commands_);
    outcome = state.take_outcome().value_or(operator_outcome{});
    for (auto& verdict : state.verdicts())
      judged_.push_back({events_.size(), verdict});
    for (auto& c : commands_) {
      if (auto* order = std::get_if<order_request>(&c)) sent.push_back(*order);
      if (auto* timer = std::get_if<timer_request>(&c)) timers.push_back(timer->timer);
    }
  }
  void mark(timestamp t, std::int64_t bid) {
    using risk_desk::at;
    apply(t, market_mark{.trading_day = risk_desk::first_day,
                         .effective_time = t,
                         .last = at(bid),
                         .bid = at(bid),
                         .ask = at(bid + 1)});
  }
  /// Buys of strategy b.
  void signal_to_buy(timestamp t, std::int64_t volume) {
    apply(t, signal{.name = {.strategy = strategy_id{1}, .last_tick = sequence{++ticks_}},
                    .effective_time = t,
                    .direction = 1,
                    .volume = risk_desk::lots(volume),
                    .limit = risk_desk::at(100)});
  }
  void report(timestamp t, order_id order, report_kind kind, order_status status,
              std::int64_t volume = 0, std::int64_t filled = 0, std::string text = {}) {
    apply(t, execution_report{.id = {order, ++reports_[order]},
                              .order = order,
                              .kind = kind,
                              .status = status,
                              .last_price = volume > 0 ? risk_desk::at(100) : no_price,
                              .last_quantity = risk_desk::lots(volume),
                              .cumulative = risk_desk::lots(filled),
                              .time = t,
                              .text = std::move(text)});
  }
  void command(timestamp t, operator_action action, std::string reason = "drill") {
    apply(t, operator_command{.who = "me@desk",
                              .reason = std::move(reason),
                              .asked = t + std::chrono::hours{1},
                              .action = std::move(action)});
  }
  /// The timer goes off that was asked for last.
  void go_off(timer_purpose purpose) {
    auto found = std::ranges::find(timers.rbegin(), timers.rend(), purpose, &timer_due::purpose);
    REQUIRE(found != timers.rend());
    auto timer = *found;
    apply(timer.due, timer);
  }

  struct told {
    std::unique_ptr<trading_state> trading;
    order_story story;
  };
  /// As a replay of the log tells it.
  told tell(order_id id) const {
    auto first = std::ranges::find_if(judged_, [id](auto& j) { return j.verdict.order == id; });
    REQUIRE(first != judged_.end());
    auto& event = events_.at(first->event - 1);
    auto origin = first->verdict.form ? order_origin{*first->verdict.form}
                                      : order_origin{std::get<signal>(event.what)};
    auto trading = std::make_unique<trading_state>(settings_, risk_desk::universe(), false);
    order_story story{*trading, id, origin, first->event};
    replay(*trading, story);
    return {std::move(trading), std::move(story)};
  }
  template <class Listener>
  void replay(trading_state& trading, Listener& listener) const {
    for (auto& e : events_) {
      bool is_mark = std::holds_alternative<market_mark>(e.what);
      if (!is_mark) listener.before(e);
      std::vector<venue_command> out;
      trading.apply(e, out);
      batch_decisions decided;
      for (auto& verdict : trading.verdicts())
        decided.verdicts.push_back({0, verdict});
      for (auto& command : out)
        decided.commands.push_back({0, command});
      if (auto done = trading.take_outcome()) decided.outcomes.push_back(*done);
      if (!is_mark) listener.after(e, decided);
    }
  }

private:
  struct placed_verdict {
    std::uint64_t event = 0;
    order_verdict verdict;
  };
  execution_settings settings_;
  std::uint64_t ticks_ = 0;
  std::map<order_id, std::uint32_t> reports_;
  std::vector<sequenced_event> events_;
  std::vector<venue_command> commands_;
  std::vector<placed_verdict> judged_;

public:
  trading_state state{settings_, risk_desk::universe(), false};
  operator_outcome outcome; ///< of the last command
  std::vector<order_request> sent;
  std::vector<timer_due> timers;
};

} // namespace tickmesh
