// What a ledger holds, as text; and a random market that is traded into a journal.
#pragma once

#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/journal/journal.hpp"
#include "actors/execution/ledger/ledger_rebuild.hpp"
#include "actors/execution/ledger/trading_ledger.hpp"
#include "actors/execution/replay/event_application.hpp"
#include "tests/support/log_files.hpp"
#include "tests/support/random_trading.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace tickmesh {

/// The rows of a query, a line each; NULL is `-`, so that it differs from an empty text.
inline std::string query_rows(sqlite_database& database, std::string_view query) {
  auto rows = database.prepare(query);
  REQUIRE_MESSAGE(rows, rows.error().message);
  std::string out;
  for (;;) {
    auto row = rows->step();
    REQUIRE_MESSAGE(row, row.error().message);
    if (!*row) return out;
    for (int i = 0; i < rows->columns(); ++i)
      out.append(i == 0 ? "" : ",").append(rows->is_null(i) ? "-" : rows->text(i));
    out += '\n';
  }
}

inline std::string query_rows(const std::filesystem::path& file, std::string_view query) {
  auto database =
      sqlite_database::open(file, sqlite_database::access::read, ledger_settings{}.busy_timeout);
  REQUIRE_MESSAGE(database, database.error().message);
  return query_rows(*database, query);
}

/// Every row of every table.
inline std::string ledger_contents(const std::filesystem::path& file) {
  auto database =
      sqlite_database::open(file, sqlite_database::access::read, ledger_settings{}.busy_timeout);
  REQUIRE_MESSAGE(database, database.error().message);
  std::string out;
  for (auto* table : {"orders", "fills", "positions", "progress"})
    out += query_rows(*database, "SELECT * FROM " + std::string{table} + " ORDER BY 1, 2, 3");
  return out;
}

/// Where two contents differ: a line of each; empty when they are the same.
inline std::string first_difference(std::string_view a, std::string_view b) {
  if (a == b) return {};
  for (;;) {
    auto left = a.substr(0, a.find('\n'));
    auto right = b.substr(0, b.find('\n'));
    if (left != right || a.empty() || b.empty())
      return "\n" + std::string{left} + "\nis not\n" + std::string{right};
    a.remove_prefix(left.size() + 1);
    b.remove_prefix(right.size() + 1);
  }
}

inline std::unique_ptr<trading_ledger> open_ledger(const trading_ledger_options& options) {
  auto opened = trading_ledger::open(options);
  REQUIRE_MESSAGE(opened, opened.error().message);
  REQUIRE(opened->note.empty());
  return std::move(opened->ledger);
}

/// A ledger that is made of the journal alone, through an event or to its end.
inline std::string rebuilt_contents(const journal_origin& origin, std::uint64_t run_identity,
                                    std::uint64_t through = UINT64_MAX, bool has_ended = false) {
  log_directory directory;
  auto file = ledger_path(directory.log(), "rebuilt");
  auto ledger = open_ledger({.file = file, .run_identity = run_identity});
  REQUIRE(ledger->begin_anew());
  ledger_rebuild rebuild{origin};
  auto last = rebuild.advance(*ledger, through, UINT64_MAX);
  REQUIRE_MESSAGE(last, last.error().message);
  if (has_ended) REQUIRE(rebuild.finish(*ledger));
  REQUIRE(ledger->commit(*last, origin.universe));
  return ledger_contents(file);
}

/// Random signals on a random market, traded by event time and written to a journal.
class traded_market {
public:
  explicit traded_market(std::uint64_t seed)
      : origin{.directory = directory.log(),
               .settings = random_trading::settings_of(seed, random_trading::odd_delay),
               .universe = make_universe()},
        seed_(seed), market_(random_trading::random_market(seed)) {
    auto opened =
        journal::open({.directory = origin.directory, .segment_bytes_max = 64 << 10}, files_);
    REQUIRE_MESSAGE(opened, opened.error().message);
    log_ = std::move(*opened);
  }

  /// Trades to the end; calls `after` when a batch is applied and in the journal.
  void trade(trading_state& state, const std::function<void()>& after) {
    event_sequencer sequencer{origin.settings};
    for (int i = 0; i < 3; ++i)
      sequencer.inputs().add_link("link " + std::to_string(i));
    sequencer.post(slot_configured{std::make_shared<const slot_configuration>(
        begin_configuration(origin.settings, origin.universe, origin.build))});
    event_encoder encoder;
    event_batch batch;
    batch_decisions decisions;
    std::string payload;
    random_trading::bring(random_trading::feeds_of(market_, 2, 1), sequencer.inputs(), seed_, [&] {
      while (sequencer.next_batch(batch, 64)) {
        apply_batch(state, batch, decisions);
        encoder.encode(batch, decisions, payload);
        REQUIRE(log_->append({.first = batch.first_number,
                              .events = static_cast<std::uint32_t>(batch.size()),
                              .writer = epoch{1},
                              .payload = payload}));
        sequencer.execute(commands_of(batch, decisions));
        batch.clear();
        decisions.clear();
        after();
      }
    });
    REQUIRE(sequencer.finished());
  }

  log_directory directory;
  journal_origin origin;

private:
  /// Some instruments with fees, and some whose days are kept apart.
  static trading_universe make_universe() {
    auto out = random_trading::universe();
    for (std::size_t i = 0; i < out.instruments.size(); ++i) {
      auto& instrument = *out.instruments[i];
      if (i % 2 == 0) instrument.fees.open = {.ratio = 12'345, .amount = 3};
      if (i % 3 == 0) instrument.positions = position_model::today_first;
    }
    return out;
  }

  std::uint64_t seed_;
  random_trading::market market_;
  unsynced_file_system files_;
  std::unique_ptr<journal> log_;
};

} // namespace tickmesh
