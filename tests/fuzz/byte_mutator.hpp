// Small seeded damage to bytes: what a fuzzer does, without one.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace tickmesh {

class byte_mutator {
public:
  explicit byte_mutator(std::uint64_t seed) : random_(seed) {}

  /// `bytes` with one to four changes; `other` lends parts.
  std::string mutate(std::string bytes, std::string_view other) {
    for (auto count = 1 + draw(4); count > 0; --count)
      change(bytes, other);
    return bytes;
  }

private:
  std::size_t draw(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void change(std::string& bytes, std::string_view other) {
    auto at = draw(bytes.size() + 1);
    auto size = std::min(1 + draw(8), bytes.size() - at);
    switch (draw(8)) {
    case 0: bytes.resize(at); break;
    case 1: bytes.insert(at, 1 + draw(4), static_cast<char>(random_())); break;
    case 2: bytes.erase(at, size); break;
    case 3: bytes.insert(at, bytes.substr(at, size)); break;
    case 4: bytes.insert(at, other.substr(draw(other.size()), draw(64))); break;
    case 5: put_number(bytes, at); break;
    default:
      if (at < bytes.size()) bytes[at] ^= static_cast<char>(1U << draw(8));
    }
  }

  /// Numbers at which lengths and counts go wrong.
  void put_number(std::string& bytes, std::size_t at) {
    constexpr std::array<std::uint64_t, 8> numbers{
        0, 1, 0x7f, 0xff, 0x7fff'ffff, 0xffff'ffff, 0x7fff'ffff'ffff'ffff, 0xffff'ffff'ffff'ffff};
    auto number = numbers[draw(numbers.size())];
    auto width = std::size_t{1} << draw(4);
    for (std::size_t i = at; i < std::min(at + width, bytes.size()); ++i, number >>= 8U)
      bytes[i] = static_cast<char>(number & 0xffU);
  }

  std::mt19937_64 random_;
};

} // namespace tickmesh
