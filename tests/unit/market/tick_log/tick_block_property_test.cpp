// Columns and blocks of the tick log: whatever goes in comes out.
#include "actors/market/tick_log/column_codec.hpp"
#include "actors/market/tick_log/tick_block.hpp"
#include "tests/support/any_tick.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh::tick_block_property_test {

namespace {

using drawn_ticks = std::vector<tick>;

/// Up to some thirty: each has many fields, and more of them would shrink for minutes.
rc::Gen<drawn_ticks> some_ticks() {
  return rc::gen::withSize([](int size) {
    auto whole = rc::gen::container<drawn_ticks>(rc::gen::resize(size, any_tick()));
    return rc::gen::nonEmpty(rc::gen::resize(1 + size / 3, whole));
  });
}

/// As the symbol stream would pass them on. With a multiplier, turnovers are near to what volume
/// and price say, which is what a block codes them against.
drawn_ticks streamed(drawn_ticks ticks, std::int64_t multiplier) {
  sequence number{};
  timestamp effective{};
  for (auto& t : ticks) {
    t.number = number += sequence{1};
    t.effective_time = effective = std::max(effective, t.event_time);
    if (t.last != no_price)
      t.turnover.value += int128{t.volume.value} * t.last.value / decimal_scale * multiplier;
  }
  return ticks;
}

std::string block_of(std::span<const tick> ticks, std::size_t run_length) {
  tick_run_encoder encoder;
  tick_block_builder builder;
  while (!ticks.empty()) {
    auto run = ticks.first(std::min(run_length, ticks.size()));
    ticks = ticks.subspan(run.size());
    std::string frame;
    encoder.append(frame, run, first_data_epoch, 0);
    tick_frame_view view;
    RC_ASSERT(read_tick_frame(frame, view).has_value());
    RC_ASSERT(builder.add(view.runs.front()).has_value());
  }
  std::string out;
  builder.finish(symbol_id{}, out);
  return out;
}

/// A value, and how often it comes again.
using drawn_repeats = std::pair<std::int64_t, std::uint8_t>;

void check_column(const std::vector<std::int64_t>& values) {
  if (values.empty()) return;
  column_encoder encoder;
  std::string bytes;
  encoder.append(bytes, values);
  column_decoder decoder;
  std::vector<std::int64_t> back(values.size());
  RC_ASSERT(decoder.decode(bytes, back).has_value());
  RC_ASSERT(back == values);
}

} // namespace

TEST_CASE("any integers come back from a column") {
  check_property([](std::vector<std::int64_t> values, std::int64_t unit) {
    for (auto& v : values)
      v = wrapping_multiply(v, unit);
    check_column(values);
  });
}

TEST_CASE("a column that seldom changes, or whose steps do, comes back") {
  check_property([](const std::vector<drawn_repeats>& drawn, bool are_steps) {
    std::vector<std::int64_t> values;
    for (auto& [value, repeats] : drawn)
      values.insert(values.end(), 1 + std::size_t{repeats}, value);
    for (std::size_t i = 1; are_steps && i < values.size(); ++i)
      values[i] = wrapping_add(values[i], values[i - 1]);
    check_column(values);
  });
}

TEST_CASE("any ticks come back from a block, in whatever runs they were added") {
  check_property([] {
    auto drawn = *some_ticks().as("ticks");
    auto multiplier = *rc::gen::inRange<std::int64_t>(0, 4).as("multiplier");
    auto run_length = *rc::gen::inRange<std::size_t>(1, 9).as("ticks of a run");
    auto ticks = streamed(std::move(drawn), multiplier);
    auto bytes = block_of(ticks, run_length);
    tick_block_reader block;
    RC_ASSERT(block.read(bytes).has_value());
    drawn_ticks back;
    RC_ASSERT(block.append_ticks(0, block.count(), back).has_value());
    RC_ASSERT(back == ticks);
  });
}

} // namespace tickmesh::tick_block_property_test
