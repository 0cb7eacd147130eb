// The built-in market simulator: snapshots like CTP's, with a known number of bad ticks by reason.
#pragma once

#include "actors/market/feed/feed.hpp"
#include "actors/market/sources/sim/random_numbers.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace tickmesh {

/// What a simulation consists of: a pure function of settings and instruments.
class sim_source final : public feed_source, public std::enable_shared_from_this<sim_source> {
public:
  /// A simulated symbol. Prices are in price ticks.
  struct instrument_plan {
    symbol_id symbol{};
    std::int64_t price_tick = decimal_scale; ///< in 1e-8
    std::int64_t multiplier = 10 * decimal_scale;
    std::int64_t start_price = 0;
  };

  const symbol_table& symbols() const override { return symbols_; }
  const std::vector<std::string>& source_names() const override { return source_names_; }
  std::uint64_t fingerprint() const override { return fingerprint_; }
  std::unique_ptr<feed> open(const resume_points& from) const override;
  using feed_source::open;

private:
  friend class sim_feed;
  friend result<std::shared_ptr<const sim_source>>
  load_sim_source(const source_settings& settings, const instrument_table& instruments);

  void take_fingerprint();

  sim_settings settings_;
  nanoseconds time_mark_interval_{};
  symbol_table symbols_;
  std::vector<std::string> source_names_{"sim"};
  std::vector<instrument_plan> plans_;
  symbol_id unknown_symbol_{};
  std::array<std::uint64_t, sim_fault_count> bad_share_{}; ///< in 2^-32
  std::uint64_t fingerprint_ = 0;
};

/// Checks the settings of `source.sim` and lays out SIM0001, SIM0002, ... Price tick and multiplier
/// are the instrument's, 1 and 10 without an entry. Unknown symbols appear as UNKNOWN1.
result<std::shared_ptr<const sim_source>> load_sim_source(const source_settings& settings,
                                                          const instrument_table& instruments);

/// A run of the simulation. Each bad tick breaks one cleaning rule (at default settings) and leaves
/// the good ticks around it good: a symbol never has two bad ticks in a row, nor one before its
/// first good tick.
class sim_feed final : public marked_feed {
public:
  explicit sim_feed(std::shared_ptr<const sim_source> source);

  /// Bad ticks put in so far, by the reason for which a cleaner must reject them.
  const reject_counts& injected() const { return injected_; }

  /// All ticks so far, good and bad.
  std::uint64_t total() const { return total_; }

protected:
  bool read(tick& out) override;

private:
  struct simulated_symbol {
    std::int64_t bid = 0; ///< in price ticks, as are the bounds of the walk
    std::int64_t lowest = 0;
    std::int64_t highest = 0;
    tick last_good{};
    bool has_good = false;
    bool last_was_bad = false;
  };

  void draw_faults();
  bool owes(reject_reason reason) const;
  void pay(reject_reason reason);
  std::size_t draw_symbol();
  std::optional<reject_reason> choose_fault(const simulated_symbol& symbol) const;
  tick make_good(std::size_t index);
  tick make_bad(std::size_t index, reject_reason reason);
  tick make_unknown();

  std::shared_ptr<const sim_source> source_;
  random_numbers random_;
  std::vector<simulated_symbol> symbols_;
  std::vector<std::size_t> busy_symbols_; ///< of the burst, empty in quiet times
  std::int64_t phase_ticks_ = 0;          ///< until the burst or the quiet time ends
  timestamp now_{};
  std::optional<std::size_t> repeatable_; ///< symbol of the last tick, when that was good
  reject_counts owed_{};                  ///< bad ticks drawn but not yet put in
  reject_counts injected_{};
  std::uint64_t total_ = 0;
};

} // namespace tickmesh
