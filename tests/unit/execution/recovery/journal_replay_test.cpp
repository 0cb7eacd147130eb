// What recovery does with a journal: the same state, and the same decisions, from the same events.
#include "actors/execution/journal/journal_verify.hpp"
#include "actors/execution/replay/event_application.hpp"
#include "tests/support/exec_bench.hpp"
#include "tests/support/journal_records.hpp"

namespace tickmesh::journal_replay_test {

using namespace exec_benches;

namespace {

trading_universe market_universe() {
  return make_trading_universe(small_market_instruments(), small_market_symbols(symbol_count),
                               strategy_names());
}

/// Trades the market to its end, and writes all of it to a journal.
void trade(trading_state& state, journal& log) {
  event_sequencer sequencer{exec_settings().sim};
  auto link = sequencer.inputs().add_link("all");
  for (auto& t : exec_market())
    sequencer.inputs().push(link, t);
  for (auto& s : exec_signals())
    sequencer.inputs().push(link, s);
  for (std::size_t i = 0; i < 5; ++i)
    sequencer.inputs().push(link, exec_signals()[i]); // again: only the high-water mark knows
  sequencer.inputs().finish(link);
  event_encoder encoder;
  event_batch batch;
  batch_decisions decisions;
  std::string payload;
  while (sequencer.next_batch(batch, 64)) {
    apply_batch(state, batch, decisions);
    encoder.encode(batch, decisions, payload);
    auto done = log.append({.first = batch.first_number,
                            .events = static_cast<std::uint32_t>(batch.size()),
                            .writer = epoch{1},
                            .payload = payload});
    REQUIRE_MESSAGE(done, done.error().message);
    std::vector<venue_command> commands;
    for (auto& placed : decisions.commands)
      commands.push_back(placed.command);
    sequencer.execute(commands);
    batch.clear();
    decisions.clear();
  }
  REQUIRE(sequencer.finished());
}

/// Everything of a state that can be seen, as text; the state is used up.
std::string describe(trading_state& state) {
  auto universe = market_universe();
  std::string out;
  std::vector<order_row> orders;
  std::vector<fill_row> fills;
  state.finish(orders, fills);
  for (auto& row : orders)
    append_row(out, row, universe);
  for (auto& row : fills)
    append_row(out, row, universe);
  for (auto& row : state.positions())
    append_row(out, row, universe);
  for (std::uint32_t i = 0; i < symbol_count; ++i) {
    auto exposure = state.exposure(symbol_id{i});
    out += fmt::format("{} {} {}\n", exposure.position.value, exposure.open_buys.value,
                       exposure.open_sells.value);
  }
  auto totals = state.totals();
  for (auto count : totals.by_verdict)
    out += fmt::format("{} ", count);
  for (auto count : totals.by_status)
    out += fmt::format("{} ", count);
  for (auto count : totals.entered)
    out += fmt::format("{} ", count);
  out += fmt::format("{} {} {} {} {} {} {}\n", totals.repeated_signals, totals.unknown_signals,
                     totals.fills, totals.open_positions, format_decimal(totals.realised.value),
                     format_decimal(totals.unrealised.value), format_decimal(totals.day_pnl.value));
  return out;
}

} // namespace

TEST_CASE("a state that is rebuilt from the journal is the same, and decides the same") {
  log_directory directory;
  unsynced_file_system files;
  auto opened = journal::open({.directory = directory.log(), .segment_bytes_max = 64 << 10}, files);
  REQUIRE(opened);
  trading_state live{exec_settings(), market_universe()};
  trade(live, **opened);
  auto last = (*opened)->last_event();
  opened->reset();

  trading_state rebuilt{exec_settings(), market_universe()};
  journal_reader reader{directory.log(), files};
  event_decoder decoder;
  logged_events events;
  batch_decisions decided;
  std::uint64_t event = 0;
  std::size_t commands = 0;
  for (;;) {
    auto record = reader.next();
    REQUIRE_MESSAGE(record, record.error().message);
    if (*record == nullptr) break;
    REQUIRE(decoder.decode(**record, events));
    decided.clear();
    apply_batch(rebuilt, events.batch, decided);
    REQUIRE(decided.commands == events.decisions.commands);
    commands += decided.commands.size();
    event = (*record)->last();
  }
  CHECK(event == last);
  CHECK(commands > 100);
  auto expected = describe(live);
  CHECK(describe(rebuilt) == expected);
  CHECK(expected.size() > 10'000);
  auto verified = verify_journal(directory.log(), files);
  REQUIRE(verified);
  CHECK(verified->damages.empty());
  CHECK(verified->events == last);
}

} // namespace tickmesh::journal_replay_test
