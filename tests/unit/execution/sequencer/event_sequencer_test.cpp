// The numbering of inputs, reports and timers.
#include "actors/execution/sequencer/event_sequencer.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

namespace tickmesh::event_sequencer_test {

TEST_CASE("a report comes before a mark, a mark before a signal and a signal before a timer") {
  auto s_at = [](std::int64_t s) { return from_ns(s * 1'000'000'000); };
  for (bool report_is_taken_early : {true, false}) {
    event_sequencer sequencer(
        {.delay = std::chrono::seconds{1}, .reject_share = 0, .lost_ack_share = 0});
    auto link = sequencer.inputs().add_link("all");
    for (std::uint64_t second : {1, 2}) {
      tick t{.symbol = symbol_id{0}};
      t.number = sequence{second};
      t.effective_time = s_at(static_cast<std::int64_t>(second));
      sequencer.inputs().push(link, t);
      sequencer.inputs().push(
          link, signal{.name = {.last_tick = t.number}, .effective_time = t.effective_time});
    }
    sequencer.inputs().advance(link, s_at(2));
    REQUIRE(sequencer.next()); // the mark
    REQUIRE(sequencer.next()); // the signal: sends an order and arms a timer, both due at 2
    order_request order{.id = order_id{1},
                        .direction = side::buy,
                        .limit = price{decimal_scale},
                        .volume = quantity{decimal_scale}};
    sequencer.execute({order, timer_request{{.due = s_at(2), .order = order.id}}}, s_at(1));
    std::vector<std::size_t> kinds;
    std::uint64_t last_number = 2;
    auto pump = [&] {
      while (auto e = sequencer.next()) {
        kinds.push_back(e->what.index());
        CHECK(e->time == s_at(2));
        CHECK(e->number == ++last_number);
        sequencer.execute({}, e->time);
      }
    };
    if (report_is_taken_early) {
      pump();
      CHECK(kinds == std::vector<std::size_t>{2}); // nothing before 2 can follow
    }
    sequencer.inputs().advance(link, from_ns(to_ns(s_at(2)) + 1));
    pump();
    CHECK(kinds == std::vector<std::size_t>{2, 0, 1, 3});
    CHECK(!sequencer.finished());
    sequencer.inputs().finish(link);
    CHECK(!sequencer.next());
    CHECK(sequencer.finished());
  }
}

TEST_CASE("reports and timers run to their end when all links have finished") {
  event_sequencer sequencer(
      {.delay = std::chrono::seconds{1}, .reject_share = 0, .lost_ack_share = 0});
  auto link = sequencer.inputs().add_link("all");
  sequencer.inputs().push(link,
                          signal{.name = {.last_tick = sequence{1}}, .effective_time = from_ns(5)});
  sequencer.inputs().finish(link);
  REQUIRE(sequencer.next());
  CHECK(!sequencer.finished()); // what the signal leads to is not known yet
  order_request order{.id = order_id{1},
                      .direction = side::buy,
                      .limit = price{decimal_scale},
                      .volume = quantity{decimal_scale}};
  timer_due timer{.due = from_ns(10'000'000'000), .order = order.id};
  sequencer.execute({order, timer_request{timer}}, from_ns(5));
  auto report = sequencer.next();
  REQUIRE(report);
  CHECK(report->time == from_ns(1'000'000'005));
  CHECK(std::get<execution_report>(report->what).kind == report_kind::accepted);
  sequencer.execute({}, report->time);
  auto due = sequencer.next();
  REQUIRE(due);
  CHECK(std::get<timer_due>(due->what) == timer);
  sequencer.execute({}, due->time);
  CHECK(sequencer.finished());
  CHECK(sequencer.events() == 3);
}

namespace {

constexpr std::int64_t one_second = 1'000'000'000;

/// A link with ticks and signals at 1, 2 and 3 s.
event_merge::link_index push_three_signals(event_sequencer& sequencer) {
  auto link = sequencer.inputs().add_link("all");
  for (std::uint64_t second : {1, 2, 3}) {
    auto at = from_ns(static_cast<std::int64_t>(second) * one_second);
    tick t{.symbol = symbol_id{0}};
    t.number = sequence{second};
    t.effective_time = at;
    sequencer.inputs().push(link, t);
    sequencer.inputs().push(link, signal{.name = {.last_tick = t.number}, .effective_time = at});
  }
  return link;
}

/// Takes what there is; the first signal opens an order with a timer at 10 s. Times in s.
std::vector<std::int64_t> pump_with_one_order(event_sequencer& sequencer, bool opens_order) {
  std::vector<std::int64_t> times;
  while (auto e = sequencer.next()) {
    times.push_back(to_ns(e->time) / one_second);
    std::vector<venue_command> commands;
    if (opens_order && std::holds_alternative<signal>(e->what)) {
      order_request order{.id = order_id{1},
                          .direction = side::buy,
                          .limit = price{decimal_scale},
                          .volume = quantity{decimal_scale}};
      commands = {order, timer_request{{.due = from_ns(10 * one_second), .order = order.id}}};
      opens_order = false;
    }
    sequencer.execute(commands, e->time);
  }
  return times;
}

} // namespace

TEST_CASE("a link that stops leaves what is not before its promise to a later life") {
  event_sequencer sequencer(
      {.delay = std::chrono::milliseconds{1}, .reject_share = 0, .lost_ack_share = 0});
  auto link = push_three_signals(sequencer);
  sequencer.inputs().advance(link, from_ns(3 * one_second));
  sequencer.inputs().stop(link);
  // The tick and the signal at 3 s, and the timer at 10 s, are not this life's any more.
  CHECK(pump_with_one_order(sequencer, true) == std::vector<std::int64_t>{1, 1, 1, 2, 2});
  CHECK(sequencer.finished());
  CHECK(sequencer.next_timer() == from_ns(10 * one_second));
  CHECK(sequencer.inputs().waiting_for().empty());
}

TEST_CASE("one link that stops holds the drain back, though all others have finished") {
  event_sequencer sequencer(
      {.delay = std::chrono::milliseconds{1}, .reject_share = 0, .lost_ack_share = 0});
  auto ended = push_three_signals(sequencer);
  auto stopped = sequencer.inputs().add_link("stopped");
  sequencer.inputs().advance(stopped, from_ns(2 * one_second));
  sequencer.inputs().stop(stopped);
  sequencer.inputs().finish(ended);
  CHECK(pump_with_one_order(sequencer, true) == std::vector<std::int64_t>{1, 1, 1});
  CHECK(sequencer.finished());
}

TEST_CASE("by arrival, a stop takes all that has come, and hurries no timer") {
  event_sequencer sequencer(input_order::arrival, [] {
    std::vector<std::unique_ptr<order_venue>> venues;
    venues.push_back(make_venue({.name = "accept", .kind = broker_kind::accept}));
    return venues;
  }());
  auto link = push_three_signals(sequencer);
  sequencer.inputs().advance(link, from_ns(one_second));
  CHECK(pump_with_one_order(sequencer, true) == std::vector<std::int64_t>{1, 1, 1, 1, 2, 2, 3, 3});
  CHECK(!sequencer.finished());
  sequencer.inputs().stop(link);
  CHECK(!sequencer.next());
  CHECK(sequencer.finished());
  CHECK(sequencer.next_timer() == from_ns(10 * one_second));
}

TEST_CASE("an input behind the clock is numbered at the clock's time, and counted") {
  event_sequencer sequencer(
      {.delay = std::chrono::milliseconds{1}, .reject_share = 0, .lost_ack_share = 0});
  auto first = sequencer.inputs().add_link("first life");
  event_batch batch;
  batch.first_number = 1;
  batch.others.push_back({0,
                          {.number = 1,
                           .time = from_ns(5 * one_second),
                           .what = signal{.name = {.last_tick = sequence{1}},
                                          .effective_time = from_ns(5 * one_second)}}});
  REQUIRE(sequencer.replay(batch, {}));
  tick t{.symbol = symbol_id{0}};
  t.number = sequence{2};
  t.effective_time = from_ns(4 * one_second);
  sequencer.inputs().push(first, t);
  sequencer.inputs().push(
      first, signal{.name = {.last_tick = sequence{2}}, .effective_time = from_ns(4 * one_second)});
  sequencer.inputs().finish(first);
  CHECK(pump_with_one_order(sequencer, false) == std::vector<std::int64_t>{5, 5});
  CHECK(sequencer.late_events() == 2);
  CHECK(sequencer.finished());
}

TEST_CASE("what lies behind a link's stop needs no room any more") {
  event_merge merge;
  auto ahead = merge.add_link("ahead");
  auto stopped = merge.add_link("stopped");
  CHECK(merge.stopped_at() == end_of_time);
  merge.advance(ahead, from_ns(9));
  merge.advance(stopped, from_ns(4));
  merge.stop(stopped);
  CHECK(merge.stopped_at() == from_ns(4));
  CHECK(!merge.has_stopped()); // the other still runs
  merge.stop(ahead);
  CHECK(merge.stopped_at() == from_ns(4));
  CHECK(merge.has_stopped());
}

} // namespace tickmesh::event_sequencer_test
