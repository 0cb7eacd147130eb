// A tick: one market data record of one symbol, and the reasons why one can be rejected.
#pragma once

#include "messages/numbers.hpp"
#include "messages/timestamp.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tickmesh {

enum class record_kind : std::uint8_t {
  snapshot, ///< best quotes and last price together (CTP L1)
  quote,    ///< best bid and ask only
  trade,    ///< one trade
};

enum class side : std::uint8_t { none, buy, sell };

/// Marks an absent price: a book side without orders, a snapshot before the first trade.
inline constexpr price no_price{INT64_MIN};

/// A day's turnover that the source did not tell, see tick::totals_of_day.
inline constexpr money no_turnover{int128{1} << 126U};

/// One record as a feed read it.
struct tick {
  symbol_id symbol{};
  record_kind kind = record_kind::snapshot;
  side aggressor = side::none; ///< of a trade, where the source says so
  source_id source{};
  source_position position{};   ///< where in the source it stands
  std::uint64_t record_id = 0;  ///< the source's own id, as of a trade; 0: none
  std::int32_t trading_day = 0; ///< yyyymmdd; see trading_day_rule
  bool is_time_jump = false;    ///< its stamp is ahead of its neighbours, and nobody agreed
  bool totals_of_day = false; ///< turnover and cumulative_volume are the trading day's so far: the
                              ///< symbol stream makes of them what this record traded
  timestamp event_time{};     ///< exchange's, or receipt where there is none
  price last = no_price;      ///< of the last trade
  quantity volume{};          ///< traded since the symbol's previous record, see totals_of_day
  quantity cumulative_volume{}; ///< traded since the trading day began; 0 where unknown
  money turnover{};             ///< in this record's volume
  quantity open_interest{};
  price bid = no_price;
  quantity bid_volume{};
  price ask = no_price;
  quantity ask_volume{};

  timestamp source_mark{}; ///< the source's last time mark before this record

  // Set by the symbol stream:
  sequence number{};          ///< within (symbol, data epoch)
  timestamp effective_time{}; ///< max(event time, predecessor's effective time)

  friend bool operator==(const tick&, const tick&) = default;
};

/// Why a tick was rejected. Append-only: a log holds the positions.
enum class reject_reason : std::uint8_t {
  unknown_symbol,     ///< no instrument entry
  price_out_of_range, ///< a price that is present lies outside (0, 999999)
  negative_volume,    ///< a volume below zero
  crossed_book,       ///< bid above ask
  wide_spread,        ///< (ask - bid) / bid at or above the limit
  late,               ///< older than the last time mark of its source
  duplicate,          ///< came before, by the source's own id or by all of its content
  price_jump,         ///< beyond the band, and not confirmed by the ticks that follow
  time_jump,          ///< a stamp ahead of its neighbours that none of them confirmed
};
inline constexpr std::size_t reject_reason_count = 9;
inline constexpr std::array<std::string_view, reject_reason_count> reject_reason_names{
    "UNKNOWN_SYMBOL", "PRICE_OUT_OF_RANGE", "NEGATIVE_VOLUME", "CROSSED_BOOK", "WIDE_SPREAD",
    "LATE",           "DUPLICATE",          "PRICE_JUMP",      "TIME_JUMP"};

constexpr std::string_view to_string(reject_reason r) {
  return reject_reason_names[static_cast<std::size_t>(r)];
}

using reject_counts = std::array<std::uint64_t, reject_reason_count>;

/// The first data epoch of every symbol stream.
inline constexpr epoch first_data_epoch{1};

} // namespace tickmesh
