// Placement by weighted rendezvous: fair shares, few moves, and the same answer everywhere.
#include "runtime/cluster/rendezvous.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

namespace tickmesh::rendezvous_test {

namespace {

constexpr std::size_t sets = 120;
constexpr std::size_t symbols_per_set = 500;
constexpr double deviations_max = 4.5;

std::vector<std::string> random_symbols(std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::set<std::string> out;
  while (out.size() < symbols_per_set) {
    std::string name;
    for (std::size_t i = 0, n = 2 + random() % 6; i < n; ++i)
      name += static_cast<char>('a' + random() % 26);
    out.insert(name + fmt::format("{:04}", random() % 10'000));
  }
  return {out.begin(), out.end()};
}

std::vector<weighted_slot> calc_slots(const std::vector<std::uint32_t>& weights) {
  std::vector<weighted_slot> out;
  for (std::size_t i = 0; i < weights.size(); ++i)
    out.push_back({{role::calc, static_cast<std::uint16_t>(i)}, weights[i]});
  return out;
}

void check_shares(const std::vector<std::uint32_t>& weights) {
  auto slots = calc_slots(weights);
  double total = 0;
  for (auto w : weights)
    total += w;
  for (std::uint64_t seed = 0; seed < sets; ++seed) {
    CAPTURE(seed);
    std::map<slot_name, double> owned;
    for (auto& symbol : random_symbols(seed))
      owned[*owner_of(symbol, slots)] += 1;
    for (auto& [slot, weight] : slots) {
      CAPTURE(format_slot(slot));
      double share = weight / total;
      double n = static_cast<double>(symbols_per_set);
      CHECK(std::abs(owned[slot] - n * share) <=
            deviations_max * std::sqrt(n * share * (1 - share)));
    }
  }
}

} // namespace

TEST_CASE("equal weights share the symbols equally") {
  check_shares({1, 1});
  check_shares({1, 1, 1, 1, 1});
}

TEST_CASE("unequal weights share the symbols by weight") {
  check_shares({1, 3});
  check_shares({5, 1, 2, 40, 13});
}

TEST_CASE("a slot that leaves gives its symbols away and moves no other") {
  auto before = calc_slots({3, 1, 4, 2, 7});
  for (std::uint64_t seed = 0; seed < sets; ++seed) {
    CAPTURE(seed);
    auto after = before;
    auto gone = after[seed % after.size()].slot;
    after.erase(after.begin() + static_cast<std::ptrdiff_t>(seed % after.size()));
    for (auto& symbol : random_symbols(seed)) {
      auto old_owner = *owner_of(symbol, before);
      if (old_owner != gone)
        CHECK(owner_of(symbol, after) == old_owner);
      else
        CHECK(owner_of(symbol, after) == rank_slots(hash_symbol(symbol), before)[1]);
    }
  }
}

TEST_CASE("a slot that joins takes symbols and moves none between the others") {
  auto before = calc_slots({1, 1, 2});
  auto after = calc_slots({1, 1, 2, 2});
  auto joined = after.back().slot;
  std::size_t moved = 0;
  for (std::uint64_t seed = 0; seed < sets; ++seed) {
    for (auto& symbol : random_symbols(seed)) {
      auto owner = *owner_of(symbol, after);
      if (owner != joined)
        CHECK(owner_of(symbol, before) == owner);
      else
        ++moved;
    }
  }
  CHECK(moved > sets * symbols_per_set / 4);
}

TEST_CASE("a rank holds every slot with a weight once, whatever the order they are given in") {
  auto slots = calc_slots({1, 0, 6, 1});
  auto ranked = rank_slots(hash_symbol("ru1901"), slots);
  CHECK(std::set<slot_name>(ranked.begin(), ranked.end()).size() == 3);
  CHECK(ranked.size() == 3);
  CHECK(std::ranges::find(ranked, slot_name{role::calc, 1}) == ranked.end());
  std::ranges::reverse(slots);
  CHECK(rank_slots(hash_symbol("ru1901"), slots) == ranked);
}

TEST_CASE("weights that are equal rank alike whatever their size") {
  auto ones = calc_slots({1, 1, 1, 1, 1, 1});
  auto many = calc_slots(std::vector<std::uint32_t>(6, 4'000'000'000));
  for (auto& symbol : random_symbols(7))
    CHECK(rank_slots(hash_symbol(symbol), ones) == rank_slots(hash_symbol(symbol), many));
}

TEST_CASE("the placement of known symbols never changes") {
  auto slots = calc_slots({1, 2, 3});
  auto text = [&slots](std::string_view symbol) {
    std::string out;
    for (auto slot : rank_slots(hash_symbol(symbol), slots))
      out += format_slot(slot) + " ";
    return out;
  };
  CHECK(text("ru1901") == "calc/2 calc/1 calc/0 ");
  CHECK(text("AP101") == "calc/0 calc/1 calc/2 ");
  CHECK(text("SIM0001") == "calc/2 calc/1 calc/0 ");
  CHECK(text("BTCUSDT") == "calc/1 calc/2 calc/0 ");
}

TEST_CASE("without a slot there is no owner") {
  CHECK_FALSE(owner_of("ru1901", {}));
  CHECK_FALSE(owner_of("ru1901", calc_slots({0, 0})));
}

} // namespace tickmesh::rendezvous_test
