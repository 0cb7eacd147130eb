// Runs of ticks in packed columns: what every value becomes, what it costs, and bytes that lie.
#include "actors/market/sources/sim/random_numbers.hpp"
#include "messages/packed_column.hpp"
#include "messages/proto/market.pb.h"
#include "messages/tick_run.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace tickmesh::tick_run_test {

namespace {

constexpr auto first_time = 1'538'960'400'000'000'000;

/// Snapshots as CTP sends them: two a second, prices in whole price ticks.
std::vector<tick> ctp_ticks(random_numbers& random, std::size_t count, std::int64_t day = 0) {
  std::vector<tick> out;
  std::int64_t last = 12'485 + day, traded = 0, interest = 400'000;
  for (std::size_t i = 0; i < count; ++i) {
    tick t;
    t.symbol = symbol_id{7};
    t.number = sequence{1 + i};
    t.source = source_id{1};
    t.position = source_position{1'000 + 40 * i + static_cast<std::uint64_t>(random.below(30))};
    t.trading_day = 20181008;
    t.event_time = t.effective_time =
        from_ns(first_time + static_cast<std::int64_t>(i) * 500'000'000);
    last += 5 * (random.below(3) - 1);
    auto volume = random.below(200);
    traded += volume;
    interest += random.below(41) - 20;
    t.last = price{last * decimal_scale};
    t.volume = quantity{volume * decimal_scale};
    t.cumulative_volume = quantity{traded * decimal_scale};
    t.turnover = money{int128{last} * volume * 10 * decimal_scale};
    t.open_interest = quantity{interest * decimal_scale};
    t.bid = price{(last - 5) * decimal_scale};
    t.ask = price{(last + 5) * decimal_scale};
    t.bid_volume = quantity{random.below(150) * decimal_scale};
    t.ask_volume = quantity{random.below(150) * decimal_scale};
    out.push_back(t);
  }
  return out;
}

std::vector<tick> decode_all(const std::string& frame) {
  tick_frame_view view;
  REQUIRE(read_tick_frame(frame, view).has_value());
  std::vector<tick> out;
  for (auto& run : view.runs)
    REQUIRE(run.decode_ticks(out).has_value());
  return out;
}

/// Values around `base`, whose distances are multiples of `unit`; some of them absent.
std::vector<std::int64_t> draw_column(random_numbers& random) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(1 + random.below(130)));
  auto shift = random.below(64);
  auto unit = static_cast<std::uint64_t>(1 + random.below(3) * random.below(1'000'000'000));
  auto base = random.next() >> random.below(64);
  auto absent_in = 1 + random.below(40);
  bool some_absent = random.below(2) == 0;
  for (auto& v : out) {
    v = static_cast<std::int64_t>(base + (random.next() >> shift) * unit);
    if (some_absent && random.below(absent_in) == 0) v = absent_value;
  }
  return out;
}

} // namespace

TEST_CASE("a packed column gives back every value, whatever unit it was given") {
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    CAPTURE(seed);
    random_numbers random{seed};
    std::uint64_t unit = random.below(3) == 0 ? random.next() >> random.below(64) : 0;
    for (int repeat = 0; repeat < 2; ++repeat) {
      auto values = draw_column(random);
      std::vector<char> bytes(packed_column_size_max(values.size()));
      auto packed = pack_column(values, unit, bytes.data());
      auto size = packed_column_size(packed.descriptor).of(values.size());
      REQUIRE(size == static_cast<std::size_t>(packed.end - bytes.data()));
      std::vector<std::int64_t> back(values.size());
      REQUIRE(unpack_column(packed.descriptor, bytes.data(), back));
      REQUIRE((back == values));
      for (std::size_t row = 0; row < values.size(); row += 7)
        REQUIRE(unpack_value(packed.descriptor, bytes.data(), row) == values[row]);
    }
  }
}

TEST_CASE("a column pays for the distance in units, and for nothing when it is constant") {
  std::uint64_t unit = 0;
  auto bytes_of = [&](std::vector<std::int64_t> values) {
    std::vector<char> bytes(packed_column_size_max(values.size()));
    return pack_column(values, unit, bytes.data()).end - bytes.data();
  };
  CHECK(bytes_of(std::vector<std::int64_t>(64, 0)) == 0);
  CHECK(bytes_of(std::vector<std::int64_t>(64, absent_value)) == 0);
  CHECK(bytes_of(std::vector<std::int64_t>(64, -3)) == 1);
  CHECK(bytes_of({1'000'000'000'000, 1'000'500'000'000, 1'127'500'000'000}) == 8 + 8 + 3);
  CHECK(unit == 500'000'000);
  CHECK(bytes_of({1'000'000'000'000, 1'001'000'000'000, absent_value}) == 8 + 8 + 3);
  CHECK(unit == 500'000'000);
  CHECK(bytes_of({1'000'000'000'000, 1'000'200'000'000, 1'000'000'000'000}) == 8 + 8 + 3);
  CHECK(unit == 100'000'000);
  CHECK(bytes_of({INT64_MAX, INT64_MIN + 1, 5}) == 8 + 3 * 8);
}

TEST_CASE("a snapshot of CTP in a run of 64 takes at most 20 bytes") {
  random_numbers random{1};
  tick_run_encoder encoder;
  for (std::int64_t day = 0; day < 3; ++day) {
    std::string bytes;
    auto ticks = ctp_ticks(random, 64, day);
    encoder.append(bytes, ticks, first_data_epoch, first_time);
    CHECK(bytes.size() <= 64 * 20);
    CHECK((decode_all(bytes) == ticks));
  }
}

TEST_CASE("one odd price costs its run more, and later runs nothing for ever") {
  random_numbers random{1};
  tick_run_encoder encoder;
  auto ticks = ctp_ticks(random, 64);
  std::string before, after;
  encoder.append(before, ticks, first_data_epoch, 0);
  auto odd = ticks;
  odd[3].last = price{odd[3].last.value + 1};
  std::string bytes;
  encoder.append(bytes, odd, first_data_epoch, 0);
  CHECK((decode_all(bytes) == odd));
  CHECK(bytes.size() > before.size());
  for (int i = 0; i < 1'024; ++i) {
    after.clear();
    encoder.append(after, ticks, first_data_epoch, 0);
  }
  CHECK(after == before);
}

TEST_CASE("a column can be read alone") {
  random_numbers random{1};
  auto ticks = ctp_ticks(random, 33);
  ticks[5].bid = no_price;
  ticks[7].last = no_price;
  std::string bytes;
  tick_run_encoder{}.append(bytes, ticks, first_data_epoch, first_time);
  tick_frame_view view;
  REQUIRE(read_tick_frame(bytes, view).has_value());
  REQUIRE(view.runs.size() == 1);
  CHECK(view.runs[0].count == 33);
  CHECK(view.runs[0].field == bytes);
  CHECK(view.ticks == 33);
  std::vector<std::int64_t> last(33), bid(33), time(33), lag(33);
  REQUIRE(view.runs[0].decode(tick_column::last, last).has_value());
  REQUIRE(view.runs[0].decode(tick_column::bid, bid).has_value());
  REQUIRE(view.runs[0].decode(tick_column::event_time, time).has_value());
  REQUIRE(view.runs[0].decode(tick_column::number_lag, lag).has_value());
  for (std::size_t i = 0; i < 33; ++i) {
    CHECK(last[i] == ticks[i].last.value);
    CHECK(bid[i] == ticks[i].bid.value);
    CHECK(time[i] == to_ns(ticks[i].event_time));
    CHECK(lag[i] == 0);
    CHECK(view.runs[0].value(tick_column::bid, i) == ticks[i].bid.value);
  }
}

TEST_CASE("marks keep numbers that are not consecutive") {
  random_numbers random{1};
  auto ticks = ctp_ticks(random, 40);
  std::vector<tick> marks{ticks[4], ticks[20], ticks[39]};
  std::string bytes;
  tick_run_encoder{}.append(bytes, marks, first_data_epoch, 0, 4);
  tick_frame_view view;
  REQUIRE(read_tick_frame(bytes, view).has_value());
  CHECK(view.runs.empty());
  CHECK(view.ticks == 0);
  REQUIRE(view.marks.size() == 1);
  std::vector<tick> back;
  REQUIRE(view.marks[0].decode_ticks(back).has_value());
  CHECK((back == marks));
}

TEST_CASE("rejected records and totals come back as they went in") {
  random_numbers random{1};
  auto records = ctp_ticks(random, 3);
  for (auto& t : records) {
    t.number = sequence{};
    t.effective_time = {};
  }
  std::vector<reject_reason> reasons{reject_reason::late, reject_reason::unknown_symbol,
                                     reject_reason::price_jump};
  slot_totals totals{10,
                     7,
                     {1, 0, 0, 0, 0, 1, 0, 1'000'000},
                     {{source_id{0}, source_position{17}}, {source_id{300}, source_position{1}}}};
  std::string bytes;
  tick_run_encoder encoder;
  append_rejected_run(bytes, encoder, records, reasons, 5);
  append_slot_totals(bytes, totals);

  tick_frame_view view;
  REQUIRE(read_tick_frame(bytes, view).has_value());
  REQUIRE(view.rejected.size() == 1);
  auto rejected = read_rejected_run(view.rejected[0]);
  REQUIRE(rejected.has_value());
  std::vector<tick> back;
  REQUIRE(rejected->records.decode_ticks(back).has_value());
  CHECK((back == records));
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(rejected->reason(i) == reasons[i]);
  auto read = read_slot_totals(view.totals);
  REQUIRE(read.has_value());
  CHECK((*read == totals));

  wire::TickFrame generated;
  REQUIRE(generated.ParseFromString(bytes));
  CHECK(generated.totals().accepted() == 7);
  CHECK(generated.totals().rejected(7) == 1'000'000);
  CHECK(generated.rejected(0).records().count() == 3);
  generated.mutable_rejected(0)->mutable_reasons()->at(0) = reject_reason_count;
  CHECK_FALSE(read_rejected_run(generated.rejected(0).SerializeAsString()).has_value());
  generated.mutable_rejected(0)->mutable_reasons()->resize(2);
  CHECK_FALSE(read_rejected_run(generated.rejected(0).SerializeAsString()).has_value());
  generated.mutable_totals()->add_rejected(1);
  CHECK_FALSE(read_slot_totals(generated.totals().SerializeAsString()).has_value());
}

TEST_CASE("what is written by hand is Protobuf, and Protobuf's writer is read") {
  random_numbers random{1};
  auto ticks = ctp_ticks(random, 64);
  std::string bytes;
  tick_run_encoder{}.append(bytes, ticks, epoch{300}, -5);
  wire::TickFrame generated;
  REQUIRE(generated.ParseFromString(bytes));
  REQUIRE(generated.runs_size() == 1);
  CHECK(generated.runs(0).symbol() == 7);
  CHECK(generated.runs(0).data_epoch() == 300);
  CHECK(generated.runs(0).first_number() == 1);
  CHECK(generated.runs(0).count() == 64);
  CHECK(generated.runs(0).ingest_ns() == -5);
  CHECK(generated.SerializeAsString() == bytes);
  generated.set_time_mark_ns(-7);
  generated.set_final(true);
  auto text = generated.SerializeAsString();
  tick_frame_view view;
  REQUIRE(read_tick_frame(text, view).has_value());
  CHECK(to_ns(view.time_mark) == -7);
  CHECK(view.final);
  // A field that this version does not know is passed over; later scalars win.
  text += std::string{"\x78\x01", 2} + std::string{"\x18\x00", 2};
  REQUIRE(read_tick_frame(text, view).has_value());
  CHECK_FALSE(view.final);
  CHECK(view.runs.size() == 1);
}

TEST_CASE("a value that its type does not have is a fault") {
  auto decode_with = [](std::size_t column, std::uint8_t descriptor, std::string value) {
    wire::TickFrame frame;
    auto& run = *frame.add_runs();
    run.set_count(2);
    std::string columns(tick_column_count, '\0');
    columns[column] = static_cast<char>(descriptor);
    run.set_columns(columns + value);
    auto bytes = frame.SerializeAsString();
    tick_frame_view view;
    if (!read_tick_frame(bytes, view)) return false;
    std::vector<tick> out;
    return view.runs[0].decode_ticks(out).has_value();
  };
  auto at = [](tick_column column) { return static_cast<std::size_t>(column); };
  CHECK(decode_with(at(tick_column::kind), 1 << 3, "\x02"));
  CHECK_FALSE(decode_with(at(tick_column::kind), 1 << 3, "\x03"));
  CHECK_FALSE(decode_with(at(tick_column::aggressor), 1 << 3, "\xff"));
  CHECK_FALSE(decode_with(at(tick_column::kind), 1, "\x02\x03"));
  CHECK_FALSE(decode_with(at(tick_column::source), 3 << 3, std::string{"\0\0\1\0", 4}));
  CHECK_FALSE(
      decode_with(at(tick_column::trading_day), 4 << 3, std::string{"\0\0\0\0\1\0\0\0", 8}));
  CHECK_FALSE(decode_with(at(tick_column::last), 1 << 6, std::string(8, '\0')));
  CHECK_FALSE(decode_with(at(tick_column::last), 5, std::string(8, '\0')));
  CHECK_FALSE(decode_with(at(tick_column::last), 7 << 3, std::string(8, '\0')));
}

TEST_CASE("every truncation and every flipped bit is a fault or typed values") {
  random_numbers random{1};
  auto ticks = ctp_ticks(random, 5);
  ticks[2].bid = no_price;
  std::string bytes;
  tick_run_encoder encoder;
  encoder.append(bytes, ticks, first_data_epoch, first_time);
  append_rejected_run(bytes, encoder, ticks, std::vector<reject_reason>(5), 0);
  append_slot_totals(bytes, {1, 2, {}, {}});
  int faults = 0, frames = 0;
  auto read = [&](const std::string& damaged) {
    tick_frame_view view;
    bool valid = read_tick_frame(damaged, view, 10'000).has_value();
    std::vector<tick> out;
    for (auto& run : view.runs)
      valid = run.decode_ticks(out).has_value() && valid;
    for (auto& rejected : view.rejected)
      if (auto records = read_rejected_run(rejected); records && records->records.count < 10'000)
        valid = records->records.decode_ticks(out).has_value() && valid;
    valid = read_slot_totals(view.totals).has_value() && valid;
    for (auto& t : out)
      CHECK((t.kind <= record_kind::trade && t.aggressor <= side::sell));
    ++(valid ? frames : faults);
  };
  for (std::size_t size = 0; size < bytes.size(); ++size)
    read(bytes.substr(0, size));
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    auto damaged = bytes;
    damaged[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    read(damaged);
  }
  CHECK(faults >= 500);
  CHECK(frames >= 500);
}

} // namespace tickmesh::tick_run_test
