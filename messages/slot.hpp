// Roles, and the seats that hosts take: the addresses that hashing and links know.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tickmesh {

enum class role : std::uint8_t { data, calc, exec, control };
inline constexpr std::array<std::string_view, 4> role_names{"data", "calc", "exec", "control"};
constexpr std::string_view to_string(role r) {
  return role_names[static_cast<std::size_t>(r)];
}

/// A seat of a role: `data/0`. Hashing sees slots, never hosts.
struct slot_name {
  role of = role::data;
  std::uint16_t index = 0;
  friend auto operator<=>(const slot_name&, const slot_name&) = default;
};
std::string format_slot(slot_name slot);
/// Nothing where the text is none.
std::optional<slot_name> parse_slot(std::string_view text);

} // namespace tickmesh
