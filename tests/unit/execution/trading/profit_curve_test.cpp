// The account's profit over time against the book's, event by event.
#include "tests/support/random_trading.hpp"

#include <doctest/doctest.h>

#include <chrono>

namespace tickmesh::profit_curve_test {

namespace {

using namespace random_trading;

/// A random market that is slower, so that it goes on for many seconds.
market slow_market(std::uint64_t seed, std::int64_t times) {
  auto m = random_market(seed);
  auto slow = [times](timestamp t) { return from_ns(to_ns(t) * times); };
  for (auto& t : m.ticks)
    t.effective_time = t.event_time = slow(t.effective_time);
  for (auto& s : m.signals)
    s.effective_time = slow(s.effective_time);
  return m;
}

profit_row row_of(timestamp t, const position_book& book) {
  return {t, book.realised_pnl(), book.unrealised_pnl(), book.fees()};
}

/// Rows of full seconds, looked for in what the book was behind every event.
std::vector<profit_row> expected_rows(const std::vector<profit_row>& behind_events) {
  std::vector<profit_row> out;
  profit_row last;
  for (std::size_t i = 0; i + 1 < behind_events.size(); ++i) {
    auto& now = behind_events[i];
    auto second = std::chrono::floor<std::chrono::seconds>(now.time) + std::chrono::seconds{1};
    if (behind_events[i + 1].time < second) continue; // another event of this second
    auto row = now;
    row.time = last.time;
    if (row == last) continue;
    last = now;
    last.time = second;
    out.push_back(last);
  }
  return out;
}

} // namespace

TEST_CASE("a row for each second at whose end the account's profit was another, and the end's") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    auto settings = settings_of(seed, odd_delay);
    settings.limits.daily_loss_max.reset();
    auto feeds = feeds_of(slow_market(seed, 40), 2, 1);
    event_sequencer sequencer{settings};
    trading_state trading{settings, universe()};
    for (std::size_t i = 0; i < feeds.size(); ++i)
      sequencer.inputs().add_link(std::to_string(i));
    std::vector<profit_row> behind_events;
    std::vector<profit_row> rows;
    bring(feeds, sequencer.inputs(), seed, [&] {
      while (auto event = sequencer.next()) {
        std::vector<venue_command> out;
        if (auto* mark = std::get_if<market_mark>(&event->what); mark != nullptr && seed % 2 == 0)
          trading.apply_marks(event->number, {mark, 1});
        else
          trading.apply(*event, out);
        sequencer.execute(out);
        behind_events.push_back(row_of(event->time, trading.book()));
        if (behind_events.size() % 7 != 0) continue;
        auto taken = trading.take_profits();
        rows.insert(rows.end(), taken.begin(), taken.end());
      }
    });
    auto taken = trading.finish_profits();
    rows.insert(rows.end(), taken.begin(), taken.end());
    auto expected = expected_rows(behind_events);
    REQUIRE(expected.size() > 10);
    REQUIRE(rows.size() >= expected.size());
    REQUIRE(rows.size() <= expected.size() + 1);
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(rows[i] == expected[i]);
    money realised{};
    money unrealised{};
    for (auto& row : trading.positions()) {
      realised += row.realised;
      unrealised += row.unrealised;
    }
    CHECK(rows.back().realised == realised);
    CHECK(rows.back().unrealised == unrealised);
    CHECK(trading.finish_profits().empty());
  }
}

TEST_CASE(
    "the end of a log stands behind the row of its second, and nothing before the first event") {
  trading_state trading{settings_of(1, odd_delay), universe()};
  auto mark = [&](std::int64_t ns, std::int64_t last) {
    market_mark out{.trading_day = 20240102, .effective_time = from_ns(ns)};
    out.last = price{last * unit};
    trading.apply_marks(trading.last_event() + 1, {&out, 1});
  };
  auto& book = const_cast<position_book&>(trading.book());
  mark(1'500'000'000, 100);
  book.apply_fill({.direction = side::buy, .at = price{100 * unit}, .volume = quantity{unit}});
  mark(1'600'000'000, 101);
  mark(2'000'000'000, 99); // on the full second
  auto rows = trading.finish_profits();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].time == from_ns(2'000'000'000));
  CHECK(rows[0].unrealised > money{});
  CHECK(rows[1].time == from_ns(2'000'000'001));
  CHECK(rows[1].unrealised < money{});
  // A book that was restored without its curve says nothing of the time before.
  profit_curve restored;
  restored.note(from_ns(5'500'000'000), trading.book());
  CHECK(restored.take().empty());
  restored.note(from_ns(6'000'000'000), trading.book());
  REQUIRE(restored.take().size() == 1);
}

TEST_CASE("a trading state without rows has no curve") {
  trading_state trading{settings_of(1, odd_delay), universe(), false};
  market_mark mark{.trading_day = 20240102, .effective_time = from_ns(5'000'000'000)};
  mark.last = price{unit};
  trading.apply_marks(1, {&mark, 1});
  CHECK(trading.take_profits().empty());
}

} // namespace tickmesh::profit_curve_test
