// How long a slot takes to begin on a journal of so many events, with a snapshot near its end and
// without one. Prints one line of JSON.
#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/journal/journal.hpp"
#include "actors/execution/journal/slot_journal.hpp"
#include "actors/execution/recovery/journal_start.hpp"
#include "actors/execution/recovery/snapshot_maker.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t symbols = 100;
constexpr std::uint64_t marks_a_signal = 20;
constexpr std::uint64_t events_behind_snapshot = 20'000;

[[noreturn]] void give_up(const fault& why) {
  fmt::print(stderr, "snapshot_benchmark: {}\n", why.message);
  std::exit(1);
}

template <class T>
T must(result<T> value) {
  if (!value) give_up(value.error());
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

struct bench {
  explicit bench(fs::path where) : directory(std::move(where)) {
    settings.broker = broker_kind::accept;
    settings.limits.position_max = quantity{1'000'000 * decimal_scale};
    settings.limits.daily_loss_max.reset();
    settings.limits.orders_max = 100'000'000;
    std::vector<instrument> entries;
    for (std::uint32_t i = 0; i < symbols; ++i) {
      names.push_back(fmt::format("S{}", i));
      entries.push_back({.pattern = names.back(), .exchange = {}, .currency = "CNY"});
    }
    table = std::make_shared<const instrument_table>(std::move(entries));
    given = begin_configuration(settings, make_trading_universe(*table, names, {"x"}), "one");
  }

  void write(std::uint64_t events) {
    auto opened = must(open_slot_journal(
        {.directory = directory, .run = {1, names}, .source_is_repeatable = false}));
    event_sequencer sequencer{settings};
    sequencer.inputs().add_link("data");
    send_guard guard;
    auto start = must(begin_on_journal(
        {.directory = directory, .given = given, .instruments = *table, .makes_rows = false},
        sequencer, guard));
    event_encoder encoder;
    event_batch batch;
    batch_decisions decisions;
    std::string payload;
    for (std::uint64_t step = 1; sequencer.events() < events; ++step) {
      push(sequencer.inputs(), step);
      while (sequencer.next_batch(batch, 1024)) {
        apply_batch(*start.trading, batch, decisions);
        encoder.encode(batch, decisions, payload);
        must(opened.log->append({.first = batch.first_number,
                                 .events = static_cast<std::uint32_t>(batch.size()),
                                 .writer = epoch{1},
                                 .payload = payload}));
        sequencer.execute(commands_of(batch, decisions));
        batch.clear();
        decisions.clear();
      }
    }
    last = opened.log->last_event();
  }

  double begin_ms(std::uint64_t& orders) {
    auto before = std::chrono::steady_clock::now();
    event_sequencer sequencer{settings};
    sequencer.inputs().add_link("data");
    send_guard guard;
    auto start = must(begin_on_journal({.directory = directory,
                                        .last_event = last,
                                        .given = given,
                                        .instruments = *table,
                                        .makes_rows = false},
                                       sequencer, guard));
    orders = start.trading->orders().size();
    return std::chrono::duration<double, std::milli>{std::chrono::steady_clock::now() - before}
        .count();
  }

  double make_ms() {
    auto before = std::chrono::steady_clock::now();
    snapshot_maker maker{
        {.directory = directory, .given = given, .instruments = table, .makes_rows = false}};
    snapshot = must(maker.make(last - events_behind_snapshot));
    return std::chrono::duration<double, std::milli>{std::chrono::steady_clock::now() - before}
        .count();
  }

  fs::path directory;
  execution_settings settings;
  std::vector<std::string> names;
  std::shared_ptr<const instrument_table> table;
  slot_configuration given;
  std::uint64_t last = 0;
  std::uint64_t snapshot = 0;

private:
  static void push(event_merge& inputs, std::uint64_t step) {
    auto at = from_ns(static_cast<std::int64_t>(step) * 100'000);
    symbol_id symbol{static_cast<std::uint32_t>(step % symbols)};
    auto level = (100 + static_cast<std::int64_t>(step % 7)) * decimal_scale;
    market_mark mark{.symbol = symbol,
                     .trading_day = 20240102,
                     .number = sequence{step},
                     .effective_time = at,
                     .last = price{level},
                     .bid = price{level - decimal_scale},
                     .bid_volume = quantity{decimal_scale},
                     .ask = price{level + decimal_scale},
                     .ask_volume = quantity{decimal_scale}};
    inputs.push(0, std::span{&mark, 1});
    if (step % marks_a_signal == 0)
      inputs.push(0, signal{.name = {.symbol = symbol, .last_tick = sequence{step}},
                            .effective_time = at,
                            .direction = static_cast<std::int8_t>(step % 40 == 0 ? 1 : -1),
                            .volume = quantity{decimal_scale},
                            .limit = price{level}});
    inputs.advance(0, at);
  }
};

} // namespace

int run(std::uint64_t events) {
  auto pattern = (fs::temp_directory_path() / "snapshot_XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return 1;
  bench b{fs::path{pattern} / "journal"};
  b.write(events);
  std::uint64_t orders = 0, again = 0;
  auto whole = b.begin_ms(orders);
  auto make = b.make_ms();
  auto bytes = fs::file_size(b.directory / fmt::format("snapshot-{:012}", b.snapshot));
  auto from_snapshot = b.begin_ms(again);
  fmt::print("{{\"events\": {}, \"orders\": {}, \"begin_ms\": {:.1f}, \"begin_on_snapshot_ms\": "
             "{:.1f}, \"ratio\": {:.1f}, \"make_ms\": {:.1f}, \"snapshot_bytes\": {}}}\n",
             b.last, orders, whole, from_snapshot, whole / from_snapshot, make, bytes);
  fs::remove_all(pattern);
  return orders == again ? 0 : 1;
}

} // namespace tickmesh

/// The number of events may be given.
int main(int argc, char** argv) {
  return tickmesh::run(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000);
}
