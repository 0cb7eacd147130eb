#include "messages/slot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tickmesh {

std::string format_slot(slot_name slot) {
  return fmt::format("{}/{}", to_string(slot.of), slot.index);
}

std::optional<slot_name> parse_slot(std::string_view text) {
  auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  auto name = std::ranges::find(role_names, text.substr(0, slash));
  if (name == role_names.end()) return std::nullopt;
  slot_name out{static_cast<role>(name - role_names.begin()), 0};
  auto* end = text.data() + text.size();
  auto [last, error] = std::from_chars(text.data() + slash + 1, end, out.index);
  if (error != std::errc{} || last != end) return std::nullopt;
  return out;
}

} // namespace tickmesh
