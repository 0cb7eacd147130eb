// How many values an enum has, told by the compiler: for readers that must refuse all others, and
// for tests that must draw each. A number beside the enum would go stale.
#pragma once

#include <cstddef>
#include <string_view>

namespace tickmesh {

/// True when `Value` has a name: the compiler prints one that has none as a cast, `(side)3`.
template <auto Value>
consteval bool is_enumerator() {
  constexpr std::string_view start = "Value = ";
  std::string_view text = __PRETTY_FUNCTION__;
  return text[text.find(start) + start.size()] != '(';
}

/// Precondition: the enumerators are 0, 1, 2 and so on, without gaps.
template <class Enum, std::size_t From = 0>
consteval std::size_t count_enumerators() {
  if constexpr (is_enumerator<static_cast<Enum>(From)>())
    return count_enumerators<Enum, From + 1>();
  else
    return From;
}
template <class Enum>
inline constexpr std::size_t enumerator_count = count_enumerators<Enum>();

} // namespace tickmesh
