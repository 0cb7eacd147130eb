// Makes rows of files the records of a source. Plain class behind file_source.
#pragma once

#include "actors/market/cleaning/time_judge.hpp"
#include "actors/market/cleaning/trading_day_rule.hpp"
#include "actors/market/feed/fingerprint.hpp"
#include "actors/market/market_settings.hpp"
#include "actors/market/sources/file/file_rows.hpp"
#include "actors/market/sources/file/tick_sorter.hpp"
#include "messages/instrument.hpp"
#include "messages/result.hpp"
#include "messages/tick.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

using symbol_set = std::set<std::string, std::less<>>;

/// What two copies of one file agree in: all but what is a difference to the record before, which
/// depends on the files that were read before.
class file_content {
public:
  void add(const file_row& row);

  std::uint64_t rows() const { return rows_; }
  bool is_equal(const file_content& other) const {
    return rows_ == other.rows_ && content_.value() == other.content_.value();
  }

private:
  fingerprint_builder content_;
  std::uint64_t rows_ = 0;
};

/// Gives each row its event time, its trading day and its merge key, which is left in
/// `effective_time`: the running maximum of the event times of its symbol in its file.
class row_settler {
public:
  /// `receipt_only`: symbols whose event time is that of receipt, whatever their rows have. All
  /// arguments must outlive it.
  row_settler(const source_settings& settings, const instrument_table& instruments,
              const symbol_set& receipt_only, tick_sorter& sorter);

  /// Takes the next rows of the files.
  result<void> take(const row_batch& batch);

  /// Behind the last row.
  result<void> finish() { return end_file(); }

  std::uint64_t rows() const { return rows_; }
  /// In the order in which they appeared, which numbers them.
  const std::vector<std::string>& symbols() const { return names_; }
  /// Of all records, with what was made of them.
  std::uint64_t fingerprint() const { return content_.value(); }
  const trading_day_rule& days() const { return days_; }
  /// Of each file, where there are several.
  const std::vector<file_content>& contents() const { return files_; }
  /// Symbols with the exchange's time in their first row and without it in a later one.
  const symbol_set& mixed_clocks() const { return mixed_clocks_; }

private:
  /// The rows of one symbol in one file, which may hold its symbols one after another: stamps are
  /// judged by their neighbours here.
  struct symbol_in_file {
    time_judge judge;
    timestamp key{};           ///< of the last record; 1970-01-01: of none yet
    std::vector<tick> waiting; ///< time jumps before the first record that has a key
  };

  result<void> add_symbol(const std::string& name);
  result<void> take_row(const file_row& row);
  bool uses_exchange_time(const file_row& row);
  result<void> give_key(tick& record, symbol_in_file& symbol);
  result<void> push_waiting(symbol_in_file& symbol, timestamp key);
  result<void> push(tick& record, timestamp key);
  result<void> end_file();

  const source_settings& settings_;
  const symbol_set& receipt_only_;
  trading_day_rule days_;
  tick_sorter& sorter_;
  fingerprint_builder content_;
  std::uint64_t rows_ = 0;
  std::vector<std::string> names_;
  std::vector<std::optional<bool>> has_exchange_time_; ///< of all rows so far, by symbol
  symbol_set mixed_clocks_;
  std::optional<source_id> source_; ///< of the file that is being read
  std::vector<file_content> files_;
  std::vector<std::unique_ptr<symbol_in_file>> in_file_; ///< by symbol; of the same file
};

} // namespace tickmesh
