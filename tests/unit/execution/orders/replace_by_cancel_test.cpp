// Orders of brokers that have no replace: canceled, and then sent anew as far as they are missing.
#include "actors/execution/replay/event_application.hpp"
#include "tests/support/decided_commands.hpp"
#include "tests/support/doubt_desk.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>

namespace tickmesh::replace_by_cancel_test {

namespace {

using namespace risk_desk;
using st = order_status;
using kind = report_kind;

execution_settings without_replace() {
  auto s = open_settings();
  s.order_lifetime = {};
  s.brokers = {{.name = "ctp", .has_replace = false}, {.name = "ib"}};
  return s;
}

struct replacing_desk : doubt_desk {
  explicit replacing_desk(execution_settings settings = without_replace())
      : doubt_desk(std::move(settings)) {}

  /// An open order of 10 at 100, `filled` of it filled, that is to be replaced.
  order_request replaced_order(std::int64_t at_price, std::int64_t volume,
                               std::int64_t filled = 0) {
    auto order = open_order(ms(1), {.volume = 10});
    if (filled > 0) say_fill(order, filled, filled, st::partially_filled);
    REQUIRE(wish(order, at_price, volume).is_done);
    return order;
  }
  operator_outcome wish(const order_request& order, std::int64_t at_price, std::int64_t volume) {
    return now_command(operator_replace{order.id, at(at_price), lots(volume)});
  }
  void say_canceled(const order_request& order, std::int64_t filled = 0) {
    say(order, kind::canceled, st::canceled, filled);
  }
  bool waits() const { return !state.replaces().empty(); }
};

} // namespace

TEST_CASE("where a broker has no replace the order is canceled, and its rest sent anew") {
  replacing_desk d;
  auto order = d.replaced_order(102, 8, 3);
  CHECK(d.replaces.empty());
  CHECK(d.cancels == std::vector{order.id});
  CHECK(d.state.verdicts().at(0).order == order.id);
  CHECK(d.sent.size() == 1);
  CHECK(d.open_buys() == lots(7));
  d.say_canceled(order, 3);
  REQUIRE(d.sent.size() == 2);
  auto next = d.sent.back();
  CHECK(next.limit == at(102));
  CHECK(next.volume == lots(5));
  CHECK(next.direction == side::buy);
  CHECK(next.strategy == order.strategy);
  CHECK(d.open_buys() == lots(5));
  CHECK_FALSE(d.waits());
  CHECK(d.state.replaces().successor_of(order.id) == next.id);
  CHECK(d.state.replaces().replaced_by(next.id)->order == order.id);
  d.say(next, kind::accepted, st::accepted);
  d.say_canceled(order, 3); // told twice
  CHECK(d.sent.size() == 2);
  CHECK(d.state.totals().anomalies.of(order_anomaly::fill_after_end) == 0);
}

TEST_CASE("the kind accept has no replace, whatever its entry says, and a simulated venue has") {
  CHECK_FALSE(can_replace(broker_settings{.name = {}, .kind = broker_kind::accept}));
  CHECK(can_replace(broker_settings{}));
  CHECK_FALSE(can_replace(broker_settings{.name = {}, .has_replace = false}));
  execution_settings s;
  CHECK(s.replaces_at(broker_id{1}));
  s.broker = broker_kind::accept;
  CHECK_FALSE(s.replaces_at(broker_id{0}));
  CHECK_FALSE(without_replace().replaces_at(broker_id{0}));
  CHECK(without_replace().replaces_at(broker_id{1}));
}

TEST_CASE("an order in place of another has a row that says so, opened or refused") {
  auto settings = without_replace();
  settings.limits.position_max = lots(12);
  replacing_desk d{settings};
  auto order = d.replaced_order(101, 12, 2);
  auto asked = d.events;
  SUBCASE("opened") {}
  SUBCASE("refused") {
    REQUIRE(d.now_command(limits_change{.limits =
                                            [&] {
                                              auto scopes = d.state.limits().scopes();
                                              scopes[0].limits.position_max = lots(11);
                                              return scopes;
                                            }()})
                .is_done);
  }
  bool is_refused = d.events != asked;
  d.say_canceled(order, 2);
  CHECK(d.sent.size() == (is_refused ? 1 : 2));
  CHECK_FALSE(d.waits());
  auto id = make_order_id(fmt::format("operator/replace/{}/{}", format_order_id(order.id), asked));
  REQUIRE(d.state.verdicts().size() == 1);
  CHECK(d.state.verdicts()[0].order == id);
  CHECK(d.state.verdicts()[0].form->volume == lots(10));
  if (!is_refused) d.say(d.sent.back(), kind::rejected, st::rejected);
  std::vector<order_row> rows;
  std::vector<fill_row> fills;
  d.state.finish(rows, fills);
  auto row = std::ranges::find(rows, id, &order_row::id);
  REQUIRE(row != rows.end());
  CHECK(row->signal == fmt::format("operator/replace/{}/{}", format_order_id(order.id), asked));
  CHECK(row->outcome == (is_refused ? verdict::position_limit_exceeded : verdict::approved));
  CHECK(row->status == st::rejected);
}

TEST_CASE("a new form that risk refuses at once leaves the order as it is") {
  auto settings = without_replace();
  settings.limits.position_max = lots(12);
  replacing_desk d{settings};
  auto order = d.open_order(ms(1), {.volume = 10});
  CHECK_FALSE(d.wish(order, 100, 13).is_done);
  CHECK(d.cancels.empty());
  CHECK_FALSE(d.waits());
  CHECK(d.status_of(order.id) == st::accepted);
}

TEST_CASE("fills that cross the cancel are not bought again") {
  for (std::int64_t filled : {5, 8, 10}) {
    CAPTURE(filled);
    replacing_desk d;
    auto order = d.replaced_order(101, 8);
    d.say_fill(order, filled, filled, filled == 10 ? st::filled : st::partially_filled);
    if (filled < 10) d.say_canceled(order, filled);
    CHECK(d.sent.size() == (filled < 8 ? 2 : 1));
    if (filled < 8) CHECK(d.sent.back().volume == lots(8 - filled));
    CHECK_FALSE(d.waits());
  }
}

TEST_CASE("an order that is filled in full is followed by what its larger form is missing") {
  replacing_desk d;
  auto order = d.replaced_order(100, 15);
  d.say_fill(order, 10, 10, st::filled);
  d.say(order, kind::cancel_rejected, st::filled, 10);
  REQUIRE(d.sent.size() == 2);
  CHECK(d.sent.back().volume == lots(5));
}

TEST_CASE("an end whose fills have not all come is waited for") {
  replacing_desk d;
  auto order = d.replaced_order(101, 8);
  d.say_canceled(order, 6);
  CHECK(d.sent.size() == 1);
  CHECK(d.open_buys() == lots(6));
  d.say_fill(order, 4, 4, st::canceled);
  CHECK(d.sent.size() == 1);
  d.say_fill(order, 2, 6, st::canceled);
  REQUIRE(d.sent.size() == 2);
  CHECK(d.sent.back().volume == lots(2));
}

TEST_CASE("a cancel that is refused, or not answered, leaves the wish until the order has ended") {
  replacing_desk d;
  auto order = d.replaced_order(101, 8);
  SUBCASE("refused") {
    d.say(order, kind::cancel_rejected, st::accepted);
    CHECK(d.status_of(order.id) == st::accepted);
  }
  SUBCASE("in doubt") {
    d.apply(d.last_timer(timer_purpose::cancel_answer).due,
            d.last_timer(timer_purpose::cancel_answer));
    CHECK(d.status_of(order.id) == st::in_doubt);
    d.say(d.unknown(order, refusal_cause::unknown_now));
    CHECK(d.status_of(order.id) == st::in_doubt);
  }
  SUBCASE("nobody has seen its end") {
    d.say(d.unknown(order, refusal_cause::unknown_for_good));
    CHECK(is_terminal(d.status_of(order.id)));
  }
  CHECK(d.waits());
  CHECK(d.sent.size() == 1);
  d.say_canceled(order);
  CHECK(d.sent.size() == 2);
}

TEST_CASE("the newer wish counts, and is no second cancel while one is out") {
  replacing_desk d;
  auto order = d.replaced_order(101, 8);
  CHECK(d.wish(order, 100, 10).is_done); // its old form, after all
  CHECK(d.cancels.size() == 1);
  CHECK(d.wish(order, 99, 6).is_done);
  SUBCASE("one that is refused changes nothing") {
    CHECK_FALSE(d.wish(order, 98, 0).is_done);
  }
  SUBCASE("a cancel that was refused is sent again") {
    d.say(order, kind::cancel_rejected, st::accepted);
    CHECK(d.wish(order, 99, 6).is_done);
    CHECK(d.cancels.size() == 2);
  }
  d.say_canceled(order);
  REQUIRE(d.sent.size() == 2);
  CHECK(d.sent.back().limit == at(99));
  CHECK(d.sent.back().volume == lots(6));
}

TEST_CASE("a halt and an operator's cancel drop the wish") {
  replacing_desk d;
  auto order = d.replaced_order(101, 8);
  SUBCASE("halt") {
    auto done = d.now_command(trading_switch{.mode = trading_mode::halted});
    CHECK(done.text == "HALTED; 1 orders open; 1 orders are not replaced any more");
    REQUIRE(d.now_command(trading_switch{.mode = trading_mode::active}).is_done);
  }
  SUBCASE("cancel") {
    auto done = d.now_command(operator_cancel{order.id});
    CHECK(done.is_done); // though a cancel is under way
    CHECK(done.text.find("not replaced any more") != std::string::npos);
    CHECK_FALSE(d.now_command(operator_cancel{order.id}).is_done);
  }
  d.say_canceled(order);
  CHECK(d.sent.size() == 1);
}

TEST_CASE("nothing is replaced that has ended, or that is being canceled for another reason") {
  replacing_desk d;
  auto order = d.open_order(ms(1), {.volume = 10});
  REQUIRE(d.now_command(operator_cancel{order.id}).is_done);
  CHECK_FALSE(d.wish(order, 101, 8).is_done);
  d.say_canceled(order);
  CHECK_FALSE(d.wish(order, 101, 8).is_done);
  CHECK_FALSE(d.waits());
}

TEST_CASE("the guard lets the new order leave, as it was approved") {
  replacing_desk d;
  send_guard guard;
  auto order = d.open_order(ms(1), {.volume = 10});
  guard.approve(order);
  std::vector<venue_command> commands{order};
  REQUIRE_FALSE(keep_admitted(commands, guard));
  auto follow = [&](const sequenced_event& event) {
    event_batch batch;
    batch.first_number = event.number;
    batch.others.push_back({0, event});
    batch_decisions decided;
    for (auto& verdict : d.state.verdicts())
      decided.verdicts.push_back({0, verdict});
    show_reports(batch, guard);
    show_approvals(approved_orders(batch, decided), guard);
    auto sent = d.out;
    CHECK(keep_admitted(sent, guard) == std::nullopt);
  };
  operator_command command{
      .who = "me", .reason = {}, .action = operator_replace{order.id, at(102), lots(8)}};
  d.apply(d.now, command);
  follow({d.events, d.now, command});
  auto canceled = d.make(order, kind::canceled, st::canceled);
  d.say(canceled);
  follow({d.events, d.now, canceled});
  CHECK(d.sent.size() == 2);
  CHECK(guard.violations() == 0);
}

TEST_CASE("what another build has made of a replace holds on replay") {
  // As that build decided; this one follows its log.
  replacing_desk d;
  trading_state follower{without_replace(), universe()};
  std::uint64_t number = 0;
  std::vector<venue_command> ignored;
  auto both = [&](auto what) {
    d.apply(d.now + std::chrono::milliseconds{1}, what);
    follower.apply_recorded({++number, d.now, what}, d.state.verdicts(), d.out);
  };
  both(signal{.name = {.last_tick = sequence{1}},
              .effective_time = ms(1),
              .direction = 1,
              .volume = lots(10),
              .limit = at(100)});
  auto order = d.sent.back();
  both(d.make(order, kind::accepted, st::accepted));
  both(operator_command{
      .who = "me", .reason = {}, .action = operator_replace{order.id, at(101), lots(8)}});
  CHECK(follower.replaces().stands_for(order.id));
  bool is_refused = false;
  SUBCASE("opened") {}
  SUBCASE("refused") {
    is_refused = true;
    both(operator_command{.who = "me", .reason = {}, .action = limits_change{.limits = [&] {
                                                       auto scopes = d.state.limits().scopes();
                                                       scopes[0].limits.order_size_max = lots(1);
                                                       return scopes;
                                                     }()}});
  }
  both(d.make(order, kind::canceled, st::canceled));
  CHECK(follower.replaces().empty());
  auto next = d.state.replaces().successor_of(order.id);
  REQUIRE(next);
  CHECK(follower.replaces().successor_of(order.id) == next);
  CHECK(follower.orders().knows(*next) == !is_refused);
  CHECK(d.state.orders().knows(*next) == !is_refused);
}

} // namespace tickmesh::replace_by_cancel_test
