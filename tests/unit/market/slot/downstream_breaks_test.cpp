// Links to slots downstream that break: where they go on, and how one that is silent is noticed.
#include "actors/market/slot/downstream_links.hpp"

#include "tests/support/market_log.hpp"

#include <doctest/doctest.h>

namespace tickmesh::downstream_breaks_test {

namespace {

using std::chrono::milliseconds;

constexpr slot_name calc0{role::calc, 0}, calc1{role::calc, 1}, exec0{role::exec, 0};
constexpr epoch now{7};

/// Links that read a log, all of which is accepted.
struct break_desk {
  explicit break_desk(std::uint32_t window_items = 100) : links(make_settings(window_items)) {}

  static downstream_settings make_settings(std::uint32_t window_items) {
    downstream_settings out;
    out.since = out.formed = now;
    out.window_items = window_items;
    out.frame_items = 10;
    out.patience = milliseconds{1000};
    out.calc_slots = {calc0, calc1};
    return out;
  }

  link_start resume(slot_name from, std::uint64_t hello, const link_position& at) {
    auto start = links.resume(from, now, hello, at, market.log());
    REQUIRE(start.has_value());
    return *start;
  }
  void go_on(slot_name with, const link_position& at) {
    REQUIRE(resume(with, links.say_hello(with), at) == link_start::heeded);
  }

  std::vector<downstream_frame> take(slot_name to) {
    std::vector<downstream_frame> out;
    for (;;) {
      auto next =
          links.next_frame(to, {market.log(), market.recent(), market.log().last_record(), false});
      REQUIRE(next.has_value());
      if (!*next) return out;
      out.push_back(std::move(**next));
    }
  }

  /// Who is to be greeted `ms` after the start.
  std::vector<slot_name> due(int ms) {
    std::vector<slot_name> out;
    for (auto& to : links.due_greetings(market.log().last_record(), milliseconds{ms}))
      out.push_back(to.slot);
    return out;
  }
  /// Who is suspect, as `calc/0 1500`.
  std::vector<std::string> suspects(int ms) const {
    std::vector<std::string> out;
    links.tell_suspects(milliseconds{ms}, [&](slot_name to, nanoseconds silence) {
      out.push_back(format_slot(to) + " " + std::to_string(silence / milliseconds{1}));
    });
    return out;
  }

  market_log market;
  downstream_links links;
};

using slots = std::vector<slot_name>;
using texts = std::vector<std::string>;

/// Numbers of frames, each with the one before it: `0>3`.
texts chain(const std::vector<downstream_frame>& frames) {
  texts out;
  for (auto& frame : frames)
    out.push_back(std::to_string(frame.after) + ">" + std::to_string(frame.number.value));
  return out;
}

timestamp mark_of(const downstream_frame& frame) {
  auto read = decode_tick_frame(frame.payload);
  REQUIRE(read.has_value());
  return read->time_mark;
}

} // namespace

TEST_CASE("after a break a link goes on behind what the receiver has") {
  break_desk desk;
  for (int i = 1; i <= 3; ++i)
    desk.market.add(10, 1, market_second(i));
  desk.go_on(calc0, {});
  CHECK(chain(desk.take(calc0)) == texts{"0>1", "1>2", "2>3"});
  auto hello = desk.links.say_hello(calc0);
  CHECK_FALSE(desk.links.are_open());
  CHECK_FALSE(desk.links.keep_up(record_number{3}, 4));
  CHECK_FALSE(desk.links.are_done(record_number{3}));
  desk.market.add(10, 0, market_second(4));
  CHECK(desk.take(calc0).empty());
  CHECK(desk.resume(calc0, hello, {1, 1, 0}) == link_start::heeded);
  CHECK(chain(desk.take(calc0)) == texts{"1>2", "2>3", "3>4"});
  desk.go_on(calc0, {4, 4, 0}); // only the acknowledgement was lost
  CHECK(desk.take(calc0).empty());
  CHECK(desk.links.are_done(record_number{4}));
}

TEST_CASE("an answer to an older hello, or the same one again, moves nothing") {
  break_desk desk;
  desk.market.add(10, 0, market_second(1));
  desk.market.add(10, 0, market_second(2));
  auto older = desk.links.say_hello(calc0), hello = desk.links.say_hello(calc0);
  CHECK(older != hello);
  CHECK(desk.resume(calc0, older, {}) == link_start::ignored);
  CHECK(desk.take(calc0).empty());
  CHECK(desk.resume(calc0, hello, {1, 1, 0}) == link_start::heeded);
  CHECK(chain(desk.take(calc0)) == texts{"1>2"});
  CHECK(desk.resume(calc0, hello, {1, 1, 0}) == link_start::ignored);
  CHECK(desk.take(calc0).empty());
}

TEST_CASE("what a receiver has and is not done with keeps its credit over a break") {
  break_desk desk{20};
  for (int i = 1; i <= 4; ++i)
    desk.market.add(10, 0, market_second(i));
  desk.go_on(calc0, {});
  CHECK(chain(desk.take(calc0)) == texts{"0>1", "1>2"});
  desk.go_on(calc0, {2, 0, 20});
  CHECK(desk.take(calc0).empty());
  CHECK(desk.links.acknowledged_by_all(record_number{4}).value == 0);
  CHECK(desk.links.acknowledge(calc0, now, 2).value());
  CHECK(chain(desk.take(calc0)) == texts{"2>3", "3>4"});
  desk.go_on(calc0, {3, 2, 10});
  CHECK(desk.links.acknowledged_by_all(record_number{4}).value == 2);
  CHECK(chain(desk.take(calc0)) == texts{"3>4"});
}

TEST_CASE("after a resume time marks are sent again, for the receiver may lack the last one") {
  for (auto to : {calc0, exec0}) {
    break_desk desk;
    desk.go_on(to, {});
    desk.market.add(1, 0, market_second(4));
    auto frames = desk.take(to);
    REQUIRE(frames.size() == 1);
    CHECK(mark_of(frames[0]) == market_second(4));
    desk.market.add(0, 0, market_second(4)); // says nothing new
    CHECK(desk.take(to).empty());
    desk.go_on(to, {1, 1, 0});
    frames = desk.take(to);
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].number.value == 2);
    CHECK(frames[0].items == 0);
    CHECK(mark_of(frames[0]) == market_second(4));
    CHECK(desk.take(to).empty());
  }
}

TEST_CASE("a receiver that needs what is no longer kept is too early, and its link is closed") {
  for (std::uint64_t number : {std::uint64_t{0}, std::uint64_t{3}, std::uint64_t{4}}) {
    CAPTURE(number);
    break_desk desk;
    REQUIRE(desk.market.log().start_after(record_number{5}, now).has_value());
    desk.market.add(1, 0, market_second(1));
    auto hello = desk.links.say_hello(calc0);
    CHECK(desk.resume(calc0, hello, {number, number, 0}) == link_start::too_early);
    CHECK_FALSE(desk.links.are_open());
    CHECK(desk.take(calc0).empty());
    // Its answer counts no more, in whatever it says.
    CHECK(desk.resume(calc0, hello, {5, 5, 0}) == link_start::ignored);
    CHECK(desk.take(calc0).empty());
    CHECK_FALSE(desk.links.are_done(record_number{6}));
    desk.go_on(calc0, {5, 5, 0}); // it has got there by other means
    CHECK(chain(desk.take(calc0)) == texts{"5>6"});
  }
}

TEST_CASE("a receiver that stands just before what is kept may go on") {
  break_desk desk;
  REQUIRE(desk.market.log().start_after(record_number{5}, now).has_value());
  desk.go_on(calc0, {5, 5, 0});
  desk.market.add(1, 0, market_second(1));
  CHECK(chain(desk.take(calc0)) == texts{"5>6"});
}

TEST_CASE("behind dropped days of earlier runs only a receiver that has nothing begins anew") {
  break_desk desk;
  REQUIRE(desk.market.log().start_after(record_number{5}, epoch{6}).has_value());
  desk.market.add(1, 0, market_second(1));
  CHECK(desk.resume(calc0, desk.links.say_hello(calc0), {3, 3, 0}) == link_start::too_early);
  desk.go_on(calc1, {});
  desk.market.add(0, 1, market_second(2));
  CHECK(chain(desk.take(calc1)).back().ends_with(">7"));
  desk.go_on(calc1, {}); // all of that was lost on its way
  CHECK(chain(desk.take(calc1)).front().starts_with("0>"));
}

TEST_CASE("links are open when every receiver has said where to begin") {
  break_desk desk;
  CHECK(desk.links.are_open()); // there are none
  auto first = desk.links.say_hello(calc0), second = desk.links.say_hello(exec0);
  CHECK_FALSE(desk.links.are_open());
  CHECK(desk.resume(calc0, first, {}) == link_start::heeded);
  CHECK_FALSE(desk.links.are_open());
  CHECK(desk.resume(exec0, second, {}) == link_start::heeded);
  CHECK(desk.links.are_open());
  desk.links.say_hello(calc0);
  CHECK_FALSE(desk.links.are_open());
}

TEST_CASE("a receiver that owes an acknowledgement and is silent is to be greeted again") {
  break_desk desk;
  desk.market.add(10, 1, market_second(1));
  desk.go_on(calc0, {});
  desk.go_on(calc1, {});
  desk.take(calc0);
  desk.take(calc1);
  CHECK(desk.due(0) == slots{});
  CHECK(desk.links.acknowledge(calc1, now, 1).value());
  CHECK(desk.due(1000) == slots{});
  CHECK(desk.suspects(1000) == texts{});
  CHECK(desk.due(1001) == slots{calc0});
  CHECK(desk.suspects(1001) == texts{"calc/0 1001"});
  CHECK(desk.due(3001) == slots{});
  CHECK(desk.due(3002) == slots{calc0});
  CHECK(desk.links.acknowledge(calc0, now, 1).value());
  CHECK(desk.due(9000) == slots{});
  CHECK(desk.suspects(9000) == texts{});
  CHECK(desk.due(90'000) == slots{}); // nothing is awaited of anyone
}

TEST_CASE("a receiver that owes the answer to a hello is to be greeted again") {
  break_desk desk;
  desk.links.say_hello(calc0);
  CHECK(desk.due(0) == slots{});
  CHECK(desk.due(1001) == slots{calc0});
  auto hello = desk.links.say_hello(calc0); // no word of it
  CHECK(desk.due(3001) == slots{});
  CHECK(desk.due(3002) == slots{calc0});
  CHECK(desk.suspects(3002) == texts{"calc/0 3002"});
  CHECK(desk.resume(calc0, hello, {}) == link_start::heeded);
  CHECK(desk.due(3100) == slots{});
  CHECK(desk.suspects(3100) == texts{});
}

TEST_CASE("a receiver that makes some progress, and not much, is well") {
  break_desk desk;
  for (int i = 1; i <= 9; ++i)
    desk.market.add(10, 0, market_second(i));
  desk.go_on(calc0, {});
  desk.take(calc0);
  CHECK(desk.due(0) == slots{});
  for (int i = 1; i <= 8; ++i) {
    CHECK(desk.links.acknowledge(calc0, now, static_cast<std::uint64_t>(i)).value());
    CHECK(desk.due(i * 900) == slots{});
  }
  CHECK(desk.due(8 * 900 + 1001) == slots{calc0});
}

} // namespace tickmesh::downstream_breaks_test
