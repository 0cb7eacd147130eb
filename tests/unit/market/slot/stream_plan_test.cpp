// Who owns which symbol, and what streams begin with.
#include "actors/market/slot/stream_plan.hpp"

#include "runtime/cluster/rendezvous.hpp"
#include "tests/support/market_log.hpp"
#include "tests/support/memory_source.hpp"
#include "tests/support/small_market.hpp"

#include <doctest/doctest.h>

namespace tickmesh::stream_plan_test {

namespace {

const std::vector<std::string> symbols{"a", "sym1", "sym2"};

class live_source final : public feed_source {
public:
  const symbol_table& symbols() const override { return symbols_; }
  const std::vector<std::string>& source_names() const override { return names_; }
  std::uint64_t fingerprint() const override { return 0; }
  std::unique_ptr<feed> open(const resume_points&) const override { return nullptr; }
  bool is_repeatable() const override { return false; }

private:
  symbol_table symbols_;
  std::vector<std::string> names_;
};

} // namespace

TEST_CASE("each symbol has one data slot and one calculation slot, the same for every host") {
  cluster_view view;
  slot_name data0{role::data, 0}, data1{role::data, 1};
  for (auto slot : {data0, data1, {role::calc, 0}, {role::calc, 1}})
    view.slots.push_back({slot, "host", epoch{1}});
  view.symbols = small_market_symbols(20);
  auto first = find_owners(view, data0), second = find_owners(view, data1);
  std::vector<weighted_slot> calc_slots{{{role::calc, 0}}, {{role::calc, 1}}};
  for (std::size_t i = 0; i < view.symbols.size(); ++i) {
    CHECK(first.own[i] != second.own[i]);
    CHECK(first.calc_slots[i] == owner_of(view.symbols[i], calc_slots));
  }
  CHECK(first.calc_slots == second.calc_slots);
  CHECK(std::ranges::count(first.own, true) >= 2);
  CHECK(std::ranges::count(second.own, true) >= 2);
}

TEST_CASE("a stream knows its symbol, whether it is traded, and the numbers' epoch") {
  memory_source source{symbols, {}};
  auto instruments = small_market_instruments();
  cleaning_settings cleaning;
  cleaning.jump_confirm_count = 5;
  auto streams = plan_streams(symbols, {true, true, false},
                              {source, instruments, cleaning, nanoseconds{10}, epoch{4}});
  REQUIRE(streams.has_value());
  REQUIRE(streams->size() == 2);
  CHECK((*streams)[0].encoder.symbol == symbol_id{0});
  CHECK_FALSE((*streams)[0].encoder.known);
  CHECK((*streams)[1].encoder.known);
  CHECK((*streams)[1].encoder.cleaning.jump_confirm_count == 5);
  CHECK((*streams)[1].encoder.mark_interval == nanoseconds{10});
  CHECK((*streams)[1].encoder.data_epoch == first_data_epoch); // its own
  CHECK((*streams)[1].logged.empty());
}

TEST_CASE("a live source's streams go on behind the newest logged ticks, oldest first") {
  market_log market;
  market.add(3, 100, market_second(1));
  live_source source;
  auto instruments = small_market_instruments();
  stream_plan_settings settings{source, instruments, {}, {}, epoch{4}, market.directory()};
  auto streams = plan_streams(symbols, {true, true, true}, settings);
  REQUIRE(streams.has_value());
  REQUIRE(streams->size() == 3);
  CHECK((*streams)[0].encoder.data_epoch == epoch{4});
  REQUIRE((*streams)[0].logged.size() >= 1);
  CHECK((*streams)[0].logged.back().number.value == 3);
  auto& newest = (*streams)[1].logged;
  CHECK(newest.size() <= 64);
  CHECK(newest.back().number.value == 100);
  for (std::size_t i = 1; i < newest.size(); ++i)
    CHECK(newest[i].number.value == newest[i - 1].number.value + 1);
  CHECK((*streams)[2].logged.empty());
  settings.log = market.directory() / "elsewhere";
  CHECK_FALSE(plan_streams(symbols, {true, true, true}, settings).has_value());
  settings.log.reset();
  CHECK(plan_streams(symbols, {true, true, true}, settings)->at(0).logged.empty());
}

} // namespace tickmesh::stream_plan_test
