// The numbering of inputs, reports and timers.
#include "actors/execution/event_sequencer.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace tickmesh;

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
