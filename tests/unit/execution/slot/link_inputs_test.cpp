// From frames to the merge, and when a frame is done with.
#include "actors/execution/slot/link_inputs.hpp"
#include "runtime/links/link_inbox.hpp"
#include "tests/support/small_market.hpp"

#include <doctest/doctest.h>

#include <tuple>

namespace tickmesh::link_inputs_test {

namespace {

constexpr slot_name data_0{role::data, 0};
constexpr slot_name calc_0{role::calc, 0};
using closed_frame = std::tuple<slot_name, std::uint64_t, std::uint32_t, bool>;

timestamp at_ms(std::int64_t count) {
  return from_ns(count * 1'000'000);
}

tick tick_of(std::uint32_t symbol, std::uint64_t number, timestamp t) {
  tick out;
  out.symbol = symbol_id{symbol};
  out.position = source_position{number};
  out.trading_day = 20231114;
  out.event_time = out.effective_time = t;
  out.number = sequence{number};
  out.last = price{decimal_scale};
  return out;
}

std::string ticks_of(const std::vector<tick>& ticks, timestamp mark, bool final = false) {
  std::string out;
  if (!ticks.empty()) append_tick_run(out, ticks, first_data_epoch, 0);
  append_tick_frame_end(out, mark, final);
  return out;
}

signal signal_of(std::uint32_t symbol, timestamp t) {
  signal out;
  out.name.symbol = symbol_id{symbol};
  out.name.last_tick = sequence{1};
  out.direction = 1;
  out.volume = quantity{decimal_scale};
  out.effective_time = t;
  out.sent_ns = 40;
  return out;
}

struct bench {
  bench() {
    inputs.add(data_0);
    inputs.add(calc_0);
  }

  result<bool> take(slot_name from, std::uint64_t number, std::uint32_t items,
                    const std::string& payload) {
    return inputs.take({from, number, items, payload});
  }
  std::vector<closed_frame> close(bool all = false) {
    std::vector<closed_frame> out;
    inputs.close_frames(all,
                        [&](slot_name from, std::uint64_t number, std::uint32_t items,
                            bool is_final) { out.emplace_back(from, number, items, is_final); });
    return out;
  }

  event_merge merge;
  std::int64_t now = 100;
  std::map<std::string, std::uint64_t> counts;
  std::map<std::string, delay_histogram> delays;
  link_inputs inputs{{.merge = merge,
                      .symbols = 2,
                      .clock = std::make_shared<const host_clock>([this] { return now; }),
                      .counts = counts,
                      .delays = delays}};
};

} // namespace

TEST_CASE("ticks become marks of the merge, and signals go in as they are") {
  bench b;
  CHECK(b.counts == std::map<std::string, std::uint64_t>{{"marks_in", 0}, {"signals_in", 0}});
  CHECK(b.take(data_0, 1, 2, ticks_of({tick_of(1, 1, at_ms(1)), tick_of(1, 2, at_ms(2))}, at_ms(9)))
            .value() == false);
  CHECK(b.take(calc_0, 1, 1,
               encode_signal_frame(std::vector{signal_of(1, at_ms(2))}, at_ms(9), false))
            .value() == false);
  CHECK(b.counts.at(marks_in_count) == 2);
  CHECK(b.counts.at(signals_in_count) == 1);
  CHECK(b.delays.at(calc_to_exec_delay).count() == 1);
  CHECK(b.delays.at(calc_to_exec_delay).max_ns() == 60);
  std::size_t marks = 0, signals = 0;
  while (b.merge.next_time())
    ++(std::holds_alternative<signal>(b.merge.take()) ? signals : marks);
  CHECK(marks == 2);
  CHECK(signals == 1);
}

TEST_CASE("a frame is done with when no link can bring an input before its last item") {
  bench b;
  REQUIRE(b.take(data_0, 1, 1, ticks_of({tick_of(0, 1, at_ms(5))}, at_ms(6))).has_value());
  CHECK(b.close().empty()); // calc/0 has promised nothing
  REQUIRE(b.take(calc_0, 1, 0, encode_signal_frame({}, at_ms(5), false)).has_value());
  CHECK(b.close() == std::vector<closed_frame>{{calc_0, 1, 0, false}}); // it has no items
  REQUIRE(b.take(calc_0, 2, 0, encode_signal_frame({}, at_ms(6), false)).has_value());
  CHECK(b.close() == std::vector<closed_frame>{{data_0, 1, 1, false}, {calc_0, 2, 0, false}});
}

TEST_CASE("what a new owner sends once more is dropped, and stands for what still waits") {
  bench b;
  link_inboxes<std::string> inboxes;
  inboxes.add(calc_0, epoch{2}, 100);
  auto frame = [](std::vector<signal> signals, timestamp mark) {
    return encode_signal_frame(signals, mark, false);
  };
  auto& inbox = inboxes.at(calc_0);
  inbox.greet("former", epoch{2});
  REQUIRE(inbox.admit("former", epoch{2}, 0, 1, 1).has_value());
  REQUIRE(b.take(calc_0, 1, 1, frame({signal_of(1, at_ms(7))}, at_ms(6))).has_value());
  REQUIRE(b.take(data_0, 1, 0, ticks_of({}, at_ms(9))).has_value());
  // The signal lies behind its owner's mark.
  CHECK(b.close() == std::vector<closed_frame>{{data_0, 1, 0, false}});
  b.inputs.let_go_of_former(calc_0, epoch{2}, inboxes); // the same owner
  CHECK(inbox.greet("former", epoch{2})->acknowledged == 0);
  b.inputs.let_go_of_former(calc_0, epoch{3}, inboxes);
  auto at = inbox.greet("next", epoch{3});
  REQUIRE(at.has_value());
  CHECK(at->number == 1);
  CHECK(at->acknowledged == 1);
  CHECK(at->open_items == 0);
  // Without marks and before them: what has left the merge is done with at once.
  REQUIRE(b.take(calc_0, 2, 0, frame({}, at_ms(3))).has_value());
  CHECK(b.close() == std::vector<closed_frame>{{calc_0, 2, 0, false}});
  REQUIRE(b.take(calc_0, 3, 1, frame({signal_of(1, at_ms(7))}, at_ms(6))).has_value());
  CHECK(b.close().empty()); // the repeat waits for what it repeats
  CHECK(b.counts.at(signals_repeated_count) == 1);
  REQUIRE(b.take(calc_0, 4, 0, frame({}, at_ms(8))).has_value());
  CHECK(b.close() == std::vector<closed_frame>{{calc_0, 3, 1, false}, {calc_0, 4, 0, false}});
  REQUIRE(b.merge.next_time());
  CHECK(std::get<signal>(b.merge.take()).effective_time == at_ms(7));
  CHECK_FALSE(b.merge.next_time()); // it acts once
}

TEST_CASE("frames of a link are done with in their order") {
  bench b;
  REQUIRE(b.take(data_0, 1, 1, ticks_of({tick_of(0, 1, at_ms(5))}, at_ms(6))).has_value());
  REQUIRE(b.take(data_0, 2, 0, ticks_of({}, at_ms(7))).has_value());
  CHECK(b.close().empty()); // the second waits for the first
  CHECK(b.close(true) == std::vector<closed_frame>{{data_0, 1, 1, false}, {data_0, 2, 0, false}});
  CHECK(b.close(true).empty());
}

TEST_CASE("signals wait in the merge from their arrival until they have left it") {
  bench b;
  REQUIRE(b.take(calc_0, 1, 1,
                 encode_signal_frame(std::vector{signal_of(0, at_ms(2))}, at_ms(9), false))
              .has_value());
  CHECK(b.close().empty());
  b.now = 350;
  REQUIRE(b.take(data_0, 1, 0, ticks_of({}, at_ms(9))).has_value());
  CHECK(b.close().size() == 2);
  CHECK(b.delays.at(merge_wait_delay).count() == 1);
  CHECK(b.delays.at(merge_wait_delay).max_ns() == 250);
}

TEST_CASE("a final frame finishes its link, one of a stop leaves the rest to a later life") {
  bench b;
  CHECK(b.take(data_0, 1, 0, ticks_of({}, end_of_time, true)).value());
  CHECK_FALSE(b.merge.has_stopped());
  REQUIRE(
      b.take(calc_0, 1, 1, encode_signal_frame(std::vector{signal_of(0, at_ms(8))}, at_ms(8), true))
          .value());
  CHECK(b.merge.has_stopped());
  CHECK(b.merge.stopped_at() == at_ms(8));
  CHECK(b.close() == std::vector<closed_frame>{{data_0, 1, 0, true}, {calc_0, 1, 1, true}});
}

TEST_CASE("what can't be taken is a fault in the name of its sender") {
  bench b;
  auto unknown = b.take(data_0, 1, 1, ticks_of({tick_of(2, 1, at_ms(1))}, at_ms(9)));
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().message == "data/0: sent symbol 2, which the view does not have");
  auto signal = b.take(calc_0, 1, 1,
                       encode_signal_frame(std::vector{signal_of(2, at_ms(1))}, at_ms(9), false));
  REQUIRE_FALSE(signal.has_value());
  CHECK(signal.error().message == "calc/0: sent symbol 2, which the view does not have");
  CHECK_FALSE(b.take(data_0, 2, 1, "\xff\xff\xff").has_value());
}

TEST_CASE("what is taken bears the ids of the journal") {
  bench b;
  trading_universe journal;
  journal.symbols = {"old", "b", "a"};
  b.inputs.change_ids({{"a", "b"}, {}, journal});
  REQUIRE(b.take(data_0, 1, 1, ticks_of({tick_of(0, 1, at_ms(1))}, at_ms(9))).has_value());
  REQUIRE(b.take(calc_0, 1, 0, encode_signal_frame({}, at_ms(9), false)).has_value());
  REQUIRE(b.merge.next_time().has_value());
  CHECK(std::get<market_mark>(b.merge.take()).symbol == symbol_id{2});
}

TEST_CASE("behind a mark that contradicts the journal, no frame will be done with") {
  bench b;
  b.merge.note_taken(
      market_mark{.symbol = symbol_id{0}, .number = sequence{5}, .effective_time = at_ms(50)});
  REQUIRE(b.take(calc_0, 1, 0, encode_signal_frame({}, at_ms(99), false)).has_value());
  REQUIRE(b.take(data_0, 1, 1, ticks_of({tick_of(0, 4, at_ms(60))}, at_ms(99))).has_value());
  CHECK_FALSE(b.merge.next_time().has_value());
  REQUIRE(b.merge.contradiction().has_value());
  CHECK(b.close().size() == 2);
  CHECK_FALSE(b.take(data_0, 2, 0, ticks_of({}, end_of_time, true)).value());
  CHECK(b.close(true).empty());
}

TEST_CASE("times at the end of time, or that go back, are faults and reach no merge") {
  auto nearly = from_ns(INT64_MAX - 1);
  auto fault_of = [](slot_name from, const std::string& payload) {
    bench in;
    auto taken = in.take(from, 1, 1, payload);
    REQUIRE_FALSE(taken.has_value());
    return taken.error().message;
  };
  for (auto t : {end_of_time, nearly}) {
    auto signals = std::vector{signal_of(0, t)};
    CHECK(fault_of(calc_0, encode_signal_frame(signals, at_ms(1), false))
              .starts_with("calc/0: sent the time 2262-04-11"));
    CHECK(fault_of(data_0, ticks_of({tick_of(0, 1, t)}, at_ms(1)))
              .starts_with("data/0: sent the time 2262-04-11"));
  }
  for (std::int64_t volume : {std::int64_t{0}, -decimal_scale}) {
    auto one = signal_of(0, at_ms(1));
    one.volume = quantity{volume};
    CHECK(fault_of(calc_0, encode_signal_frame(std::vector{one}, at_ms(1), false))
              .starts_with("calc/0: sent a signal of volume "));
  }
  CHECK(fault_of(calc_0, encode_signal_frame({}, nearly, false))
            .starts_with("calc/0: sent the time "));
  CHECK(fault_of(data_0, ticks_of({}, nearly)).starts_with("data/0: sent the time "));
  CHECK(fault_of(data_0, ticks_of({tick_of(0, 1, at_ms(5)), tick_of(0, 2, at_ms(4))}, at_ms(1))) ==
        "data/0: sent ticks of one symbol whose times go back");
  bench in;
  CHECK(in.take(data_0, 1, 0, ticks_of({}, end_of_time, true)).value());
}

} // namespace tickmesh::link_inputs_test
