// Exact numbers: price, quantity, money and the identifiers that must not be mixed up.
// Used by every other folder; formats and limits are those of docs/architecture.md, "Numbers".
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tickmesh {

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

/// In any locale.
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Fixed-point scale of price, quantity and money: one unit is 1e-8.
inline constexpr std::int64_t decimal_scale = 100'000'000;

/// A number that only compares with, adds to and subtracts from its own kind.
template <class Tag, class Rep>
struct named_number {
  using rep = Rep;
  Rep value{};

  constexpr named_number() = default;
  constexpr explicit named_number(Rep v) : value(v) {}

  friend constexpr auto operator<=>(const named_number&, const named_number&) = default;
  friend constexpr named_number operator+(named_number a, named_number b) {
    return named_number{static_cast<Rep>(a.value + b.value)};
  }
  friend constexpr named_number operator-(named_number a, named_number b) {
    return named_number{static_cast<Rep>(a.value - b.value)};
  }
  constexpr named_number& operator+=(named_number b) { return *this = *this + b; }
  constexpr named_number& operator-=(named_number b) { return *this = *this - b; }
  constexpr named_number operator-() const { return named_number{static_cast<Rep>(-value)}; }
};

using price = named_number<struct price_tag, std::int64_t>;       ///< in 1e-8 of the currency
using quantity = named_number<struct quantity_tag, std::int64_t>; ///< in 1e-8 of a contract or coin
using money = named_number<struct money_tag, int128>;             ///< in 1e-8 of the currency

using symbol_id = named_number<struct symbol_id_tag, std::uint32_t>; ///< dense id, see symbol_table
using sequence = named_number<struct sequence_tag, std::uint64_t>;   ///< first is 1; 0 is "none"
using epoch = named_number<struct epoch_tag, std::uint64_t>;         ///< first is 1; 0 is "none"
using source_id = named_number<struct source_id_tag, std::uint16_t>; ///< order in configuration
using account_id = named_number<struct account_id_tag, std::uint16_t>; ///< dense; 0 is the first
using source_position = named_number<struct source_position_tag, std::uint64_t>; ///< e.g. a line

/// Parses `[+-]digits[.digits]` with at most eight decimals into 1e-8 units; nothing on a
/// malformed number, on more decimals than fit, and on overflow.
std::optional<std::int64_t> parse_decimal(std::string_view text);

/// parse_decimal for sums of money: magnitudes up to 1.7e21.
std::optional<money> parse_money(std::string_view text);

/// Shortest exact form of a number in 1e-8 units: `12485`, `-0.5`, `61837.63`.
void append_decimal(std::string& out, int128 units);
std::string format_decimal(int128 units);

/// price x quantity x multiplier (multiplier in 1e-8) as money, rounded towards zero;
/// nothing on overflow.
std::optional<money> order_value(price p, quantity q, std::int64_t multiplier);

} // namespace tickmesh

template <class Tag, class Rep>
struct std::hash<tickmesh::named_number<Tag, Rep>> {
  std::size_t operator()(tickmesh::named_number<Tag, Rep> n) const noexcept {
    return std::hash<Rep>{}(n.value);
  }
};
