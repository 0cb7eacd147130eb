// A small tick log with its newest records in memory, for tests of what reads it.
#pragma once

#include "actors/market/tick_log/recent_records.hpp"
#include "actors/market/tick_log/tick_log.hpp"
#include "messages/tick_codec.hpp"
#include "messages/tick_run.hpp"
#include "tests/support/log_files.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

/// Second `at` of the log's only day.
inline timestamp market_second(std::int64_t at) {
  return timestamp{std::chrono::seconds{1'700'000'000 + at}};
}

class market_log {
public:
  explicit market_log(std::uint64_t recent_bytes = 1 << 20) : recent_(recent_bytes) {
    auto opened = tick_log::open({.root = directory_.log()}, files_);
    REQUIRE(opened.has_value());
    log_ = std::make_unique<tick_log>(std::move(*opened));
  }

  /// Appends a record with so many ticks of symbol 0 and of symbol 1, and a mark of each that has
  /// ticks.
  void add(std::uint32_t first, std::uint32_t second, timestamp time_mark, bool final = false,
           epoch writer = epoch{7}) {
    auto payload = std::make_shared<std::string>();
    std::string marks;
    for (auto [symbol, count] : {std::pair{0U, first}, std::pair{1U, second}}) {
      if (count == 0) continue;
      std::vector<tick> run;
      for (std::uint32_t i = 0; i < count; ++i)
        run.push_back(next_tick(symbol));
      encoder_.append(*payload, run, first_data_epoch, 0);
      encoder_.append(marks, std::span{run}.last(1), first_data_epoch, 0, 4);
    }
    *payload += marks;
    append_tick_frame_end(*payload, time_mark, final);
    log_record record{
        log_->last_record() + record_number{1}, writer, 20231114, first + second, 0, *payload};
    REQUIRE(log_->append(record).has_value());
    recent_.push(record, std::move(payload));
  }

  tick_log& log() { return *log_; }
  std::filesystem::path directory() const { return directory_.log(); }
  const recent_records& recent() const { return recent_; }

private:
  tick next_tick(std::uint32_t symbol) {
    tick t;
    t.symbol = symbol_id{symbol};
    t.trading_day = 20231114;
    t.number = sequence{++numbers_[symbol]};
    t.event_time = t.effective_time = market_second(static_cast<std::int64_t>(t.number.value));
    t.last = price{100 * decimal_scale};
    return t;
  }

  log_directory directory_;
  unsynced_file_system files_;
  std::unique_ptr<tick_log> log_;
  recent_records recent_;
  tick_run_encoder encoder_;
  std::uint64_t numbers_[2]{};
};

} // namespace tickmesh
