#include "tests/simulation/cluster/live_checks.hpp"

#include "actors/execution/journal/journal_verify.hpp"
#include "actors/execution/journal/journal_walk.hpp"
#include "actors/market/tick_log/log_description.hpp"
#include "actors/market/tick_log/tick_log_reader.hpp"
#include "messages/numbers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <tuple>
#include <utility>

namespace tickmesh {

void live_log_check::add(file_system& files, const std::filesystem::path& directory,
                         bool is_closed) {
  if (!is_slot_log(directory, files)) return; // what was accepted is missed in the end
  auto reader = tick_log_reader::open(directory, files);
  if (!reader) return faults_.push_back("tick log: " + reader.error().message);
  auto verified = reader->verify();
  if (!verified) return faults_.push_back("tick log: " + verified.error().message);
  for (auto& damage : verified->damages)
    if (is_closed)
      faults_.push_back(fmt::format("tick log: {}: {}", damage.file.string(), damage.what));
  auto days = reader->days();
  if (!days) return faults_.push_back("tick log: " + days.error().message);
  for (auto& day : *days) {
    auto symbols = reader->symbols(day.trading_day);
    if (!symbols) return faults_.push_back("tick log: " + symbols.error().message);
    for (auto& logged : *symbols) {
      std::vector<tick> ticks;
      if (reader->ticks_by_number(logged.symbol, logged.first, logged.last, ticks))
        add_symbol(ticks);
    }
    std::vector<rejected_tick> rejected;
    if (auto read = reader->rejected(day.trading_day, record_number{}, rejected); !read)
      faults_.push_back("tick log: " + read.error().message);
    for (auto& each : rejected)
      count(each.record);
  }
}

void live_log_check::add_symbol(const std::vector<tick>& ticks) {
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    auto& now = ticks[i];
    count(now);
    if (i == 0) continue;
    auto& before = ticks[i - 1];
    if (now.number != before.number + sequence{1} || now.position <= before.position)
      faults_.push_back(fmt::format("tick log: tick {} of symbol {}, record {}, follows tick {}, "
                                    "record {}",
                                    now.number.value, now.symbol.value, now.position.value,
                                    before.number.value, before.position.value));
  }
}

void live_log_check::count(const tick& logged) {
  auto number = logged.position.value;
  auto& records = sender_.records();
  if (number == 0 || number > records.size())
    return faults_.push_back(fmt::format("tick log: record {} was never sent", number));
  auto& sent = records[number - 1];
  ++found_[number];
  if (sent.symbol != logged.symbol || sent.event_time != logged.event_time ||
      sent.last != logged.last)
    faults_.push_back(fmt::format("tick log: record {} is not as it was sent", number));
}

void live_log_check::finish(bool may_lack, bool is_whole) {
  std::uint64_t lacking = 0;
  for (std::uint64_t number = 1; number < found_.size(); ++number) {
    auto symbol = sender_.records()[number - 1].symbol;
    bool is_accepted = number <= sender_.accepted(symbol);
    if (found_[number] > 1)
      faults_.push_back(
          fmt::format("tick logs: record {} is there {} times", number, found_[number]));
    if (found_[number] == 0 && ((is_accepted && !may_lack) || is_whole) && ++lacking == 1)
      faults_.push_back(fmt::format("tick logs: record {} of symbol {}, {}, is not there", number,
                                    symbol.value, is_accepted ? "which was accepted" : "sent"));
  }
}

namespace {

/// What a journal tells of orders and signals.
class journal_account {
public:
  void take(const logged_events& logged, std::vector<std::string>& faults) {
    for (auto& placed : logged.decisions.commands)
      if (auto* order = std::get_if<order_request>(&placed.command)) orders_[order->id] = *order;
    for (auto& placed : logged.batch.others) {
      if (auto* acts = std::get_if<signal>(&placed.event.what)) take(acts->name, faults);
      if (auto* report = std::get_if<execution_report>(&placed.event.what)) take(*report, faults);
    }
  }

  /// By symbol and strategy, those that are not 0.
  std::map<std::pair<symbol_id, strategy_id>, std::int64_t> positions() const {
    auto out = filled_;
    std::erase_if(out, [](auto& entry) { return entry.second == 0; });
    return out;
  }

private:
  void take(const signal_name& name, std::vector<std::string>& faults) {
    std::tuple rank{name.data_epoch, name.last_tick, name.window_end};
    auto& highest = signals_[{name.symbol, name.strategy}];
    if (rank <= highest)
      faults.push_back(fmt::format("journal: a signal of symbol {} acts twice, at tick {}",
                                   name.symbol.value, name.last_tick.value));
    highest = std::max(highest, rank);
  }

  void take(const execution_report& report, std::vector<std::string>& faults) {
    if (report.kind != report_kind::fill) return;
    auto order = orders_.find(report.order);
    if (order == orders_.end() || !executions_.insert(report.id).second)
      return faults.push_back(
          fmt::format("journal: a fill of order {:x} {}", report.order.value,
                      order == orders_.end() ? "that was never sent" : "comes twice"));
    auto& request = order->second;
    auto sign = request.direction == side::buy ? 1 : -1;
    filled_[{request.symbol, request.strategy}] += sign * report.last_quantity.value;
  }

  std::map<order_id, order_request> orders_;
  std::set<execution_id> executions_;
  std::map<std::pair<symbol_id, strategy_id>, std::tuple<epoch, sequence, timestamp>> signals_;
  std::map<std::pair<symbol_id, strategy_id>, std::int64_t> filled_;
};

std::string field(const std::string& row, int which) {
  std::istringstream fields{row};
  std::string out;
  for (int i = 0; i <= which; ++i)
    std::getline(fields, out, ',');
  return out;
}

} // namespace

std::vector<std::string> check_journal(file_system& files, const std::filesystem::path& directory,
                                       const std::vector<std::string>& symbols,
                                       const std::vector<std::string>& strategies,
                                       const std::vector<std::string>* position_rows) {
  std::vector<std::string> faults;
  auto verified = verify_journal(directory, files);
  if (!verified) return {"journal: " + verified.error().message};
  for (auto& damage : verified->damages)
    if (position_rows != nullptr)
      faults.push_back(fmt::format("journal: {}: {}", damage.file.string(), damage.what));
  journal_account account;
  journal_walk walk{directory, files};
  for (;;) {
    auto next = walk.next();
    if (!next) faults.push_back("journal: " + next.error().message);
    if (!next || *next == nullptr) break;
    account.take(**next, faults);
  }
  if (position_rows == nullptr) return faults;
  std::set<std::string> expected, shown;
  for (auto& [of, held] : account.positions())
    expected.insert(fmt::format("{},{},{}", symbols[of.first.value], strategies[of.second.value],
                                format_decimal(held)));
  for (auto& row : *position_rows)
    if (auto held = field(row, 3); held != "0")
      shown.insert(fmt::format("{},{},{}", field(row, 1), field(row, 2), held));
  if (shown != expected)
    faults.push_back(fmt::format("positions: {} in the rows, {} by the fills of the journal",
                                 fmt::join(shown, " "), fmt::join(expected, " ")));
  return faults;
}

} // namespace tickmesh
