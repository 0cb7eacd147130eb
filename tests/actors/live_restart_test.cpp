// A data slot with a live source that ends in every way, and goes on in a later run of its cluster.
#include "actors/market/slot/data_slot_actor.hpp"
#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/memory_source.hpp"
#include "tests/support/slot_surroundings.hpp"
#include "tests/support/small_market.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tickmesh::live_restart_test {

namespace {

constexpr slot_name data0{role::data, 0}, calc0{role::calc, 0}, exec0{role::exec, 0};
constexpr std::uint32_t symbol_count = 3;
constexpr std::uint64_t day_part = std::uint64_t{20'000} << 48;

const std::vector<tick>& market() {
  static const auto out = make_small_market(symbol_count, 200, 5);
  return out;
}

/// The first `count` records, of which a cursor gives those behind its resume point.
class live_market final : public feed_source {
public:
  live_market(std::size_t count, bool ends, std::uint32_t symbols = symbol_count)
      : symbols_(small_market_symbols(symbols)), count_(count), ends_(ends) {}
  const symbol_table& symbols() const override { return symbols_; }
  const std::vector<std::string>& source_names() const override { return names_; }
  std::uint64_t fingerprint() const override { return 1; }
  bool is_repeatable() const override { return false; }
  std::unique_ptr<feed> open(const resume_points& from) const override {
    opened.push_back(from);
    return std::make_unique<cursor>(*this, from);
  }
  using feed_source::open;

  mutable std::vector<resume_points> opened; ///< where its cursors have begun

private:
  class cursor final : public feed {
  public:
    cursor(const live_market& market_source, const resume_points& from)
        : source_(market_source),
          next_(from.positions.empty() ? 0 : from.positions.begin()->second.value - day_part) {}
    feed_event next(tick& out) override {
      if (next_ == source_.count_) return source_.ends_ ? feed_event::end : feed_event::idle;
      out = market()[next_];
      auto mark = last_multiple(out.event_time, std::chrono::milliseconds{10});
      if (mark > mark_) {
        mark_ = mark;
        return feed_event::time_mark;
      }
      out.number = {};
      out.effective_time = {};
      ++next_;
      return feed_event::record;
    }
    timestamp time_mark() const override { return mark_; }
    source_position position() const override { return source_position{day_part + next_}; }

  private:
    const live_market& source_;
    std::size_t next_;
    timestamp mark_{};
  };

  symbol_table symbols_;
  std::vector<std::string> names_{"live"};
  std::size_t count_;
  bool ends_;
};

enum class ending { killed, stopped, ended };

/// A run of the slot in a cluster that was formed at an epoch.
struct live_run {
  live_run(const temporary_directory& state, std::uint64_t formed,
           std::shared_ptr<const feed_source> given, nanoseconds mark_interval = {},
           std::function<void()> feed_probe = {},
           std::uint32_t round_ticks_max = host_settings{}.round_ticks_max)
      : source(std::move(given)) {
    auto view = std::make_shared<cluster_view>();
    view->number = view->formed = epoch{formed};
    for (auto name : {data0, calc0, exec0})
      view->slots.push_back({name, "host", view->formed});
    view->symbols = source->symbols().names();
    auto host = std::make_shared<host_settings>();
    host->state_dir = state.path().string();
    host->round_ticks_max = round_ticks_max;
    data_slot_options options;
    options.context = {data0,
                       view,
                       host,
                       fixture.make_clock(),
                       fixture.spawn(agent_recorder, events),
                       fixture.spawn(memory_writer, std::make_shared<written_files>()),
                       view->formed};
    options.source = source;
    options.mark_interval = mark_interval;
    options.instruments = std::make_shared<const instrument_table>(small_market_instruments());
    options.start_keeper = start_keeper_here;
    options.feed_probe = std::move(feed_probe);
    slot = fixture.spawn(data_slot, options);
    link_peers peers;
    for (auto name : {calc0, exec0}) {
      received[name] = std::make_shared<received_frames>();
      peers.peers[name] = fixture.spawn(link_sink, name, received[name], true);
    }
    caf::anon_send(slot, peers);
    fixture.run();
    caf::anon_send(slot, start_feeds{});
    fixture.run();
  }
  ~live_run() {
    caf::anon_send_exit(slot, caf::exit_reason::user_shutdown);
    fixture.run();
  }

  std::shared_ptr<const feed_source> source;
  actor_system_fixture fixture{1};
  std::shared_ptr<slot_events> events = std::make_shared<slot_events>();
  std::map<slot_name, std::shared_ptr<received_frames>> received;
  caf::actor slot;
};

} // namespace

TEST_CASE("a live slot goes on behind its log however the run before ended, and loses no record") {
  auto recorded = std::make_shared<memory_source>(small_market_symbols(symbol_count), market());
  auto expected = clean_all(*recorded, small_market_instruments()).ticks;
  for (auto how : {ending::killed, ending::stopped, ending::ended})
    for (std::size_t cut : {0, 1, 90, 199}) {
      CAPTURE(static_cast<int>(how));
      CAPTURE(cut);
      temporary_directory state;
      {
        live_run first{state, 1, std::make_shared<live_market>(cut, how == ending::ended)};
        if (how == ending::stopped) {
          caf::anon_send(first.slot, stop_feeds{});
          first.fixture.run();
        }
        REQUIRE(first.events->failures.empty());
        CHECK(first.events->finished.size() == (how == ending::killed ? 0U : 1U));
      }
      {
        live_run second{state, 2, std::make_shared<live_market>(market().size(), false)};
        REQUIRE(second.events->failures.empty());
        CHECK(second.events->finished.empty()); // what ended the run before ends nothing now
        for (auto& [name, frames] : second.received)
          CHECK(ticks_in(frames->frames) == expected);
        caf::anon_send(second.slot, stop_feeds{});
        second.fixture.run();
        CHECK(second.events->finished.size() == 1);
      }
      live_run third{state, 3, std::make_shared<live_market>(market().size(), true)};
      CHECK(third.events->failures.empty());
      CHECK(third.events->finished.size() == 1);
      for (auto& [name, frames] : third.received)
        CHECK(ticks_in(frames->frames) == expected);
    }
}

TEST_CASE("a live slot sends execution the marks of a run that was never killed or stopped") {
  constexpr auto interval = std::chrono::milliseconds{50};
  auto whole = std::make_shared<live_market>(market().size(), true);
  temporary_directory quiet;
  live_run undisturbed{quiet, 1, whole, interval};
  auto expected = ticks_in(undisturbed.received.at(exec0)->frames);
  std::size_t marks = 0;
  for (auto& [symbol, ticks] : expected)
    marks += ticks.size();
  REQUIRE(marks >= 10);
  for (auto how : {ending::killed, ending::stopped})
    for (std::size_t cut = 1; cut < market().size(); cut += 7) {
      CAPTURE(static_cast<int>(how));
      CAPTURE(cut);
      temporary_directory state;
      {
        live_run first{state, 1, std::make_shared<live_market>(cut, false), interval};
        if (how == ending::stopped) caf::anon_send(first.slot, stop_feeds{});
        first.fixture.run();
      }
      live_run second{state, 2, whole, interval};
      CHECK(second.events->finished.size() == 1);
      CHECK(ticks_in(second.received.at(exec0)->frames) == expected);
    }
}

TEST_CASE("a live slot is refused a log of other symbols, and one of a source to be read again") {
  temporary_directory state;
  { live_run first{state, 1, std::make_shared<live_market>(50, false)}; }
  {
    live_run more{state, 2, std::make_shared<live_market>(60, false, symbol_count + 1)};
    REQUIRE(more.events->failures.size() == 1);
    CHECK_MESSAGE(more.events->failures[0].find("was written for other symbols (sym3 was not "
                                                "there): a live source can't go on with it") !=
                      std::string::npos,
                  more.events->failures[0]);
  }
  live_run same{state, 3, std::make_shared<live_market>(60, false)};
  CHECK(same.events->failures.empty());
  temporary_directory recorded;
  {
    live_run first{recorded, 1,
                   std::make_shared<memory_source>(small_market_symbols(symbol_count), market())};
  }
  live_run live{recorded, 2, std::make_shared<live_market>(60, false)};
  REQUIRE(live.events->failures.size() == 1);
  CHECK(live.events->failures[0].find("a source that can be read again") != std::string::npos);
}

TEST_CASE("a live slot whose feed handler crashes, at whichever message, sends what it had sent") {
  constexpr auto interval = std::chrono::milliseconds{50};
  constexpr std::uint32_t small_rounds = 16;
  auto whole = std::make_shared<live_market>(market().size(), true);
  temporary_directory quiet;
  live_run undisturbed{quiet, 1, whole, interval};
  auto expected = ticks_in(undisturbed.received.at(calc0)->frames);
  auto marks = ticks_in(undisturbed.received.at(exec0)->frames);
  bool are_some_ahead = false;
  for (std::uint64_t at = 1; at <= 40; ++at) {
    CAPTURE(at);
    temporary_directory state;
    auto calls = std::make_shared<std::uint64_t>(0);
    auto probe = [at, calls] {
      if (++*calls == at) throw std::runtime_error{"bad feed"};
    };
    live_run run{state, 1, whole, interval, probe, small_rounds};
    CHECK(*calls > at); // it went on
    // What the sender may forget is what the slot has said, however far the feed has read.
    auto& again = whole->opened.back();
    REQUIRE(again.accepted.has_value());
    CHECK(again.positions >= *again.accepted);
    are_some_ahead |= again.positions != *again.accepted;
    CHECK(run.events->failures.empty());
    CHECK(run.events->finished.size() == 1);
    CHECK(ticks_in(run.received.at(calc0)->frames) == expected);
    CHECK(ticks_in(run.received.at(exec0)->frames) == marks);
  }
  CHECK(are_some_ahead);
}

} // namespace tickmesh::live_restart_test
