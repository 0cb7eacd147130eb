#include "runtime/log/log_names.hpp"

#include <fmt/format.h>

#include <charconv>

namespace tickmesh {

std::string numbered_name(std::string_view prefix, std::uint64_t first, std::string_view suffix) {
  return fmt::format("{}{:012}{}", prefix, first, suffix);
}

std::optional<std::uint64_t> parse_numbered_name(std::string_view name, std::string_view prefix,
                                                 std::string_view suffix) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix) ||
      name.size() <= prefix.size() + suffix.size())
    return std::nullopt;
  auto digits = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  std::uint64_t out = 0;
  auto error = std::from_chars(digits.data(), digits.data() + digits.size(), out).ec;
  if (error != std::errc{} || out == 0 || numbered_name(prefix, out, suffix) != name)
    return std::nullopt;
  return out;
}

} // namespace tickmesh
