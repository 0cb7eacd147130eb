// A data slot over ten days of a live source: its disk is bounded, and restarts change nothing.
#include "actors/market/slot/data_slot_actor.hpp"
#include "actors/market/slot/slot_log.hpp"
#include "actors/market/tick_log/tick_log_reader.hpp"
#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/memory_source.hpp"
#include "tests/support/slot_surroundings.hpp"
#include "tests/support/small_market.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tickmesh::live_days_test {

namespace {

constexpr slot_name data0{role::data, 0}, calc0{role::calc, 0}, exec0{role::exec, 0};
constexpr std::uint32_t symbol_count = 4;
constexpr std::size_t day_count = 10;
constexpr std::int32_t first_day = 20240115; // a Monday; the second Friday is the last day
constexpr std::size_t ticks_a_day = 60;
constexpr std::uint64_t day_part = std::uint64_t{20'000} << 48;

std::int32_t day_at(std::size_t day) {
  return first_day + static_cast<std::int32_t>(day);
}

/// sym0 and sym1 each day, sym2 on the first day and the last, sym3 on one in the middle. Around
/// each change, sym1 is late on the old day when sym0 is on the new one; each day, one record has a
/// day that is far ahead, and one a day that is long over, and both are refused.
const std::vector<tick>& ten_days() {
  static const auto out = [] {
    std::vector<tick> ticks;
    auto add = [&](std::uint32_t symbol, std::size_t day, std::size_t second) -> tick& {
      tick t;
      t.symbol = symbol_id{symbol};
      t.kind = record_kind::trade;
      t.position = source_position{ticks.size() + 1};
      t.trading_day = day_at(day);
      t.event_time = day_of(first_day) + std::chrono::days{day} + std::chrono::seconds{second};
      t.last = price{(100 + static_cast<std::int64_t>((ticks.size() * 7) % 5)) * decimal_scale};
      t.volume = quantity{decimal_scale};
      t.record_id = ticks.size() + 1;
      return ticks.emplace_back(t);
    };
    for (std::size_t day = 0; day < day_count; ++day)
      for (std::size_t i = 0; i < ticks_a_day; ++i) {
        bool is_late = day > 0 && i % 2 == 1 && i < 8;
        add(i % 2, is_late ? day - 1 : day, 0).event_time =
            day_of(first_day) + std::chrono::days{day} + std::chrono::seconds{i};
        if (i == 20) add(2, day, i).last = price{-decimal_scale};
        if (i == 20) ticks.back().trading_day = 20990101;
        if (i == 22) add(2, day, i).last = price{-decimal_scale};
        if (i == 22) ticks.back().trading_day = 19990101;
        if (i == 30 && (day == 0 || day + 1 == day_count)) add(2, day, i);
        if (i == 30 && day == 4) add(3, day, i);
      }
    return ticks;
  }();
  return out;
}

/// The first `count` records, of which a cursor gives those behind its resume point.
class days_source final : public feed_source {
public:
  explicit days_source(std::size_t count) : count_(count) {}
  const symbol_table& symbols() const override { return symbols_; }
  const std::vector<std::string>& source_names() const override { return names_; }
  std::uint64_t fingerprint() const override { return 1; }
  bool is_repeatable() const override { return false; }
  std::unique_ptr<feed> open(const resume_points& from) const override {
    return std::make_unique<cursor>(count_, from);
  }
  using feed_source::open;

private:
  class cursor final : public feed {
  public:
    cursor(std::size_t count, const resume_points& from)
        : count_(count),
          next_(from.positions.empty() ? 0 : from.positions.begin()->second.value - day_part),
          mark_(from.time_mark) {}
    feed_event next(tick& out) override {
      if (next_ == count_) return feed_event::idle;
      out = ten_days()[next_];
      auto mark = last_multiple(out.event_time, std::chrono::milliseconds{500});
      if (mark > mark_) {
        mark_ = mark;
        return feed_event::time_mark;
      }
      ++next_;
      return feed_event::record;
    }
    timestamp time_mark() const override { return mark_; }
    source_position position() const override { return source_position{day_part + next_}; }

  private:
    std::size_t count_, next_;
    timestamp mark_;
  };

  symbol_table symbols_{small_market_symbols(symbol_count)};
  std::vector<std::string> names_{"live"};
  std::size_t count_;
};

/// A run of the slot, of which a cluster was formed at an epoch, up to so many records.
struct days_run {
  days_run(const temporary_directory& state, std::uint64_t formed, std::size_t records,
           std::uint32_t retention_days, bool exec_is_frozen = false) {
    auto view = std::make_shared<cluster_view>();
    view->number = view->formed = epoch{formed};
    for (auto name : {data0, calc0, exec0})
      view->slots.push_back({name, "host", view->formed});
    view->symbols = small_market_symbols(symbol_count);
    auto host = std::make_shared<host_settings>();
    host->state_dir = state.path().string();
    host->round_ticks_max = 16;
    data_slot_options options;
    options.context = {data0,
                       view,
                       host,
                       fixture.make_clock(),
                       fixture.spawn(agent_recorder, events),
                       fixture.spawn(memory_writer, std::make_shared<written_files>()),
                       view->formed};
    options.source = std::make_shared<days_source>(records);
    options.instruments = std::make_shared<const instrument_table>(small_market_instruments());
    options.log.retention_days = retention_days;
    options.log.wal_keep_mib = 0;
    options.start_keeper = start_keeper_here;
    directory = slot_log_directory(*host, data0);
    slot = fixture.spawn(data_slot, options);
    fixture.pass(std::chrono::seconds{1}); // the log is tidied up before any link is there
    link_peers peers;
    for (auto name : {calc0, exec0}) {
      received[name] = std::make_shared<received_frames>();
      peers.peers[name] = sinks[name] = fixture.spawn(link_sink, name, received[name], true);
    }
    if (exec_is_frozen) fixture.freeze(sinks[exec0]);
    caf::anon_send(slot, peers);
    fixture.run();
    caf::anon_send(slot, start_feeds{});
    fixture.pass(std::chrono::seconds{1});
    CHECK_MESSAGE(events->failures.empty(), events->failures.front());
  }
  ~days_run() {
    caf::anon_send_exit(slot, caf::exit_reason::user_shutdown);
    fixture.run();
  }

  actor_system_fixture fixture{1};
  std::shared_ptr<slot_events> events = std::make_shared<slot_events>();
  std::map<slot_name, std::shared_ptr<received_frames>> received;
  std::map<slot_name, caf::actor> sinks;
  std::filesystem::path directory;
  caf::actor slot;
};

std::vector<logged_day> days_of(const std::filesystem::path& directory) {
  auto reader = tick_log_reader::open(directory);
  REQUIRE(reader.has_value());
  auto verified = reader->verify();
  REQUIRE(verified.has_value());
  CHECK(verified->damages.empty());
  auto out = reader->days();
  REQUIRE(out.has_value());
  return *out;
}

using ticks_by_symbol = std::map<symbol_id, std::vector<tick>>;

const ticks_by_symbol& expected() {
  static const auto out = [] {
    auto recorded = std::make_shared<memory_source>(small_market_symbols(symbol_count), ten_days());
    return clean_all(*recorded, small_market_instruments()).ticks;
  }();
  return out;
}

/// Every tick of these days is in the log, and in what was sent they are under the same numbers.
void check_kept(const std::filesystem::path& directory, const std::vector<logged_day>& days) {
  auto reader = tick_log_reader::open(directory);
  REQUIRE(reader.has_value());
  for (auto& [symbol, ticks] : expected()) {
    auto first = std::find_if(ticks.begin(), ticks.end(),
                              [&](auto& t) { return t.trading_day >= days.front().trading_day; });
    std::vector<tick> got;
    REQUIRE(reader->ticks_by_number(symbol, sequence{1}, sequence{100'000}, got).has_value());
    CHECK((got == std::vector<tick>(first, ticks.end())));
  }
}

} // namespace

TEST_CASE("ten days of a live slot leave the disk with the days that are kept, whatever comes") {
  temporary_directory state;
  std::size_t records = 0;
  std::vector<std::int32_t> seen;
  for (std::size_t day = 0; day < day_count; ++day) {
    while (records < ten_days().size() &&
           ten_days()[records].event_time < day_of(first_day) + std::chrono::days{day + 1})
      ++records;
    days_run run{state, day + 1, records, 2};
    auto days = days_of(run.directory);
    CAPTURE(day);
    CHECK(days.size() <= 3); // two that are kept, and one that is not over or not let go of yet
    for (auto& d : days)
      CHECK((d.trading_day >= first_day && d.trading_day <= day_at(day)));
    if (day + 1 == day_count) check_kept(run.directory, days);
  }
}

TEST_CASE("ten days in one run and ten with restarts send the same ticks under the same numbers") {
  ticks_by_symbol undisturbed;
  {
    temporary_directory state;
    days_run run{state, 1, ten_days().size(), 2};
    undisturbed = ticks_in(run.received.at(calc0)->frames);
    CHECK(undisturbed == expected());
    auto days = days_of(run.directory);
    CHECK(days.size() == 2);
    CHECK(days.front().unsealed_bytes == 0);
    check_kept(run.directory, days);
  }
  for (std::size_t step : {37, 61, 250}) {
    CAPTURE(step);
    temporary_directory state;
    std::uint64_t formed = 0;
    ticks_by_symbol all;
    for (std::size_t records = step;; records += step) {
      records = std::min(records, ten_days().size());
      days_run run{state, ++formed, records, 2};
      // What is sent anew is what was sent before, as far back as the log goes.
      for (auto& [symbol, ticks] : ticks_in(run.received.at(calc0)->frames)) {
        auto& known = all[symbol];
        auto next = known.empty() ? sequence{1} : known.back().number + sequence{1};
        for (auto& t : ticks) {
          if (t.number >= next) {
            known.push_back(t);
            continue;
          }
          REQUIRE(t.number.value <= known.size());
          CHECK(t == known[t.number.value - 1]);
        }
      }
      if (records == ten_days().size()) {
        check_kept(run.directory, days_of(run.directory));
        break;
      }
    }
    CHECK(all == undisturbed);
  }
}

TEST_CASE("a link that is behind keeps the days that it has not seen") {
  temporary_directory state;
  days_run run{state, 1, ten_days().size(), 1, true};
  CHECK(days_of(run.directory).size() == day_count);
  CHECK(run.received.at(exec0)->frames.empty());
  run.fixture.thaw(run.sinks[exec0]);
  run.fixture.run();
  CHECK(ticks_in(run.received.at(exec0)->frames) == expected());
}

} // namespace tickmesh::live_days_test
