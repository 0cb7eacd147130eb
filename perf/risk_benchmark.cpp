// What the pre-trade check costs an order, with every rule switched on.
//
//   risk_benchmark [--quick] [--json FILE] [--commit TEXT]
//
// 500 symbols, 20 strategies, positions and open orders in most symbols, marks that move; an order
// is covered by the global scope, its strategy's and its symbol's. Timed is risk_facts_book::check,
// which trading_state calls for each signal. The orders are approved, so that no rule is spared;
// between two timed rounds the market and the books go on. Prints the median of the rounds with the
// lowest and highest; FILE gets {"figures": {"risk_ns_per_order": median}}.
#include "actors/execution/risk/risk_facts_book.hpp"
#include "actors/execution/trading/trading_state.hpp"
#include "perf/trading_load.hpp"
#include "runtime/telemetry/machine.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

namespace {

constexpr std::size_t orders_per_round = 2'000;
constexpr auto unit = decimal_scale;

[[noreturn]] void stop(const std::string& message) {
  fmt::print(stderr, "risk_benchmark: {}\n", message);
  std::exit(1);
}

/// CPU time, so that others on the machine do not count.
double thread_cpu_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

trading_universe make_universe() {
  return make_trading_universe(load_instruments(), load_symbol_names(), load_strategy_names());
}

std::vector<limit_scope> make_scopes() {
  auto out = every_scope();
  out.insert(out.begin(), {scope_kind::global, {}, every_rule()});
  return out;
}

/// The books around the check.
class desk {
public:
  desk()
      : universe_(make_universe()),
        ledger_({.account = "main", .currency = "CNY", .limits = make_scopes()}, universe_),
        open_(load_symbols) {
    for (std::uint32_t symbol = 0; symbol < load_symbols; ++symbol)
      for (int i = 0; i < 6; ++i) {
        move_market(symbol);
        send(draw(symbol), i < 3);
      }
  }

  /// Ns an order of a round.
  double time_round() {
    std::vector<order_request> orders;
    for (std::size_t i = 0; i < orders_per_round; ++i) {
      auto symbol = static_cast<std::uint32_t>(random_() % load_symbols);
      move_market(symbol);
      orders.push_back(draw(symbol));
    }
    std::size_t approved = 0;
    auto begin = thread_cpu_ns();
    for (auto& order : orders)
      approved += ledger_.check(order, surroundings(), universe_).outcome == verdict::approved;
    auto ns = thread_cpu_ns() - begin;
    if (approved != orders.size()) stop(fmt::format("only {} orders were approved", approved));
    for (std::size_t i = 0; i < orders.size(); i += 20)
      send(orders[i], i % 40 == 0);
    return ns / static_cast<double>(orders.size());
  }

private:
  risk_surroundings surroundings() const { return {open_, {}, sent_, now_, now_}; }

  order_request draw(std::uint32_t symbol) {
    bool buys = random_() % 2 == 0;
    auto last = ledger_.exposures().market(symbol_id{symbol}, now_).last;
    return {.id = order_id{random_()},
            .symbol = symbol_id{symbol},
            .strategy = strategy_id{static_cast<std::uint16_t>(random_() % load_strategies)},
            .direction = buys ? side::buy : side::sell,
            .limit = price{last.value + (buys ? -50 : 50) * unit}, // never meets an own order
            .volume = lots(random_() % 9 + 1)};
  }
  void move_market(std::uint32_t symbol) {
    now_ += load_step;
    // Every symbol has a mark of the last seconds.
    auto at = price{static_cast<std::int64_t>(4'000 + symbol + random_() % 20) * unit};
    ledger_.apply_mark({.symbol = symbol_id{symbol},
                        .trading_day = 20240102,
                        .effective_time = now_,
                        .last = at,
                        .bid = at - price{unit},
                        .ask = at + price{unit}});
  }
  void send(const order_request& order, bool is_filled) {
    ++sent_;
    ledger_.note_order(order, now_);
    open_.change(order, {}, order.volume);
    ledger_.update_open(order, open_);
    if (!is_filled) return;
    open_.change(order, order.volume, {});
    ledger_.update_open(order, open_);
    ledger_.apply_fill({.symbol = order.symbol,
                        .strategy = order.strategy,
                        .direction = order.direction,
                        .at = order.limit,
                        .volume = order.volume,
                        .time = now_});
  }

  std::mt19937_64 random_{1};
  timestamp now_ = *parse_timestamp("2024-01-02T01:30:00Z");
  std::uint64_t sent_ = 0;
  trading_universe universe_;
  risk_facts_book ledger_;
  open_orders open_;
};

} // namespace

} // namespace tickmesh

int main(int count, char** words) {
  using namespace tickmesh;
  std::size_t rounds = 301;
  std::string json_file;
  std::string commit = "unknown";
  for (int i = 1; i < count; ++i) {
    std::string_view word = words[i];
    if (word == "--quick")
      rounds = 31;
    else if (word == "--json" && i + 1 < count)
      json_file = words[++i];
    else if (word == "--commit" && i + 1 < count)
      commit = words[++i];
    else
      stop(fmt::format("{}: unknown; allowed: --quick, --json FILE, --commit TEXT", word));
  }
  desk books;
  std::vector<double> ns;
  for (std::size_t i = 0; i < rounds; ++i)
    ns.push_back(books.time_round());
  std::sort(ns.begin(), ns.end());
  fmt::print("risk, commit {}, {}, {}\n", commit, machine_description(), __VERSION__);
  fmt::print("{:42} {:14.2f}  ({:.2f} to {:.2f})\n", "risk_ns_per_order", ns[rounds / 2],
             ns.front(), ns.back());
  if (json_file.empty()) return 0;
  nlohmann::ordered_json out;
  out["figures"]["risk_ns_per_order"] = ns[rounds / 2];
  std::ofstream file{json_file};
  file << out.dump(2) << '\n';
  file.close();
  if (!file) stop(fmt::format("cannot write {}", json_file));
}
