// What is tradable and how: currency, contract size, price grid, exchange, time zone and sessions.
// The table is append-only, so that a symbol's dense id never changes.
#pragma once

#include "messages/numbers.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tickmesh {

/// Which records of a symbol make its price series.
enum class price_source : std::uint8_t {
  last, ///< the last trade of snapshots and trades
  mid,  ///< (bid + ask) / 2 of snapshots and quotes that have both sides, rounded down to 1e-8
};

/// Days of the week, a bit each: 1 is Sunday, 64 is Saturday.
using weekday_set = std::uint8_t;
inline constexpr weekday_set every_weekday = 0b1111111;
inline constexpr weekday_set monday_to_friday = 0b0111110;

constexpr bool contains(weekday_set days, std::chrono::weekday day) {
  return (days >> day.c_encoding() & 1U) != 0;
}

/// Hours of trade on one trading day, in local time from that day's midnight. A night session
/// begins on the evening before: its `from` is negative.
struct trading_session {
  std::chrono::minutes from{};
  std::chrono::minutes until{};         ///< exclusive
  weekday_set weekdays = every_weekday; ///< of the trading days that have it
  friend bool operator==(const trading_session&, const trading_session&) = default;
};

/// When the night sessions of a trading day begin.
enum class night_rule : std::uint8_t {
  /// On the evening of the trading weekday before, and only where that is no holiday: Monday's on
  /// Friday, and none after a holiday (China).
  weekday_before,
  day_before, ///< on the evening of the calendar day before: Monday's on Sunday (CME Globex)
};

/// Which days are trading days, an entry of `[[calendars]]`.
struct trading_calendar {
  std::string name;
  weekday_set weekdays = monday_to_friday;   ///< that are open
  std::set<std::chrono::sys_days> holidays;  ///< closed though their weekday is open
  std::set<std::chrono::sys_days> open_days; ///< open though their weekday is closed
  /// Trading days with sessions of their own, in place of the instrument's.
  std::map<std::chrono::sys_days, std::vector<trading_session>> special_days;
  night_rule nights = night_rule::weekday_before;
  /// Local time at which a moment between two trading days begins to belong to the later one;
  /// nothing: in the middle of the gap between their sessions.
  std::optional<std::chrono::minutes> day_change{};
};

/// Whether a position keeps what its trading day opened apart from the rest, and what a fill
/// against it closes first (docs/decisions/0016-todays-and-yesterdays-positions.md).
enum class position_model : std::uint8_t {
  net,             ///< one quantity, whenever it was opened
  yesterday_first, ///< earlier days' positions, then today's
  today_first,     ///< today's positions, then earlier days'
};

/// What one kind of fill costs; both parts add up.
struct fill_fee {
  std::int64_t ratio = 0;  ///< of price x quantity x multiplier, in 1e-8, in [0, 1)
  std::int64_t amount = 0; ///< currency per 1.0 of quantity (a lot), in 1e-8, at least 0
  friend bool operator==(const fill_fee&, const fill_fee&) = default;
};

struct instrument_fees {
  fill_fee open{};
  fill_fee close{};       ///< of earlier days' positions; with position_model::net, of all
  fill_fee close_today{}; ///< of positions that the same trading day opened
  friend bool operator==(const instrument_fees&, const instrument_fees&) = default;
};

/// The instrument's own thresholds of cleaning, in place of those of [cleaning] (tick_cleaner).
struct instrument_limits {
  price price_min{}; ///< exclusive; below 0 where prices may be negative
  std::optional<price> price_max{};
  std::optional<std::int64_t> spread_max{};
  std::optional<std::int64_t> jump_band{};
  std::optional<std::uint32_t> jump_confirm_count{};
  price ratio_base_min{}; ///< least |price| that spread_max and jump_band are shares of
  friend bool operator==(const instrument_limits&, const instrument_limits&) = default;
};

/// What becomes of a price or quantity in a source with more than eight decimals.
enum class decimal_rule : std::uint8_t {
  exact, ///< it is malformed
  round, ///< it is rounded to 1e-8
};

/// An entry of `config/instruments.toml`.
struct instrument {
  std::string pattern;  ///< exact symbol, or with `#` per digit, `*` for any tail
  std::string exchange; ///< e.g. `SHFE`
  std::string currency; ///< ISO 4217 or the coin's code
  std::int64_t multiplier = decimal_scale; ///< currency per 1.0 of price and quantity, in 1e-8
  price price_tick{decimal_scale};         ///< smallest price step
  quantity quantity_step{decimal_scale};   ///< smallest order step
  std::string time_zone = "UTC";           ///< IANA name, of the source's local times
  price_source price_from = price_source::last;
  std::vector<trading_session> sessions{};            ///< in time order, apart; empty: always open
  std::shared_ptr<const trading_calendar> calendar{}; ///< of the sessions; null: every day
  instrument_fees fees{};
  position_model positions = position_model::net;
  bool close_today = false;  ///< an order that closes has to say which day's positions it closes
  bool short_allowed = true; ///< more may be sold than is held
  instrument_limits limits{};
  decimal_rule decimals = decimal_rule::exact;
};

/// `#` stands for a digit or itself, `*` at the end for any tail; `\#`, `\*`, `\\` for themselves.
bool matches_pattern(std::string_view pattern, std::string_view symbol);

/// Instruments by pattern; exact entries win, then the first entry in file order.
class instrument_table {
public:
  instrument_table() = default;
  explicit instrument_table(std::vector<instrument> entries);

  /// The entry for `symbol`, or null when there is none.
  const instrument* find(std::string_view symbol) const;

  const std::vector<instrument>& entries() const { return entries_; }

private:
  std::vector<instrument> entries_;
  std::unordered_map<std::string, std::size_t> exact_;
};

/// Dense ids in order of first appearance. Every host builds the same table, since every host is
/// given the same list of symbols by the cluster view.
class symbol_table {
public:
  symbol_table() = default;
  explicit symbol_table(const std::vector<std::string>& names);

  symbol_id add(std::string_view name); ///< the existing id where the name is known
  const std::string& name(symbol_id id) const { return names_[id.value]; }
  bool contains(symbol_id id) const { return id.value < names_.size(); }
  std::size_t size() const { return names_.size(); }
  const std::vector<std::string>& names() const { return names_; }

private:
  std::vector<std::string> names_;
  std::unordered_map<std::string, symbol_id> ids_;
};

} // namespace tickmesh
