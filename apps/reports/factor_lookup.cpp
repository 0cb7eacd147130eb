#include "apps/reports/factor_lookup.hpp"

#include "actors/calc/slot/symbol_calculator.hpp"
#include "actors/market/tick_log/log_description.hpp"
#include "actors/market/tick_log/tick_log_reader.hpp"
#include "messages/tick_codec.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>
#include <tuple>

namespace tickmesh {

namespace {

/// Ticks that are read, and taken by the calculator, at once.
constexpr std::uint64_t slice_ticks = 65'536;

/// What a log has of a symbol.
struct kept_ticks {
  symbol_id symbol{};
  sequence first{};
  sequence last{}; ///< 0: none
};

result<kept_ticks> find_ticks(tick_log_reader& reader, const std::filesystem::path& log,
                              const std::string& symbol) {
  auto names = read_log_description(log);
  if (!names) return tl::make_unexpected(names.error());
  auto place = std::ranges::find(names->symbols, symbol);
  kept_ticks out{symbol_id{static_cast<std::uint32_t>(place - names->symbols.begin())}, {}, {}};
  auto days = reader.days();
  if (!days) return tl::make_unexpected(days.error());
  for (auto& day : *days) {
    auto symbols = reader.symbols(day.trading_day);
    if (!symbols) return tl::make_unexpected(symbols.error());
    for (auto& logged : *symbols) {
      if (logged.symbol != out.symbol) continue;
      if (out.last == sequence{} || logged.first < out.first) out.first = logged.first;
      out.last = std::max(out.last, logged.last);
    }
  }
  return out;
}

/// Brings a symbol's ticks of one log to a calculator of all its strategies.
class recalculation {
public:
  recalculation(const factor_question& question, tick_log_reader& reader, const kept_ticks& kept)
      : question_(question), reader_(reader), kept_(kept), next_(kept.first),
        calculator_(kept.symbol, question.symbol, question.price_from,
                    share_strategies(question.strategies), true) {}

  /// Takes the ticks up to the signal, and leaves what the last step led to in output().
  result<void> run() {
    auto& name = question_.wanted.name;
    while (next_ < name.last_tick) {
      output_.clear();
      if (auto done = take(std::min(sequence{next_.value + slice_ticks}, name.last_tick)); !done)
        return done;
    }
    output_.clear();
    if (auto done = take(name.last_tick + sequence{1}); !done) return done;
    return name.window_end == timestamp{} ? result<void>{} : close_window(name.window_end);
  }

  const calculation_output& output() const { return output_; }

private:
  /// Ticks behind the last price that the window used may have moved the quotes.
  result<void> close_window(timestamp end) {
    while (next_ <= kept_.last) {
      ticks_.clear();
      auto read =
          reader_.ticks_by_number(kept_.symbol, next_, next_ + sequence{slice_ticks - 1}, ticks_);
      if (!read) return read;
      auto behind =
          std::ranges::find_if(ticks_, [end](auto& t) { return t.effective_time >= end; });
      bool reached = behind != ticks_.end() || ticks_.empty();
      ticks_.erase(behind, ticks_.end());
      if (auto done = add(); !done) return done;
      if (reached) break;
    }
    calculator_.advance(end, output_);
    return {};
  }

  /// Takes the ticks before `end`.
  result<void> take(sequence end) {
    ticks_.clear();
    auto read = reader_.ticks_by_number(kept_.symbol, next_, end - sequence{1}, ticks_);
    if (!read) return read;
    if (auto done = add(); !done) return done;
    return next_ == end
               ? result<void>{}
               : fail(fmt::format("tick {} of {} is missing", next_.value, question_.symbol));
  }

  result<void> add() {
    if (ticks_.empty()) return {};
    for (auto& t : ticks_) {
      if (t.number != next_)
        return fail(fmt::format("tick {} of {} is missing", next_.value, question_.symbol));
      next_ = t.number + sequence{1};
    }
    bytes_.clear();
    append_tick_run(bytes_, ticks_, question_.wanted.name.data_epoch, 0);
    if (auto done = read_tick_frame(bytes_, frame_); !done) return done;
    return calculator_.add_run(frame_.runs.front(), output_);
  }

  const factor_question& question_;
  tick_log_reader& reader_;
  kept_ticks kept_;
  sequence next_;
  symbol_calculator calculator_;
  calculation_output output_;
  std::vector<tick> ticks_;
  std::string bytes_;
  tick_frame_view frame_;
};

/// Whether two signals are the same but for the clocks of their hosts and the symbol's id.
bool is_same(signal a, const signal& b) {
  a.name.symbol = b.name.symbol;
  a.name.configuration_version = b.name.configuration_version;
  a.ingest_ns = b.ingest_ns;
  a.sent_ns = b.sent_ns;
  return a == b;
}

/// The strategy's row at the signal; nothing when there is none.
std::optional<factor_values> find_row(const std::vector<factor_row>& rows,
                                      const signal_name& name) {
  auto is_wanted = [&](const factor_row& row) {
    return std::tie(row.strategy, row.last_tick, row.window_end) ==
           std::tie(name.strategy, name.last_tick, name.window_end);
  };
  auto found = std::find_if(rows.rbegin(), rows.rend(), is_wanted);
  if (found == rows.rend()) return std::nullopt;
  factor_values out;
  if (found->percent_b) append_double(out.factor_value, *found->percent_b);
  append_decimal(out.price, found->last.value);
  append_double(out.lower, found->lower);
  append_double(out.middle, found->middle);
  append_double(out.upper, found->upper);
  return out;
}

result<factor_values> calculate_from(const std::filesystem::path& log,
                                     const factor_question& question) {
  auto& name = question.wanted.name;
  auto reader = tick_log_reader::open(log);
  if (!reader) return tl::make_unexpected(reader.error());
  auto kept = find_ticks(*reader, log, question.symbol);
  if (!kept) return tl::make_unexpected(kept.error());
  if (kept->last < name.last_tick || name.last_tick < kept->first)
    return fail(kept->last == sequence{}
                    ? fmt::format("{} has no tick of {}", log.string(), question.symbol)
                    : fmt::format("{} has the ticks {} to {} of {}", log.string(),
                                  kept->first.value, kept->last.value, question.symbol));
  recalculation calculation{question, *reader, *kept};
  if (auto done = calculation.run(); !done)
    return fail(fmt::format("{}: {}", log.string(), done.error().message));
  auto found = find_row(calculation.output().rows, name);
  bool is_signalled = std::ranges::any_of(calculation.output().signals,
                                          [&](auto& s) { return is_same(s, question.wanted); });
  if (!found || !is_signalled)
    return fail(
        fmt::format("{} holds other ticks: this signal does not follow from them", log.string()));
  found->log = log;
  found->first = kept->first;
  return *found;
}

} // namespace

result<factor_values> find_factor_values(const factor_question& question) {
  std::vector<std::string> reasons;
  for (auto& log : question.logs) {
    auto found = calculate_from(log, question);
    if (found) return found;
    reasons.push_back(found.error().message);
  }
  return fail(fmt::format("no tick log here holds {} up to {}{}{}", question.symbol,
                          question.wanted.name.last_tick.value, reasons.empty() ? "" : ": ",
                          fmt::join(reasons, "; ")));
}

} // namespace tickmesh
