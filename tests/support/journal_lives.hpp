// Lives of an execution slot on one journal, without actors: each may be configured otherwise than
// the one before. Used by the tests of changes of configuration.
#pragma once

#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/journal/journal.hpp"
#include "actors/execution/journal/slot_journal.hpp"
#include "actors/execution/recovery/journal_start.hpp"
#include "actors/execution/replay/event_application.hpp"
#include "actors/execution/slot/journal_ids.hpp"
#include "tests/support/random_trading.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

/// What an operator has configured: names in any order, and the program that runs.
struct life_setup {
  execution_settings settings;
  std::vector<std::string> symbols;
  std::vector<std::string> strategies;
  std::vector<instrument> instruments;
  std::string build = "one";
};

inline life_setup first_setup(std::uint64_t seed) {
  using namespace random_trading;
  life_setup out{.settings = settings_of(seed, seed % 2 == 0 ? odd_delay : even_delay),
                 .symbols = {},
                 .strategies = universe().strategies,
                 .instruments = {}};
  out.settings.order_lifetime = std::chrono::milliseconds{200}; // some are open at any moment
  for (auto& traded : universe().instruments) {
    out.symbols.push_back(traded->pattern);
    out.instruments.push_back(*traded);
    out.instruments.back().currency = "CNY";
    out.instruments.back().fees.open = {.ratio = 12'345, .amount = 3};
  }
  return out;
}

/// A slot from its start on the journal until it is ended without a word.
class journal_life {
public:
  journal_life(const std::filesystem::path& directory, const life_setup& setup)
      : setup_(setup), table_(setup.instruments), sequencer(setup.settings) {
    sequencer.inputs().add_link("data");
    sequencer.inputs().add_link("calc");
    auto opened = open_slot_journal(
        {.directory = directory, .run = {1, setup.symbols}, .source_is_repeatable = false});
    REQUIRE_MESSAGE(opened.has_value(), opened.error().message);
    log_ = std::move(opened->log);
    auto given = begin_configuration(setup.settings,
                                     make_trading_universe(table_, setup.symbols, setup.strategies),
                                     setup.build);
    auto begun = begin_on_journal({.directory = directory,
                                   .last_event = log_->last_event(),
                                   .given = given,
                                   .instruments = table_},
                                  sequencer, guard);
    if (!begun) {
      refusal = begun.error().message;
      return;
    }
    start = std::move(*begun);
    trading = start.trading;
    ids_ = {setup.symbols, setup.strategies, start.configuration->universe};
    pump();
  }

  /// Trades what the market brings up to a moment; what came before comes again.
  void trade(const random_trading::market& market, timestamp until) {
    auto& inputs = sequencer.inputs();
    std::size_t next = 0;
    for (auto& t : market.ticks) {
      if (t.effective_time >= until) break;
      if (auto symbol = id_of(t.symbol)) {
        auto mark = make_market_mark(t, first_data_epoch);
        mark.symbol = *symbol;
        inputs.push(0, std::span{&mark, 1});
      }
      for (;
           next < market.signals.size() && market.signals[next].effective_time <= t.effective_time;
           ++next)
        push(market.signals[next]);
    }
    for (std::size_t link : {0U, 1U}) {
      inputs.advance(link, until);
      inputs.stop(link);
    }
    pump();
  }

  void command(operator_action action) {
    sequencer.post(
        operator_command{.who = "me", .reason = "why", .asked = {}, .action = std::move(action)});
    pump();
  }

  execution_settings settings() const { return start.configuration->settings; }

  std::string refusal; ///< of the start; empty: none

private:
  /// In the journal; nothing when the view does not have it.
  std::optional<symbol_id> id_of(symbol_id of_market) const {
    auto name = fmt::format("S{}", of_market.value);
    auto found = std::ranges::find(setup_.symbols, name);
    if (found == setup_.symbols.end()) return std::nullopt;
    return ids_.of(symbol_id{static_cast<std::uint32_t>(found - setup_.symbols.begin())});
  }

  void push(signal s) {
    auto symbol = id_of(s.name.symbol);
    auto name = fmt::format("x{}", s.name.strategy.value);
    auto found = std::ranges::find(setup_.strategies, name);
    if (!symbol || found == setup_.strategies.end()) return;
    s.name.symbol = *symbol;
    s.name.strategy =
        ids_.of(strategy_id{static_cast<std::uint16_t>(found - setup_.strategies.begin())});
    sequencer.inputs().push(1, s);
  }

  void pump() {
    while (sequencer.next_batch(batch_, 64)) {
      show_reports(batch_, guard);
      apply_batch(*trading, batch_, decisions_);
      encoder_.encode(batch_, decisions_, payload_);
      auto done = log_->append({.first = batch_.first_number,
                                .events = static_cast<std::uint32_t>(batch_.size()),
                                .writer = epoch{1},
                                .payload = payload_});
      REQUIRE_MESSAGE(done.has_value(), done.error().message);
      show_approvals(approved_orders(batch_, decisions_), guard);
      auto commands = commands_of(batch_, decisions_);
      CHECK_FALSE(keep_admitted(commands, guard).has_value());
      sequencer.execute(commands);
      batch_.clear();
      decisions_.clear();
    }
  }

  life_setup setup_;
  instrument_table table_;
  std::shared_ptr<journal> log_;
  journal_ids ids_;
  event_encoder encoder_;
  event_batch batch_;
  batch_decisions decisions_;
  std::string payload_;

public:
  event_sequencer sequencer;
  send_guard guard;
  journal_start start;
  std::shared_ptr<trading_state> trading;
};

/// What of a state is described.
struct described_parts {
  bool status = true; ///< of orders: another program asks for what was not answered
  bool costs = true;  ///< of positions, and what is of today: other terms restate them
};

/// What must carry over, by name: positions with what they earned, open orders, day bases, halts.
inline std::string describe_holdings(const trading_state& state, described_parts parts = {}) {
  auto& universe = state.universe();
  std::map<std::string, std::string> lines;
  for (auto& row : state.positions())
    lines[fmt::format("{}/{}", universe.symbols[row.symbol.value],
                      universe.strategies[row.strategy.value])] =
        fmt::format("held {} earned {} mark {} fees {}", row.held.value,
                    format_decimal((row.realised + row.unrealised).value), row.mark.value,
                    format_decimal(row.fees.value)) +
        (parts.costs ? fmt::format(" cost {} today {} realised {} fifo {}", row.average_cost.value,
                                   row.today.value, format_decimal(row.realised.value),
                                   format_decimal(row.realised_fifo.value))
                     : "");
  for (auto* order : state.orders().unfinished())
    lines["order " + format_order_id(order->request.id)] =
        fmt::format("{} {} {} filled {} at {}", parts.status ? to_string(order->status()) : "",
                    order->request.limit.value, order->request.volume.value, order->filled.value,
                    state.settings().all_brokers()[order->request.broker.value].name);
  for (std::uint32_t i = 0; i < universe.symbols.size(); ++i)
    if (auto e = state.exposure(symbol_id{i});
        e.position != quantity{} || e.open_buys != quantity{} || e.open_sells != quantity{})
      lines["exposure " + universe.symbols[i]] =
          fmt::format("{} {} {}", e.position.value, e.open_buys.value, e.open_sells.value);
  auto t = state.totals();
  auto text = fmt::format("{} {} {} fills {} open {} fees {} sent {}\n",
                          format_decimal((t.realised + t.unrealised).value),
                          format_decimal(t.day_pnl.value), to_string(t.trading.mode), t.fills,
                          t.open_positions, format_decimal(t.fees.value), state.orders().size());
  for (auto count : t.by_verdict)
    text += fmt::format("{} ", count);
  for (auto& [name, line] : lines)
    text += fmt::format("\n{}: {}", name, line);
  return text;
}

/// The first line of both that differs; empty: none does.
inline std::string first_other_line(std::string_view a, std::string_view b) {
  while (a != b) {
    auto left = a.substr(0, a.find('\n')), right = b.substr(0, b.find('\n'));
    if (left != right || a.empty() || b.empty()) return fmt::format("{}\nis not\n{}", left, right);
    a.remove_prefix(std::min(left.size() + 1, a.size()));
    b.remove_prefix(std::min(right.size() + 1, b.size()));
  }
  return {};
}

} // namespace tickmesh
