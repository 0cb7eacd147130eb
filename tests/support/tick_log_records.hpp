// Records of ticks for tests of the tick log.
#pragma once

#include "actors/market/tick_log/tick_log.hpp"
#include "messages/tick_run.hpp"
#include "tests/support/log_files.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

/// Makes records of random ticks and remembers what is in them.
class record_maker {
public:
  explicit record_maker(std::uint64_t seed, std::uint32_t symbols = 3)
      : random_(seed), symbols_(symbols) {}

  struct made {
    log_record record;
    std::string payload;
    std::vector<tick> ticks;
    std::vector<tick> rejected;
  };

  /// The next record: a run for each symbol from `first_symbol` on, one rejected tick, totals.
  made make(std::int32_t trading_day, std::uint64_t writer = 1, std::uint32_t ticks_each = 5,
            std::uint32_t first_symbol = 0) {
    made out;
    for (std::uint32_t s = 0; s < symbols_; ++s) {
      std::vector<tick> run;
      for (std::uint32_t i = 0; i < ticks_each; ++i)
        run.push_back(next_tick(first_symbol + s, trading_day));
      encoder_.append(out.payload, run, first_data_epoch, 0);
      out.ticks.insert(out.ticks.end(), run.begin(), run.end());
    }
    auto bad = next_tick(first_symbol, trading_day);
    --numbers_[first_symbol];
    bad.number = {};
    bad.effective_time = {};
    std::vector reasons{reject_reason::crossed_book};
    append_rejected_run(out.payload, encoder_, std::span{&bad, 1}, reasons, 0);
    out.rejected.push_back(bad);
    totals_.records_in += out.ticks.size() + 1;
    totals_.accepted += out.ticks.size();
    append_slot_totals(out.payload, totals_);
    out.record = {record_number{++record_},
                  epoch{writer},
                  trading_day,
                  static_cast<std::uint32_t>(out.ticks.size()),
                  1,
                  {}};
    return out;
  }

  const slot_totals& totals() const { return totals_; }

private:
  tick next_tick(std::uint32_t symbol, std::int32_t trading_day) {
    auto draw = [this](std::int64_t limit) {
      return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(limit));
    };
    tick t;
    t.symbol = symbol_id{symbol};
    t.trading_day = trading_day;
    t.position = source_position{++position_};
    t.event_time = from_ns(1'538'960'400'000'000'000 + static_cast<std::int64_t>(position_) * 500);
    t.bid = draw(10) == 0 ? no_price : price{(3500 + draw(20)) * decimal_scale};
    t.ask = draw(10) == 0 ? no_price : price{(3521 + draw(20)) * decimal_scale};
    t.last = draw(10) == 0 ? no_price : price{(3510 + draw(20)) * decimal_scale};
    t.volume = quantity{draw(9) * decimal_scale};
    cumulative_ += t.volume;
    t.cumulative_volume = cumulative_;
    t.turnover = money{int128{t.volume.value} * draw(40'000)};
    t.open_interest = quantity{draw(1'000'000)};
    t.bid_volume = quantity{draw(100) * decimal_scale};
    t.ask_volume = quantity{draw(100) * decimal_scale};
    t.record_id = static_cast<std::uint64_t>(draw(1 << 20));
    t.number = sequence{++numbers_[symbol]};
    t.effective_time = t.event_time + nanoseconds{draw(2)};
    if (t.effective_time < effective_[symbol]) t.effective_time = effective_[symbol];
    effective_[symbol] = t.effective_time;
    return t;
  }

  std::mt19937_64 random_;
  std::uint32_t symbols_;
  tick_run_encoder encoder_;
  std::uint64_t record_ = 0;
  std::uint64_t position_ = 0;
  quantity cumulative_{};
  slot_totals totals_;
  std::map<std::uint32_t, std::uint64_t> numbers_;
  std::map<std::uint32_t, timestamp> effective_;
};

} // namespace tickmesh
