// Frames of ticks and signals: round trips, and bytes that are damaged.
#include "actors/market/sources/sim/random_numbers.hpp"
#include "messages/proto/calc.pb.h"
#include "messages/proto/market.pb.h"
#include "messages/signal_codec.hpp"
#include "messages/tick_codec.hpp"
#include "tests/support/golden_values.hpp"

#include <doctest/doctest.h>

#include <cstdint>

namespace tickmesh::wire_codec_test {

namespace {

constexpr auto least = INT64_MIN, most = INT64_MAX;

/// Small, ordinary or as far out as the type goes.
std::int64_t draw(random_numbers& random) {
  switch (random.below(5)) {
  case 0: return 0;
  case 1: return random.below(200) - 100;
  case 2: return random.below(2) == 0 ? least : most;
  default: return static_cast<std::int64_t>(random.next()) >> random.below(64);
  }
}

tick draw_tick(random_numbers& random, symbol_id symbol, std::uint64_t number) {
  tick t;
  t.symbol = symbol;
  t.kind = static_cast<record_kind>(random.below(3));
  t.aggressor = static_cast<side>(random.below(3));
  t.source = source_id{static_cast<std::uint16_t>(random.next())};
  t.position = source_position{static_cast<std::uint64_t>(draw(random))};
  t.record_id = static_cast<std::uint64_t>(draw(random));
  t.trading_day = static_cast<std::int32_t>(draw(random));
  t.event_time = from_ns(draw(random));
  t.last = price{draw(random)};
  t.volume = quantity{draw(random)};
  t.cumulative_volume = quantity{draw(random)};
  t.turnover = money{
      static_cast<int128>((static_cast<uint128>(static_cast<std::uint64_t>(draw(random))) << 64) |
                          static_cast<std::uint64_t>(draw(random)))};
  t.open_interest = quantity{draw(random)};
  t.bid = price{draw(random)};
  t.bid_volume = quantity{draw(random)};
  t.ask = price{draw(random)};
  t.ask_volume = quantity{draw(random)};
  t.number = sequence{number};
  t.effective_time = from_ns(draw(random));
  return t;
}

std::vector<tick> draw_run(random_numbers& random, std::size_t count) {
  std::vector<tick> out;
  symbol_id symbol{static_cast<std::uint32_t>(random.next())};
  auto first = random.next() >> random.below(64);
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(draw_tick(random, symbol, first + i));
  return out;
}

signal draw_signal(random_numbers& random) {
  signal s;
  s.name = {symbol_id{static_cast<std::uint32_t>(random.next())},
            strategy_id{static_cast<std::uint16_t>(random.next())},
            static_cast<std::uint32_t>(random.next()),
            epoch{static_cast<std::uint64_t>(draw(random))},
            sequence{static_cast<std::uint64_t>(draw(random))},
            from_ns(draw(random))};
  s.effective_time = from_ns(draw(random));
  s.direction = random.below(2) == 0 ? 1 : -1;
  s.volume = quantity{draw(random)};
  s.limit = price{draw(random)};
  s.last = price{draw(random)};
  s.bid = price{draw(random)};
  s.ask = price{draw(random)};
  s.ingest_ns = draw(random);
  s.sent_ns = draw(random);
  return s;
}

/// Whatever was decoded must be a frame: runs that follow each other and cover all ticks.
void check_frame(const tick_frame& frame) {
  std::size_t end = 0;
  for (auto& run : frame.runs) {
    CHECK(run.begin == end);
    CHECK(run.end >= run.begin);
    for (end = run.begin; end < run.end; ++end) {
      auto& t = frame.ticks[end];
      CHECK(t.symbol == run.symbol);
      CHECK(t.kind <= record_kind::trade);
      CHECK(t.aggressor <= side::sell);
    }
  }
  CHECK(end == frame.ticks.size());
}

std::string damage(std::string bytes, random_numbers& random) {
  auto at = [&](std::size_t size) {
    return static_cast<std::size_t>(random.below(static_cast<std::int64_t>(size)));
  };
  switch (random.below(4)) {
  case 0: bytes.resize(at(bytes.size())); break;
  case 1: bytes.insert(at(bytes.size()), 1, static_cast<char>(random.below(256))); break;
  case 2: bytes.erase(at(bytes.size()), 1 + at(4)); break;
  default: break;
  }
  for (auto flips = random.below(4); flips >= 0 && !bytes.empty(); --flips)
    bytes[at(bytes.size())] ^= static_cast<char>(1 << random.below(8));
  return bytes;
}

} // namespace

TEST_CASE("ticks of any values come back from a frame as they went in") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    random_numbers random{seed};
    std::string bytes;
    std::vector<tick> ticks;
    std::vector<tick_run> runs;
    for (auto n = random.below(5); n > 0; --n) {
      auto run = draw_run(random, static_cast<std::size_t>(1 + random.below(70)));
      auto of = epoch{static_cast<std::uint64_t>(draw(random))};
      auto ingest_ns = draw(random);
      append_tick_run(bytes, run, of, ingest_ns);
      runs.push_back({run[0].symbol, of, ingest_ns, ticks.size(), ticks.size() + run.size()});
      ticks.insert(ticks.end(), run.begin(), run.end());
    }
    auto mark = from_ns(draw(random));
    bool final = random.below(2) == 0;
    append_tick_frame_end(bytes, mark, final);
    auto frame = decode_tick_frame(bytes);
    REQUIRE(frame.has_value());
    check_frame(*frame);
    CHECK((frame->ticks == ticks));
    CHECK(frame->time_mark == mark);
    CHECK(frame->final == final);
    REQUIRE(frame->runs.size() == runs.size());
    for (std::size_t i = 0; i < runs.size(); ++i) {
      CHECK(frame->runs[i].symbol == runs[i].symbol);
      CHECK(frame->runs[i].data_epoch == runs[i].data_epoch);
      CHECK(frame->runs[i].ingest_ns == runs[i].ingest_ns);
      CHECK(frame->runs[i].end == runs[i].end);
    }
  }
}

TEST_CASE("the source's mark stays at home") {
  random_numbers random{1};
  auto t = draw_tick(random, symbol_id{1}, 1);
  auto sent = t;
  sent.source_mark = from_ns(5);
  std::string bytes;
  append_tick_run(bytes, {&sent, 1}, first_data_epoch, 0);
  auto frame = decode_tick_frame(bytes);
  REQUIRE(frame.has_value());
  CHECK((frame->ticks.at(0) == t));
}

TEST_CASE("a frame may carry nothing but its mark") {
  std::string bytes;
  append_tick_frame_end(bytes, end_of_time, true);
  auto frame = decode_tick_frame(bytes);
  REQUIRE(frame.has_value());
  CHECK(frame->ticks.empty());
  CHECK(frame->time_mark == end_of_time);
  CHECK(frame->final);
  auto empty = decode_tick_frame("");
  REQUIRE(empty.has_value());
  CHECK(empty->runs.empty());
}

TEST_CASE("frames beyond the limit and runs that do not fit their count are faults") {
  random_numbers random{1};
  std::string bytes;
  append_tick_run(bytes, draw_run(random, 60), first_data_epoch, 0);
  append_tick_run(bytes, draw_run(random, 41), first_data_epoch, 0);
  CHECK(decode_tick_frame(bytes, 101).has_value());
  auto refused = decode_tick_frame(bytes, 100);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message == "a frame of 101 ticks or more; at most 100");

  auto decode_changed = [&](auto change) {
    wire::TickFrame frame;
    REQUIRE(frame.ParseFromString(bytes));
    change(*frame.mutable_runs(1));
    return decode_tick_frame(frame.SerializeAsString()).has_value();
  };
  CHECK(decode_changed([](auto&) {}));
  CHECK_FALSE(decode_changed([](auto& run) { run.set_count(40); }));
  CHECK_FALSE(decode_changed([](auto& run) { run.set_count(42); }));
  CHECK_FALSE(decode_changed([](auto& run) { run.set_count(0); }));
  CHECK_FALSE(decode_changed([](auto& run) { run.set_count(UINT32_MAX); }));
  CHECK_FALSE(decode_changed([](auto& run) { run.clear_columns(); }));
  CHECK_FALSE(decode_changed([](auto& run) { run.mutable_columns()->pop_back(); }));
  CHECK_FALSE(decode_changed([](auto& run) { run.mutable_columns()->push_back(0); }));
}

TEST_CASE("damaged tick frames are faults or frames, never anything else") {
  int faults = 0, frames = 0;
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    CAPTURE(seed);
    random_numbers random{seed};
    std::string bytes;
    append_tick_run(bytes, draw_run(random, static_cast<std::size_t>(1 + random.below(6))),
                    first_data_epoch, 5);
    append_tick_frame_end(bytes, from_ns(9), false);
    auto frame = decode_tick_frame(damage(bytes, random), 10'000);
    ++(frame ? frames : faults);
    if (frame) check_frame(*frame);
  }
  CHECK(faults >= 2'000);
  CHECK(frames >= 2'000);
}

TEST_CASE("signals of any values come back from a frame as they went in") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    random_numbers random{seed};
    std::vector<signal> signals;
    for (auto n = random.below(50); n > 0; --n)
      signals.push_back(draw_signal(random));
    auto mark = from_ns(draw(random));
    bool final = random.below(2) == 0;
    auto frame = decode_signal_frame(encode_signal_frame(signals, mark, final));
    REQUIRE(frame.has_value());
    CHECK((frame->signals == signals));
    CHECK(frame->time_mark == mark);
    CHECK(frame->final == final);
  }
}

TEST_CASE("signals of other directions than buy and sell are faults") {
  for (int direction : {0, 2, -2, 257, INT32_MIN}) {
    wire::SignalFrame frame;
    frame.add_signals()->set_direction(1);
    frame.add_signals()->set_direction(direction);
    CAPTURE(direction);
    CHECK_FALSE(decode_signal_frame(frame.SerializeAsString()).has_value());
  }
}

TEST_CASE("a strategy beyond the range of its number is a fault, not another strategy") {
  wire::SignalFrame frame;
  auto& s = *frame.add_signals();
  s.set_direction(1);
  s.set_strategy(65'535);
  CHECK(decode_signal_frame(frame.SerializeAsString()).has_value());
  s.set_strategy(65'536);
  CHECK_FALSE(decode_signal_frame(frame.SerializeAsString()).has_value());
}

TEST_CASE("damaged signal frames are faults or frames, never anything else") {
  int faults = 0, frames = 0;
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    CAPTURE(seed);
    random_numbers random{seed};
    std::vector<signal> signals{draw_signal(random), draw_signal(random)};
    auto bytes = encode_signal_frame(signals, from_ns(9), false);
    auto frame = decode_signal_frame(damage(bytes, random));
    ++(frame ? frames : faults);
    if (!frame) continue;
    for (auto& s : frame->signals)
      CHECK((s.direction == 1 || s.direction == -1));
  }
  CHECK(faults >= 2'000);
  CHECK(frames >= 2'000);
}

TEST_CASE("a signal's name tells symbol, strategy, version, epoch, tick and window") {
  CHECK(format_signal_name(golden_signal().name, "boll", "ru1901") ==
        "boll/ru1901/2/3/43/1704157260000000000");
  auto reactive = golden_signal().name;
  reactive.window_end = timestamp{};
  CHECK(format_signal_name(reactive, "boll", "ru1901") == "boll/ru1901/2/3/43/0");
}

} // namespace tickmesh::wire_codec_test
