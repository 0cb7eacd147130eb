#include "actors/market/sources/file/file_source.hpp"

#include "actors/market/cleaning/time_judge.hpp"
#include "actors/market/cleaning/trading_day_rule.hpp"
#include "actors/market/feed/fingerprint.hpp"
#include "actors/market/sources/file/csv_records.hpp"
#include "actors/market/sources/file/file_rows.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <map>
#include <numeric>
#include <optional>
#include <ranges>

namespace tickmesh {

namespace {

class file_source final : public feed_source, public std::enable_shared_from_this<file_source> {
public:
  file_source(const source_settings& settings, loaded_rows rows);

  /// Finds the records' trading days and their order. Called once, before it is read.
  result<void> settle(const instrument_table& instruments);

  const symbol_table& symbols() const override { return symbols_; }
  const std::vector<std::string>& source_names() const override { return source_names_; }
  std::uint64_t fingerprint() const override { return fingerprint_; }
  std::unique_ptr<feed> open(const resume_points& from) const override;
  using feed_source::open;
  std::vector<file_leftovers> leftovers() const override { return leftovers_; }

  /// The n-th record in merge order, its merge key in `effective_time`; null behind the last one.
  const tick* record(std::size_t n) const {
    return n < order_.size() ? &ticks_[order_[n]] : nullptr;
  }

private:
  void settle_times(const std::vector<timestamp>& exchange_times);
  void sort_symbols(const loaded_rows& rows);
  void judge_times();
  void merge();
  void take_fingerprint();

  nanoseconds time_mark_interval_;
  time_jump_settings time_jump_;
  symbol_table symbols_;
  std::vector<std::string> source_names_;
  std::vector<file_leftovers> leftovers_;
  std::vector<tick> ticks_;
  std::vector<std::uint32_t> order_;
  std::uint64_t fingerprint_ = 0;
};

class file_feed final : public marked_feed {
public:
  file_feed(std::shared_ptr<const file_source> source, nanoseconds interval)
      : marked_feed(interval), source_(std::move(source)) {}

protected:
  bool read(tick& out) override {
    auto* found = source_->record(next_);
    if (!found) return false;
    out = *found;
    ++next_;
    return true;
  }

private:
  std::shared_ptr<const file_source> source_;
  std::size_t next_ = 0;
};

file_source::file_source(const source_settings& settings, loaded_rows rows)
    : time_mark_interval_(settings.time_mark_interval), time_jump_(settings.time_jump),
      leftovers_(std::move(rows.leftovers)), ticks_(std::move(rows.ticks)) {
  for (auto& path : settings.file.paths)
    source_names_.push_back(std::filesystem::path{path}.filename().string());
  sort_symbols(rows);
  settle_times(rows.exchange_times);
  judge_times();
}

result<void> file_source::settle(const instrument_table& instruments) {
  auto days = trading_day_rule::make(symbols_.names(), instruments);
  if (!days) return tl::make_unexpected(days.error());
  for (auto& t : ticks_)
    days->apply(t);
  if (auto& first = days->first_correction())
    log_warning("{} of {} records state another trading day than sessions and calendar give them, "
                "which counts; the first is {}:{}: {} at {} states {} and is of {}",
                days->corrected(), ticks_.size(), source_names_[first->stated.source.value],
                first->stated.position.value, symbols_.name(first->stated.symbol),
                format_timestamp(first->stated.event_time), first->stated.trading_day,
                first->given);
  merge();
  take_fingerprint();
  return {};
}

std::unique_ptr<feed> file_source::open(const resume_points&) const {
  return std::make_unique<file_feed>(shared_from_this(), time_mark_interval_);
}

void file_source::sort_symbols(const loaded_rows& rows) {
  std::vector<symbol_id> by_appearance(rows.symbols.size());
  for (auto& [name, id] : rows.symbols)
    by_appearance[id.value] = symbols_.add(name);
  for (auto& t : ticks_)
    t.symbol = by_appearance[t.symbol.value];
}

/// The exchange's time counts only where every row of the symbol has it: one symbol must not mix
/// two clocks.
void file_source::settle_times(const std::vector<timestamp>& exchange_times) {
  std::vector<bool> complete(symbols_.size(), true);
  for (std::size_t i = 0; i < ticks_.size(); ++i)
    if (exchange_times[i] == parsed_record::no_exchange_time)
      complete[ticks_[i].symbol.value] = false;
  for (std::size_t i = 0; i < ticks_.size(); ++i) {
    auto& t = ticks_[i];
    if (complete[t.symbol.value]) t.event_time = exchange_times[i];
  }
}

/// The stamps of one symbol in one file, by their neighbours there: a file may hold its symbols one
/// after another.
class stamp_row {
public:
  explicit stamp_row(const time_jump_settings& settings) : judge_(settings) {}

  void push(const tick& record, std::uint32_t place) {
    judge_.push(record);
    places_.push_back(place);
  }

  /// Marks the records that have been judged.
  void mark(std::vector<tick>& ticks, bool ends) {
    tick judged;
    while (ends ? judge_.pop_settled(judged) : judge_.pop(judged)) {
      ticks[places_.front()].is_time_jump = judged.is_time_jump;
      places_.pop_front();
    }
  }

private:
  time_judge judge_;
  std::deque<std::uint32_t> places_;
};

void file_source::judge_times() {
  std::map<symbol_id, stamp_row> rows;
  auto settle = [&] {
    for (auto& [symbol, row] : rows)
      row.mark(ticks_, true);
    rows.clear();
  };
  for (std::uint32_t place = 0; place < ticks_.size(); ++place) {
    auto& t = ticks_[place];
    if (place > 0 && ticks_[place - 1].source != t.source) settle();
    auto& row = rows.try_emplace(t.symbol, time_jump_).first->second;
    row.push(t, place);
    row.mark(ticks_, false);
  }
  settle();
}

/// The order of effective times within each symbol of each file. A time jump stands behind the
/// record before it, or where it is the first, before the one behind it.
void file_source::merge() {
  std::vector<timestamp> key(symbols_.size());
  auto visit = [&](auto&& in_turn, auto apply) {
    std::optional<source_id> file;
    for (tick& t : in_turn) {
      if (file != t.source) std::fill(key.begin(), key.end(), timestamp{});
      file = t.source;
      apply(t, key[t.symbol.value]);
    }
  };
  visit(ticks_, [](tick& t, timestamp& latest) {
    if (!t.is_time_jump) latest = std::max(latest, t.event_time);
    t.effective_time = latest;
  });
  visit(ticks_ | std::views::reverse, [](tick& t, timestamp& next) {
    bool has_key = t.effective_time != timestamp{};
    if (!has_key) t.effective_time = next == timestamp{} ? t.event_time : next;
    next = t.effective_time;
  });
  order_.resize(ticks_.size());
  std::iota(order_.begin(), order_.end(), 0u);
  // File order is (file, line) order, which a stable sort keeps among equal keys.
  std::stable_sort(order_.begin(), order_.end(), [this](std::uint32_t a, std::uint32_t b) {
    return ticks_[a].effective_time < ticks_[b].effective_time;
  });
}

void file_source::take_fingerprint() {
  fingerprint_builder content;
  content.add(time_mark_interval_.count());
  for (auto& name : source_names_)
    content.add(name);
  for (auto& name : symbols_.names())
    content.add(name);
  for (auto i : order_)
    content.add(ticks_[i]);
  fingerprint_ = content.value();
}

} // namespace

result<std::shared_ptr<const feed_source>> load_file_source(const source_settings& settings,
                                                            const instrument_table& instruments,
                                                            const rows_read& on_rows) {
  auto rows = load_rows(settings.file, instruments, on_rows);
  if (!rows) return tl::make_unexpected(rows.error());
  auto source = std::make_shared<file_source>(settings, std::move(*rows));
  if (auto settled = source->settle(instruments); !settled)
    return tl::make_unexpected(settled.error());
  return source;
}

} // namespace tickmesh
