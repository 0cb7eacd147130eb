// A source whose records and marks a test lists, and what a reader makes of it.
#pragma once

#include "actors/market/feed/feed_reader.hpp"
#include "actors/market/sources/sim/random_numbers.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tickmesh::listed_market {

using std::chrono::milliseconds;
using std::chrono::seconds;

using event = std::variant<tick, timestamp>; ///< a record or a mark

/// Records and marks as a test lists them; symbols 0, 1, 2.
class listed_source final : public feed_source, public std::enable_shared_from_this<listed_source> {
public:
  explicit listed_source(std::vector<event> events) : events_(std::move(events)) {}
  const symbol_table& symbols() const override { return symbols_; }
  const std::vector<std::string>& source_names() const override { return names_; }
  std::uint64_t fingerprint() const override { return 1; }
  std::unique_ptr<feed> open(const resume_points& from) const override;
  using feed_source::open;
  const std::vector<event>& events() const { return events_; }

private:
  std::vector<event> events_;
  symbol_table symbols_{{"A", "B", "C"}};
  std::vector<std::string> names_{"listed"};
};

class listed_feed final : public feed {
public:
  explicit listed_feed(std::shared_ptr<const listed_source> source) : source_(std::move(source)) {}
  feed_event next(tick& out) override {
    if (next_ == source_->events().size()) return feed_event::end;
    auto& found = source_->events()[next_++];
    if (auto* record = std::get_if<tick>(&found)) {
      out = *record;
      return feed_event::record;
    }
    mark_ = std::get<timestamp>(found);
    return feed_event::time_mark;
  }
  timestamp time_mark() const override { return mark_; }

private:
  std::shared_ptr<const listed_source> source_;
  std::size_t next_ = 0;
  timestamp mark_{};
};

inline std::unique_ptr<feed> listed_source::open(const resume_points&) const {
  return std::make_unique<listed_feed>(shared_from_this());
}

inline constexpr timestamp opening{seconds{1'000'000}};
inline constexpr std::int64_t wall = 77'000'000'000;

inline tick record(std::uint32_t symbol, nanoseconds after_opening, std::uint64_t position) {
  tick t;
  t.symbol = symbol_id{symbol};
  t.event_time = opening + after_opening;
  t.position = source_position{position};
  return t;
}

inline std::shared_ptr<const listed_source> make_source(std::vector<event> events) {
  return std::make_shared<const listed_source>(std::move(events));
}

/// One record a millisecond, a mark every ten, symbols in turn or at random.
inline std::vector<event> make_events(std::uint64_t seed, int count) {
  random_numbers random{seed};
  std::vector<event> out;
  for (int i = 0; i < count; ++i) {
    if (i % 10 == 0) out.emplace_back(opening + milliseconds{i});
    out.emplace_back(record(static_cast<std::uint32_t>(random.below(3)), milliseconds{i},
                            static_cast<std::uint64_t>(i) + 1));
  }
  return out;
}

inline std::vector<std::uint64_t> positions(const std::vector<tick>& ticks) {
  std::vector<std::uint64_t> out;
  for (auto& t : ticks)
    out.push_back(t.position.value);
  return out;
}

inline std::optional<feed_round> read_round(feed_reader& reader, std::int64_t now) {
  feed_round round;
  return reader.read_round(now, round) ? std::optional{std::move(round)} : std::nullopt;
}

inline std::vector<std::uint64_t> positions(const feed_round& round, std::uint32_t symbol) {
  for (auto& batch : round.batches)
    if (batch.symbol == symbol_id{symbol}) return positions(batch.ticks);
  return {};
}

inline std::vector<std::uint64_t> count_up(std::uint64_t first, std::size_t count) {
  std::vector<std::uint64_t> out(count);
  std::iota(out.begin(), out.end(), first);
  return out;
}

const std::vector<bool> all{true, true, true};

} // namespace tickmesh::listed_market
