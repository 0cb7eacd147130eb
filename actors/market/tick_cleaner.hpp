// Decides tick by tick which records of one symbol are good, and numbers the good ones.
#pragma once

#include "actors/market/market_settings.hpp"
#include "messages/instrument.hpp"
#include "messages/tick.hpp"
#include "runtime/prefetch.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace tickmesh {

/// `common` with what the instrument has of its own. `traded` may be null: no instrument.
cleaning_settings limits_of(const instrument* traded, const cleaning_settings& common);

/// The cleaning rules of docs/architecture.md, "Cleaning", for one symbol. Rules are applied in the
/// order of `reject_reason`, the first one that is broken names the reject. Comparisons are exact.
class tick_cleaner {
public:
  /// `limits` are the symbol's, see limits_of(). `known_symbol`: the instrument table has an entry
  /// for the symbol.
  tick_cleaner(const cleaning_settings& limits, bool known_symbol);

  /// Takes the symbol's next record. An accepted one gets its number (1, 2, ...) and its effective
  /// time; a rejected one stays as it is.
  std::optional<reject_reason> clean(tick& record);

  /// The same for several records; calls `visit(record, reason)` behind each. A visit may write to
  /// the records before its own.
  template <class Visit>
  void clean(std::span<tick> records, Visit visit) {
    auto* previous = previous_ ? &*previous_ : nullptr;
    for (auto& record : records) {
      // Records of a large round have left the fast caches since they were read.
      prefetch(&record + prefetched_records, sizeof record);
      visit(record, take(record, previous));
      previous = &record;
    }
    if (!records.empty()) previous_ = records.back();
  }

  /// Goes on behind these accepted ticks, oldest first: number, effective time, the previous record
  /// and the last price are theirs. A level that was not confirmed yet is counted anew.
  void restore(std::span<const tick> accepted);

private:
  static constexpr std::size_t prefetched_records = 8;

  std::optional<reject_reason> take(tick& record, const tick* previous);
  std::optional<reject_reason> judge(const tick& record, const tick* previous);
  bool out_of_range(price p) const;
  int128 ratio_base(price p) const;
  bool is_wide(const tick& record) const;
  static bool is_duplicate(const tick& record, const tick* previous);
  bool in_band(price p, price base) const;
  bool is_jump(price last);

  cleaning_settings limits_;
  bool known_symbol_;
  std::optional<tick> previous_; ///< accepted or not
  sequence number_{};            ///< of the last accepted tick
  timestamp effective_time_{};
  std::optional<price> base_;  ///< last price of the last accepted tick that has one
  price candidate_ = no_price; ///< first price of a level that is not yet confirmed
  std::uint32_t candidate_count_ = 0;
};

} // namespace tickmesh
