#include "runtime/settings/nearest_name.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace tickmesh {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

std::string suggest_name(std::string_view name, const std::vector<std::string>& known) {
  auto distance = [name](const std::string& k) { return edit_distance(name, k); };
  auto nearest = std::ranges::min_element(known, {}, distance);
  if (nearest == known.end()) return "none is known here";
  if (distance(*nearest) <= std::max<std::size_t>(2, name.size() / 3))
    return fmt::format("did you mean {}?", *nearest);
  return fmt::format("allowed: {}", fmt::join(known, ", "));
}

} // namespace tickmesh
