// Records of rounds, and what the log amounts to.
#include "actors/market/slot/record_writer.hpp"

#include "tests/support/market_log.hpp"

#include <doctest/doctest.h>

namespace tickmesh::record_writer_test {

namespace {

constexpr epoch owner{7};

record_writer make_writer(epoch formed = owner) {
  return record_writer{{.symbols = 2,
                        .mark_interval = std::chrono::seconds{10},
                        .recent_bytes = 1 << 20,
                        .writer = owner,
                        .formed = formed}};
}

/// A round of one symbol's ticks.
void fill(market_round& round, std::uint32_t symbol, std::uint64_t first, std::uint32_t ticks,
          std::int32_t trading_day, timestamp time_mark, bool end = false) {
  round.records.clear();
  round.records.history = false;
  auto& batch = round.records.add_batch(symbol_id{symbol});
  for (std::uint32_t i = 0; i < ticks; ++i) {
    tick t;
    t.symbol = symbol_id{symbol};
    t.trading_day = trading_day;
    t.event_time = t.effective_time = market_second(static_cast<std::int64_t>(first + i));
    t.last = price{100 * decimal_scale};
    batch.ticks.push_back(t);
  }
  round.records.records = ticks;
  round.records.trading_day = trading_day;
  round.records.time_mark = time_mark;
  round.records.end = end;
  round.open_parts();
  round.parts()[0].clear();
  stream_encoder_options options;
  options.symbol = symbol_id{symbol};
  options.mark_interval = std::chrono::seconds{10};
  stream_encoder{options}.take(batch.ticks, 0, round.parts()[0]);
}

} // namespace

TEST_CASE("each round becomes the next record, in the log and in memory") {
  market_log market;
  auto writer = make_writer();
  market_round round;
  for (std::uint64_t n = 1; n <= 3; ++n) {
    fill(round, 0, 10 * n, 4, 20231114, market_second(static_cast<std::int64_t>(10 * n)));
    auto number = writer.write(round, market.log());
    REQUIRE(number.has_value());
    CHECK(*number == record_number{n});
    auto* record = writer.recent().find(record_number{n});
    REQUIRE(record != nullptr);
    CHECK(record->writer == owner);
    record_batch logged;
    REQUIRE(market.log().read(record_number{n - 1}, 1, logged).has_value());
    CHECK(logged.records.at(0).payload == record->payload);
    CHECK(logged.records.at(0).trading_day == 20231114);
  }
  CHECK(writer.totals().accepted == 12);
  CHECK(writer.time_mark() == market_second(30));
  CHECK_FALSE(writer.is_ended());
  fill(round, 0, 40, 1, 20231114, end_of_time, true);
  REQUIRE(writer.write(round, market.log()).has_value());
  CHECK(writer.is_ended());
}

TEST_CASE("a round that is history makes no record, but leaves its mark pending") {
  market_log market;
  auto writer = make_writer();
  market_round round;
  fill(round, 0, 10, 4, 20231114, market_second(14));
  round.records.history = true;
  auto number = writer.write(round, market.log());
  REQUIRE(number.has_value());
  CHECK_FALSE(number->has_value());
  CHECK(market.log().last_record().value == 0);
  fill(round, 1, 30, 1, 20231114, market_second(30));
  REQUIRE(writer.write(round, market.log()).has_value());
  tick_frame_view view;
  REQUIRE(read_tick_frame(writer.recent().find(record_number{1})->payload, view).has_value());
  REQUIRE(view.marks.size() >= 1);
  CHECK(view.marks[0].symbol == symbol_id{0});
}

TEST_CASE("a record that can't be appended is a fault, and the log is as before") {
  market_log market;
  auto writer = make_writer(); // its epoch is below the log's last one
  market.add(1, 0, market_second(1), false, epoch{9});
  market_round round;
  fill(round, 0, 10, 4, 20231114, market_second(14));
  CHECK_FALSE(writer.write(round, market.log()).has_value());
  CHECK(market.log().last_record().value == 1);
}

TEST_CASE("a day is over when all symbols have ticks of a later one") {
  market_log market;
  auto writer = make_writer();
  market_round round;
  fill(round, 0, 10, 1, 20231114, market_second(10));
  REQUIRE(writer.write(round, market.log()).has_value());
  auto before = writer.finished_before();
  CHECK(before <= 20231114);
  fill(round, 0, 20, 1, 20231115, market_second(20));
  REQUIRE(writer.write(round, market.log()).has_value());
  CHECK(writer.finished_before() == 20231115);
}

TEST_CASE("a writer goes on where the log ends, and knows whether this run has ended there") {
  market_log market;
  market_round round;
  auto first = make_writer();
  fill(round, 0, 10, 4, 20231114, end_of_time, true);
  REQUIRE(first.write(round, market.log()).has_value());
  auto same_run = make_writer();
  REQUIRE(same_run.resume(market.log()).has_value());
  CHECK(same_run.totals().accepted == 4);
  CHECK(same_run.time_mark() == end_of_time);
  CHECK(same_run.is_ended());
  auto next_run = make_writer(epoch{8});
  REQUIRE(next_run.resume(market.log()).has_value());
  CHECK(next_run.totals().accepted == 4);
  CHECK_FALSE(next_run.is_ended());
  market_log empty;
  auto fresh = make_writer();
  REQUIRE(fresh.resume(empty.log()).has_value());
  CHECK(fresh.totals() == slot_totals{});
}

TEST_CASE("a log whose last record is gone can't be taken up") {
  market_log market;
  REQUIRE(market.log().start_after(record_number{5}, owner).has_value());
  auto resumed = make_writer().resume(market.log());
  REQUIRE_FALSE(resumed.has_value());
  CHECK(resumed.error().message == "record 5 of the tick log is not kept any more");
}

TEST_CASE("a live source's newest tick leaves its mark pending, unless the log has it") {
  for (auto logged_mark : {market_second(12), market_second(25)}) {
    market_log market;
    market_round round;
    auto before = make_writer();
    fill(round, 1, 10, 1, 20231114, logged_mark);
    REQUIRE(before.write(round, market.log()).has_value());
    auto writer = make_writer();
    REQUIRE(writer.resume(market.log()).has_value());
    stream_start stream;
    stream.encoder.symbol = symbol_id{0};
    stream.encoder.mark_interval = std::chrono::seconds{10};
    tick t;
    t.symbol = symbol_id{0};
    t.number = sequence{1};
    t.trading_day = 20231114;
    t.event_time = t.effective_time = market_second(11);
    t.last = price{100 * decimal_scale};
    stream.logged = {t};
    writer.resume(stream);
    fill(round, 1, 50, 1, 20231114, market_second(60));
    REQUIRE(writer.write(round, market.log()).has_value());
    tick_frame_view view;
    REQUIRE(read_tick_frame(writer.recent().find(record_number{2})->payload, view).has_value());
    auto has_mark =
        std::ranges::any_of(view.marks, [](auto& mark) { return mark.symbol == symbol_id{0}; });
    CHECK(has_mark == (logged_mark == market_second(12)));
  }
}

} // namespace tickmesh::record_writer_test
