// One symbol's stream, and the records that a data slot makes of its rounds.
#include "actors/market/slot/record_builder.hpp"
#include "actors/market/slot/stream_encoder.hpp"
#include "actors/market/sources/sim/random_numbers.hpp"
#include "actors/market/tick_log/record_codec.hpp"

#include <doctest/doctest.h>

#include <map>

namespace tickmesh::stream_encoder_test {
using std::chrono::milliseconds;

namespace {

constexpr timestamp opening{std::chrono::seconds{1'700'000'000}};
constexpr nanoseconds mark_interval{milliseconds{100}};

tick make_tick(std::uint64_t position, timestamp at) {
  tick t;
  t.symbol = symbol_id{3};
  t.position = source_position{position};
  t.event_time = at;
  t.trading_day = 20240102;
  t.last = price{static_cast<std::int64_t>(1'000 + position % 7) * decimal_scale};
  return t;
}

stream_encoder_options marked() {
  stream_encoder_options out;
  out.symbol = symbol_id{3};
  out.mark_interval = mark_interval;
  return out;
}

std::vector<tick> ticks_of(const std::vector<tick_run_view>& runs) {
  std::vector<tick> out;
  for (auto& run : runs)
    REQUIRE(run.decode_ticks(out).has_value());
  return out;
}

/// What `marks` fields of a TickFrame hold.
std::vector<tick> ticks_of_marks(std::string_view fields) {
  tick_frame_view view;
  REQUIRE(read_tick_frame(fields, view).has_value());
  return ticks_of(view.marks);
}

struct built_market {
  std::vector<tick> ticks, marks;
};

/// Sends records through a stream and a builder, cut into rounds at random.
built_market build(const std::vector<tick>& records, std::uint64_t seed) {
  random_numbers random{seed};
  stream_encoder stream{marked()};
  record_builder builder{4, mark_interval};
  built_market out;
  for (std::size_t begin = 0; begin < records.size();) {
    auto end = std::min(records.size(), begin + static_cast<std::size_t>(random.below(9)));
    std::vector<tick> batch(records.begin() + static_cast<std::ptrdiff_t>(begin),
                            records.begin() + static_cast<std::ptrdiff_t>(end));
    begin = end;
    std::vector<clean_batch> parts(batch.empty() ? 0 : 1);
    if (!batch.empty()) stream.take(batch, 0, parts[0]);
    bool last = begin == records.size();
    auto mark = last ? end_of_time : records[begin].event_time - milliseconds{random.below(30)};
    std::string payload;
    auto record = builder.build({parts.empty() ? 0U : batch.size(),
                                 20240102,
                                 std::max(mark, builder.time_mark()),
                                 {},
                                 last},
                                parts, payload);
    tick_frame_view view;
    REQUIRE(read_tick_frame(record.payload, view).has_value());
    for (auto& t : ticks_of(view.runs))
      out.ticks.push_back(t);
    for (auto& t : ticks_of(view.marks))
      out.marks.push_back(t);
  }
  return out;
}

} // namespace

TEST_CASE("execution is sent the last tick of each mark interval, however the rounds are cut") {
  random_numbers random{5};
  std::vector<tick> records;
  auto at = opening;
  for (std::uint64_t i = 1; i <= 400; ++i) {
    at += milliseconds{random.below(60)};
    records.push_back(make_tick(i, at));
  }
  std::map<std::int64_t, std::uint64_t> last_of_interval;
  for (auto& t : records)
    last_of_interval[to_ns(t.event_time) / mark_interval.count()] = t.position.value;
  REQUIRE(last_of_interval.size() >= 50);
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    auto built = build(records, seed);
    CHECK(built.ticks.size() == records.size());
    std::vector<std::uint64_t> expected, actual;
    for (auto& [interval, position] : last_of_interval)
      expected.push_back(position);
    for (auto& t : built.marks) {
      actual.push_back(t.position.value);
      CHECK(t.number.value == t.position.value);
    }
    CHECK(actual == expected);
  }
}

TEST_CASE("a mark is sent as soon as no tick of its interval can follow, and before its promise") {
  stream_encoder stream{marked()};
  record_builder builder{4, mark_interval};
  std::vector<tick> batch{make_tick(1, opening + milliseconds{10})};
  std::vector<clean_batch> parts(1);
  stream.take(batch, 0, parts[0]);
  std::string payload;
  tick_frame_view view;
  auto record = builder.build({1, 20240102, opening + milliseconds{99}, {}, false}, parts, payload);
  REQUIRE(read_tick_frame(record.payload, view).has_value());
  CHECK(view.marks.empty());
  parts.clear();
  record = builder.build({0, 0, opening + milliseconds{100}, {}, false}, parts, payload);
  REQUIRE(read_tick_frame(record.payload, view).has_value());
  CHECK(view.marks.size() == 1);
  CHECK(record.trading_day == 20240102); // a mark alone belongs to the day before it
}

TEST_CASE("rejected records are kept with their reasons, and counted since the log began") {
  stream_encoder stream{marked()};
  record_builder builder{4, mark_interval};
  std::vector<tick> batch{make_tick(1, opening), make_tick(2, opening), make_tick(3, opening)};
  batch[1].volume = quantity{-1};
  batch[2].last = price{};
  std::vector<clean_batch> parts(1);
  stream.take(batch, 0, parts[0]);
  std::string payload;
  auto record = builder.build({3, 20240102, opening, {}, false}, parts, payload);
  CHECK(record.ticks == 1);
  CHECK(record.rejected == 2);
  tick_frame_view view;
  REQUIRE(read_tick_frame(record.payload, view).has_value());
  REQUIRE(view.rejected.size() == 1);
  auto rejected = read_rejected_run(view.rejected[0]);
  REQUIRE(rejected.has_value());
  CHECK(rejected->reason(0) == reject_reason::negative_volume);
  CHECK(rejected->reason(1) == reject_reason::price_out_of_range);
  record_builder next{4, mark_interval};
  REQUIRE(next.resume(record).has_value());
  CHECK(next.totals() == builder.totals());
  CHECK(next.totals().records_in == 3);
  CHECK_FALSE(next.ended());
}

TEST_CASE("a stream goes on behind logged ticks as if it had not stopped") {
  for (std::size_t cut = 1; cut < 60; cut += 7) {
    CAPTURE(cut);
    std::vector<tick> records;
    for (std::uint64_t i = 1; i <= 60; ++i)
      records.push_back(make_tick(i, opening + milliseconds{40 * i}));
    records.insert(records.begin() + static_cast<std::ptrdiff_t>(cut), records[cut - 1]);
    stream_encoder whole{marked()};
    auto all = records;
    clean_batch out;
    whole.take(all, 0, out); // `all` is what was accepted, numbered
    REQUIRE(all.size() == 60);
    stream_encoder resumed{marked()};
    clean_batch newest;
    resumed.restore({all.data(), cut}, newest);
    CHECK(ticks_of_marks(newest.pending_mark) == std::vector<tick>{all[cut - 1]});
    std::vector<tick> rest(records.begin() + static_cast<std::ptrdiff_t>(cut), records.end());
    clean_batch second;
    resumed.take(rest, 0, second);
    CHECK(second.rejects[static_cast<std::size_t>(reject_reason::duplicate)] == 1);
    CHECK(rest == std::vector<tick>(all.begin() + static_cast<std::ptrdiff_t>(cut), all.end()));
  }
}

TEST_CASE("a live slot that starts again sends each interval's last tick once, however it ended") {
  std::vector<tick> records;
  for (std::uint64_t i = 1; i <= 60; ++i)
    records.push_back(make_tick(i, opening + milliseconds{40 * i}));
  std::map<std::int64_t, std::uint64_t> last_of_interval;
  for (auto& t : records)
    last_of_interval[to_ns(t.event_time) / mark_interval.count()] = t.position.value;
  for (std::size_t cut = 1; cut < records.size(); ++cut) {
    CAPTURE(cut);
    std::vector<std::uint64_t> marks;
    auto log = [&](record_builder& builder, stream_encoder& stream, std::span<const tick> from,
                   bool ends) {
      std::vector<tick> batch(from.begin(), from.end());
      std::vector<clean_batch> parts(1);
      stream.take(batch, 0, parts[0]);
      std::string payload;
      auto mark = last_multiple(batch.back().event_time, milliseconds{10});
      auto record = builder.build({batch.size(), 20240102, mark, {}, ends}, parts, payload);
      for (auto& t : ticks_of_marks(record.payload))
        marks.push_back(t.position.value);
      record.payload = {};
      return std::pair{payload, batch};
    };
    stream_encoder first{marked()};
    record_builder before{4, mark_interval};
    auto [payload, logged] = log(before, first, std::span{records}.first(cut), cut % 2 == 0);
    record_builder builder{4, mark_interval};
    log_record last;
    last.payload = payload;
    REQUIRE(builder.resume(last).has_value());
    stream_encoder stream{marked()};
    clean_batch newest;
    stream.restore(logged, newest);
    builder.restore_mark(newest);
    log(builder, stream, std::span{records}.subspan(cut), false);
    std::vector<std::uint64_t> expected;
    for (auto& [interval, position] : last_of_interval)
      expected.push_back(position);
    expected.pop_back(); // its interval is not over
    CHECK(marks == expected);
  }
}

TEST_CASE("behind a sender's end a live log goes on with no mark pending twice") {
  stream_encoder first{marked()};
  record_builder before{4, mark_interval};
  std::vector<tick> batch{make_tick(1, opening + milliseconds{10})};
  std::vector<clean_batch> parts(1);
  first.take(batch, 0, parts[0]);
  std::string payload;
  auto record = before.build({1, 20240102, end_of_time, {}, true}, parts, payload);
  CHECK(ticks_of_marks(record.payload).size() == 1);
  record_builder builder{4, mark_interval};
  REQUIRE(builder.resume(record).has_value());
  CHECK(builder.time_mark() == end_of_time); // the day is over, until a record says otherwise
  stream_encoder stream{marked()};
  clean_batch newest;
  stream.restore(batch, newest);
  builder.restore_mark(newest);
  std::vector<tick> next{make_tick(2, opening + milliseconds{300})};
  std::vector<clean_batch> second(1);
  stream.take(next, 0, second[0]);
  std::string more;
  auto after = builder.build({1, 20240103, opening + milliseconds{300}, {}, false}, second, more);
  CHECK(ticks_of_marks(after.payload).empty());
  CHECK(builder.time_mark() == opening + milliseconds{300});
  CHECK_FALSE(builder.ended());
}

TEST_CASE("records travel to a replica unchanged, and cut-off ones are refused") {
  std::vector<std::string> payloads{"", "x", std::string(100'000, 'y')};
  std::string bytes;
  for (std::size_t i = 0; i < payloads.size(); ++i)
    append_log_record(bytes, {record_number{i + 7}, epoch{3}, 20240102,
                              static_cast<std::uint32_t>(i), 9, payloads[i]});
  auto read = read_log_records(bytes);
  REQUIRE(read.has_value());
  REQUIRE(read->size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK((*read)[i].number.value == i + 7);
    CHECK((*read)[i].writer == epoch{3});
    CHECK((*read)[i].trading_day == 20240102);
    CHECK((*read)[i].ticks == i);
    CHECK((*read)[i].rejected == 9);
    CHECK((*read)[i].payload == payloads[i]);
  }
  for (std::size_t size : {1, 5, 8, 12, 50'000})
    CHECK_FALSE(read_log_records(std::string_view{bytes}.substr(0, size)).has_value());
}

TEST_CASE("marks and rejected records alone begin a log's day and change none") {
  record_builder builder{1, nanoseconds::zero()};
  std::string payload;
  auto day_of_record = [&](std::uint32_t accepted, std::uint64_t rejected,
                           std::int32_t trading_day) {
    round_outline round;
    round.records = accepted + rejected;
    round.trading_day = trading_day;
    std::vector<clean_batch> parts(1);
    parts[0].accepted = accepted;
    parts[0].rejects[0] = rejected;
    return builder.build(round, parts, payload).trading_day;
  };
  CHECK(day_of_record(0, 0, 20240103) == 20240103);
  CHECK(day_of_record(5, 1, 20240102) == 20240102);
  CHECK(day_of_record(0, 0, 20240104) == 20240102);
  CHECK(day_of_record(0, 3, 20990101) == 20240102); // a stamp that nobody agrees with
  CHECK(day_of_record(1, 0, 20240103) == 20240103);
}

} // namespace tickmesh::stream_encoder_test
