// A digest of what a calculation slot knows of one symbol at one of its ticks: equal wherever the
// same ticks were calculated, however they were cut and whatever came between them.
#pragma once

#include <bit>
#include <compare>
#include <cstdint>

namespace tickmesh {

/// Which state of a symbol a digest is of.
struct digest_place {
  std::uint32_t symbol = 0; ///< dense id
  std::uint64_t data_epoch = 0;
  std::uint64_t first_tick = 0; ///< number of the first tick that was calculated
  std::uint64_t tick = 0;       ///< number of the last one

  friend auto operator<=>(const digest_place&, const digest_place&) = default;
};

struct symbol_digest {
  digest_place at;
  std::uint64_t digest = 0;

  friend bool operator==(const symbol_digest&, const symbol_digest&) = default;
};

/// A symbol's state is digested at the ticks 32, 64, ... 512, and then at every multiple of 1024.
inline constexpr std::uint64_t first_digested_tick = 32, digest_interval = 1024;

/// The first of these numbers that is not below `number`.
constexpr std::uint64_t next_digested_tick(std::uint64_t number) {
  if (number <= first_digested_tick) return first_digested_tick;
  if (number <= digest_interval) return std::bit_ceil(number);
  return (number + digest_interval - 1) / digest_interval * digest_interval;
}

/// Gathers values, in order, into 64 bits. Not meant against anybody who wants two to be equal.
class digest_builder {
public:
  digest_builder& add(std::uint64_t value) {
    hash_ = (hash_ ^ value) * 0x9fb21c651e98df25ULL;
    hash_ ^= hash_ >> 32;
    return *this;
  }
  digest_builder& add(std::int64_t value) { return add(static_cast<std::uint64_t>(value)); }

  std::uint64_t value() const { return hash_; }

private:
  std::uint64_t hash_ = 0x2545f4914f6cdd1dULL;
};

} // namespace tickmesh
