// One function out of several, to visit a variant with. Without a generic one among them, a kind
// that none takes does not compile.
#pragma once

#include <concepts>

namespace tickmesh {

template <class... Functions>
struct overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
overloaded(Functions...) -> overloaded<Functions...>;

/// For several kinds in one function: `[](const one_of<bid, ask> auto& what) {}`.
template <class T, class... Kinds>
concept one_of = (std::same_as<T, Kinds> || ...);

} // namespace tickmesh
