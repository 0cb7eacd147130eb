#include "apps/reports/run_report.hpp"

#include "apps/reports/report_page.hpp"
#include "apps/reports/report_series.hpp"
#include "apps/results/row_reader.hpp"
#include "messages/order.hpp"
#include "messages/timestamp.hpp"
#include "runtime/results/json_text.hpp"
#include "runtime/results/row_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>
#include <map>

namespace tickmesh {

using json = nlohmann::ordered_json;

namespace {

constexpr std::size_t marks_max = 40'000; // of each kind, over all symbols ...
constexpr std::size_t marks_least = 50;   // ... but so many of each

double number_of(std::string_view text) {
  double out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

/// ms since 1970.
double time_of(std::string_view text) {
  auto t = parse_timestamp(text);
  return t ? static_cast<double>(to_ns(*t)) * 1e-6 : 0;
}

/// The fields of a row by the names of their columns.
class named_fields {
public:
  explicit named_fields(std::string_view columns) {
    for (auto name : split_fields(columns))
      places_.emplace(name, places_.size());
  }
  void assign(std::vector<std::string_view> fields) { fields_ = std::move(fields); }

  std::string_view text(std::string_view column) const { return fields_[places_.at(column)]; }
  double number(std::string_view column) const { return number_of(text(column)); }
  double time(std::string_view column) const { return time_of(text(column)); }
  /// 1 for a buy, -1 for a sell; signals write a number, orders and fills a word.
  int direction() const {
    auto side = text("direction");
    return side == "SELL" || side.starts_with('-') ? -1 : 1;
  }

private:
  std::map<std::string_view, std::size_t> places_;
  std::vector<std::string_view> fields_;
};

/// Of a result file, by its name.
result<void> for_each_row(const std::string& directory, std::string_view file,
                          const std::function<void(const named_fields&)>& visit) {
  auto order = std::ranges::find(result_files(), file, &row_order::file);
  named_fields named{order->columns};
  return for_each_row(*order, fmt::format("{}/{}.csv", directory, file),
                      [&](auto& fields) {
                        named.assign(fields);
                        visit(named);
                      })
      .map([](std::uint64_t) {});
}

/// Gathers what the page shows from the result files.
class report_builder {
public:
  report_builder(const merged_results& results, const std::string& directory)
      : results_(results), directory_(directory) {}

  result<std::string> build() {
    for (auto read :
         {&report_builder::read_bars, &report_builder::read_profit, &report_builder::read_signals,
          &report_builder::read_orders, &report_builder::read_fills})
      if (auto done = (this->*read)(); !done) return tl::unexpected(done.error());
    auto& s = results_.summary;
    auto mode = results_.run.at("cluster").at("trading").get<std::string>();
    json out{{"mode", mode},
             {"about", about()},
             {"currency", s.at("pnl").at("currency")},
             {"from", from_ > to_ ? 0 : from_},
             {"to", from_ > to_ ? 0 : to_},
             {"figures", figures()},
             {"profit", profit_.to_json()},
             {"positions", positions()},
             {"refused", refused()},
             {"rejected", s.at("ticks").at("rejected_by_reason")},
             {"symbols", symbols()}};
    auto text = json_text(out, -1);
    // In a page, text of a name must not end the script that it stands in.
    std::string safe;
    safe.reserve(text.size());
    for (char c : text)
      if (c == '<')
        safe += "\\u003c";
      else
        safe += c;
    return safe;
  }

private:
  result<void> read_bars() {
    // First, so that every symbol with a price has its place.
    return for_each_row(directory_, "bars", [this](const named_fields& row) {
      auto t = row.time("timestamp");
      auto interval = row.number("interval_ms");
      extend(t);
      extend(t + interval);
      auto& story = story_of(row.text("symbol"));
      story.interval = interval;
      story.times.push_back(t);
      story.high.push_back(row.number("high"));
      story.low.push_back(row.number("low"));
      story.close.push_back(row.number("close"));
    });
  }

  result<void> read_profit() {
    return for_each_row(directory_, "pnl", [this](const named_fields& row) {
      profit_.add({row.time("timestamp"), row.number("total"), row.number("realised")});
      extend(row.time("timestamp"));
    });
  }

  result<void> read_signals() {
    return for_each_row(directory_, "signals", [this](const named_fields& row) {
      if (row.text("price").empty()) return; // at no price is no place
      story_of(row.text("symbol"))
          .signals.add({row.time("timestamp"), row.number("price"), row.direction()});
    });
  }

  result<void> read_orders() {
    return for_each_row(directory_, "orders", [this](const named_fields& row) {
      if (row.text("verdict") == to_string(verdict::approved)) return;
      if (row.text("price").empty()) return;
      story_of(row.text("symbol"))
          .refused.add({row.time("timestamp"), row.number("price"), row.direction(), 0,
                        std::string{row.text("verdict")}});
    });
  }

  result<void> read_fills() {
    return for_each_row(directory_, "fills", [this](const named_fields& row) {
      auto& story = story_of(row.text("symbol"));
      auto t = row.time("timestamp");
      auto volume = row.number("volume");
      story.fills.add({t, row.number("price"), row.direction(), volume});
      story.held += row.direction() * volume;
      story.position.push_back({t, story.held});
      extend(t);
    });
  }

  void extend(double t) {
    from_ = std::min(from_, t);
    to_ = std::max(to_, t);
  }

  symbol_story& story_of(std::string_view symbol) {
    auto found = stories_.find(symbol);
    if (found == stories_.end())
      found = stories_.emplace(symbol, symbol_story{most_of_each()}).first;
    return found->second;
  }

  /// As many marks of each symbol as there is room for; the symbols are counted by their positions.
  std::size_t most_of_each() const {
    auto symbols = std::max<std::size_t>(results_.summary.at("positions").size(), 1);
    return std::clamp(marks_max / symbols, marks_least, std::size_t{2'000});
  }

  json figures() const {
    auto& s = results_.summary;
    json out = json::array();
    auto add = [&out](const char* name, double value, bool has_sign) {
      out.push_back({name, value, has_sign && value != 0 ? (value > 0 ? 1 : -1) : 0});
    };
    for (auto [name, key] : {std::pair{"total profit", "total"}, std::pair{"realised", "realised"},
                             std::pair{"unrealised", "unrealised"}, std::pair{"fees", "fees"}})
      add(name, number_of(s.at("pnl").at(key).get<std::string>()), key != std::string_view{"fees"});
    add("deepest drawdown", profit_.drawdown(), true);
    add("ticks", s.at("ticks").at("in"), false);
    add("ticks rejected", s.at("ticks").at("rejected"), false);
    add("signals", s.at("signals"), false);
    add("fills", s.at("fills"), false);
    return out;
  }

  std::string about() const {
    auto& run = results_.run;
    auto day = [](double ms) {
      return format_timestamp(from_ns(static_cast<std::int64_t>(ms * 1e6))).substr(0, 19);
    };
    auto span = from_ > to_ ? std::string{"no prices"} : day(from_) + " to " + day(to_);
    std::replace(span.begin(), span.end(), 'T', ' ');
    return fmt::format(
        "{} UTC; made on {} by {}; {}", span, run.at("started").get<std::string>().substr(0, 10),
        run.at("processes").size() == 1 ? std::string{"one process"}
                                        : fmt::format("{} processes", run.at("processes").size()),
        run.at("cluster").at("reason").get<std::string>());
  }

  json positions() const {
    auto& all = results_.summary.at("positions");
    json columns{"symbol", "strategy", "quantity",   "average price",
                 "mark",   "realised", "unrealised", "fees"};
    json rows = json::array();
    std::vector<const json*> sorted;
    for (auto& p : all)
      sorted.push_back(&p);
    auto size = [](const json* p) {
      return std::abs(number_of(p->at("realised").get<std::string>()) +
                      number_of(p->at("unrealised").get<std::string>()));
    };
    std::ranges::stable_sort(sorted, [&](auto* a, auto* b) { return size(a) > size(b); });
    std::size_t open = 0;
    for (auto* p : sorted) {
      open += p->at("quantity") != "0" ? 1 : 0;
      rows.push_back({p->at("symbol"), p->at("strategy"), p->at("quantity"), p->at("average_price"),
                      p->at("mark_price"), p->at("realised"), p->at("unrealised"), p->at("fees")});
    }
    return {{"columns", columns},
            {"rows", rows},
            {"note",
             fmt::format("{} open, {} closed; by profit and loss", open, sorted.size() - open)}};
  }

  json refused() const {
    json out = json::object();
    for (auto& [name, count] : results_.summary.at("orders").at("by_verdict").items())
      if (name != to_string(verdict::approved) && count.get<std::uint64_t>() > 0) out[name] = count;
    return out;
  }

  /// Those with most fills first.
  json symbols() {
    for (auto& p : results_.summary.at("positions"))
      story_of(p.at("symbol").get<std::string>()).profit +=
          number_of(p.at("realised").get<std::string>()) +
          number_of(p.at("unrealised").get<std::string>()) -
          number_of(p.at("fees").get<std::string>());
    std::vector<const std::pair<const std::string, symbol_story>*> sorted;
    for (auto& entry : stories_)
      sorted.push_back(&entry);
    std::ranges::stable_sort(sorted, [](auto* a, auto* b) {
      return std::pair{a->second.fills.count(), a->second.signals.count()} >
             std::pair{b->second.fills.count(), b->second.signals.count()};
    });
    json out = json::array();
    for (auto* entry : sorted)
      out.push_back(entry->second.to_json(entry->first));
    return out;
  }

  const merged_results& results_;
  const std::string& directory_;
  std::map<std::string, symbol_story, std::less<>> stories_;
  profit_story profit_;
  double from_ = std::numeric_limits<double>::max(); ///< of all that is shown, ms
  double to_ = std::numeric_limits<double>::lowest();
};

} // namespace

bool has_rows(const merged_results& results) {
  auto& hosts = results.run.at("processes");
  return std::ranges::all_of(hosts, [](auto& host) { return host.value("rows", true); });
}

result<void> write_report(const merged_results& results, const std::string& directory) {
  auto data = report_builder{results, directory}.build();
  if (!data) return tl::unexpected(data.error());
  auto place = report_page.find(report_data_place);
  auto file = new_text_file::create(fmt::format("{}/{}", directory, report_file));
  if (!file) return tl::unexpected(file.error());
  file->append(report_page.substr(0, place));
  file->append(*data);
  file->append(report_page.substr(place + report_data_place.size()));
  return file->finish();
}

} // namespace tickmesh
