// Columns and blocks of the tick log: any values come back, and damage is noticed.
#include "actors/market/tick_log/column_codec.hpp"
#include "actors/market/tick_log/exact_division.hpp"
#include "actors/market/tick_log/tick_block.hpp"
#include "tests/support/tick_log_records.hpp"

#include <xxhash.h>

#include <bit>
#include <random>

namespace tickmesh::tick_block_test {

namespace {

std::vector<std::int64_t> decoded(std::span<const std::int64_t> values) {
  column_encoder encoder;
  column_decoder decoder;
  std::string bytes;
  encoder.append(bytes, values);
  std::vector<std::int64_t> out(values.size());
  auto done = decoder.decode(bytes, out);
  REQUIRE_MESSAGE(done, done.error().message);
  return out;
}

} // namespace

/// Columns that take every form: planes of 1 to 8 bits, compressed ones, rare exceptions.
std::vector<std::int64_t> shaped_column(std::mt19937_64& random) {
  std::vector<std::int64_t> values(1 + random() % 1'100);
  auto bits = 1 + random() % 20;
  auto shape = random() % 4;
  std::int64_t last = 0;
  for (auto& v : values) {
    auto drawn = static_cast<std::int64_t>(random() % (std::uint64_t{1} << bits));
    bool is_rare = random() % 50 == 0;
    switch (shape) {
    case 0: v = drawn; break;                                                 // evenly spread
    case 1: v = is_rare ? drawn : 3; break;                                   // mostly one value
    case 2: v = last += is_rare ? -drawn : 7; break;                          // mostly one step
    default: v = static_cast<std::int64_t>(std::popcount(random()) - 32) * 5; // bell-shaped
    }
  }
  return values;
}

TEST_CASE("a column of any form comes back as it was, and its damage is survived") {
  std::mt19937_64 random{17};
  column_encoder encoder;
  column_decoder decoder;
  std::string bytes;
  for (int turn = 0; turn < 2'000; ++turn) {
    CAPTURE(turn);
    auto values = shaped_column(random);
    REQUIRE(decoded(values) == values);
    if (turn % 20 != 0) continue;
    bytes.clear();
    encoder.append(bytes, values);
    for (std::size_t at = 0; at < bytes.size(); at += 1 + bytes.size() / 100) {
      auto damaged = bytes;
      damaged[at] = static_cast<char>(random());
      static_cast<void>(decoder.decode(damaged, values));
      static_cast<void>(decoder.decode(std::string_view{bytes}.substr(0, at), values));
    }
  }
}

TEST_CASE("rare exceptions take a few bytes each") {
  std::vector<std::int64_t> values(4096);
  std::int64_t value = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = value += i % 64 == 63 ? 31'937 : 1;
  column_encoder encoder;
  std::string bytes;
  encoder.append(bytes, values);
  CHECK(bytes.size() < 6 * values.size() / 64);
}

TEST_CASE("any column of integers comes back as it was") {
  std::mt19937_64 random{11};
  for (int turn = 0; turn < 400; ++turn) {
    CAPTURE(turn);
    std::vector<std::int64_t> values(1 + random() % 300);
    auto unit = static_cast<std::int64_t>(random() >> (random() % 64));
    auto width = random() % 63;
    for (auto& v : values)
      v = wrapping_multiply(static_cast<std::int64_t>(random() >> (1 + width)), unit);
    for (auto extreme : {INT64_MIN, INT64_MAX, std::int64_t{0}, std::int64_t{-1}})
      if (random() % 4 == 0) values[random() % values.size()] = extreme;
    CHECK(decoded(values) == values);
  }
}

TEST_CASE("a price that moves by whole price ticks takes about a byte before compression") {
  std::mt19937_64 random{12};
  std::vector<std::int64_t> values(4096);
  std::int64_t value = 12'485 * decimal_scale;
  for (auto& v : values)
    v = value += (static_cast<std::int64_t>(random() % 3) - 1) * 5 * decimal_scale;
  column_encoder encoder;
  std::string bytes;
  encoder.append(bytes, values);
  CHECK(bytes.size() < values.size() / 2);
}

TEST_CASE("the common unit divides all values and is the greatest that does") {
  CHECK(common_unit(std::vector<std::int64_t>{0, 0}) == 1);
  CHECK(common_unit(std::vector<std::int64_t>{12, -18, 0, 24}) == 6);
  CHECK(common_unit(std::vector<std::int64_t>{INT64_MIN, 8}) == 1);
  CHECK(common_unit(std::vector<std::int64_t>{INT64_MAX, -INT64_MAX}) == INT64_MAX);
  exact_division by{500'000'000};
  CHECK(by.divides(-1'500'000'000));
  CHECK(!by.divides(1'500'000'001));
  CHECK(by.quotient(-1'500'000'000) == -3);
}

TEST_CASE("no damaged byte of a column makes its decoder read or write out of bounds") {
  std::mt19937_64 random{13};
  std::vector<std::int64_t> values(500);
  for (auto& v : values)
    v = static_cast<std::int64_t>(random() % 100'000);
  column_encoder encoder;
  column_decoder decoder;
  std::string bytes;
  encoder.append(bytes, values);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    auto damaged = bytes;
    damaged[at] = static_cast<char>(random());
    static_cast<void>(decoder.decode(damaged, values));
    static_cast<void>(decoder.decode(std::string_view{bytes}.substr(0, at), values));
  }
}

TEST_CASE("a block gives back every field of its ticks and notices any flipped bit") {
  record_maker maker{21, 1};
  tick_block_builder builder;
  std::vector<tick> expected;
  for (int i = 0; i < 40; ++i) {
    auto made = maker.make(20181008, 1, 17);
    tick_frame_view frame;
    REQUIRE(read_tick_frame(made.payload, frame));
    for (auto& run : frame.runs)
      REQUIRE(builder.add(run));
    expected.insert(expected.end(), made.ticks.begin(), made.ticks.end());
  }
  std::string bytes;
  builder.finish(symbol_id{0}, bytes);
  CHECK(builder.empty());
  tick_block_reader block;
  auto read = block.read(bytes);
  REQUIRE_MESSAGE(read, read.error().message);
  auto lasts = block.column(tick_column::last);
  REQUIRE(lasts);
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK((*lasts)[i] == expected[i].last.value);
  std::vector<tick> got;
  REQUIRE(block.append_ticks(0, block.count(), got));
  CHECK(got == expected);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    auto damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    CHECK(!block.read(damaged));
  }
}

TEST_CASE("a block of more ticks than a run can have is refused before it takes memory") {
  auto block_of = [](std::uint64_t count) {
    std::string rest;
    for (std::uint64_t v : {std::uint64_t{7}, count, std::uint64_t{1}, std::uint64_t{0},
                            std::uint64_t{1}, std::uint64_t{1}, std::uint64_t{0}})
      append_varint(rest, v);
    std::string column;
    column_encoder::append_constant(column, 0);
    std::string columns;
    for (std::size_t c = 0; c < 3 + block_column_count; ++c) {
      append_varint(rest, c < 3 ? 0 : column.size());
      if (c >= 3) columns += column;
    }
    rest += columns;
    auto length = static_cast<std::uint32_t>(rest.size());
    rest.insert(0, reinterpret_cast<const char*>(&length), sizeof length);
    auto checksum = XXH3_64bits(rest.data(), rest.size());
    return std::string{reinterpret_cast<const char*>(&checksum), sizeof checksum} + rest;
  };
  tick_block_reader block;
  auto good = block_of(5), longest = block_of(1 << 20), longer = block_of((1 << 20) + 1);
  REQUIRE(block.read(good).has_value());
  std::vector<tick> ticks;
  REQUIRE(block.append_ticks(0, 5, ticks).has_value());
  CHECK(ticks.at(4).symbol == symbol_id{7});
  CHECK(block.read(longest).has_value());
  CHECK_FALSE(block.read(longer).has_value());
}

TEST_CASE("a block keeps numbers that leap at a new data epoch, and columns that change once") {
  record_maker maker{22, 1};
  tick_run_encoder encoder;
  tick_block_builder builder;
  std::vector<tick> expected;
  for (std::uint64_t i = 0; i < 6; ++i) {
    auto run = maker.make(20181008, 1, 4).ticks;
    for (auto& t : run) {
      t.number += sequence{i < 3 ? 0 : 1'000 * i};
      t.source = source_id{static_cast<std::uint16_t>(i == 4 ? 7 : 1)};
    }
    std::string frame;
    encoder.append(frame, run, epoch{i < 3 ? 1U : 2U}, 0);
    tick_frame_view view;
    REQUIRE(read_tick_frame(frame, view));
    REQUIRE(builder.add(view.runs.front()));
    CHECK(builder.number(builder.count() - 1) == run.back().number);
    expected.insert(expected.end(), run.begin(), run.end());
  }
  std::string bytes;
  builder.finish(symbol_id{0}, bytes);
  tick_block_reader block;
  REQUIRE(block.read(bytes));
  auto epochs = block.column(block_epoch_column);
  REQUIRE(epochs);
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK((*epochs)[i] == (i < 12 ? 1 : 2));
  std::vector<tick> got;
  REQUIRE(block.append_ticks(0, block.count(), got));
  CHECK(got == expected);
}

} // namespace tickmesh::tick_block_test
