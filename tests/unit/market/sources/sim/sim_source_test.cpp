// The simulator: same seed, same ticks; bad ticks are rejected for exactly their reason.
#include "actors/market/cleaning/tick_cleaner.hpp"
#include "actors/market/sources/sim/sim_source.hpp"
#include "tests/support/market_files.hpp"

#include <doctest/doctest.h>

#include <span>

#include <map>

namespace tickmesh::sim_source_test {

namespace {

const instrument_table instruments{{make_instrument("SIM####", "SIM")}};

source_settings sim_settings_of(std::uint64_t seed, std::uint64_t ticks = 100'000) {
  source_settings settings;
  settings.sim.seed = seed;
  settings.sim.ticks = ticks;
  return settings;
}

/// Reads a whole simulation through cleaners at default settings.
struct cleaned_run {
  reject_counts rejected{};
  reject_counts injected{};
  std::uint64_t accepted = 0;
  std::uint64_t total = 0;

  cleaned_run(const source_settings& settings, const instrument_table& table) {
    auto loaded = load_sim_source(settings, table);
    REQUIRE(loaded.has_value());
    auto& source = **loaded;
    std::map<symbol_id, tick_cleaner> cleaners;
    sim_feed cursor{*loaded};
    tick t;
    for (auto event = cursor.next(t); event != feed_event::end; event = cursor.next(t)) {
      if (event != feed_event::record) continue;
      bool known = table.find(source.symbols().name(t.symbol)) != nullptr;
      auto& cleaner = cleaners.try_emplace(t.symbol, cleaning_settings{}, known).first->second;
      if (auto reason = cleaner.clean(t))
        ++rejected[static_cast<std::size_t>(*reason)];
      else
        ++accepted;
    }
    injected = cursor.injected();
    total = cursor.total();
  }

  std::uint64_t rejected_total() const {
    std::uint64_t sum = 0;
    for (auto count : rejected)
      sum += count;
    return sum;
  }
};

} // namespace

TEST_CASE("rejects of a simulation are exactly the bad ticks that were put in") {
  for (std::uint64_t seed : {1u, 2u, 3u, 77u, 4'000'000'000u}) {
    CAPTURE(seed);
    cleaned_run run{sim_settings_of(seed), instruments};
    CHECK(run.rejected == run.injected);
    CHECK(run.total == 100'000);
    CHECK(run.accepted + run.rejected_total() == run.total);
    // A share of 0.001 is 100 expected, standard deviation 10.
    for (auto count : std::span{run.injected}.first(sim_fault_count)) {
      CHECK(count > 50);
      CHECK(count < 150);
    }
  }
}

TEST_CASE("the counts stay exact at the largest shares, with few symbols and any price tick") {
  for (std::uint32_t symbols : {1u, 2u, 30u}) {
    for (std::int64_t price_tick : {std::int64_t{1}, decimal_scale / 5, 100 * decimal_scale}) {
      CAPTURE(symbols);
      CAPTURE(price_tick);
      auto entry = make_instrument("SIM####", "SIM");
      entry.price_tick = price{price_tick};
      auto settings = sim_settings_of(9, 40'000);
      settings.sim.symbols = symbols;
      settings.sim.bad_share.fill(0.1);
      cleaned_run run{settings, instrument_table{{entry}}};
      CHECK(run.rejected == run.injected);
      for (auto count : std::span{run.injected}.first(sim_fault_count))
        CHECK(count > 1'000);
    }
  }
}

TEST_CASE("a simulation without bad ticks has no reject and no unknown symbol") {
  auto settings = sim_settings_of(5, 200'000);
  settings.sim.bad_share.fill(0);
  settings.sim.ticks_per_second = 1; // more than two days: cumulative volumes start over
  cleaned_run run{settings, instruments};
  CHECK(run.rejected_total() == 0);
  CHECK(run.accepted == 200'000);
  CHECK(load_good(settings, instruments)->symbols().size() == 50);
}

TEST_CASE("the same seed gives the same ticks on every cursor and another seed gives others") {
  auto source = load_good(sim_settings_of(1, 20'000), instruments);
  auto again = load_good(sim_settings_of(1, 20'000), instruments);
  auto other = load_good(sim_settings_of(2, 20'000), instruments);
  auto records = read_records(*source);
  CHECK(records.size() == 20'000);
  CHECK((records == read_records(*source)));
  CHECK((records == read_records(*again)));
  CHECK_FALSE((records == read_records(*other)));
  CHECK(source->fingerprint() == again->fingerprint());
  CHECK(source->fingerprint() != other->fingerprint());
}

TEST_CASE("the generator gives the numbers that its authors' algorithm gives") {
  random_numbers random{1};
  std::vector<std::uint64_t> drawn{random.next(), random.next(), random.next()};
  CHECK(drawn == std::vector<std::uint64_t>{12966619160104079557u, 9600361134598540522u,
                                            10590380919521690900u});
}

TEST_CASE("ticks come at the mean rate and never go back but for the late ones") {
  auto settings = sim_settings_of(3);
  auto records = read_records(*load_good(settings, instruments));
  auto length = records.back().event_time - settings.sim.start;
  auto expected = nanoseconds{std::chrono::seconds{5}}; // 100,000 at 20,000 a second
  CHECK(length > expected * 97 / 100);
  CHECK(length < expected * 103 / 100);
  timestamp latest{};
  for (auto& t : records) {
    if (t.event_time < t.source_mark) continue;
    CHECK(t.event_time >= latest);
    latest = t.event_time;
  }
}

TEST_CASE("bursts give a few symbols most ticks for a while") {
  auto source = load_good(sim_settings_of(4), instruments);
  auto records = read_records(*source);
  std::size_t busy_blocks = 0;
  std::size_t quiet_blocks = 0;
  constexpr std::size_t block = 500;
  for (std::size_t begin = 0; begin + block <= records.size(); begin += block) {
    std::map<symbol_id, std::size_t> counts;
    for (std::size_t i = begin; i < begin + block; ++i)
      ++counts[records[i].symbol];
    std::size_t most = 0;
    for (auto& [symbol, count] : counts)
      most = std::max(most, count);
    if (most > block / 5) ++busy_blocks;
    if (most < block / 10) ++quiet_blocks;
  }
  CHECK(busy_blocks > 10);
  CHECK(quiet_blocks > 10);
}

TEST_CASE("most order values stay below a million and some do not") {
  auto settings = sim_settings_of(6, 50'000);
  settings.sim.bad_share.fill(0);
  std::size_t large = 0;
  for (auto& t : read_records(*load_good(settings, instruments))) {
    auto last = t.last.value / decimal_scale;
    CHECK(last > 1'000);
    CHECK(last < 500'000);
    if (last * 10 > 1'000'000) ++large;
  }
  CHECK(large > 500);
  CHECK(large < 10'000);
}

TEST_CASE("prices lie on the instrument's price tick") {
  auto entry = make_instrument("SIM####", "SIM");
  entry.price_tick = price{decimal_scale / 5};
  auto settings = sim_settings_of(7, 5'000);
  settings.sim.bad_share.fill(0);
  for (auto& t : read_records(*load_good(settings, instrument_table{{entry}}))) {
    CHECK(t.bid.value % entry.price_tick.value == 0);
    CHECK(t.ask.value % entry.price_tick.value == 0);
    auto spread = (t.ask - t.bid).value / entry.price_tick.value;
    CHECK(spread >= 1);
    CHECK(spread <= 3);
  }
}

TEST_CASE("settings that the simulator cannot follow name their key") {
  auto settings = sim_settings_of(1);
  settings.sim.symbols = 0;
  CHECK(load_fault(settings).starts_with("source.sim.symbols"));
  settings = sim_settings_of(1);
  settings.sim.ticks_per_second = 0;
  CHECK(load_fault(settings).starts_with("source.sim.ticks_per_second"));
  settings = sim_settings_of(1, UINT64_MAX);
  CHECK(load_fault(settings).starts_with("source.sim.ticks"));
  settings = sim_settings_of(1);
  settings.sim.bad_share[3] = 0.2;
  CHECK(load_fault(settings).find("CROSSED_BOOK") != std::string::npos);
  settings = sim_settings_of(1);
  auto coarse = make_instrument("SIM0002", "SIM");
  coarse.price_tick = price{101 * decimal_scale};
  CHECK(load_fault(settings, instrument_table{{coarse}}).find("SIM0002") != std::string::npos);
  CHECK(load_fault(settings, instrument_table{{make_instrument("*", "SIM")}}).find("UNKNOWN1") !=
        std::string::npos);
}

} // namespace tickmesh::sim_source_test
