// Decides tick by tick which records of one symbol are good, and numbers the good ones.
#pragma once

#include "actors/market/cleaning/repeat_finder.hpp"
#include "actors/market/market_settings.hpp"
#include "messages/instrument.hpp"
#include "messages/tick.hpp"
#include "runtime/actors/prefetch.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>

namespace tickmesh {

/// `common` with what the instrument has of its own. `traded` may be null: no instrument.
cleaning_settings limits_of(const instrument* traded, const cleaning_settings& common);

/// The cleaning rules of docs/architecture.md, "Cleaning", for one symbol, in their order: the
/// first one that is broken names the reject. Comparisons are exact. A rejected record changes
/// nothing that later ones are judged by, but that a price jump may be confirmed, and that its
/// repeat is one.
class tick_cleaner {
public:
  /// `limits` are the symbol's, see limits_of(). `known_symbol`: the instrument table has an entry
  /// for the symbol.
  tick_cleaner(const cleaning_settings& limits, bool known_symbol);

  /// Takes the symbol's next record. Totals of a day become what was traded since the last accepted
  /// record of that day. An accepted record gets its number (1, 2, ...) and its effective time.
  std::optional<reject_reason> clean(tick& record);

  /// The same for several records; calls `visit(record, reason)` behind each. A visit may write to
  /// the records before its own.
  template <class Visit>
  void clean(std::span<tick> records, Visit visit) {
    for (auto& record : records) {
      // Records of a large round have left the fast caches since they were read.
      prefetch(&record + prefetched_records, sizeof record);
      visit(record, clean(record));
    }
  }

  /// Goes on behind these accepted ticks, oldest first: number, effective time, what came before
  /// and the last price are theirs. A level that was not confirmed yet is counted anew.
  void restore(std::span<const tick> accepted);

private:
  static constexpr std::size_t prefetched_records = 8;

  /// What had been traded on a trading day.
  struct day_total {
    quantity volume{};
    money turnover{};
  };
  static constexpr std::size_t days_kept = 3;
  /// Totals in a row that have gone back, and rise from there.
  struct fallen_total {
    std::uint32_t count = 0;
    std::int32_t trading_day = 0;
    quantity volume{};
  };

  std::optional<reject_reason> judge(const tick& record, quantity traded);
  bool out_of_range(price p) const;
  int128 ratio_base(price p) const;
  bool is_wide(const tick& record) const;
  day_total traded_since(const tick& record) const;
  void keep_total(const tick& record);
  bool has_fallen(const tick& record, quantity traded);
  bool in_band(price p, price base) const;
  bool is_jump(price last);

  cleaning_settings limits_;
  bool known_symbol_;
  repeat_finder repeats_;
  std::map<std::int32_t, day_total> totals_; ///< by trading day, of sources that tell totals
  fallen_total fallen_;
  sequence number_{}; ///< of the last accepted tick
  timestamp effective_time_{};
  std::optional<price> base_;  ///< last price of the last accepted tick that has one
  price candidate_ = no_price; ///< first price of a level that is not yet confirmed
  std::uint32_t candidate_count_ = 0;
};

} // namespace tickmesh
