// A live source in rounds: it has no history, and goes on behind where the log ends.
#include "actors/market/feed/feed_reader.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <utility>
#include <vector>

namespace tickmesh::feed_reader_live_test {
using std::chrono::milliseconds;

namespace {

constexpr timestamp opening{std::chrono::seconds{1'000'000}};
constexpr std::int64_t wall = 77'000'000'000;
const std::vector<bool> all{true};

/// A mark and a record a millisecond from number 1 on, whose positions are ahead by a day's part.
class live_source final : public feed_source {
public:
  explicit live_source(std::uint64_t records) : records_(records) {}
  const symbol_table& symbols() const override { return symbols_; }
  const std::vector<std::string>& source_names() const override { return names_; }
  std::uint64_t fingerprint() const override { return 1; }
  bool is_repeatable() const override { return false; }
  std::unique_ptr<feed> open(const resume_points& from) const override {
    return std::make_unique<cursor>(records_, from);
  }
  using feed_source::open;

private:
  class cursor final : public feed {
  public:
    cursor(std::uint64_t records, const resume_points& from)
        : records_(records), next_(from.positions.at(source_id{}).value - 1'000 + 1) {}
    feed_event next(tick& out) override {
      if (next_ > records_) return feed_event::end;
      auto time = opening + milliseconds{next_};
      if (!std::exchange(marked_, !marked_)) {
        mark_ = time;
        return feed_event::time_mark;
      }
      out = {};
      out.event_time = time;
      out.position = source_position{next_++};
      return feed_event::record;
    }
    timestamp time_mark() const override { return mark_; }
    source_position position() const override { return source_position{1'000 + next_ - 1}; }

  private:
    std::uint64_t records_;
    std::uint64_t next_;
    bool marked_ = false;
    timestamp mark_{};
  };

  std::uint64_t records_;
  symbol_table symbols_{{"A"}};
  std::vector<std::string> names_{"live"};
};

std::optional<feed_round> read_round(feed_reader& reader) {
  feed_round round;
  return reader.read_round(wall, round) ? std::optional{std::move(round)} : std::nullopt;
}

} // namespace

TEST_CASE("a live source has no history: all that comes behind the logged position is new") {
  resume_points logged{{{source_id{}, source_position{1'040}}}, opening + milliseconds{40}};
  feed_reader reader{std::make_shared<const live_source>(100), all, 0, 10, {0, logged}};
  std::uint64_t records = 0;
  while (!reader.ended()) {
    auto round = read_round(reader);
    REQUIRE(round.has_value());
    CHECK_FALSE(round->history);
    CHECK(round->time_mark >= logged.time_mark);
    records += round->records;
    CHECK(round->read_up_to.at(source_id{}) == source_position{1'040 + records});
  }
  CHECK(records == 60);
}

TEST_CASE("the day that a sender has ended is over until a record comes, also through a stop") {
  resume_points over{{{source_id{}, source_position{1'040}}}, end_of_time};
  feed_reader idle{std::make_shared<const live_source>(40), all, 0, 10, {0, over}};
  idle.stop();
  auto last = read_round(idle);
  REQUIRE(last.has_value());
  CHECK(last->end);
  CHECK(last->time_mark == end_of_time);
  CHECK(last->read_up_to == over.positions);

  feed_reader reader{std::make_shared<const live_source>(42), all, 0, 1, {0, over}};
  auto first = read_round(reader);
  REQUIRE(first.has_value());
  CHECK(first->records == 1);
  CHECK(first->time_mark == opening + milliseconds{41});
}

} // namespace tickmesh::feed_reader_live_test
