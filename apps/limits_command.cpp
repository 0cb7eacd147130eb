// `tickmesh limits try`: what other limits would have made of a journal's orders.
#include "actors/execution/journal_replay.hpp"
#include "actors/execution/limit_trial.hpp"
#include "apps/limits_file.hpp"
#include "apps/slot_journals.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <ranges>

namespace tickmesh {

namespace {

using json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr const char* what_is_assumed =
    "Each order is judged by what the account really held, had open and had lost at that moment: "
    "that other\norders would not have been sent, or would have been, is left out.";

int fail_with(const fault& why, int code = exit_failure) {
  fmt::print(stderr, "tickmesh: {}\n", why.message);
  return code;
}

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
          {"strategy", universe.strategies[order.strategy.value]},
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
    return fail(fmt::format(
        "--day = {}: {} has no order of that day; allowed: {}", *flags.day, journal.string(),
        days.empty() ? "none, since it has no orders"
                     : fmt::format("{}", fmt::join(days | std::views::keys, ", "))));
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
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// Orders, each with the rule that `side` (before or after) names.
void print_orders(const char* title, const json& orders, const char* side) {
  fmt::print("\n  {}: {}\n", title, orders.size());
  if (orders.empty()) return;
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
  for (auto& o : orders) {
    auto& judged = o.at(side);
    print(text(o.at("order")), text(o.at("time")), text(o.at("symbol")), symbols,
          text(o.at("side")), text(o.at("volume")), text(o.at("price")), text(judged.at("verdict")),
          rules, text(judged.at("scope")), scopes, text(judged.at("usage")),
          text(judged.at("limit")));
  }
}

void print_day(const json& day) {
  fmt::print("\ntrading day {}: {} orders\n", text(day.at("trading_day")), text(day.at("orders")));
  print_orders("blocked now, approved then", day.at("newly_blocked"), "after");
  print_orders("approved now, refused then", day.at("newly_approved"), "before");
  print_orders("refused then and now, by another rule", day.at("refused_by_another_rule"), "after");
  fmt::print("\n  {:<28}{:>10}{:>10}\n", "verdict", "then", "now");
  for (auto& total : day.at("totals"))
    fmt::print("  {:<28}{:>10}{:>10}\n", text(total.at("verdict")), text(total.at("before")),
               text(total.at("after")));
  if (auto& left_out = day.at("operators_orders_left_out"); left_out > 0)
    fmt::print("  left out: {} orders and new forms that operators asked for\n", text(left_out));
}

void print_trial(const json& document) {
  fmt::print("{} with the limits of {}\n{}\n", text(document.at("journal")),
             text(document.at("limits")), what_is_assumed);
  if (document.at("days").empty()) fmt::print("\nno orders\n");
  for (auto& day : document.at("days"))
    print_day(day);
}

} // namespace

int try_limits(const limits_flags& flags) {
  auto loaded = load_journal_settings(flags.config, flags.state_dir);
  if (print_faults(loaded.faults)) return exit_usage;
  auto& config = loaded.value;
  auto limits = load_limits_file(flags.file, config);
  if (print_faults(limits.faults)) return exit_usage;
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
  limit_trial trial{**trading, std::move(limits.value), config.execution.account};
  auto replayed = replay_journal(
      journal, **trading,
      {.before = [&trial](auto& event) { trial.before(event); },
       .after = [&trial](auto& event, auto& decided) { trial.after(event, decided); },
       .mark = nullptr});
  if (!replayed) return fail_with(replayed.error());
  auto days = describe_days(trial, flags, (*trading)->universe(), journal);
  if (!days) return fail_with(days.error(), exit_usage);
  json document{{"journal", journal.string()},
                {"limits", flags.file},
                {"facts", what_is_assumed},
                {"days", std::move(*days)}};
  if (flags.json)
    fmt::print("{}\n", document.dump(2, ' ', false, json::error_handler_t::replace));
  else
    print_trial(document);
  return 0;
}

} // namespace tickmesh
