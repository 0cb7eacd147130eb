// `tickmesh limits try`: what other limits would have made of a journal's orders.
#include "actors/execution/recovery/journal_replay.hpp"
#include "actors/execution/trading/limit_trial.hpp"
#include "apps/host/slot_journals.hpp"
#include "apps/reports/limits_document.hpp"
#include "apps/settings/command_settings.hpp"
#include "apps/settings/limits_file.hpp"
#include "apps/verbs/commands.hpp"
#include "messages/calendar_day.hpp"
#include "runtime/results/json_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <ranges>

namespace tickmesh {

namespace {

using json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr const char* what_is_assumed =
    "Each order is judged by what the account really held, had open and had lost at that moment: "
    "that other\norders would not have been sent, or would have been, is left out.";

json text_of(int128 value) {
  return value == usage_overflow ? json{} : json(format_decimal(value));
}

json describe(const risk_result& risk, const std::string& scope) {
  bool is_refused = risk.outcome != verdict::approved;
  return {{"verdict", to_string(risk.outcome)},
          {"scope", scope.empty() ? json{} : json(scope)},
          {"usage", is_refused ? text_of(risk.usage) : json{}},
          {"limit", is_refused ? text_of(risk.limit) : json{}}};
}

json describe(const changed_verdict& change, const trading_universe& universe) {
  auto& order = change.order;
  return {{"order", format_order_id(order.id)},
          {"time", format_timestamp(change.time)},
          {"event", change.event},
          {"symbol", universe.symbols[order.symbol.value]},
          {"strategy", universe.name_of(order.strategy)},
          {"side", to_string(order.direction)},
          {"volume", format_decimal(order.volume.value)},
          {"price", order.limit == no_price ? json{} : json(format_decimal(order.limit.value))},
          {"before", describe(change.before, change.scope_before)},
          {"after", describe(change.after, change.scope_after)}};
}

json describe(const trial_day& day, const trading_universe& universe) {
  json blocked = json::array(), approved = json::array(), otherwise = json::array();
  for (auto& change : day.changes) {
    auto& list = change.was_approved()        ? blocked
                 : change.would_be_approved() ? approved
                                              : otherwise;
    list.push_back(describe(change, universe));
  }
  auto totals = json::array();
  for (std::size_t v = 0; v < verdict_names.size(); ++v)
    if (day.before[v] + day.after[v] > 0)
      totals.push_back(
          {{"verdict", verdict_names[v]}, {"before", day.before[v]}, {"after", day.after[v]}});
  return {{"orders", day.orders},
          {"operators_orders_left_out", day.by_operators},
          {"newly_blocked", std::move(blocked)},
          {"newly_approved", std::move(approved)},
          {"refused_by_another_rule", std::move(otherwise)},
          {"totals", std::move(totals)}};
}

/// Picks the days that are wanted.
result<json> describe_days(const limit_trial& trial, const limits_flags& flags,
                           const trading_universe& universe, const fs::path& journal) {
  auto& days = trial.days();
  if (flags.day && !days.contains(*flags.day))
    return fail(fmt::format("--day = {}: {} has no order of that day; allowed: {}",
                            format_day(*flags.day), journal.string(),
                            days.empty()
                                ? "none, since it has no orders"
                                : fmt::format("{}", fmt::join(days | std::views::keys |
                                                                  std::views::transform(format_day),
                                                              ", "))));
  auto out = json::array();
  for (auto& [day, orders] : days) {
    bool is_wanted = flags.all || (flags.day ? day == *flags.day : day == days.rbegin()->first);
    if (!is_wanted) continue;
    json document{{"trading_day", day}};
    document.update(describe(orders, universe));
    out.push_back(std::move(document));
  }
  return out;
}

std::string text(const json& value) {
  if (value.is_null()) return "-";
  return value.is_string() ? value.get<std::string>() : json_text(value);
}

/// Orders that are listed in full, and how many of more are, at either end.
constexpr std::size_t listed_max = 20;
constexpr std::size_t listed_of_many = 5;

/// How many orders each rule decides, symbol by symbol.
void print_counts(const json& orders, const char* side) {
  std::map<std::pair<std::string, std::string>, std::size_t> counts;
  for (auto& o : orders)
    ++counts[{text(o.at(side).at("verdict")), text(o.at("symbol"))}];
  std::vector<std::pair<std::size_t, std::pair<std::string, std::string>>> sorted;
  for (auto& [names, count] : counts)
    sorted.emplace_back(count, names);
  std::ranges::stable_sort(sorted, std::greater{}, [](auto& entry) { return entry.first; });
  for (auto& [count, names] : sorted | std::views::take(listed_max))
    fmt::print("    {:>8}  {}  {}\n", count, names.first, names.second);
  if (sorted.size() > listed_max)
    fmt::print("    {:>8}  more of a rule and a symbol\n", sorted.size() - listed_max);
}

/// Orders, each with the rule that `side` (before or after) names; of many the first and last.
void print_orders(const char* title, const json& orders, const char* side, bool all) {
  fmt::print("\n  {}: {}\n", title, orders.size());
  if (orders.empty()) return;
  bool is_cut = !all && orders.size() > listed_max;
  if (is_cut) print_counts(orders, side);
  std::size_t symbols = 6, rules = 4, scopes = 5;
  for (auto& o : orders) {
    symbols = std::max(symbols, text(o.at("symbol")).size());
    rules = std::max(rules, text(o.at(side).at("verdict")).size());
    scopes = std::max(scopes, text(o.at(side).at("scope")).size());
  }
  auto print = [&](const auto&... columns) {
    fmt::print(
        "    {:<17}  {:<30}  {:<{}}  {:<4}  {:>10}  {:>12}  {:<{}}  {:<{}}  {:>14}  {:>14}\n",
        columns...);
  };
  print("order", "time", "symbol", symbols, "side", "volume", "price", "rule", rules, "scope",
        scopes, "usage", "limit");
  std::size_t number = 0;
  for (auto& o : orders) {
    ++number;
    if (is_cut && number == listed_of_many + 1)
      fmt::print("    ... {} more; --orders lists them all\n", orders.size() - 2 * listed_of_many);
    bool is_listed = !is_cut || number <= listed_of_many || number + listed_of_many > orders.size();
    if (!is_listed) continue;
    auto& judged = o.at(side);
    print(text(o.at("order")), text(o.at("time")), text(o.at("symbol")), symbols,
          text(o.at("side")), text(o.at("volume")), text(o.at("price")), text(judged.at("verdict")),
          rules, text(judged.at("scope")), scopes, text(judged.at("usage")),
          text(judged.at("limit")));
  }
}

void print_day(const json& day, bool all_orders) {
  fmt::print("\ntrading day {}: {} orders\n", format_day(day.at("trading_day").get<std::int32_t>()),
             text(day.at("orders")));
  print_orders("blocked now, approved then", day.at("newly_blocked"), "after", all_orders);
  print_orders("approved now, refused then", day.at("newly_approved"), "before", all_orders);
  print_orders("refused then and now, by another rule", day.at("refused_by_another_rule"), "after",
               all_orders);
  fmt::print("\n  {:<28}{:>10}{:>10}\n", "verdict", "then", "now");
  for (auto& total : day.at("totals"))
    fmt::print("  {:<28}{:>10}{:>10}\n", text(total.at("verdict")), text(total.at("before")),
               text(total.at("after")));
  if (auto& left_out = day.at("operators_orders_left_out"); left_out > 0)
    fmt::print("  left out: {} orders and new forms that operators asked for\n", text(left_out));
}

void print_trial(const json& document, const limits_comparison& comparison, bool all_orders) {
  fmt::print("{} with the limits of {}\n{}\n", text(document.at("journal")),
             text(document.at("limits")), what_is_assumed);
  if (document.at("first_event") > 1)
    fmt::print("Orders of events from {} on; earlier ones are not kept any more.\n",
               text(document.at("first_event")));
  fmt::print("{}\n{}",
             comparison.changes.empty() ? "The file changes nothing of the limits that held last."
                                        : "What the file changes of the limits that held last:",
             format_limits(comparison));
  if (document.at("days").empty()) fmt::print("\nno orders\n");
  for (auto& day : document.at("days"))
    print_day(day, all_orders);
}

/// The limits that hold at the end of a journal, and what operators have made of them.
result<limits_in_force> find_limits(const settings& config, const fs::path& journal) {
  limits_in_force out{config.execution.all_limits(), config.execution.account, {}};
  for (auto& strategy : config.strategies)
    out.strategies.push_back(strategy.name);
  return read_limits_in_force(journal, std::move(out));
}

} // namespace

int try_limits(const limits_flags& flags) {
  auto loaded = load_journal_settings(flags.config, flags.state_dir);
  if (print_faults(loaded.faults)) return exit_usage;
  auto& config = loaded.value;
  auto journals = find_journals(config);
  if (!journals) return fail_with(journals.error(), exit_usage);
  if (journals->size() > 1) {
    std::string names;
    for (auto& journal : *journals)
      names += "\n  " + journal.string();
    return fail_with(
        {fmt::format("host.state_dir (--state-dir) = {}: has {} journals; give one of them:{}",
                     config.host.state_dir, journals->size(), names)},
        exit_usage);
  }
  auto& journal = journals->front();
  auto trading = make_trading_state(config, journal);
  if (!trading) return fail_with(trading.error(), exit_usage);
  auto now = find_limits(config, journal);
  if (!now) return fail_with(now.error());
  auto limits = load_limits_file(flags.file, *now);
  if (print_faults(limits.faults)) return exit_usage;
  auto comparison = compare_for_people(now->scopes, limits.value);
  auto known_after = (*trading)->last_event();
  limit_trial trial{**trading, std::move(limits.value), (*trading)->universe().account};
  auto replayed = replay_journal(
      journal, **trading,
      {.before = [&trial](auto& event) { trial.before(event); },
       .after = [&trial](auto& event, auto& decided) { trial.after(event, decided); },
       .mark = nullptr});
  if (!replayed) return fail_with(replayed.error());
  auto days = describe_days(trial, flags, (*trading)->universe(), journal);
  if (!days) return fail_with(days.error(), exit_usage);
  json document{{"journal", journal.string()}, {"first_event", known_after + 1},
                {"limits", flags.file},        {"changes", describe_limits(comparison)},
                {"facts", what_is_assumed},    {"days", std::move(*days)}};
  if (flags.json)
    fmt::print("{}\n", json_text(document, 2));
  else
    print_trial(document, comparison, flags.orders);
  return 0;
}

} // namespace tickmesh
