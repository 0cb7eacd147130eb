// What is sent down which link, and when. After breaks: downstream_breaks_test.cpp.
#include "actors/market/slot/downstream_links.hpp"

#include "tests/support/market_log.hpp"

#include <doctest/doctest.h>

namespace tickmesh::downstream_links_test {

namespace {

constexpr slot_name calc0{role::calc, 0}, calc1{role::calc, 1}, exec0{role::exec, 0};
constexpr epoch now{7};

downstream_settings usual() {
  downstream_settings out;
  out.since = out.formed = now;
  out.window_items = 100;
  out.frame_items = 10;
  out.mark_interval = std::chrono::seconds{10};
  out.patience = std::chrono::milliseconds{1000};
  out.calc_slots = {calc0, calc1};
  return out;
}

/// Links that read a log, all of which is accepted.
struct link_desk {
  explicit link_desk(const downstream_settings& settings = usual(),
                     std::uint64_t recent_bytes = 1 << 20)
      : market(recent_bytes), links(settings) {}

  void open(slot_name to, std::uint64_t after = 0) {
    REQUIRE(resume(to, links.say_hello(to), {after, after, 0}) == link_start::heeded);
  }

  link_start resume(slot_name from, std::uint64_t hello, const link_position& at, epoch of = now) {
    auto start = links.resume(from, of, hello, at, market.log());
    REQUIRE(start.has_value());
    return *start;
  }

  result<std::optional<downstream_frame>> cut(slot_name to) {
    return links.next_frame(
        to, {market.log(), market.recent(), accepted.value_or(market.log().last_record()), ended});
  }

  /// All frames that the link may send now.
  std::vector<downstream_frame> take(slot_name to) {
    std::vector<downstream_frame> out;
    for (;;) {
      auto next = cut(to);
      REQUIRE(next.has_value());
      if (!*next) return out;
      out.push_back(std::move(**next));
    }
  }

  market_log market;
  downstream_links links;
  std::optional<record_number> accepted;
  bool ended = false;
};

tick_frame read(const downstream_frame& frame) {
  auto out = decode_tick_frame(frame.payload);
  REQUIRE(out.has_value());
  CHECK(out->ticks.size() == frame.items);
  return *out;
}

} // namespace

TEST_CASE("a calculation slot is sent its own symbols' ticks, execution the marks of all") {
  link_desk desk;
  for (auto to : {calc0, calc1, exec0})
    desk.open(to);
  desk.market.add(3, 2, market_second(4));
  auto first = desk.take(calc0), second = desk.take(calc1), marks = desk.take(exec0);
  REQUIRE(first.size() == 1);
  CHECK(first[0].items == 3);
  for (auto& t : read(first[0]).ticks)
    CHECK(t.symbol == symbol_id{0});
  CHECK(read(first[0]).time_mark == market_second(4));
  CHECK(second.at(0).items == 2);
  REQUIRE(marks.size() == 1);
  CHECK(marks[0].items == 2);
  CHECK(read(marks[0]).time_mark == market_second(0)); // no mark is behind the promise
}

TEST_CASE("execution that needs each tick is sent all, with the source's own time mark") {
  auto settings = usual();
  settings.mark_interval = {};
  link_desk desk{settings};
  desk.open(exec0);
  desk.market.add(3, 2, market_second(4));
  auto frames = desk.take(exec0);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].items == 5);
  CHECK(read(frames[0]).time_mark == market_second(4));
}

TEST_CASE("a frame takes as many records as fit, and is numbered by its last one") {
  link_desk desk;
  desk.open(calc0);
  for (int i = 1; i <= 5; ++i)
    desk.market.add(4, 0, market_second(i));
  auto frames = desk.take(calc0);
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].number.value == 3);
  CHECK(frames[0].after == 0);
  CHECK(frames[0].items == 12);
  CHECK(frames[1].number.value == 5);
  CHECK(frames[1].after == 3);
  CHECK(read(frames[1]).time_mark == market_second(5));
}

TEST_CASE("a record that holds nothing for a link is passed over, unless its time mark is newer") {
  link_desk desk;
  desk.open(calc0);
  desk.market.add(0, 2, market_second(1));
  CHECK(desk.take(calc0).size() == 1); // the time mark alone
  desk.market.add(0, 2, market_second(1));
  CHECK(desk.take(calc0).empty());
  desk.market.add(2, 0, market_second(1));
  auto frames = desk.take(calc0);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].number.value == 3);
  CHECK(frames[0].after == 1);
}

TEST_CASE("nothing is sent before the receiver has said where to go on, nor what is not accepted") {
  link_desk desk;
  auto hello = desk.links.say_hello(calc0);
  desk.market.add(1, 0, market_second(1));
  desk.market.add(1, 0, market_second(2));
  CHECK(desk.take(calc0).empty());
  CHECK(desk.resume(calc0, hello, {}, epoch{6}) == link_start::ignored); // to a former owner
  CHECK(desk.resume(calc1, hello, {}) == link_start::ignored);           // no such link
  CHECK(desk.resume(calc0, hello + 1, {}) == link_start::ignored);       // no such hello
  CHECK_FALSE(desk.links.are_open());
  CHECK(desk.take(calc0).empty());
  CHECK(desk.resume(calc0, hello, {1, 1, 0}) == link_start::heeded);
  CHECK(desk.links.are_open());
  desk.accepted = record_number{1};
  CHECK(desk.take(calc0).empty());
  desk.accepted = record_number{2};
  auto frames = desk.take(calc0);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].after == 1);
  CHECK(frames[0].items == 1);
}

TEST_CASE("a link without credit waits for an acknowledgement, and others do not wait for it") {
  auto settings = usual();
  settings.window_items = 10;
  link_desk desk{settings, 1}; // what is behind is read from the disk
  desk.open(calc0);
  desk.open(calc1);
  for (int i = 1; i <= 3; ++i)
    desk.market.add(12, 1, market_second(i));
  CHECK(desk.take(calc0).size() == 1);
  CHECK(desk.take(calc1).size() == 1);
  CHECK_FALSE(desk.links.keep_up(record_number{3}, 4)); // no credit
  CHECK(desk.links.acknowledged_by_all(record_number{3}).value == 0);
  CHECK(desk.links.acknowledge(calc0, now, 1).value());
  CHECK(desk.links.acknowledge(calc1, now, 3).value());
  CHECK(desk.links.acknowledged_by_all(record_number{3}).value == 1);
  CHECK(desk.links.acknowledged_by_all(record_number{0}).value == 0);
  CHECK(desk.links.keep_up(record_number{5}, 4));
  CHECK_FALSE(desk.links.keep_up(record_number{6}, 4)); // too far behind
  auto frames = desk.take(calc0);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].number.value == 2);
  CHECK(read(frames[0]).ticks.front().number.value == 13);
  CHECK_FALSE(desk.links.acknowledge(exec0, now, 1).value()); // no such link
  auto never_sent = desk.links.acknowledge(calc0, now, 3);
  REQUIRE_FALSE(never_sent.has_value());
  CHECK(never_sent.error().message.starts_with("frame 3 is acknowledged"));
}

TEST_CASE("links are done when the last record is acknowledged on each, the end with it") {
  link_desk desk;
  CHECK(desk.links.are_done(record_number{1})); // there are none
  desk.links.say_hello(calc0);
  CHECK_FALSE(desk.links.are_done(record_number{0}));
  desk.open(calc0);
  desk.open(exec0);
  desk.market.add(1, 1, market_second(15));
  desk.market.add(0, 0, end_of_time, true);
  desk.ended = true;
  auto frames = desk.take(calc0);
  REQUIRE(frames.size() == 1);
  CHECK(read(frames[0]).final);
  CHECK(read(frames[0]).time_mark == end_of_time);
  CHECK(read(desk.take(exec0).at(0)).time_mark == end_of_time);
  auto last = desk.market.log().last_record();
  REQUIRE(desk.links.acknowledge(calc0, now, 2).value());
  CHECK_FALSE(desk.links.are_done(last));
  REQUIRE(desk.links.acknowledge(exec0, now, 2).value());
  CHECK(desk.links.are_done(last));
  CHECK_FALSE(desk.links.are_done(last + record_number{1}));
}

TEST_CASE("a live source's end in the middle of its log ends no link") {
  link_desk desk;
  desk.open(calc0);
  desk.market.add(1, 0, market_second(1));
  desk.market.add(0, 0, end_of_time, true);
  desk.market.add(1, 0, market_second(2));
  auto frames = desk.take(calc0);
  REQUIRE(frames.size() == 1);
  CHECK_FALSE(read(frames[0]).final);
  CHECK(read(frames[0]).time_mark == market_second(2));
}

TEST_CASE("a receiver that has what the log lacks can't go on") {
  link_desk desk;
  desk.market.add(1, 0, market_second(1));
  auto hello = desk.links.say_hello(calc0);
  auto ahead = desk.links.resume(calc0, now, hello, {2, 2, 0}, desk.market.log());
  REQUIRE_FALSE(ahead.has_value());
  CHECK(ahead.error().message == "calc/0 has records up to 2, but the tick log ends at 1: what it "
                                 "has beyond was lost with the former owner");
}

TEST_CASE("behind dropped days of earlier runs a new receiver begins at what is kept") {
  for (auto writer : {epoch{6}, now}) {
    link_desk desk;
    REQUIRE(desk.market.log().start_after(record_number{5}, writer).has_value());
    desk.market.add(1, 0, market_second(1), false, now);
    auto start = desk.resume(calc0, desk.links.say_hello(calc0), {});
    CHECK((start == link_start::heeded) == (writer < now)); // what this run lost is missed
    if (start == link_start::heeded) CHECK(desk.take(calc0).at(0).number.value == 6);
  }
}

TEST_CASE("execution's link must have room for one more frame behind its last time mark") {
  auto settings = usual();
  settings.window_items = 14;
  settings.mark_interval = {};
  link_desk desk{settings};
  desk.open(calc0);
  desk.open(exec0);
  desk.market.add(9, 0, market_second(1));
  desk.take(exec0);
  CHECK(desk.links.check_room(exec0).has_value()); // the mark came with it
  desk.market.add(4, 0, market_second(1));
  desk.take(exec0);
  CHECK(desk.links.check_room(exec0).has_value());
  CHECK(desk.links.acknowledge(exec0, now, 2).value());
  desk.market.add(1, 0, market_second(1));
  desk.take(exec0);
  auto full = desk.links.check_room(exec0);
  REQUIRE_FALSE(full.has_value());
  CHECK(full.error().message.starts_with(
      "5 ticks within one time mark interval fill the link to exec/0; raise "
      "host.link_window_items (14)"));
  CHECK(desk.links.check_room(calc0).has_value());
}

} // namespace tickmesh::downstream_links_test
