// Who owns a symbol: weighted rendezvous hashing over slots. A pure function of its arguments, with
// the same answer on every machine. Used for placement by every host that routes ticks.
#pragma once

#include "runtime/cluster/cluster_view.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tickmesh {

/// A candidate and its relative share of the symbols; weight 0 takes none.
struct weighted_slot {
  slot_name slot{};
  std::uint32_t weight = 1;
};

/// xxh3 of the symbol's bytes.
std::uint64_t hash_symbol(std::string_view symbol);

/// All slots of non-zero weight, the owner first, its replica next. The order of `slots` is
/// irrelevant. A slot's score is -weight / ln(u), where u in (0, 1) is a seeded xxh3 of (symbol
/// hash, slot):
/// each slot is first with probability weight / sum of weights, and a slot that comes or goes
/// changes nothing between the others (Schindelhauer and Schomaker, "Weighted distributed hash
/// tables", 2005). The logarithm is an integer one, for libm's last bits differ between machines;
/// with equal weights the order is that of the hashes.
std::vector<slot_name> rank_slots(std::uint64_t symbol_hash, std::span<const weighted_slot> slots);

/// The first of rank_slots; nothing when no slot has a weight.
std::optional<slot_name> owner_of(std::string_view symbol, std::span<const weighted_slot> slots);

} // namespace tickmesh
