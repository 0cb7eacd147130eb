// `tickmesh why`: finds an order in the journals and prints its story.
#include "actors/execution/recovery/journal_replay.hpp"
#include "actors/market/tick_log/log_description.hpp"
#include "apps/host/slot_journals.hpp"
#include "apps/reports/audit_document.hpp"
#include "apps/reports/order_document.hpp"
#include "apps/verbs/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

/// Ids of an answer to an ambiguous beginning that are named.
constexpr std::size_t named_ids_max = 5;

/// The beginning of an id, or all of it.
struct id_pattern {
  std::uint64_t digits = 0;
  std::size_t count = 0; ///< 1 to 16

  bool fits(order_id id) const { return id.value >> (64 - 4 * count) == digits; }
};

std::optional<id_pattern> parse_id(std::string_view text) {
  constexpr std::size_t digits_max = 16;
  if (!text.starts_with('O')) return std::nullopt;
  text.remove_prefix(1);
  id_pattern out{.count = text.size()};
  auto end = text.data() + text.size();
  auto [read_to, error] = std::from_chars(text.data(), end, out.digits, 16);
  bool is_good = error == std::errc{} && read_to == end && out.count <= digits_max;
  return is_good ? std::optional{out} : std::nullopt;
}

struct found_order {
  fs::path journal;
  std::uint64_t events = 0;
  std::uint64_t known_after = 0;
  judged_order order;
};

int fail_with(std::string_view why, int code = exit_failure) {
  fmt::print(stderr, "tickmesh: {}\n", why);
  return code;
}

/// What the journals hold.
struct search_result {
  std::vector<found_order> found; ///< each id once a journal, by its first verdict
  std::set<order_id> ids;
  std::string read; ///< one line a journal
};

result<search_result> search(const std::vector<fs::path>& journals, const id_pattern& wanted) {
  search_result out;
  for (auto& journal : journals) {
    auto contents = read_judged_orders(journal);
    if (!contents) return tl::make_unexpected(contents.error());
    out.read += fmt::format("  {}: {} orders in {} events{}\n", journal.string(),
                            contents->orders.size(), contents->events - contents->known_after,
                            contents->known_after == 0
                                ? std::string{}
                                : fmt::format(" from {} on; earlier ones are not kept any more",
                                              contents->known_after + 1));
    std::set<order_id> here;
    for (auto& order : contents->orders)
      if (wanted.fits(order.id) && here.insert(order.id).second)
        out.found.push_back({journal, contents->events, contents->known_after, order});
    out.ids.merge(here);
  }
  return out;
}

std::string list_ids(const std::set<order_id>& ids) {
  std::string out;
  for (auto id = ids.begin(); id != ids.end(); ++id) {
    if (std::distance(ids.begin(), id) == named_ids_max) return out + " ...";
    out += ' ' + format_order_id(*id);
  }
  return out;
}

/// Tick logs to look for the signal's ticks in; where there is none, none.
result<std::vector<fs::path>> find_logs(const why_flags& flags, const settings& config) {
  std::vector<fs::path> out;
  for (auto& path : flags.ticks) {
    auto found = find_slot_logs(path);
    if (!found) return fail("--ticks " + found.error().message);
    out.insert(out.end(), found->begin(), found->end());
  }
  if (flags.ticks.empty())
    if (auto found = find_slot_logs(config.host.state_dir)) out = std::move(*found);
  return out;
}

result<factor_values> find_factors(const std::vector<fs::path>& logs, const settings& config,
                                   const trading_universe& universe, const signal& trigger) {
  auto& instrument = universe.instruments[trigger.name.symbol.value];
  auto& strategy = universe.strategies[trigger.name.strategy.value];
  auto configured = std::ranges::find(config.strategies, strategy, &strategy_settings::name);
  if (configured == config.strategies.end())
    return fail(
        fmt::format("strategy {} is not configured; give the --config that has it", strategy));
  auto wanted = trigger;
  wanted.name.strategy = strategy_id{0};
  auto found =
      find_factor_values({.logs = logs,
                          .symbol = universe.symbols[trigger.name.symbol.value],
                          .price_from = instrument ? instrument->price_from : price_source::last,
                          .strategies = {*configured},
                          .wanted = wanted});
  if (!found) return fail(found.error().message + "; give --ticks DIR");
  return found;
}

result<order_origin> find_origin(const found_order& found) {
  if (found.order.form) return order_origin{*found.order.form};
  auto trigger = read_signal(found.journal, found.order.event);
  if (!trigger) return tl::make_unexpected(trigger.error());
  return order_origin{*trigger};
}

result<nlohmann::ordered_json> tell(const found_order& found, trading_state& trading,
                                    const settings& config, const std::vector<fs::path>& logs) {
  auto origin = find_origin(found);
  if (!origin) return tl::make_unexpected(origin.error());
  order_story story{trading, found.order.id, *origin, found.order.event};
  auto replayed = replay_journal(
      found.journal, trading,
      {.before = [&story](auto& event) { story.before(event); },
       .after = [&story](auto& event, auto& decided) { story.after(event, decided); },
       .mark = [&story](auto& event) { story.mark(event); }});
  if (!replayed) return tl::make_unexpected(replayed.error());
  std::vector<std::string> brokers;
  for (auto& broker : trading.settings().all_brokers())
    brokers.push_back(broker.name);
  auto& universe = trading.universe();
  auto factors = story.trigger() != nullptr ? find_factors(logs, config, universe, *story.trigger())
                                            : fail("no signal asked for the order");
  return describe_order(story, {.journal = found.journal.string(),
                                .events = found.events,
                                .known_after = found.known_after,
                                .account = universe.account,
                                .brokers = brokers,
                                .universe = universe,
                                .factors = std::move(factors)});
}

} // namespace

int show_why(const why_flags& flags) {
  auto loaded = load_journal_settings(flags.config, flags.state_dir);
  if (print_faults(loaded.faults)) return exit_usage;
  auto& config = loaded.value;
  auto wanted = parse_id(flags.order);
  if (!wanted)
    return fail_with(fmt::format("{}: is no order id; allowed: `O` and up to 16 hexadecimal "
                                 "digits, as in the column order_id of orders.csv",
                                 flags.order),
                     exit_usage);
  auto logs = find_logs(flags, config);
  if (!logs) return fail_with(logs.error().message, exit_usage);
  auto journals = find_journals(config);
  if (!journals) return fail_with(journals.error().message, exit_usage);
  auto searched = search(*journals, *wanted);
  if (!searched) return fail_with(searched.error().message);
  if (searched->ids.empty()) {
    fmt::print(stderr, "tickmesh: {}: no such order; these journals were read:\n{}", flags.order,
               searched->read);
    return exit_failure;
  }
  if (searched->ids.size() > 1)
    return fail_with(fmt::format("{}: is the beginning of {} orders; one is needed:{}", flags.order,
                                 searched->ids.size(), list_ids(searched->ids)),
                     exit_usage);
  if (searched->found.size() > 1)
    return fail_with(fmt::format("{}: more than one journal has it; give one as --state-dir:\n{}",
                                 flags.order, searched->read),
                     exit_usage);
  auto& found = searched->found.front();
  auto trading = make_trading_state(config, found.journal);
  if (!trading) return fail_with(trading.error().message, exit_usage);
  auto document = tell(found, **trading, config, *logs);
  if (!document) return fail_with(document.error().message);
  fmt::print("{}", flags.json ? to_text(*document) : format_order(*document));
  return 0;
}

} // namespace tickmesh
