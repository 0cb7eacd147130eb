#include "apps/reports/limits_document.hpp"

#include "apps/reports/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace tickmesh {

namespace {

bool is_looser(const limits_comparison& comparison, const limit_difference& change) {
  return std::ranges::find(comparison.loosened, change) != comparison.loosened.end();
}

} // namespace

limits_comparison compare_for_people(const std::vector<limit_scope>& before,
                                     const std::vector<limit_scope>& after) {
  return {compare_limits(before, after), loosened_limits(before, after)};
}

std::string format_limits(const limits_comparison& comparison) {
  auto value = [](const std::optional<std::string>& text) { return text.value_or("off"); };
  std::size_t scopes = 0, keys = 0, before = 0, after = 0;
  for (auto& change : comparison.changes) {
    scopes = std::max(scopes, change.scope.size());
    keys = std::max(keys, change.key.size());
    before = std::max(before, value(change.before).size());
    after = std::max(after, value(change.after).size());
  }
  std::string out;
  for (auto& change : comparison.changes) {
    auto line = fmt::format("  {:<{}}  {:<{}}  {:>{}} -> {:<{}}", change.scope, scopes, change.key,
                            keys, value(change.before), before, value(change.after), after);
    if (is_looser(comparison, change)) line += "  LOOSER";
    line.resize(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

nlohmann::ordered_json describe_limits(const limits_comparison& comparison) {
  auto out = nlohmann::ordered_json::array();
  for (auto& change : comparison.changes)
    out.push_back({{"scope", change.scope},
                   {"key", change.key},
                   {"before", text_or_null(change.before)},
                   {"after", text_or_null(change.after)},
                   {"loosens", is_looser(comparison, change)}});
  return out;
}

} // namespace tickmesh
