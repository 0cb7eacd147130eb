#include "actors/market/sources/file/row_settler.hpp"

#include "actors/market/sources/file/csv_records.hpp"

#include <algorithm>
#include <filesystem>

namespace tickmesh {

void file_content::add(const file_row& row) {
  auto record = row.record;
  record.source = {};
  if (record.cumulative_volume != quantity{}) {
    record.volume = {};
    record.turnover = {};
  }
  content_.add(record);
  ++rows_;
}

row_settler::row_settler(const source_settings& settings, const instrument_table& instruments,
                         const symbol_set& receipt_only, tick_sorter& sorter)
    : settings_(settings), receipt_only_(receipt_only), days_(instruments), sorter_(sorter) {
  content_.add(settings.time_mark_interval.count());
  for (auto& path : settings.file.paths)
    content_.add(std::filesystem::path{path}.filename().string());
}

result<void> row_settler::take(const row_batch& batch) {
  for (auto& name : batch.symbols)
    if (auto added = add_symbol(name); !added) return added;
  for (auto& row : batch.rows)
    if (auto taken = take_row(row); !taken) return taken;
  return {};
}

result<void> row_settler::add_symbol(const std::string& name) {
  names_.push_back(name);
  content_.add(name);
  has_exchange_time_.push_back(std::nullopt);
  if (receipt_only_.contains(name)) has_exchange_time_.back() = false;
  in_file_.emplace_back();
  return days_.add(name);
}

result<void> row_settler::take_row(const file_row& row) {
  auto record = row.record;
  if (source_ != record.source) {
    if (auto ended = end_file(); !ended) return ended;
    source_ = record.source;
    files_.emplace_back();
  }
  ++rows_;
  if (settings_.file.paths.size() > 1) files_.back().add(row);
  if (uses_exchange_time(row)) record.event_time = row.exchange_time;
  auto& symbol = in_file_[record.symbol.value];
  if (symbol == nullptr) symbol.reset(new symbol_in_file{time_judge{settings_.time_jump}, {}, {}});
  symbol->judge.push(record);
  while (symbol->judge.pop(record))
    if (auto given = give_key(record, *symbol); !given) return given;
  return {};
}

/// The exchange's time counts only where every row of the symbol has it: one symbol must not mix
/// two clocks.
bool row_settler::uses_exchange_time(const file_row& row) {
  auto symbol = row.record.symbol.value;
  bool has_one = row.exchange_time != parsed_record::no_exchange_time;
  auto& all_have_one = has_exchange_time_[symbol];
  if (!all_have_one) all_have_one = has_one;
  if (*all_have_one && !has_one) mixed_clocks_.insert(names_[symbol]);
  return *all_have_one && has_one;
}

/// A time jump stands behind the record before it, or where it is the first, before the one behind
/// it.
result<void> row_settler::give_key(tick& record, symbol_in_file& symbol) {
  days_.apply(record);
  if (!record.is_time_jump) symbol.key = std::max(symbol.key, record.event_time);
  if (symbol.key == timestamp{}) {
    symbol.waiting.push_back(record);
    return {};
  }
  if (auto pushed = push_waiting(symbol, symbol.key); !pushed) return pushed;
  return push(record, symbol.key);
}

result<void> row_settler::push_waiting(symbol_in_file& symbol, timestamp key) {
  for (auto& record : symbol.waiting)
    if (auto pushed = push(record, key); !pushed) return pushed;
  symbol.waiting.clear();
  return {};
}

result<void> row_settler::push(tick& record, timestamp key) {
  record.effective_time = key;
  content_.add(record);
  return sorter_.push(record);
}

result<void> row_settler::end_file() {
  tick record;
  for (auto& symbol : in_file_) {
    if (symbol == nullptr) continue;
    while (symbol->judge.pop_settled(record))
      if (auto given = give_key(record, *symbol); !given) return given;
    if (!symbol->waiting.empty())
      if (auto pushed = push_waiting(*symbol, symbol->waiting.back().event_time); !pushed)
        return pushed;
    symbol.reset();
  }
  return {};
}

} // namespace tickmesh
