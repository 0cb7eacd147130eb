// A state that is restored from a snapshot is the one that went through all events.
#include "actors/execution/snapshot/snapshot_files.hpp"
#include "actors/execution/snapshot/state_fields.hpp"
#include "tests/support/replayed_slot.hpp"

#include <doctest/doctest.h>
#include <xxhash.h>

#include <random>

namespace tickmesh::snapshot_test {

TEST_CASE("from a snapshot at any record on, a passage comes to the same bytes") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    temporary_directory home;
    auto directory = home.path() / "journal";
    write_full_journal(directory, seed);
    auto ends = record_ends(directory);
    auto whole = replayed_slot::from_start(directory);
    whole.advance();
    auto expected = whole.snapshot();
    REQUIRE(whole.trading->last_event() == ends.back());
    CHECK(whole.trading->totals().fills > 50);
    std::mt19937_64 random{seed};
    auto slot = replayed_slot::from_start(directory);
    // On the way, the state is put away and taken out again and again.
    for (std::size_t i = random() % 7; i + 1 < ends.size(); i += 1 + random() % 60) {
      CAPTURE(ends[i]);
      slot.advance(ends[i]);
      auto bytes = slot.snapshot();
      auto again = replayed_slot::from_snapshot(directory, bytes);
      CHECK(slot.trading->last_event() == ends[i]);
      again.advance(ends[i + 1]);
      slot.advance(ends[i + 1]);
      REQUIRE((again.snapshot() == slot.snapshot()));
      slot = std::move(again);
    }
    slot.advance();
    CHECK((slot.snapshot() == expected));
    auto rows = [](trading_state& state) {
      std::pair<std::vector<order_row>, std::vector<fill_row>> out;
      state.finish(out.first, out.second);
      return out;
    };
    CHECK((rows(*slot.trading) == rows(*whole.trading)));
    CHECK(describe_holdings(*slot.trading) == describe_holdings(*whole.trading));
  }
}

TEST_CASE("a slot goes on behind a snapshot as behind its whole journal") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    temporary_directory home;
    auto market = random_trading::random_market(seed);
    auto setup = full_setup(seed);
    std::vector<std::string> states;
    for (bool has_snapshot : {false, true}) {
      auto directory = home.path() / (has_snapshot ? "with" : "without");
      {
        journal_life life{directory, setup};
        life.trade(market, from_ns(90'000'000));
      }
      if (has_snapshot) {
        auto ends = record_ends(directory);
        auto slot = replayed_slot::from_start(directory);
        slot.advance(ends[ends.size() * 2 / 3]);
        auto bytes = slot.snapshot();
        auto event = slot.trading->last_event();
        REQUIRE(write_snapshot(posix_file_system(), directory, event, bytes));
      }
      journal_life life{directory, setup};
      REQUIRE_MESSAGE(life.refusal.empty(), life.refusal);
      CHECK((life.start.snapshot > 0) == has_snapshot);
      CHECK(life.start.warnings.empty());
      life.trade(market, market.ticks.back().effective_time);
      auto slot = replayed_slot::from_start(directory);
      slot.advance();
      states.push_back(slot.snapshot());
    }
    CHECK((states.front() == states.back()));
  }
}

TEST_CASE("the bytes of a state are those of its layout's version") {
  // Whoever changes the layout raises state_layout_version, reads the older one where that can be,
  // and writes the new digest here.
  temporary_directory home;
  auto directory = home.path() / "journal";
  write_full_journal(directory, 6);
  auto slot = replayed_slot::from_start(directory);
  slot.advance();
  auto bytes = slot.snapshot();
  CHECK(state_layout_version == 2);
  CHECK(XXH3_64bits(bytes.data(), bytes.size()) == 17112921363091501999ULL);
}

TEST_CASE("numbers, texts and containers of a state are read as they were written") {
  std::vector<std::int64_t> numbers{0, 1, -1, 63, 64, -64, -65, INT64_MAX, INT64_MIN};
  int128 wide = usage_overflow, least = -usage_overflow - 1;
  std::optional<std::string> text{std::string(300, '\0')};
  std::unordered_map<std::string, std::uint32_t> map{{"b", 1}, {"a", UINT32_MAX}};
  std::vector<bool> bits{true, false, true};
  state_writer writer;
  writer(numbers, wide, least, text, map, bits);
  state_reader reader{writer.bytes()};
  decltype(numbers) numbers_read;
  decltype(wide) wide_read = 0, least_read = 0;
  decltype(text) text_read;
  decltype(map) map_read;
  decltype(bits) bits_read;
  reader(numbers_read, wide_read, least_read, text_read, map_read, bits_read);
  CHECK(reader.is_done());
  CHECK(numbers_read == numbers);
  CHECK(wide_read == wide);
  CHECK(least_read == least);
  CHECK(text_read == text);
  CHECK(map_read == map);
  CHECK(bits_read == bits);
}

TEST_CASE("a number that its type does not hold is no state") {
  std::uint32_t large = 256;
  std::int32_t below = -129;
  auto fits = [](auto& written, auto read) {
    state_writer writer;
    writer(written);
    state_reader reader{writer.bytes()};
    reader(read);
    CHECK(read == 0);
    return reader.is_sound();
  };
  CHECK_FALSE(fits(large, std::uint8_t{9}));
  CHECK_FALSE(fits(below, std::int8_t{9}));
  auto side_read = side::none;
  std::uint8_t fourth = 3;
  state_writer writer;
  writer(fourth);
  state_reader reader{writer.bytes()};
  reader(side_read);
  CHECK_FALSE(reader.is_sound());
}

TEST_CASE("bytes that are no state are refused, whatever they are, and take no memory") {
  temporary_directory home;
  auto directory = home.path() / "journal";
  write_full_journal(directory, 3);
  auto slot = replayed_slot::from_start(directory);
  slot.advance(record_ends(directory)[40]);
  state_writer writer;
  slot.trading->persist(writer);
  std::mt19937_64 random{7};
  for (int round = 0; round < 400; ++round) {
    auto bytes = writer.bytes();
    if (round % 2 == 0) bytes.resize(random() % bytes.size());
    for (auto flips = random() % 4 + (round % 2); flips > 0 && !bytes.empty(); --flips)
      bytes[random() % bytes.size()] ^= static_cast<char>(1U << random() % 8);
    trading_state state{slot.trading->settings(), slot.trading->universe()};
    state_reader reader{bytes};
    state.persist(reader); // sound or not: it does not crash
  }
  std::string longest(12, '\xFF');
  state_reader reader{longest};
  std::vector<std::uint64_t> values;
  reader(values);
  CHECK_FALSE(reader.is_sound());
  CHECK(values.capacity() < 100);
}

TEST_CASE("a snapshot that is cut off or changed anywhere is refused") {
  temporary_directory home;
  auto directory = home.path() / "journal";
  write_full_journal(directory, 2);
  auto slot = replayed_slot::from_start(directory);
  slot.advance(record_ends(directory)[20]);
  auto bytes = slot.snapshot();
  REQUIRE(slot_snapshot::parse(bytes));
  for (std::size_t length = 0; length < bytes.size(); length += 1 + length / 64)
    CHECK_FALSE(slot_snapshot::parse(bytes.substr(0, length)));
  CHECK_FALSE(slot_snapshot::parse(bytes + '\0'));
  for (std::size_t i = 0; i < bytes.size(); i += 1 + i / 64) {
    auto changed = bytes;
    changed[i] ^= 1;
    CHECK_FALSE(slot_snapshot::parse(changed));
  }
}

} // namespace tickmesh::snapshot_test
